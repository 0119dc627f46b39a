"""A push gives its body its impulse, in its direction and at its time, on every engine; what does not is said."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.articulated.engine import MujocoEngine
from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld
from simgate.sim_adapters.quantities import PushForce
from simgate.sim_adapters.scene.articulated import ArticulatedSite, BodySensor, JointSensor
from simgate.sim_adapters.scene.push import Push
from tests.unit.sim_adapters.articulated.machines import TIMING, site_of

SPACE = """
<mujoco><option gravity="0 0 0" integrator="implicitfast"/>
<worldbody>
<body name="trunk" pos="0 0 1"><freejoint/><geom type="box" size=".2 .1 .1" mass="3"/>
<body name="arm" pos=".3 0 0"><joint name="swing" axis="0 0 1"/><geom type="box" size=".1 .05 .05" pos=".1 0 0" mass="1"/></body>
</body>
<body name="crate" pos="0 3 1"><freejoint/><geom type="box" size=".1 .2 .3" pos=".05 0 0" mass="2"/></body>
<body name="wall" pos="5 0 0"><geom type="box" size=".1 2 2"/></body>
</worldbody>
<actuator><motor name="swing" joint="swing" ctrlrange="-1 1"/></actuator>
</mujoco>
"""
FLOOR = """<mujoco><option integrator="implicitfast"/>
<worldbody><geom type="plane" size="9 9 .1" friction=".5"/>
<body name="trunk" pos="0 0 1"><joint name="swing" axis="0 0 1"/><geom size=".1"/></body>
<body name="crate" pos="0 3 .1"><freejoint/><geom type="box" size=".1 .1 .1" mass="2" friction=".5"/></body>
</worldbody>
<actuator><motor name="swing" joint="swing" ctrlrange="-1 1"/></actuator></mujoco>"""
SENSORS = (
    ("trunk", BodySensor("trunk")), ("arm", BodySensor("arm")), ("crate", BodySensor("crate")),
    ("joints", JointSensor()),
)  # fmt: skip


def mujoco_adapter() -> Any:
    return MujocoAdapter(TIMING)


def physx_adapter() -> Any:
    from simgate.sim_adapters.physx.adapter import PhysxAdapter

    return PhysxAdapter(TIMING)


ENGINES = pytest.mark.parametrize(
    ("make", "near"),
    [
        pytest.param(mujoco_adapter, 1e-9, id="mujoco"),
        pytest.param(
            physx_adapter, 1e-4, id="physx",
            marks=pytest.mark.skipif(
                find_spec("ovphysx") is None or find_spec("pxr") is None, reason="needs simgate[physx]"
            ),
        ),
    ],
)  # fmt: skip


def pushed(
    folder: Path, *pushes: Push, text: str = SPACE, sensors: Any = SENSORS, **asked: Any
) -> ArticulatedSite:
    path = folder / "space.xml"
    path.write_text(text)
    return site_of(path, "trunk", sensors=sensors, pushes=pushes, **asked)


def course(
    adapter: Any, site: ArticulatedSite, ticks: int
) -> tuple[list[dict[str, Any]], list[dict[str, float]]]:
    """Readings and quantities at each control tick."""
    sensed = adapter.reset([site])
    rows, values = [], []
    for tick in range(ticks + 1):
        sensed = adapter.step(np.zeros((1, 1))) if tick else sensed
        rows.append({name: one[0].copy() for name, one in sensed.channels.items()})
        values.append(dict(adapter.ground_truth()[0].values))
    assert adapter.health() == ((),)
    adapter.close()
    return rows, values


@ENGINES
def test_a_free_body_has_its_impulse_over_its_mass_afterwards_and_turns_about_its_centre_not(
    tmp_path: Path, make: Callable[[], Any], near: float
) -> None:
    push = Push("shove", "crate", 4.0, 120.0, 30.0, 0.11, 0.08)
    rows, values = course(make(), pushed(tmp_path, push, quantities=(("n", PushForce("shove")),)), 6)
    turn, rise = np.radians(120), np.radians(30)
    expected = 2.0 * np.array([np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)])
    assert np.abs(rows[2]["crate.twist"]).max() < near
    np.testing.assert_allclose(rows[4]["crate.twist"], [*expected, 0, 0, 0], atol=near)
    np.testing.assert_allclose(rows[6]["crate.twist"], [*expected, 0, 0, 0], atol=near)
    # Half of its steps are over at 0.15 s.
    np.testing.assert_allclose(rows[3]["crate.twist"][:3], expected / 2, atol=near)
    assert [row["n"] for row in values] == pytest.approx([0, 0, 0, 50, 50, 0, 0])


@ENGINES
def test_a_robot_takes_the_impulse_whichever_of_its_links_is_pushed(
    tmp_path: Path, make: Callable[[], Any], near: float
) -> None:
    pushes = Push("a", "arm", 1.0, 90.0, 0.0, 0.0, 0.05), Push("b", "trunk", 2.0, 0.0, 0.0, 0.05, 0.001)
    rows, _ = course(make(), pushed(tmp_path, *pushes), 3)

    # An integrator of first order loses a little as the robot turns.
    def momentum(row: dict[str, Any]) -> np.ndarray:
        centre = np.zeros(3)
        for name, mass, offset in (("trunk", 3.0, 0.0), ("arm", 1.0, 0.1)):
            w, x, y, z = row[f"{name}.pose"][3:]
            ahead = offset * np.array([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)])
            twist = row[f"{name}.twist"]
            centre += mass * (twist[:3] + np.cross(twist[3:], ahead))
        return centre

    np.testing.assert_allclose(momentum(rows[1]), (0, 1, 0), atol=0.02)
    np.testing.assert_allclose(momentum(rows[2]), (2, 1, 0), atol=0.02)
    assert abs(rows[1]["joints.velocity"][0]) > 0.1


@ENGINES
def test_two_pushes_on_one_body_add_up_and_one_of_no_impulse_is_none(
    tmp_path: Path, make: Callable[[], Any], near: float
) -> None:
    several = [Push(name, "crate", ns, 0.0, 0.0, 0.0, s) for name, ns, s in (("a", 1, 0.05), ("b", 3, 0.1))]
    asked = tuple((name, PushForce(name)) for name in "abc")
    none = Push("c", "crate", 0.0, 0.0, 0.0, 0.0, 0.1)
    rows, values = course(make(), pushed(tmp_path, *several, none, quantities=asked), 2)
    assert rows[1]["crate.twist"][0] == pytest.approx(1.25, abs=near)
    assert rows[2]["crate.twist"][0] == pytest.approx(2.0, abs=near)
    assert [values[1][name] for name in "abc"] == pytest.approx([20, 30, 0])


@ENGINES
def test_what_has_long_been_at_rest_is_pushed_too(
    tmp_path: Path, make: Callable[[], Any], near: float
) -> None:
    push = Push("kick", "crate", 8.0, 90.0, 0.0, 3.0, 0.02)
    site = pushed(tmp_path, push, text=FLOOR, sensors=(("crate", BodySensor("crate")),))
    rows, _ = course(make(), site, 70)
    assert abs(rows[60]["crate.pose"][1] - 3.0) < 1e-3
    # It slides on friction: v^2 / (2 mu g).
    assert rows[61]["crate.twist"][1] == pytest.approx(4.0 - 0.5 * 9.81 * 0.05, rel=0.1)


def test_a_push_that_the_engine_gives_in_part_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = MujocoEngine.push
    monkeypatch.setattr(MujocoEngine, "push", lambda self, bodies, forces: whole(self, bodies, 0.25 * forces))
    world = ArticulatedWorld(pushed(tmp_path, Push("shove", "crate", 4.0, 0, 0, 0.0, 0.08)), TIMING)
    out = [[np.zeros(channel.shape) for channel in one.channels] for one in world.samplers]
    world.advance(np.zeros(1), out)
    assert world.problems() == ()
    world.advance(np.zeros(1), out)
    (said,) = world.problems()
    assert said == "the push 'shove' on 'crate' did not take: the simulator gave 1 of 4 N s"


def test_a_body_that_stands_cannot_be_pushed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="body 'wall' stands where it is, and no push moves it"):
        ArticulatedWorld(pushed(tmp_path, Push("shove", "wall", 4.0, 0, 0, 0.0, 0.08)), TIMING)
