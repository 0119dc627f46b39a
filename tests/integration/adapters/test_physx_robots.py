"""Robots of MJCF on their own joints move in PhysX as in MuJoCo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

if find_spec("ovphysx") is None or find_spec("pxr") is None:
    pytest.skip("needs simgate[physx]", allow_module_level=True)

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance.robots import RobotConformance
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.native.source import open_source
from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.physx.articulated.motors import motors_of
from simgate.sim_adapters.quantities import ContactForce, Joint
from simgate.sim_adapters.scene.articulated import (
    ArticulatedSite,
    FileSensor,
    JointSensor,
    Servos,
)
from simgate.sim_adapters.worlds.probes.small_arm import machines
from tests.integration.adapters.physx_worlds import PACKS, TIMING, course, site, written


class TestArmOnPhysx(RobotConformance):
    """Camera, scanner, joints, a body, an accelerometer and a gyroscope; a motor and a servo."""

    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_worlds(self, timing: Timing) -> PhysxAdapter:
        return PhysxAdapter(timing)

    def make_payloads(self) -> Sequence[ArticulatedSite]:
        return machines(self.folder)


def test_the_shipped_arm_arrives_as_in_mujoco_with_the_same_gains() -> None:
    timing = Timing(physics_hz=500, control_hz=50, camera_hz=50)
    world = site(
        PACKS / "tabletop_grasp/site/table.xml", "base", pose="home", sensors=(("joints", JointSensor()),),
        quantities=(("torque_nm", Joint("shoulder", "torque")),),
    )  # fmt: skip
    goal = (0.6, -1.2, 1.8, 1.0, 0.5, 0.01, 0.01)
    (mine, torque), (theirs, wanted) = (
        course(made(timing), world, lambda _: goal, 1.0, timing) for made in (PhysxAdapter, MujocoAdapter)
    )
    off = np.abs(mine["joints.position"] - theirs["joints.position"])
    assert off.max() < 0.01, "on the way: PhysX and MuJoCo begin to move within a step of each other"
    assert off[-1].max() < 2e-3
    assert off[25:].max() < 2e-3
    assert torque[-1]["torque_nm"] == pytest.approx(wanted[-1]["torque_nm"], abs=0.05)


@pytest.mark.parametrize("mode", ["position", "velocity", "torque"])
def test_declared_servos_move_joints_as_in_mujoco(tmp_path: Path, mode: Any) -> None:
    arm = """<option integrator="implicitfast"/><default><geom density="400"/></default>"""
    path = tmp_path / "arm.xml"
    path.write_text(
        f"""<mujoco>{arm}<worldbody><body name="robot"><geom size=".05 .05 .05" type="box"/>
        <body name="upper" pos="0 0 .1"><joint name="lift" axis="0 1 0" range="-90 90" damping=".4" armature=".02"/>
        <geom type="capsule" size=".02" fromto="0 0 .05 .3 0 .05"/>
        <body name="fore" pos=".3 0 .1" euler="0 20 0"><joint name="turn" axis=".6 0 .8" ref="15" frictionloss=".02"/>
        <geom type="capsule" size=".02" fromto="0 0 0 .2 0 0"/>
        <body name="tip" pos=".2 0 0"><joint name="reach" type="slide" axis="1 0 0" range="-.1 .1" damping="3"/>
        <geom type="box" size=".02 .02 .02" pos=".02 0 0"/></body></body></body></body></worldbody></mujoco>"""
    )
    gains = {"position": ((90.0,), (9.0,)), "velocity": ((), (4.0,)), "torque": ((), ())}[mode]
    told = {"position": (-0.4, 0.6, 0.05), "velocity": (-0.3, 0.5, 0.02), "torque": (-0.5, 0.03, 0.3)}[mode]
    world = site(path, "robot", drive=Servos(mode, (), *gains), sensors=(("joints", JointSensor()),))
    timing = Timing(physics_hz=500, control_hz=50, camera_hz=50)
    (mine, _), (theirs, _) = (
        course(made(timing), world, lambda _: told, 0.5, timing) for made in (PhysxAdapter, MujocoAdapter)
    )
    moved = np.abs(theirs["joints.position"] - theirs["joints.position"][0]).max(axis=0)
    off = np.abs(mine["joints.position"] - theirs["joints.position"])
    assert moved.min() > 0.005
    assert (off.max(axis=0) < np.maximum(0.05 * moved, 2e-3)).all(), off.max(axis=0)


def yard(folder: Path, robot: tuple[str, str], world: tuple[tuple[str, str], ...] = ()) -> Path:
    """The world of the shipped quadruped with words of its files replaced."""
    site_of = PACKS / "quadruped_walk/site"
    for name, changes in (("robot.xml", (robot,)), ("yard.xml", world)):
        text = (site_of / name).read_text()
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (folder / name).write_text(text)
    return folder / "yard.xml"


def test_legs_in_the_air_hold_a_pose_within_two_milliradians(tmp_path: Path) -> None:
    timing, stance = Timing(physics_hz=250, control_hz=50, camera_hz=50), "0.84664496 -1.69328993"
    path = yard(
        tmp_path,
        ('<freejoint name="root"/>', ""),
        (('body name="ground"', 'body name="ground" pos="0 0 -3"'), ('pos="0 0.26 1.3"', 'pos="0 3 1.3"'),
         ('qpos="0 0 0.31 1 0 0 0  0', 'qpos="0')),
    )  # fmt: skip
    held = np.array([0.0, *map(float, stance.split())] * 4)
    world = site(path, "trunk", pose="stand", sensors=(("legs", JointSensor()),))
    (mine, _), (theirs, _) = (
        course(made(timing), world, lambda _: held + 0.3, 1.0, timing)
        for made in (PhysxAdapter, MujocoAdapter)
    )
    assert np.abs(theirs["legs.position"][-1] - held).min() > 0.2
    assert np.abs(mine["legs.position"][-1] - theirs["legs.position"][-1]).max() < 2e-3


def test_a_robot_on_its_legs_stands_with_its_weight_on_its_feet(tmp_path: Path) -> None:
    timing = Timing(physics_hz=250, control_hz=50, camera_hz=50)
    feet = [f"{leg}_foot" for leg in ("FL", "FR", "RL", "RR")]
    stand = np.array((0.0, 0.84664496, -1.69328993) * 4)
    path = PACKS / "quadruped_walk/site/yard.xml"
    world = site(
        path, "trunk", pose="stand", sensors=(("legs", JointSensor()), ("gyro", FileSensor(("gyro", "up")))),
        quantities=tuple((foot, ContactForce(f"geom/{foot}", "geom/floor")) for foot in feet),
    )  # fmt: skip
    read, values = course(PhysxAdapter(timing), world, lambda _: stand, 1.0, timing)
    theirs, _ = course(MujocoAdapter(timing), world, lambda _: stand, 1.0, timing)
    weight_n = float(mujoco.MjModel.from_xml_path(str(path)).body("trunk").subtreemass[0]) * 9.81
    pressed_n = np.mean([sum(row.values()) for row in values[-10:]])
    assert pressed_n == pytest.approx(weight_n, rel=0.03)
    assert read["gyro"][-1, 5] > 0.998
    assert np.abs(read["legs.position"][-1] - theirs["legs.position"][-1]).max() < 0.03
    # Where MuJoCo's feet do not creep sideways either, no leg is spread otherwise.
    still = yard(tmp_path, ("<option ", '<option noslip_iterations="30" '))
    held, _ = course(
        MujocoAdapter(timing), replace(world, path=str(still), sha256=open_source(still).sha256),
        lambda _: stand, 1.0, timing,
    )  # fmt: skip
    spread = slice(0, None, 3)
    assert np.abs(read["legs.position"][-1] - theirs["legs.position"][-1])[spread].max() > 0.01
    assert np.abs(read["legs.position"][-1] - held["legs.position"][-1])[spread].max() < 2e-3


def test_actuators_push_with_what_mujoco_says(tmp_path: Path) -> None:
    world = written(
        tmp_path,
        """<body name="robot"><joint name="a" axis="0 1 0"/><geom size=".1"/>
        <body pos=".3 0 0"><joint name="b" type="slide"/><geom size=".1"/>
        <body pos=".3 0 0"><joint name="c"/><geom size=".1"/></body></body></body>""",
        rest="""<actuator><motor joint="a" gear="-3" ctrlrange="-1 1" ctrllimited="true" forcerange="-2 2"/>
        <position joint="b" kp="50" kv="4" gear="2" forcerange="-900 900"/><general joint="c" gainprm="2" biastype="affine" biasprm=".7 0 -3" gear="-2"/></actuator>""",
    )  # fmt: skip
    model = open_source(Path(world.path)).model
    data, generator = mujoco.MjData(model), np.random.default_rng(3)
    for _ in range(20):
        data.qpos[:], data.qvel[:], data.ctrl[:] = (generator.uniform(-2, 2, 3) for _ in range(3))
        mujoco.mj_forward(model, data)
        told = [
            motor.force(float(data.ctrl[motor.actuator]))
            - motor.stiffness * data.qpos[model.jnt_qposadr[motor.joint]]
            - motor.damping * data.qvel[model.jnt_dofadr[motor.joint]]
            for motor in motors_of(model)
        ]
        np.testing.assert_allclose(told, data.qfrc_actuator, atol=1e-9)
    assert [motor.limit for motor in motors_of(model)] == [6.0, 1800.0, np.inf]


@pytest.mark.parametrize(
    ("joint", "rest", "other"),
    [
        ('actuatorfrcrange="-.5 .5"', '<actuator><motor joint="j"/><motor joint="j"/></actuator>', "other"),
        ("", '<actuator><motor joint="j" gear=".3"/><motor joint="j" gear=".2"/></actuator>', "robot_ground"),
    ],
)
def test_joints_turn_as_in_mujoco_under_two_motors_whatever_bodies_are_called(
    tmp_path: Path, joint: str, rest: str, other: str
) -> None:
    arm = f'<body name="robot" pos="0 0 1"><joint name="j" axis="0 0 1" {joint}/><geom size=".1" mass="5"/></body>'
    beside = f'<body name="{other}" pos="1 0 1"><joint type="slide" damping="9"/><geom size=".1"/></body>'
    world = written(tmp_path, arm + beside, rest=rest, sensors=(("joints", JointSensor(("j",))),))
    (mine, _), (theirs, _) = (
        course(made(TIMING), world, lambda _: (0.5, 0.5), 0.5, TIMING)
        for made in (PhysxAdapter, MujocoAdapter)
    )
    assert theirs["joints.position"][-1] > 0.5
    np.testing.assert_allclose(mine["joints.position"][-1], theirs["joints.position"][-1], rtol=0.02)


def test_gymnasium_s_ant_moves_its_legs_as_in_mujoco() -> None:
    """A robot of others from its own package, in the air: a free root, motors, ankles put into their range."""
    envs = pytest.importorskip("gymnasium.envs.mujoco")
    path = Path(envs.__file__).parent / "assets" / "ant.xml"
    joints = tuple(f"{kind}_{leg}" for leg in range(1, 5) for kind in ("hip", "ankle"))
    start = tuple((f"joint/ankle_{leg}.start_deg", 57.0 * way) for leg, way in enumerate((1, -1, -1, 1), 1))
    asked = site(path, "torso", sensors=(("legs", JointSensor(joints)),), clip=True, values=start)
    ends = []
    for kind in (MujocoAdapter, PhysxAdapter):
        read, _ = course(kind(TIMING), asked, lambda _: np.full(8, 0.02), 0.2, TIMING)
        ends.append(read["legs.position"][-1])
    np.testing.assert_allclose(ends[1], ends[0], atol=2e-3)
    assert np.abs(ends[0][::2]).min() > 0.05, "all hips have turned"
