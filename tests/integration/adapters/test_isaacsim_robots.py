"""Robots on their own joints on the double of Isaac Sim: real OpenUSD, real PhysX, the adapter as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.integration.adapters import isaac_double

if isaac_double.missing():
    pytest.skip(isaac_double.missing(), allow_module_level=True)

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance import scene, wall
from simgate.sim_adapters.conformance.robots import RobotConformance
from simgate.sim_adapters.isaacsim.adapter import IsaacSimAdapter
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.quantities import ContactForce, Joint
from simgate.sim_adapters.scene.articulated import ArticulatedSite, FileSensor, JointSensor, Servos
from simgate.sim_adapters.worlds.probes.small_arm import machines
from tests.integration.adapters.physx_worlds import HINGE, PACKS, TIMING, course, site, written
from tests.unit.sim_adapters.usd import test_native_robots as stages
from tests.unit.sim_adapters.usd.robot_stages import arm


@pytest.fixture(autouse=True)
def double(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    isaac_double.use_in_this_process(monkeypatch, tmp_path_factory.getbasetemp())


def isaac(timing: Timing) -> IsaacSimAdapter:
    return IsaacSimAdapter(timing, {"settle_frames": 0})


@pytest.fixture
def adapter() -> Iterator[IsaacSimAdapter]:
    made = isaac(TIMING)
    yield made
    made.close()


class TestArmOnIsaacSim(RobotConformance):
    """Camera, scanner, joints, a body, an accelerometer and a gyroscope; a motor and a servo."""

    max_worlds = 1
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_worlds(self, timing: Timing) -> IsaacSimAdapter:
        return isaac(timing)

    def make_payloads(self) -> Sequence[ArticulatedSite]:
        return machines(self.folder)


def test_the_first_picture_is_of_the_start_whatever_play_has_moved(
    adapter: IsaacSimAdapter, tmp_path: Path
) -> None:
    world = replace(machines(tmp_path)[0], pose="up")
    seen, reference = adapter.reset([world]), MujocoAdapter(TIMING)
    wanted = reference.reset([world])
    for name in ("view.rgb", "view.depth", "view.semantic", "view.instance"):
        shown, meant = (one.channels[name].astype(float) for one in (seen, wanted))
        # MuJoCo also draws the two sites.
        assert (np.abs(shown - meant) > 1e-4 * np.abs(meant)).mean() < 0.01, name
    assert seen.channels["view.semantic"].max() == 2
    reference.close()


def test_variants_share_a_stage_and_a_driving_robot_takes_its_own(
    adapter: IsaacSimAdapter, tmp_path: Path
) -> None:
    from isaacsim_double.kit import kit

    first, second = machines(tmp_path)
    adapter.reset([first])
    before = adapter.reset(
        [
            replace(
                second, values=(*second.values, ("geom/cube.mass", 0.4), ("geom/table.friction.slide", 0.3))
            )
        ]
    )
    assert adapter._stage.rebuilds == 1
    (mass,) = kit.session.bodies(["/World/Bodies/cube"]).read(("mass",))["mass"]
    assert mass == pytest.approx(0.4)
    assert before.channels["cube.pose"][0, 0] == pytest.approx(0.5)
    assert adapter.health() == ((),)
    adapter.reset([scene(wall(3.0))])
    assert adapter.embodiment.action.names == ("forward_mps", "yaw_rate_rps")
    assert adapter._stage.rebuilds == 2
    again = adapter.reset([second])
    assert adapter._stage.rebuilds == 3
    assert again.channels["cube.pose"][0, 0] == pytest.approx(0.5)
    assert adapter.health() == ((),)


@pytest.mark.parametrize(
    ("kind", "path", "attribute", "value", "said"),
    [
        ("bodies", "Bodies/cube", "mass", 3.0, "body 'cube' weighs 3 kg in Isaac Sim and 0.2 in the variant"),
        ("links", "Bodies/fore", "mass", 0.1, "body 'fore' weighs 0.1 kg in Isaac Sim and 0.5 in"),
        ("joints", "Joints/fore", "jointStiffness", 90.0, "joint 'slider' has stiffness of its drive 90 in"),
        (
            "joints",
            "Joints/upper",
            "jointArmature",
            0.5,
            "joint 'shoulder' has armature 0.5 in Isaac Sim and 0",
        ),
        (
            "joints",
            "Joints/upper",
            "jointViscousFriction",
            0.0,
            "joint 'shoulder' has damping 0 in Isaac Sim",
        ),
    ],
)
def test_a_value_that_isaac_sim_has_not_taken_is_named(
    adapter: IsaacSimAdapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    kind: str, path: str, attribute: str, value: float, said: str,
) -> None:  # fmt: skip
    from isaacsim_double.kit import kit

    from simgate.sim_adapters.isaacsim.articulated.studio import Studio

    opened = Studio.open

    def losing(studio: Studio, shown: Any) -> None:
        opened(studio, shown)
        getattr(kit.session, kind)([f"/World/{path}"]).write({attribute: np.array([[value]])})

    monkeypatch.setattr(Studio, "open", losing)
    adapter.reset([machines(tmp_path)[0]])
    ((problem,),) = adapter.health()
    assert problem.startswith(said)


def test_what_is_not_built_is_refused_in_words(adapter: IsaacSimAdapter, tmp_path: Path) -> None:
    world = machines(tmp_path)[0]
    with pytest.raises(ValueError, match="one world at a time, got 2"):
        adapter.reset([world, world])
    coupled = IsaacSimAdapter(TIMING, {"loop": "coupled"})
    with pytest.raises(ValueError, match="explicit loop alone, not the coupled one"):
        coupled.reset([world])
    coupled.close()


def test_a_camera_that_delivers_nothing_makes_the_run_invalid(
    adapter: IsaacSimAdapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from isaacsim_double.kit import kit

    monkeypatch.setattr(kit, "faults", type(kit.faults)("skewed"))
    adapter.reset([machines(tmp_path)[0]])
    for _ in range(3):
        adapter.step(np.zeros((1, 2)))
    ((problem,),) = adapter.health()
    assert "before the state that it should show, first seen at step" in problem


def test_the_quadruped_stands_as_physx_alone_has_it() -> None:
    timing = Timing(physics_hz=250, control_hz=50, camera_hz=50)
    feet = [f"{leg}_foot" for leg in ("FL", "FR", "RL", "RR")]
    stand = np.array((0.0, 0.84664496, -1.69328993) * 4)
    world = site(
        PACKS / "quadruped_walk/site/yard.xml", "trunk", pose="stand",
        sensors=(("legs", JointSensor()), ("gyro", FileSensor(("gyro", "up")))),
        quantities=(
            *((foot, ContactForce(f"geom/{foot}", "geom/floor")) for foot in feet),
            ("knee_nm", Joint("FL_knee", "torque")),
        ),
    )  # fmt: skip
    (mine, felt), (theirs, wanted) = (
        course(made(timing), world, lambda _: stand + 0.1, 0.5, timing) for made in (isaac, PhysxAdapter)
    )
    assert np.abs(theirs["legs.position"][-1] - theirs["legs.position"][0]).max() > 0.05
    np.testing.assert_allclose(mine["legs.position"], theirs["legs.position"], atol=2e-3)
    np.testing.assert_allclose(mine["gyro"], theirs["gyro"], atol=0.05)
    for name in (*feet, "knee_nm"):
        assert felt[-1][name] == pytest.approx(wanted[-1][name], rel=0.05, abs=0.1)
        assert abs(wanted[-1][name]) > 1.0


@pytest.mark.parametrize(
    ("drive", "told"),
    [("actuators", (0.4, 0.08)), (Servos("torque"), (-5.0, 1.0))],
)
def test_a_stage_of_ones_own_moves_as_in_mujoco(tmp_path: Path, drive: Any, told: tuple[float, ...]) -> None:
    timing = stages.TIMING
    world = stages.usd_site(stages.stage(tmp_path, arm()), drive=drive)
    mine, theirs = (stages.course(made(timing), world, told) for made in (isaac, MujocoAdapter))
    moved = np.abs(theirs[:-1] - theirs[0]).max(axis=0)
    assert moved.min() > 0.015
    # As on physx: a position that is held comes out, a torque lets errors grow.
    near = 2e-3 if drive == "actuators" else 0.03 * moved.max()
    assert np.abs(mine[-3:] - theirs[-3:]).max() < near


def test_turns_of_a_wheel_are_counted_on(tmp_path: Path) -> None:
    rest = '<option gravity="0 0 0"/><actuator><velocity joint="j" kv="5"/></actuator>'
    wheel = HINGE.format('axis="0 0 1"')
    world = written(tmp_path, wheel, rest=rest, sensors=(("wheel", JointSensor()),))
    turned = course(isaac(TIMING), world, lambda _: 8.0, 2.0, TIMING)[0]["wheel.position"][:, 0]
    np.testing.assert_allclose(np.diff(turned[3:]), 8.0 / TIMING.control_hz, rtol=1e-3)
    assert turned[-1] > 15.5
