from __future__ import annotations

import mujoco
import numpy as np
import pytest

from simgate.policies.grasping.evaluate import lift, load
from simgate.policies.grasping.motion import HOME, JOINTS, BrickPose, Lift, arm_angles
from simgate.policies.grasping.scenes import SIZE, TABLE, Tables, look

NETWORKS = TABLE.parent.parent / "brick"


@pytest.fixture(scope="module")
def model():
    return mujoco.MjModel.from_xml_path(str(TABLE))


def test_the_actuators_of_the_file_are_in_the_order_of_the_targets(model):
    assert tuple(model.actuator(k).name for k in range(model.nu)) == JOINTS
    assert ((model.actuator_ctrlrange[:, 0] <= HOME) & (model.actuator_ctrlrange[:, 1] + 1e-12 >= HOME)).all()


def test_inverse_kinematics_puts_the_grip_over_the_place_pointing_down_fingers_across_the_brick(model):
    data = mujoco.MjData(model)
    for x, y, z, yaw in ((0.4, 0.1, 0.1, 0.3), (0.5, -0.17, 0.02, 2.5), (0.34, 0.0, 0.18, -1.2)):
        data.qpos[:5] = arm_angles(x, y, z, yaw)
        mujoco.mj_kinematics(model, data)
        np.testing.assert_allclose(data.site("grip").xpos, [x, y, z], atol=1e-9)
        axes = data.site("grip").xmat.reshape(3, 3)
        np.testing.assert_allclose(axes[:, 0], [0.0, 0.0, -1.0], atol=1e-9)
        # The fingers open along y of the hand: at a right angle to the brick's long side.
        assert axes[:, 1] @ [np.cos(yaw), np.sin(yaw), 0.0] == pytest.approx(0.0, abs=1e-9)


def test_a_place_that_the_arm_cannot_reach_is_refused_with_its_numbers():
    with pytest.raises(ValueError, match=r"\(0\.700, 0\.000, 0\.020\) m is out of the arm's reach"):
        arm_angles(0.7, 0.0, 0.02, 0.0)


def test_the_motion_begins_at_home_opens_before_it_is_down_and_never_jumps():
    motion = Lift(BrickPose(0.45, 0.05, 0.4))
    targets = np.array([motion.targets(t / 50.0) for t in range(300)])
    np.testing.assert_array_equal(targets[0], HOME)
    assert np.abs(np.diff(targets, axis=0)).max() < 0.1
    phases = [motion.phase(t / 50.0) for t in range(300)]
    assert list(dict.fromkeys(phases)) == ["over", "down", "shut", "up", "hold"]
    assert (targets[:, 5] == HOME[5])[: phases.index("shut")].all()
    assert (targets[:, 5] == 0.0)[phases.index("up") :].all()


def test_a_brick_whose_pose_is_known_is_lifted_and_one_that_is_looked_for_elsewhere_is_not():
    tables = Tables(TABLE, seed=4, varied=False)
    true = [tables.next() for _ in range(4)]
    told = iter(true)
    result = lift(lambda rgb, depth: next(told), 4, seed=4, varied=False)
    assert result.lifted.all()
    assert result.place_error_m.max() == 0.0 == result.yaw_error_deg.max()
    # Servos of 800 N/m that the brick stops 13 mm short of shut: it is 15 mm to its middle, contacts yield by 2.
    np.testing.assert_allclose(result.grip_n, 800.0 * 0.013, rtol=0.02)
    beside = iter(BrickPose(pose.x, pose.y + 0.05, pose.yaw) for pose in true)
    assert not lift(lambda rgb, depth: next(beside), 4, seed=4, varied=False).lifted.any()


def test_half_a_turn_of_the_brick_is_no_error_of_yaw():
    tables = Tables(TABLE, seed=4, varied=False)
    true = tables.next()
    turned = BrickPose(true.x, true.y, true.yaw + np.pi - np.deg2rad(2.0))
    result = lift(lambda rgb, depth: turned, 1, seed=4, varied=False)
    np.testing.assert_allclose(result.yaw_error_deg, [2.0], atol=1e-9)


def test_nothing_lies_in_the_brick_and_the_same_seed_lays_the_same_tables():
    one, two = Tables(TABLE, seed=9), Tables(TABLE, seed=9)
    for _ in range(5):
        brick = one.next()
        assert two.next() == brick
        np.testing.assert_array_equal(one.data.qpos, two.data.qpos)
        np.testing.assert_array_equal(one.model.light_diffuse, two.model.light_diffuse)
        away = [
            one.data.body(thing).xpos[:2] - (brick.x, brick.y) for thing in ("cup", "cube", "slab", "post")
        ]
        assert min(np.hypot(*np.transpose(away))) > 0.08


def test_the_camera_looks_down_from_85_cm_with_far_up_and_left_at_the_left():
    tables = Tables(TABLE, seed=2, varied=False)
    brick = tables.next()
    with mujoco.Renderer(tables.model, SIZE, SIZE) as renderer:
        _, depth = look(renderer, tables.data)
        renderer.enable_segmentation_rendering()
        renderer.update_scene(tables.data, "top")
        brick_pixels = renderer.render()[..., 0] == tables.model.geom("brick").id
    rows, columns = np.nonzero(brick_pixels & (np.abs(depth - 0.81) < 0.004))  # its top, 4 cm over the table
    half_view_m = 0.81 * np.tan(np.deg2rad(18.0))
    x = 0.45 - ((rows.mean() + 0.5) / SIZE * 2.0 - 1.0) * half_view_m
    y = -((columns.mean() + 0.5) / SIZE * 2.0 - 1.0) * half_view_m
    np.testing.assert_allclose([x, y], [brick.x, brick.y], atol=0.003)


def test_the_shipped_network_lifts_on_tables_on_which_the_plain_one_mostly_does_not():
    good, bad = (lift(load(NETWORKS / name), 12, seed=77) for name in ("brick.onnx", "brick_plain.onnx"))
    assert good.lifted.sum() >= 11
    assert bad.lifted.sum() <= 8
