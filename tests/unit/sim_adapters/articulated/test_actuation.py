"""What an articulated robot is told: its file's actuators by name and unit, or servos on joints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.mujoco.articulated.actuation import actuation_of, unit_of
from simgate.sim_adapters.mujoco.articulated.machine import build_machine, start_state
from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld
from simgate.sim_adapters.mujoco.native.source import open_source
from simgate.sim_adapters.quantities import Joint
from simgate.sim_adapters.scene.articulated import JointSensor, Servos
from tests.unit.sim_adapters.articulated.machines import ARM, TIMING, arm, batch, reference

_JOINT = (
    ("angle", Joint("shoulder")),
    ("torque", Joint("shoulder", "torque")),
    ("rate", Joint("shoulder", "velocity")),
)


def test_the_files_actuators_have_their_names_bounds_and_units(tmp_path: Path) -> None:
    with batch() as worlds:
        worlds.reset([arm(tmp_path)])
        action = worlds.embodiment.action
    assert action.names == ("lift", "reach")
    assert action.units == ("2 N m", "m"), (
        "a motor of gear 2 gives twice what it is told; a servo is told metres"
    )
    assert (action.low, action.high) == ((-20.0, 0.0), (20.0, 0.2))


@pytest.mark.parametrize(
    ("actuator", "unit"),
    [
        ('<motor joint="j"/>', "N m"),
        ('<motor joint="s"/>', "N"),
        ('<position joint="j" kp="5"/>', "rad"),
        ('<position joint="s" kp="5" gear="2"/>', "0.5 m"),
        ('<velocity joint="j" kv="5"/>', "rad/s"),
        ('<intvelocity joint="s" kp="5" actrange="0 1"/>', "m/s"),
        ('<motor site="p" gear="0 0 1 0 0 0"/>', "N"),
        ('<motor site="p" gear="0 0 0 0 0 1"/>', "N m"),
        ('<muscle joint="j" ctrlrange="0 1" lengthrange="0 1"/>', ""),
    ],
)
def test_an_actuators_unit_follows_its_type_and_what_it_moves(actuator: str, unit: str) -> None:
    model = mujoco.MjModel.from_xml_string(
        '<mujoco><worldbody><body name="b"><joint name="j"/><joint name="s" type="slide"/><site name="p"/>'
        f'<geom size=".1"/></body></worldbody><actuator>{actuator}</actuator></mujoco>'
    )
    assert unit_of(model, 0) == unit


def test_actuators_without_names_are_called_by_their_joints_and_told_apart() -> None:
    model = mujoco.MjModel.from_xml_string(
        '<mujoco><worldbody><body name="b"><joint name="j"/><geom size=".1"/></body>'
        '<body name="other"><joint name="o"/><geom size=".1"/></body></worldbody><actuator><motor joint="j"/>'
        '<motor joint="o"/><velocity joint="j"/></actuator></mujoco>'
    )
    found = actuation_of(model, "b", clip=False)
    assert found.action.names == ("j 1", "j 2"), "what moves another body is not the robot's"
    assert found.ctrl.tolist() == [0, 2]


@pytest.mark.parametrize(("mode", "told"), [("position", 0.5), ("velocity", 0.2), ("torque", 3.0)])
def test_servos_do_what_their_joint_is_told(tmp_path: Path, mode: str, told: float) -> None:
    gains = {"position": ((300.0,), (30.0,)), "velocity": ((), (200.0,)), "torque": ((), ())}[mode]
    text = ARM.replace("<worldbody>", '<option gravity="0 0 0"/><worldbody>', 1)
    drive = Servos(mode, ("shoulder",), *gains)  # type: ignore[arg-type]
    with batch() as worlds:
        worlds.reset([arm(tmp_path, text, drive=drive, quantities=_JOINT)])
        assert worlds.embodiment.action.names == ("shoulder",), (
            "the file's own actuators of the robot are gone"
        )
        for _ in range(40):
            worlds.step(np.array([[told]]))
        true = worlds.ground_truth()[0].values
    of = {"position": "angle", "velocity": "rate", "torque": "torque"}[mode]
    assert true[of] == pytest.approx(told, rel=0.02)


def test_servos_keep_to_the_joints_own_limits(tmp_path: Path) -> None:
    with batch() as worlds:
        worlds.reset([arm(tmp_path, drive=Servos("position", (), (500.0, 200.0), (20.0,)))])
        action = worlds.embodiment.action
        assert action.names == ("shoulder", "slider") and action.units == ("rad", "m")
        assert action.low == pytest.approx((-np.pi / 2, 0.0)) and action.high == pytest.approx(
            (np.pi / 2, 0.2)
        )
        model = worlds._worlds[0].model
    assert model.actuator_forcerange[0].tolist() == [-80.0, 80.0]
    with batch() as worlds:
        worlds.reset([arm(tmp_path, drive=Servos("torque"))])
        action = worlds.embodiment.action
    assert (action.low, action.high) == ((-80.0, -np.inf), (80.0, np.inf))


@pytest.mark.parametrize(
    ("drive", "said"),
    [
        (Servos("position", ("sholder",), (1.0,)), "the file has no joint 'sholder'"),
        (Servos("position", ("shoulder",)), "need 'kp'; add kp"),
        (Servos("velocity"), "need 'kd'; add kd"),
        (Servos("position", (), (1.0, 2.0, 3.0)), "'kp' has 3 numbers for 2 joints"),
    ],
)
def test_servos_that_cannot_be_are_refused_with_what_to_write(
    tmp_path: Path, drive: Servos, said: str
) -> None:
    with batch() as worlds, pytest.raises(ValueError, match=said):
        worlds.reset([arm(tmp_path, drive=drive)])


def test_an_action_beyond_its_bounds_is_refused_unless_it_is_to_be_cut(tmp_path: Path) -> None:
    with batch() as worlds:
        worlds.reset([arm(tmp_path)])
        with pytest.raises(ValueError, match=r"action of world 0: lift is 30 2 N m, beyond its range"):
            worlds.step(np.array([[30.0, 0.0]]))
        with pytest.raises(ValueError, match=r"shape \(1, 2\), not \(2,\)"):
            worlds.step(np.array([0.0, 0.0]))
        with pytest.raises(ValueError, match="reach is nan"):
            worlds.step(np.array([[0.0, np.nan]]))
    with batch() as worlds:
        worlds.reset([arm(tmp_path, clip=True)])
        worlds.step(np.array([[30.0, 0.5]]))
        assert worlds._worlds[0].data.ctrl.tolist() == [20.0, 0.2]


def test_the_robot_starts_in_the_stored_pose_that_is_named(tmp_path: Path) -> None:
    with batch() as worlds:
        sensors = (("joints", JointSensor()),)
        seen = worlds.reset([arm(tmp_path, pose="up", sensors=sensors)])
        assert seen.channels["joints.position"][0].tolist() == [-0.5, 0.1]
        servos = Servos("position", (), (100.0,), (10.0,))
        seen = worlds.reset([arm(tmp_path, pose="up", sensors=sensors, drive=servos)])
        assert seen.channels["joints.position"][0].tolist() == [-0.5, 0.1]
        with pytest.raises(ValueError, match="the file has no key 'upp'"):
            worlds.reset([arm(tmp_path, pose="upp")])


_BELT = ARM.replace(
    "</worldbody>",
    '<body name="belt" pos="2 2 .2"><joint name="belt" type="slide" axis="1 0 0" damping="1"/>'
    '<geom size=".05" mass="1"/></body></worldbody>',
).replace("</actuator>", '<velocity name="belt" joint="belt" kv="50"/></actuator>')


def test_servos_leave_what_a_stored_pose_tells_the_actuators_of_others(tmp_path: Path) -> None:
    text = _BELT.replace('1 0 0 0" ctrl="0 .1"', '1 0 0 0 0" ctrl="0 .1 .7"')
    speed = (("speed", Joint("belt", "velocity")),)
    drive = Servos("position", (), (100.0,), (10.0,))
    with batch() as worlds:
        worlds.reset([arm(tmp_path, text, pose="up", drive=drive, quantities=speed)])
        for _ in range(20):
            worlds.step(np.zeros((1, 2)))
        true = worlds.ground_truth()[0].values
    assert true["speed"] == pytest.approx(0.7 * 50 / 51, rel=1e-3), "the belt of the file goes on running"


def test_sensors_of_actuators_go_with_them_when_servos_come(tmp_path: Path) -> None:
    text = (
        _BELT.replace(
            "</sensor>",
            '<actuatorfrc name="effort" actuator="lift"/><actuatorfrc name="pull" actuator="belt"/></sensor>',
        )
        .replace("<keyframe>", "<!--")
        .replace("</keyframe>", "-->")
    )
    with batch() as worlds:
        worlds.reset([arm(tmp_path, text, drive=Servos("torque"))])
        model = worlds._worlds[0].model
    assert [model.sensor(k).name for k in range(model.nsensor)] == ["acc", "gyro", "angle", "pad", "pull"]


def test_the_world_is_no_robot_for_nothing_would_touch_it(tmp_path: Path) -> None:
    with batch() as worlds, pytest.raises(ValueError, match="body 'world' is everything"):
        worlds.reset([replace(arm(tmp_path), robot="world")])


def test_a_servo_on_a_joint_that_is_not_the_robots_is_refused(tmp_path: Path) -> None:
    """It would hold at nought and take no action."""
    text = _BELT.replace("<keyframe>", "<!--").replace("</keyframe>", "-->")
    drive = Servos("torque", ("shoulder", "belt"))
    with batch() as worlds, pytest.raises(ValueError, match="joint 'belt' is not of the robot 'base'"):
        worlds.reset([arm(tmp_path, text, drive=drive)])


def test_a_share_of_an_actuators_strength_is_that_share_of_its_force_and_its_limits(tmp_path: Path) -> None:
    limited = ARM.replace('kp="200"', 'kp="200" forcerange="-30 20"')
    plain = start_state(build_machine(arm(tmp_path, limited), TIMING))
    asked = arm(
        tmp_path, limited, values=(("actuator/reach.strength", 0.5), ("actuator/lift.strength", 0.25))
    )
    model, whole = build_machine(asked, TIMING).built.model, plain.model
    reach, lift = model.actuator("reach").id, model.actuator("lift").id
    np.testing.assert_allclose(model.actuator_gainprm[reach], 0.5 * whole.actuator_gainprm[reach])
    np.testing.assert_allclose(model.actuator_biasprm[reach], 0.5 * whole.actuator_biasprm[reach])
    assert model.actuator_forcerange[reach].tolist() == [-15.0, 10.0]
    data = start_state(build_machine(asked, TIMING))
    for weak in (plain, data):
        weak.ctrl[:] = 4.0, 0.02
        mujoco.mj_forward(weak.model, weak)
    assert data.actuator_force[lift] == pytest.approx(0.25 * plain.actuator_force[lift])
    assert data.actuator_force[reach] == pytest.approx(0.5 * plain.actuator_force[reach])


@pytest.mark.parametrize("share", [0.0, 0.25, 2.0])
def test_a_share_of_the_strength_of_a_servo_with_a_ratio_of_damping_is_that_share_of_its_damping(
    tmp_path: Path, share: float
) -> None:
    text = ARM.replace('kp="200" kv="20"', 'kp="200" dampratio="0.7" forcelimited="true" forcerange="-30 30"')
    whole = build_machine(arm(tmp_path, text), TIMING).built.model
    asked = arm(tmp_path, text, values=(("actuator/reach.strength", share),))
    model = build_machine(asked, TIMING).built.model
    reach = model.actuator("reach").id
    assert whole.actuator_biasprm[reach][2] < -1.0
    np.testing.assert_allclose(model.actuator_biasprm[reach], share * whole.actuator_biasprm[reach])


def test_an_action_arrives_after_its_delay_and_the_stored_pose_holds_until_then(tmp_path: Path) -> None:
    site = arm(tmp_path, pose="up", action_delay_ms=70.0)  # 14 steps; a control period has 10
    world = ArticulatedWorld(site, TIMING)
    out = [[np.zeros(c.shape, c.dtype) for c in one.channels] for one in world.samplers]
    told = [np.array([1.0, 0.05]), np.array([2.0, 0.06]), np.array([3.0, 0.07])]
    world.advance(told[0], out)
    assert world.data.ctrl.tolist() == [0.0, 0.1], "as the stored pose tells them"
    world.advance(told[1], out)
    assert world.data.ctrl.tolist() == [1.0, 0.05]
    world.advance(told[2], out)
    assert world.data.ctrl.tolist() == [2.0, 0.06]
    model, data = reference(site)
    for step in range(30):
        if step >= 14:
            data.ctrl[:] = told[(step - 14) // 10]
        mujoco.mj_step(model, data)
    assert np.array_equal(world.data.qpos, data.qpos)


def test_a_robot_that_begins_inside_something_is_no_sound_world(tmp_path: Path) -> None:
    assert ArticulatedWorld(arm(tmp_path), TIMING).problems() == ()
    risen = arm(tmp_path, ARM.replace('pos=".5 0 .3"', 'pos=".5 0 .7"', 1))
    (problem,) = ArticulatedWorld(risen, TIMING).problems()
    assert problem == "the robot begins 40 mm inside 'table': name a stored pose in which it stands free"


URDF = """<robot name="two"><mujoco><compiler fusestatic="false"/></mujoco>
<link name="base"><inertial><mass value="5"/><inertia ixx=".1" iyy=".1" izz=".1" ixy="0" ixz="0" iyz="0"/></inertial></link>
<link name="upper"><inertial><origin xyz="0 0 .2"/><mass value="1"/><inertia ixx=".01" iyy=".01" izz=".01" ixy="0" ixz="0" iyz="0"/></inertial>
<collision><origin xyz="0 0 .2"/><geometry><box size=".05 .05 .3"/></geometry></collision></link>
<joint name="lift" type="revolute"><parent link="base"/><child link="upper"/><axis xyz="0 1 0"/>
<limit lower="-1.5" upper="1.2" effort="40" velocity="3"/><dynamics damping=".5"/></joint></robot>"""


def test_a_robot_in_urdf_has_the_joints_limits_and_efforts_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "two.urdf"
    path.write_text(URDF)
    site = replace(
        arm(tmp_path), path=str(path), sha256=open_source(path).sha256, robot="base", pose=None, labels=(), allow=(),
        drive=Servos("position", kp=(400.0,), kd=(20.0,)), sensors=(("joints", JointSensor()),), quantities=_JOINT[:0],
    )  # fmt: skip
    with batch() as worlds:
        worlds.reset([site])
        action = worlds.embodiment.action
        assert (action.names, action.low, action.high) == (("lift",), (-1.5,), (1.2,))
        world = worlds._worlds[0]
        assert world.model.jnt_actfrcrange.tolist() == [[-40.0, 40.0]]
        assert world.model.body("upper").mass == 1.0
        for _ in range(20):
            seen = worlds.step(np.array([[0.5]]))
        assert seen.channels["joints.position"][0] == pytest.approx([0.5], abs=0.02)
