from __future__ import annotations

import mujoco
import numpy as np

from simgate.policies.quadruped.conditions import NOMINAL, WALKS, Applied, draw
from simgate.policies.quadruped.evaluate import load, walk
from simgate.policies.quadruped.gait import JOINTS, LEGS, STAND, joint_angles
from simgate.policies.quadruped.interface import command_to, encode, joint_targets
from simgate.policies.quadruped.robots import YARD, Robots

GAITS = YARD.parent.parent / "gait"


def test_inverse_kinematics_puts_the_feet_of_the_file_where_they_are_asked_for():
    model = mujoco.MjModel.from_xml_path(str(YARD))
    data = mujoco.MjData(model)
    asked = np.array([[0.05, side * 0.09, -0.25] for side in (1, -1, 1, -1)])
    for joint, angle in zip(JOINTS, joint_angles(asked), strict=True):
        data.qpos[model.joint(joint).qposadr[0]] = angle
    mujoco.mj_kinematics(model, data)
    feet = [data.geom(f"{leg}_foot").xpos - data.body(f"{leg}_hub").xpos for leg in LEGS]
    np.testing.assert_allclose(feet, asked, atol=1e-9)


def test_the_actuators_of_the_file_are_in_the_order_of_the_networks_outputs():
    model = mujoco.MjModel.from_xml_path(str(YARD))
    assert tuple(model.actuator(k).name for k in range(model.nu)) == JOINTS
    np.testing.assert_allclose(model.actuator_ctrlrange, model.jnt_range[1 : 1 + model.nu], rtol=1e-12)


def test_an_action_of_zero_asks_for_the_stand_and_the_stand_encodes_as_zero():
    np.testing.assert_array_equal(joint_targets(np.zeros((1, 12))), STAND[None])
    one = {
        name: np.zeros((1, size))
        for name, size in {"gyro": 3, "command": 2, "rates": 12, "action": 12}.items()
    }
    seen = encode(np.array([[0.0, 0.0, 1.0]]), angles=STAND[None], phase=np.array([0.25]), **one)
    expected = np.zeros((1, 46))
    expected[0, [2, 44]] = -1.0, 1.0  # gravity points down; a quarter of the stride
    np.testing.assert_allclose(seen, expected, atol=1e-7)


def test_each_reading_has_its_place_and_scale_in_the_networks_input():
    names = {"up": 3, "gyro": 3, "command": 2, "angles": 12, "rates": 12, "action": 12}
    given = {name: np.full((1, size), k + 1.0) for k, (name, size) in enumerate(names.items())}
    seen = encode(phase=np.array([0.0]), **given)
    scaled = [[-1.0] * 3, [0.5] * 3, [6.0, 3.0], 4.0 - STAND, [0.25] * 12, [6.0] * 12, [0.0, 1.0]]
    np.testing.assert_allclose(seen, [np.concatenate(scaled)], atol=1e-6)


def test_the_sensors_of_the_file_give_what_the_network_was_trained_on():
    model = mujoco.MjModel.from_xml_path(str(YARD))
    data = mujoco.MjData(model)
    data.qpos[3:7] = [np.cos(0.2), np.sin(0.2), 0.0, 0.0]  # rolled by 0.4 rad about its own x axis
    data.qvel[3:6] = [0.1, -0.2, 0.3]
    mujoco.mj_forward(model, data)
    np.testing.assert_allclose(data.sensor("up").data, [0.0, np.sin(0.4), np.cos(0.4)], atol=1e-12)
    np.testing.assert_allclose(data.sensor("gyro").data, [0.1, -0.2, 0.3], atol=1e-12)
    robots = Robots(YARD, 1, seed=0, threads=1)
    robots.reset(np.array([0]), draw(np.random.default_rng(0), 1, WALKS, names=()))
    robots._state[0, 4:8], robots._state[0, 23:26] = data.qpos[3:7], data.qvel[3:6]
    np.testing.assert_allclose(robots.floor_normal_in_trunk[0], data.sensor("up").data, atol=1e-12)
    np.testing.assert_array_equal(robots.gyro[0], data.qvel[3:6])


def test_a_mark_to_the_left_turns_left_and_a_mark_that_is_reached_stands():
    mark = np.array([[0.0, 4.0], [4.0, 0.0], [0.1, 0.0]])
    command = command_to(mark, np.zeros((3, 2)), np.zeros(3))
    np.testing.assert_allclose(command, [[0.0, 0.8], [0.5, 0.0], [0.0, 0.0]], atol=1e-9)


def test_conditions_are_put_in_from_the_files_own_numbers_and_do_not_pile_up():
    base = mujoco.MjModel.from_xml_path(str(YARD))
    model = mujoco.MjModel.from_xml_path(str(YARD))
    applied = Applied(base)
    drawn = draw(np.random.default_rng(3), 2, WALKS)
    applied.apply(model, drawn, 0)
    normal = applied.apply(model, drawn, 1)
    value = {name: column[1] for name, column in drawn.values.items()}
    assert model.body("payload").mass[0] == value["payload_kg"]
    assert model.body("trunk").subtreemass[0] == base.body("trunk").subtreemass[0] + value["payload_kg"]
    np.testing.assert_allclose(model.actuator_forcerange[:, 1], 24.0 * value["strength"])
    np.testing.assert_allclose(np.rad2deg(np.arccos(normal[2])), value["slope_deg"])
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    np.testing.assert_allclose(data.geom("floor").xmat.reshape(3, 3)[:, 2], normal, atol=1e-12)


def test_a_payloads_inertia_is_that_of_its_box():
    spec = mujoco.MjSpec.from_file(str(YARD))
    spec.geom("payload").mass = 2.0
    compiled, base = spec.compile(), mujoco.MjModel.from_xml_path(str(YARD))
    two = draw(np.random.default_rng(0), 1, {"payload_kg": (2.0, 2.0)})
    Applied(base).apply(base, two, 0)
    np.testing.assert_allclose(base.body("payload").inertia, compiled.body("payload").inertia, rtol=1e-12)


def test_a_share_of_nothing_leaves_every_condition_nominal():
    drawn = draw(np.random.default_rng(0), 3, WALKS, share=0.0)
    assert {name: set(column) for name, column in drawn.values.items()} == {
        k: {v} for k, v in NOMINAL.items()
    }


def test_walks_do_not_depend_on_the_number_of_physics_threads():
    ends = []
    for threads in (1, 2):
        robots = Robots(YARD, 4, seed=5, threads=threads)
        robots.reset(np.arange(4), draw(np.random.default_rng(1), 4, WALKS))
        for _ in range(10):
            robots.step(np.zeros((4, 12)))
        ends.append(robots._state.copy())
    np.testing.assert_array_equal(*ends)


def test_the_shipped_gait_arrives_where_the_copied_one_mostly_does_not():
    good, bad = (walk(load(GAITS / name), 20, seed=77) for name in ("gait.onnx", "copied.onnx"))
    assert good.arrived.sum() >= 19
    assert bad.arrived.sum() <= 14
