"""Articulated robots of the MuJoCo adapter pass the suite for robots, and the suite sees what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance.kinds import contradictions, misfit, problems_of, rates_of_change
from simgate.sim_adapters.conformance.robots import RobotConformance
from simgate.sim_adapters.embodiment import Channel, Intrinsics
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.articulated import (
    ArticulatedSite,
    CameraSensor,
    Servos,
)
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR
from simgate.sim_adapters.worlds.probes.small_arm import machines
from tests.unit.sim_adapters.articulated.machines import arm


class TestArmOnItsActuators(RobotConformance):
    """Camera, scanner, joints, a body and sensors of the file."""

    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_worlds(self, timing: Timing) -> MujocoAdapter:
        """MuJoCo's."""
        return MujocoAdapter(timing)

    def make_payloads(self) -> Sequence[ArticulatedSite]:
        """Two places of the cube."""
        return machines(self.folder)


class TestArmOnServos(TestArmOnItsActuators):
    """The same with torques on its joints."""

    def make_payloads(self) -> Sequence[ArticulatedSite]:
        """As above."""
        return [replace(payload, drive=Servos("torque")) for payload in super().make_payloads()]


def test_an_adapter_takes_driving_and_articulated_robots_in_turn_and_not_together(tmp_path: Path) -> None:
    corridor = OFFICE_CORRIDOR.build({name: p.default for name, p in OFFICE_CORRIDOR.parameters.items()}, [])
    site = arm(tmp_path, sensors=(("view", CameraSensor("wrist", ("rgb",), 32, 24)),))
    adapter = MujocoAdapter(TestArmOnItsActuators.timing)
    with pytest.raises(RuntimeError):
        adapter.step(np.zeros((1, 2)))
    before = adapter.reset([corridor]).channels["front.rgb"].copy()
    assert adapter.reset([site]).channels["view.rgb"].shape == (1, 24, 32, 3)
    assert adapter.embodiment.action.names == ("lift", "reach") and adapter.health() == ((),)
    drawn_s = adapter.render_s
    adapter.step(np.zeros((1, 2)))
    assert adapter.render_s > drawn_s and "OpenGL" in adapter.describe().renderer
    assert np.array_equal(adapter.reset([corridor]).channels["front.rgb"], before)
    with pytest.raises(ValueError, match="all have a driving robot, or all one on its own joints"):
        adapter.reset([corridor, site])
    adapter.close()
    with pytest.raises(RuntimeError):
        adapter.step(np.zeros((1, 2)))


_LENS = Intrinsics(2, 2, 60.0)


@pytest.mark.parametrize(
    ("channel", "rows", "said"),
    [
        (Channel("a", "joints", (2,), "float64", "rad", 20), np.zeros((1, 3)), "shape"),
        (Channel("a", "joints", (2,), "float64", "rad", 20), np.zeros((1, 2), np.float32), "float32"),
        (Channel("a", "joints", (2,), "float64", "rad", 20), np.array([[0.0, np.inf]]), "not finite"),
        (Channel("a", "vector", (1,), "float64", "", 20), np.array([[np.nan]]), "not a number"),
        (Channel("a", "ranges", (1,), "float64", "m", 20, 0.0), np.array([[-1.0]]), "outside 0 to inf"),
        (Channel("a", "points", (1, 3), "float64", "m", 20), np.array([[[0.0, np.inf, 0.0]]]), "half a point"),
        (
            Channel("a", "pose", (4,), "float64", "", 20, entries=("qw", "qx", "qy", "qz")),
            np.array([[1.0, 1.0, 0.0, 0.0]]),
            "quaternion",
        ),
        (Channel("a", "rgb", (2, 2, 3), "uint8", "", 20, 0, 255, intrinsics=_LENS), np.zeros((1, 2, 2, 3), np.uint8), "one colour"),
        (Channel("a", "depth", (2, 2), "float32", "m", 20, intrinsics=_LENS), np.zeros((1, 2, 2), np.float32), "no dist"),
        (Channel("a", "instance", (2, 2), "int32", "", 20, intrinsics=_LENS), np.ones((1, 2, 2), np.int32), "same thing"),
    ],
)  # fmt: skip
def test_the_suite_sees_readings_that_are_not_what_is_declared(
    channel: Channel, rows: object, said: str
) -> None:
    assert said in problems_of(channel, np.asarray(rows), 1)


_BEAMS = Channel("scan.ranges", "ranges", (2,), "float64", "m", 20, frame="site/eye")
_POINTS = Channel("scan.points", "points", (2, 3), "float64", "m", 20, frame="site/eye")


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([[3.0, 4.0, 0.0], [np.inf, np.inf, np.inf]], ""),
        ([[3.0, 4.1, 0.0], [np.inf, np.inf, np.inf]], "not as far as its range"),
        ([[3.0, 4.0, 0.0], [1.0, 0.0, 0.0]], "in one of them only"),
    ],
)
def test_the_suite_sees_a_scanner_whose_channels_contradict_each_other(
    points: list[list[float]], said: str
) -> None:
    rows = {"scan.ranges": np.array([[5.0, np.inf]]), "scan.points": np.array([points])}
    seen = Observation(0, rows, {"scan.ranges": 0, "scan.points": 0})
    found = list(contradictions((_BEAMS, _POINTS), seen))
    assert [said in one for one in found] == ([True] if said else [])


@pytest.mark.parametrize(
    ("stamps", "semantic", "said"), [((0, 0), 0, []), ((0, 4), 0, ["two moments"]), ((0, 0), 1, ["no body"])]
)
def test_the_suite_sees_a_camera_whose_pictures_contradict_each_other(
    stamps: tuple[int, int], semantic: int, said: list[str]
) -> None:
    names = ("view.semantic", "view.instance")
    kinds = ("semantic", "instance")
    channels = [
        Channel(name, kind, (2, 2), "int32", "", 20, frame="view", intrinsics=_LENS)  # type: ignore[arg-type]
        for name, kind in zip(names, kinds, strict=True)
    ]
    rows = {names[0]: np.full((1, 2, 2), semantic, np.int32), names[1]: np.zeros((1, 2, 2), np.int32)}
    found = list(contradictions(channels, Observation(4, rows, dict(zip(names, stamps, strict=True)))))
    assert all(any(word in one for one in found) for word in said)
    assert bool(found) == bool(said)


def test_the_suite_sees_velocities_of_another_sign_or_unit() -> None:
    times_s = [0.05 * k for k in range(8)]
    positions = np.array([[0.3 * t * t, 1.0 - t] for t in times_s])
    velocities = np.array([[0.6 * t, -1.0] for t in times_s])
    assert misfit(times_s, positions, velocities) == ""
    for wrong in (-velocities, np.degrees(velocities), 0.0 * velocities):
        assert "where velocities say" in misfit(times_s, positions, wrong)
    hip = ("hip", "knee")
    place = Channel("legs.position", "joints", (2,), "float64", "rad, m", 20, entries=hip)
    rate = Channel("legs.velocity", "joints", (2,), "float64", "rad/s, m/s", 20, entries=hip)
    assert rates_of_change((place, rate)) == [(place, rate, [0, 1], [0, 1])]
    assert rates_of_change((place, replace(rate, entries=("knee", "hip")))) == []
