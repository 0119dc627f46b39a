"""A team's own MJCF file: how its robot drives and senses."""

from __future__ import annotations

import importlib
import math
import shutil
from pathlib import Path

import gymnasium
import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.body import Body, Part
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from tests.unit.sim_adapters.native_sites import (
    TIMING,
    YARD,
    built_with,
    driven,
    write_yard,
    yard_world,
)
from tests.unit.sim_adapters.native_world import scene_of


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    return write_yard(tmp_path)


def test_the_robot_keeps_its_shape_and_loses_its_joints(yard: Path) -> None:
    model = built_with(yard, {})
    assert [model.joint(k).name for k in range(model.njnt)] == [
        "hinge",
        "simgate/x",
        "simgate/y",
        "simgate/yaw",
    ]
    assert model.actuator(0).name == "opener"
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    assert data.geom("hand").xpos == pytest.approx((0.0, 0.2, 0.55))


def test_a_stored_pose_locks_the_arm_where_it_was(yard: Path) -> None:
    world = MujocoWorld(scene_of(yard_world(yard, pose="reach")), TIMING)
    # The hand hung 0.2 m to the left of the shoulder, which has turned by 90 degrees, on a robot that looks along Y.
    assert world.data.geom("hand").xpos == pytest.approx((1.0, 1.8, 0.55), abs=1e-6)
    assert world.pose == pytest.approx((1.0, 2.0, 0.5 * math.pi), abs=1e-6)


@pytest.mark.parametrize(("aside", "within"), [(0.0, 1e-6), (0.2, 0.01)])
def test_it_drives_like_any_other_robot(yard: Path, aside: float, within: float) -> None:
    """The same commands give the path of the cylinder that other worlds have, whatever the file's robot weighs.

    A mass that hangs aside pulls on it, as it would: 4 mm.
    """
    commands = [(0.8, 0.0)] * 10 + [(0.6, 0.7)] * 10 + [(0.0, 0.0)] * 5
    yard.write_text(YARD.replace('name="hand" pos="0 0.2 0.3"', f'name="hand" pos="0 {aside} 0.3"'))
    native = driven(scene_of(yard_world(yard), robot__start_x_m=-3.0, robot__start_y_m=-3.0), commands)
    plain = Scene(
        name="plain",
        bodies=(Body("floor", (Part("box", (5, 5, 0.05), collides=False),), (0, 0, -0.05)),),
        robot=Robot(start=(-3.0, -3.0, 0.0)),
        camera=Camera(),
        lidar=Lidar(),
        task=Task(goal=(1.0, 1.0)),
    )
    assert native == pytest.approx(driven(plain, commands), abs=within)


def test_the_start_is_a_parameter(yard: Path) -> None:
    scene = scene_of(yard_world(yard), robot__start_x_m=-1.0, robot__start_y_m=0.5, robot__start_yaw_deg=30.0)
    assert MujocoWorld(scene, TIMING).pose == pytest.approx((-1.0, 0.5, math.radians(30.0)))


