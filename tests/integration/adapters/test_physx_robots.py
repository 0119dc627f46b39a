"""Robots of MJCF on their own joints move in PhysX as in MuJoCo, and what PhysX has not is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from simgate.sim_adapters.physx.articulated.links import links_of
from simgate.sim_adapters.physx.articulated.motors import motors_of
from simgate.sim_adapters.physx.articulated.surfaces import colliders_of, colliding, friction_of
from simgate.sim_adapters.quantities import ContactForce, Joint, Position, SensorReading, Touching
from simgate.sim_adapters.scene.articulated import (
    ArticulatedSite,
    BodySensor,
    FileSensor,
    JointSensor,
    Servos,
)
from simgate.sim_adapters.worlds.probes.small_arm import machines

PACKS = Path(__file__).parents[3] / "scenarios"
_HINGE = '<body name="robot"><joint name="j" {}/><geom size=".1"/></body>'
_MOTOR = '<actuator><motor joint="j"/></actuator>'
TIMING = Timing(physics_hz=200, control_hz=20, camera_hz=20)


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


def site(path: Path, robot: str, **asked: Any) -> ArticulatedSite:
    return ArticulatedSite(path.stem, "mjcf", str(path), open_source(path).sha256, robot, **asked)


def written(folder: Path, world: str, robot: str = "robot", rest: str = "", **asked: Any) -> ArticulatedSite:
    path = folder / "world.xml"
    path.write_text(f"<mujoco><worldbody>{world}</worldbody>{rest}</mujoco>")
    return site(path, robot, **asked)


def course(
    adapter: PhysxAdapter | MujocoAdapter,
    world: ArticulatedSite,
    told: Callable[[float], Any],
    seconds: float,
    timing: Timing,
) -> tuple[dict[str, np.ndarray], list[dict[str, float]]]:
    """Every reading and every quantity of an episode, tick by tick."""
    sensed = adapter.reset([world])
    read: dict[str, list[np.ndarray]] = {name: [] for name in sensed.channels}
    values = []
    for tick in range(round(seconds * timing.control_hz)):
        sensed = adapter.step(np.array([told(tick / timing.control_hz)], dtype=float).reshape(1, -1))
        for name, rows in sensed.channels.items():
            read[name].append(rows[0].copy())
        values.append(dict(adapter.ground_truth()[0].values))
    assert adapter.health() == ((),)
    adapter.close()
    return {name: np.array(rows) for name, rows in read.items()}, values


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


def test_a_box_that_lies_presses_with_its_weight_and_feels_gravity(tmp_path: Path) -> None:
    world = written(
        tmp_path,
        """<geom name="floor" type="plane" size="2 2 .1"/><body name="robot" pos="0 0 1"><joint axis="0 1 0" name="j"/>
        <geom size=".1" mass="1" contype="0" conaffinity="0"/></body>
        <body name="box" pos="1 0 .1"><freejoint/><geom type="box" size=".1 .1 .1" mass="3"/>
        <body name="lid" pos="0 0 .11"><geom type="box" size=".1 .1 .01" mass="1"/><site name="imu"/></body></body>""",
        rest="""<actuator><motor joint="j"/></actuator><sensor><accelerometer name="acc" site="imu"/></sensor>""",
        sensors=(("acc", FileSensor(("acc",))), ("box", BodySensor("box"))),
        quantities=(
            ("force_n", ContactForce("body/box", "geom/floor")),
            ("lid_n", ContactForce("body/lid", "geom/floor")),
            ("touches", Touching("geom/floor", "body/box")),
            ("height_m", Position("body/lid", "z")),
        ),
    )  # fmt: skip
    read, values = course(PhysxAdapter(TIMING), world, lambda _: 0.0, 0.5, TIMING)
    assert values[-1]["force_n"] == pytest.approx(4 * 9.81, rel=0.01)
    assert (values[-1]["lid_n"], values[-1]["touches"]) == (0.0, 1.0)
    assert values[-1]["height_m"] == pytest.approx(0.21, abs=1e-4)
    np.testing.assert_allclose(read["acc"][-1], (0.0, 0.0, 9.81), atol=0.05)


def test_a_box_on_a_box_presses_once_with_its_weight(tmp_path: Path) -> None:
    box = '<body name="{}" pos="1 0 {}"><freejoint/><geom type="box" size=".1 .1 .1" mass="{}"/></body>'
    world = written(
        tmp_path,
        '<geom name="floor" type="plane" size="2 2 .1"/>'
        + _HINGE.format("").replace('"robot"', '"robot" pos="0 0 1"')
        + box.format("low", 0.1, 3)
        + box.format("high", 0.3, 2),
        rest=_MOTOR,
        quantities=(
            ("between_n", ContactForce("body/low", "body/high")),
            ("floor_n", ContactForce("body/low", "geom/floor")),
        ),
    )
    _, values = course(PhysxAdapter(TIMING), world, lambda _: 0.0, 0.5, TIMING)
    assert values[-1]["between_n"] == pytest.approx(2 * 9.81, rel=0.02)
    assert values[-1]["floor_n"] == pytest.approx(5 * 9.81, rel=0.02)


def test_a_mesh_lies_where_its_corners_are(tmp_path: Path) -> None:
    corners = " ".join(f"{x} {y} {z}" for x in (0, 0.4) for y in (0, 0.2) for z in (0.1, 0.3))
    path = tmp_path / "world.xml"
    path.write_text(
        f"""<mujoco><asset><mesh name="block" vertex="{corners}"/></asset><worldbody>
        <geom name="floor" type="plane" size="2 2 .1" euler="10 0 0"/>
        {_HINGE.format("").replace('"robot"', '"robot" pos="0 0 1"')}
        <body name="block" pos="1 0 0" euler="10 0 0"><freejoint/><geom type="mesh" mesh="block" friction="1"/></body>
        </worldbody>{_MOTOR}</mujoco>"""
    )
    world = site(path, "robot", sensors=(("block", BodySensor("block")),))
    (mine, _), (theirs, _) = (
        course(made(TIMING), world, lambda _: 0.0, 0.5, TIMING) for made in (PhysxAdapter, MujocoAdapter)
    )
    fallen = theirs["block.pose"][-1, :3] - (1.0, 0.0, 0.0)
    assert np.linalg.norm(fallen) == pytest.approx(0.1, abs=0.01)
    np.testing.assert_allclose(mine["block.pose"][-1], theirs["block.pose"][-1], atol=5e-3)


def test_a_thrown_body_flies_and_turns_as_in_mujoco(tmp_path: Path) -> None:
    world = written(
        tmp_path,
        """<body name="robot" pos="0 0 1"><joint axis="0 1 0" name="j"/><geom size=".1" mass="1"/></body>
        <body name="club" pos="0 0 3"><freejoint name="free"/><geom size=".05" mass="1"/>
        <geom type="box" size=".02 .03 .1" pos=".2 0 .1" mass=".5"/></body>""",
        rest="""<actuator><motor joint="j"/></actuator>
        <keyframe><key name="go" qpos="0 0 0 3 -.8 .6 0 0" qvel="0 1 .5 2 .3 -4 2"/></keyframe>""",
        pose="go",
        sensors=(("club", BodySensor("club")),),
    )  # fmt: skip
    (mine, _), (theirs, _) = (
        course(made(TIMING), world, lambda _: 0.0, 0.3, TIMING) for made in (PhysxAdapter, MujocoAdapter)
    )
    for name, near in (("club.pose", 0.02), ("club.twist", 0.1)):
        np.testing.assert_allclose(mine[name], theirs[name], atol=near)
    assert np.abs(theirs["club.twist"][-1, 3:]).max() > 2.0


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


def test_what_moves_as_one_has_the_mass_and_inertia_of_all_of_it(tmp_path: Path) -> None:
    parts = '<geom type="box" size=".1 .2 .3" mass="2"/>{}<geom type="box" size=".05 .1 .02" mass="1" {}/>{}'
    place = 'pos=".3 -.1 .2" euler="30 20 10"'
    apart = written(
        tmp_path, f'<body name="robot"><freejoint/>{parts.format(f"<body {place}>", "", "</body>")}</body>'
    )
    split = open_source(Path(apart.path)).model
    whole = written(tmp_path, f'<body name="robot"><freejoint/>{parts.format("", place, "")}</body>')
    one = open_source(Path(whole.path)).model
    (link,) = links_of(split, _at_start(split))
    assert link.mass_kg == pytest.approx(3.0)
    np.testing.assert_allclose(link.centre, one.body_ipos[1], atol=1e-12)
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, one.body_iquat[1])
    axes = turn.reshape(3, 3)
    np.testing.assert_allclose(link.inertia, axes @ np.diag(one.body_inertia[1]) @ axes.T, atol=1e-12)


def _at_start(model: mujoco.MjModel) -> mujoco.MjData:
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return data


@pytest.mark.parametrize(
    ("shapes", "rule"),
    [
        ((("0.9", 0), ("0.3", 0), ("0.5", 0), ("0.4", 0)), "max"),
        ((("0.9", 1), ("0.3", 0), ("0.5", 0), ("0.4", 0)), "max"),
        ((("0.2", 1), ("0.5", 0), ("0.5", 0), ("0.4", 0)), "multiply"),
        ((("0.2", 1), ("0.5", 0), ("0.3", 0), ("0.4", 0)), None),
        ((('0.2" condim="1', 1), ("0.5", 0), ("0.5", 0), ("0.5", 0)), None),
    ],
)
def test_two_surfaces_have_the_friction_that_mujoco_gives_them(
    tmp_path: Path, shapes: Sequence[tuple[str, int]], rule: str | None
) -> None:
    # They lie within each other, so that MuJoCo says what it has between every two.
    text = "".join(
        f'<body name="b{k}" pos="0 0 {k / 100}"><freejoint/><geom size=".1" friction="{slip}" priority="{level}"/></body>'
        for k, (slip, level) in enumerate(shapes)
    )
    model = open_source(Path(written(tmp_path, text).path)).model
    data, geoms = _at_start(model), colliders_of(model)
    collide, _ = colliding(model, geoms)
    if rule is None:
        with pytest.raises(ValueError, match=r"between 'geom \d' and 'geom \d' MuJoCo has friction"):
            friction_of(model, geoms, collide)
        return
    found, slips = friction_of(model, geoms, collide)
    combine = max if found == "max" else lambda a, b: a * b
    assert (found, data.ncon) == (rule, 6)
    for (a, b), friction in zip(data.contact.geom, data.contact.friction, strict=True):
        assert combine(slips[a], slips[b]) == pytest.approx(friction[0])


def test_shapes_that_mujoco_lets_pass_do_not_collide(tmp_path: Path) -> None:
    world = written(
        tmp_path,
        """<geom name="floor" type="plane" size="2 2 .1"/>
        <body name="robot" pos="0 0 .5"><joint name="j" type="slide" axis="0 0 1"/><geom size=".1" mass="1"/></body>
        <body name="ghost" pos="1 0 .1"><freejoint/><geom size=".1" contype="2" conaffinity="2"/></body>
        <body name="twin" pos="0 1 .1"><freejoint/><geom size=".1"/></body>""",
        rest='<contact><exclude body1="twin" body2="world"/></contact><actuator><motor joint="j"/></actuator>',
        sensors=tuple((name, BodySensor(name)) for name in ("ghost", "twin", "robot")),
    )  # fmt: skip
    read, _ = course(PhysxAdapter(TIMING), world, lambda _: 0.0, 0.5, TIMING)
    assert read["robot.pose"][-1, 2] == pytest.approx(0.1, abs=0.01)
    fallen = 0.1 - 0.5 * 9.81 * 0.5**2
    assert [read[f"{name}.pose"][-1, 2] for name in ("ghost", "twin")] == [
        pytest.approx(fallen, abs=0.05)
    ] * 2


@pytest.mark.parametrize(
    ("world", "rest", "said"),
    [
        (
            _HINGE.format('stiffness="3"'),
            _MOTOR,
            "no springs of joints \\('j'\\): leave it out, or use --adapter",
        ),
        (
            _HINGE.replace("<geom", '<joint type="slide"/><geom').format(""),
            _MOTOR,
            "body 'robot' has 2 joints",
        ),
        (
            _HINGE.format("") + '<body name="ball"><joint type="ball"/><geom size=".1"/></body>',
            _MOTOR,
            "body 'ball' hangs on a ball joint, .* three hinges in its place",
        ),
        (
            _HINGE.format("")
            + '<body><freejoint/><geom name="egg" type="ellipsoid" size=".1 .1 .2"/></body>',
            _MOTOR,
            "geom 'egg' is a ellipsoid, which PhysX has not: make it a box",
        ),
        (
            _HINGE.format(""),
            '<actuator><muscle name="m" joint="j" lengthrange="0 1"/></actuator>',
            "is a muscle: give",
        ),
        (
            _HINGE.format(""),
            '<actuator><position name="p" joint="j" forcerange="-1 2"/></actuator>',
            "actuator 'p' pushes with 2 and pulls with 1",
        ),
        (
            _HINGE.format(""),
            '<actuator><position joint="j"/><velocity joint="j" kv="1"/></actuator>',
            "joint 'j' has two actuators",
        ),
        (_HINGE.format("").replace("<body ", '<body gravcomp=".5" '), _MOTOR, "part of its weight taken off"),
        (_HINGE.format('damping="1 .5"'), _MOTOR, "no damping of joints with several numbers: leave it out"),
        (
            _HINGE.format(""),
            '<actuator><motor joint="j" damping="3" armature=".1" delay=".01" nsample="3"/></actuator>',
            "no damping of actuators; no armature of actuators; no delay of actuators: leave",
        ),
        (_HINGE.format(""), f'{_MOTOR}<option><flag limit="disable"/></option>', '<flag limit="disable"/>'),
        (
            _HINGE.format(""),
            f'{_MOTOR}<option><flag filterparent="disable"/></option>',
            '<flag filterparent="disable"/>',
        ),
        (_HINGE.format(""), f'{_MOTOR}<option actuatorgroupdisable="2"/>', "switched off by group"),
    ],
)
def test_what_physx_has_not_is_refused_with_what_to_do(
    tmp_path: Path, world: str, rest: str, said: str
) -> None:
    asked = written(tmp_path, world, rest=rest)
    adapter = PhysxAdapter(TIMING)
    with pytest.raises(ValueError, match=said):
        adapter.reset([asked])
    adapter.close()


def test_a_sensor_of_forces_is_refused_where_it_is_read(tmp_path: Path) -> None:
    text = _HINGE.replace("<geom", '<site name="s"/><geom').format("")
    rest = f'{_MOTOR}<sensor><touch name="pad" site="s"/></sensor>'
    for asked in (
        {"sensors": (("pad", FileSensor(("pad",))),)},
        {"quantities": (("pad_n", SensorReading("pad")),)},
    ):
        adapter = PhysxAdapter(TIMING)
        with pytest.raises(ValueError, match=r"sensor 'pad' is a touch, .* ask for contact_force"):
            adapter.reset([written(tmp_path, text, rest=rest, **asked)])
        adapter.close()
