"""Parts from files that write angles in other ways: every element means what its own file says."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.worlds.declared.native import NativeWorld
from tests.unit.sim_adapters.native_sites import TIMING, driven, yard_world
from tests.unit.sim_adapters.native_world import scene_of

NOTATIONS = (("degree", "xyz"), ("radian", "xyz"), ("degree", "ZYX"), ("radian", "ZYX"))
"""``xyz`` turns about the axes that turn along, ``ZYX`` about those that stay: the same turns, read backwards."""
CART = """\
<mujoco model="cart">
  <compiler angle="{unit}" eulerseq="{order}"/>
  <worldbody>
    <body name="base" pos="0 0 0.1" euler="{heading}">
      <freejoint/>
      <geom name="hull" type="cylinder" size="0.25 0.1" pos="0 0 0.05" mass="20"/>
      <geom name="sign" type="box" size="0.05 0.02 0.01" pos="0 0 0.4" euler="{leaning}" contype="0" conaffinity="0"/>
      <camera name="front" pos="0.2 0 0.5" euler="{ahead}" fovy="60"/>
      <body name="arm" pos="0 0 0.3" euler="{leaning}">
        <joint name="elbow" axis="0 0 1" ref="{bent}"/>
        <geom name="arm" size="0.02" pos="0.1 0 0" mass="0.1"/>
      </body>
    </body>
    <body name="door" pos="3 3 0.5">
      <joint name="hinge" axis="0 0 1" ref="{bent}"/>
      <geom name="door" type="box" size="0.5 0.02 0.4" pos="0.5 0 0" euler="{leaning}" mass="5"/>
    </body>
  </worldbody>
  <keyframe><key name="reach" qpos="0 0 0.1 1 0 0 0 0.7 0"/></keyframe>
</mujoco>
"""
HEADING_DEG, BENT_DEG = 30.0, 20.0


def cart(unit: str, order: str) -> str:
    def written(x: float, y: float, z: float) -> str:
        angles = (x, y, z) if order == "xyz" else (z, y, x)
        return " ".join(f"{angle if unit == 'degree' else math.radians(angle):.12g}" for angle in angles)

    return CART.format(
        unit=unit, order=order, heading=written(0, 0, HEADING_DEG), leaning=written(10, 20, 40),
        ahead=written(90, -90, 0), bent=written(0, 0, BENT_DEG).split()[2 if order == "xyz" else 0],
    )  # fmt: skip


def quaternion(*turns: tuple[str, float]) -> np.ndarray:
    """Turns one after the other, each about an axis that the ones before have turned."""
    result = np.array([1.0, 0.0, 0.0, 0.0])
    for axis, degrees in turns:
        half = 0.5 * math.radians(degrees)
        turn = np.zeros(4)
        turn[0], turn[1 + "xyz".index(axis)] = math.cos(half), math.sin(half)
        before = result.copy()
        mujoco.mju_mulQuat(result, before, turn)
    return result


LEANING = (("x", 10.0), ("y", 20.0), ("z", 40.0))


@pytest.fixture(params=product(NOTATIONS, NOTATIONS), ids=lambda pair: "/".join(sum(pair, ())))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (outer_unit, outer_order), (unit, order) = request.param
    (tmp_path / "cart.xml").write_text(cart(unit, order))
    path = tmp_path / "site.xml"
    path.write_text(
        f'<mujoco><compiler angle="{outer_unit}" eulerseq="{outer_order}"/>'
        '<asset><model name="cart" file="cart.xml"/></asset><worldbody><geom type="plane" size="9 9 0.1"/>'
        '<attach model="cart" prefix="cart/"/></worldbody></mujoco>'
    )
    return path


def world(site: Path, targets: dict[str, str] | None = None, pose: str | None = None) -> NativeWorld:
    return yard_world(site, targets, robot="cart/base", camera="cart/front", pose=pose)


def same_turn(found: np.ndarray, expected: np.ndarray) -> bool:
    return abs(float(found @ expected)) == pytest.approx(1.0, abs=1e-9)


def test_the_robot_stands_and_drives_where_it_looks(site: Path) -> None:
    heading = math.radians(HEADING_DEG)
    assert MjcfFile(site).robot("cart/base", None).start == pytest.approx((0.0, 0.0, heading), abs=1e-9)
    poses = driven(scene_of(world(site)), [(0.5, 0.0)] * 10)
    assert math.atan2(poses[-1][1], poses[-1][0]) == pytest.approx(heading, abs=0.01)


@pytest.mark.parametrize("tilt", [0.001, 10.0])
def test_a_tilt_is_added_to_what_the_cameras_file_says(site: Path, tilt: float) -> None:
    state = MujocoWorld(scene_of(world(site, {"tilt": "camera/cart/front.pitch_deg"}), tilt=tilt), TIMING)
    ahead = -state.data.cam_xmat[state.built.camera].reshape(3, 3)[:, 2]
    heading, up = math.radians(HEADING_DEG), math.radians(tilt)
    expected = (math.cos(up) * math.cos(heading), math.cos(up) * math.sin(heading), math.sin(up))
    assert ahead == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("turn", [0.001, 25.0])
def test_a_turn_is_added_to_what_the_parts_file_says(site: Path, turn: float) -> None:
    targets = {"sign": "geom/cart/sign.turn_deg", "door": "body/cart/door.turn_deg"}
    model = MujocoWorld(scene_of(world(site, targets), sign=turn, door=turn), TIMING).built.model
    assert same_turn(model.geom("cart/sign").quat, quaternion(("z", turn), *LEANING))
    assert same_turn(model.body("cart/door").quat, quaternion(("z", turn)))


def test_a_joint_starts_in_degrees(site: Path) -> None:
    target = "joint/cart/hinge.start_deg"
    assert MjcfFile(site).target(target).default == pytest.approx(BENT_DEG)
    state = MujocoWorld(scene_of(world(site, {"gate": target}), gate=BENT_DEG + 90.0), TIMING)
    assert state.data.geom("cart/door").xpos == pytest.approx((3.0, 3.5, 0.5), abs=1e-9)


def test_a_stored_pose_locks_the_arm_as_it_was(site: Path) -> None:
    state = MujocoWorld(scene_of(world(site, pose="cart/reach")), TIMING)
    bent = quaternion(*LEANING, ("z", math.degrees(0.7) - BENT_DEG))
    assert same_turn(state.built.model.body("cart/arm").quat, bent)
    assert state.pose == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