def test_a_robot_of_a_public_collection_drives(tmp_path: Path) -> None:
    """Gymnasium's ant: a free base, eight hinges with motors, no camera that looks ahead."""
    shutil.copy(Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets" / "ant.xml", tmp_path)
    path = tmp_path / "yard.xml"
    path.write_text(
        '<mujoco><asset><model name="ant" file="ant.xml"/></asset><worldbody>'
        '<geom type="plane" size="9 9 0.1"/><geom name="wall" type="box" size="0.1 4 1" pos="4.1 0 1"/>'
        '<attach model="ant" body="torso" prefix="ant/"/></worldbody></mujoco>'
    )
    world = yard_world(path, robot="ant/torso", camera=Camera(position=(0.3, 0.0, 0.9)))
    state = MujocoWorld(scene_of(world), TIMING)
    camera = state.built.camera
    assert state.data.cam_xpos[camera] == pytest.approx((0.3, 0.0, 0.9))
    for _ in range(30):
        state.advance(0.5, 0.0, TIMING.control_steps)
    assert state.pose[0] == pytest.approx(1.4, abs=0.1)
    assert state.pose[1:] == pytest.approx((0.0, 0.0), abs=0.02)
    assert state.problems() == ()


# What it senses.


def test_the_robot_touches_walls_and_never_the_floor(yard: Path) -> None:
    world = MujocoWorld(scene_of(yard_world(yard), robot__start_x_m=4.6, robot__start_y_m=2.0), TIMING)
    for _ in range(8):
        world.advance(0.5, 0.0, TIMING.control_steps)
        truth = world.truth(None, 0)
        if truth.contacts:
            break
    assert [contact.body for contact in truth.contacts] == ["wall"]
    assert "floor" not in truth.clearance_m
    assert truth.clearance_m["wall"] == pytest.approx(0.0, abs=0.01)


def test_clearance_is_measured_between_the_shapes(yard: Path) -> None:
    world = MujocoWorld(scene_of(yard_world(yard)), TIMING)
    gaps = world.truth(None, 0).clearance_m
    assert gaps["wall"] == pytest.approx(5.0 - 0.25, abs=1e-6)
    assert gaps["pane"] == pytest.approx(1.99 - 0.25, abs=1e-6)
    # The cube floats at 0.3 to 0.9; the mast (radius 0.03, from 0.25 to 0.58) is beside it, the hand 0.2 aside.
    assert gaps["cube"] == pytest.approx(min(2.7 - 0.03, math.hypot(2.7 - 0.25, 0.3 - 0.25)), abs=1e-3)


def test_the_lidar_sees_through_glass_and_not_itself(yard: Path) -> None:
    adapter = MujocoAdapter(TIMING)
    scene = scene_of(yard_world(yard, {"cube": "body/cube.present"}), cube=False)
    ahead = DriveView(adapter.reset([scene])).ranges_m[0][60]
    adapter.close()
    assert ahead == pytest.approx(5.0, abs=1e-6)


def test_a_known_cube_projects_where_it_must(yard: Path) -> None:
    adapter = MujocoAdapter(TIMING, {"depth": True})
    world = yard_world(yard, {"pane": "body/pane.present"}, labels={"cube": "crate"})
    observation = adapter.reset([scene_of(world, pane=False)])
    (entity,) = adapter.ground_truth()[0].entities
    adapter.close()
    focal = 50.0 / math.tan(math.radians(30.0))
    half = 0.3 * focal / (2.7 - 0.2)
    assert entity.label == "crate"
    assert entity.box == pytest.approx((100 - half, 50 - half, 100 + half, 50 + half), abs=1.5)
    assert entity.occlusion == 0.0
    assert DriveView(observation).depth_m is not None
    assert DriveView(observation).depth_m[0][40, 100] == pytest.approx(2.5, abs=0.01)


def test_a_narrower_lens_changes_the_silhouette_with_the_picture(yard: Path) -> None:
    world = yard_world(
        yard, {"pane": "body/pane.present", "view": "camera/front.fovy"}, labels={"cube": "crate"}
    )
    adapter = MujocoAdapter(TIMING)
    adapter.reset([scene_of(world, pane=False, view=30.0)])
    (entity,) = adapter.ground_truth()[0].entities
    adapter.close()
    half = 0.3 * 50.0 / math.tan(math.radians(15.0)) / 2.5
    assert entity.box == pytest.approx((100 - half, 50 - half, 100 + half, 50 + half), abs=1.5)
    assert entity.occlusion == 0.0


def test_worlds_of_a_batch_do_not_disturb_each_other(yard: Path) -> None:
    world = yard_world(yard, {"pane": "body/pane.present"}, labels={"cube": "crate"})
    scenes = [scene_of(world), scene_of(world, pane=False, robot__start_y_m=0.4)]
    commands = np.array([[0.5, 0.2], [0.3, -0.2]])
    adapter = MujocoAdapter(TIMING)
    adapter.reset(scenes)
    together = DriveView(adapter.step(commands)).rgb.copy()
    for index, scene in enumerate(scenes):
        adapter.reset([scene])
        assert (DriveView(adapter.step(commands[index : index + 1])).rgb[0] == together[index]).all()
    adapter.close()


def test_two_runs_are_the_same_bit_for_bit(yard: Path) -> None:
    scene = scene_of(yard_world(yard, {"gate": "joint/hinge.start_deg"}), gate=40.0)
    commands = [(0.8, 0.3)] * 30
    assert (driven(scene, commands) == driven(scene, commands)).all()


# What closes the way.


def test_the_barrier_is_the_first_that_is_there(yard: Path) -> None:
    world = yard_world(
        yard,
        {"pane": "body/pane.present", "turn": "body/pane.turn_deg"},
        labels={"pane": "glass_door", "cube": "wooden_door"},
        barrier={"pane": "glass", "cube": "wood"},
        open_from={"turn": 60.0},
    )
    shut, other = scene_of(world), scene_of(world, pane=False)
    wide = scene_of(world, turn=60.0)
    assert (shut.task.barrier, shut.task.barrier_kind) == ("pane", "glass")
    assert shut.labelled("glass_door") == ("pane",)
    assert (other.task.barrier, other.task.barrier_kind) == ("cube", "wood")
    assert wide.task.barrier is None
    assert wide.labelled("glass_door") == ()


def test_scenes_of_two_files_follow_each_other_in_one_adapter(tmp_path: Path) -> None:
    """The graphics context belongs to pictures and meshes; another file gets its own."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    tiled = YARD.replace(
        '<material name="red" rgba="0.8 0.1 0.1 1"/>',
        '<texture name="t" type="2d" builtin="checker" rgb1="1 1 0" rgb2="0 0 1" width="32" height="32"/>'
        '<material name="red" texture="t" texuniform="true"/>',
    )
    first, second = yard_world(write_yard(tmp_path / "a")), yard_world(write_yard(tmp_path / "b", tiled))
    adapter = MujocoAdapter(TIMING)
    alone = DriveView(adapter.reset([scene_of(first)])).rgb[0].copy()
    other = DriveView(adapter.reset([scene_of(second)])).rgb[0].copy()
    again = DriveView(adapter.reset([scene_of(first)])).rgb[0].copy()
    adapter.close()
    assert (alone == again).all()
    assert (alone != other).any()


def test_the_wrong_simulator_says_which_one_can(yard: Path) -> None:
    pytest.importorskip("pxr", reason="needs simgate[usd]")
    stage = importlib.import_module("simgate.sim_adapters.usd.stage")
    with pytest.raises(ValueError, match="run it with --adapter mujoco"):
        stage.build_stage(scene_of(yard_world(yard)), TIMING)
