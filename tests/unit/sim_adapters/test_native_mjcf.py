"""A team's own MJCF file: what is read of it, what is set in it, and how its robot drives and senses."""

from __future__ import annotations

import contextlib
import math
import shutil
from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
import pytest

from sim_adapters.adapter import Timing
from sim_adapters.mujoco.adapter import MujocoAdapter
from sim_adapters.mujoco.native.build import build_native
from sim_adapters.mujoco.native.site_file import MjcfFile
from sim_adapters.mujoco.world_state import MujocoWorld
from sim_adapters.scene.body import Body, Part
from sim_adapters.scene.robot import Robot
from sim_adapters.scene.scene import Scene, Task
from sim_adapters.scene.sensor import Camera, Lidar
from sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.native_sites import YARD, scene_of, write_yard, yard_world

TIMING = Timing(200, 10, 10)


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    return write_yard(tmp_path)


def driven(scene: Scene, commands: list[tuple[float, float]]) -> np.ndarray:
    world = MujocoWorld(scene, TIMING)
    poses = []
    for command in commands:
        world.advance(*command)
        poses.append(world.pose)
    return np.array(poses)


# What is read.


def test_the_robot_is_measured_where_the_file_puts_it(yard: Path) -> None:
    facts = MjcfFile(yard).robot("cart", None)
    assert facts.start == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert facts.radius_m == pytest.approx(
        0.25
    )  # the hull; the hand at 0.2 + 0.05 reaches as far; shells do not count
    assert facts.height_m == pytest.approx(0.1 + 0.15 + 0.3 + 0.05)
    assert facts.mass_kg == pytest.approx(22.5)


def test_a_stored_pose_says_where_the_robot_starts_and_how_far_its_arm_reaches(yard: Path) -> None:
    facts = MjcfFile(yard).robot("cart", "reach")
    assert facts.start == pytest.approx((1.0, 2.0, 0.5 * math.pi), abs=1e-6)


def test_the_camera_is_told_in_the_robots_frame(yard: Path) -> None:
    camera = MjcfFile(yard).camera("front", "cart")
    assert camera.position == pytest.approx((0.2, 0.0, 0.5))
    assert (camera.width, camera.height, camera.vertical_fov_deg) == (200, 100, 60.0)
    assert camera.pitch_deg == pytest.approx(0.0, abs=1e-9)


def test_a_camera_without_a_resolution_has_the_usual_one(yard: Path) -> None:
    camera = MjcfFile(yard).camera("rear", "cart")
    assert (camera.width, camera.height) == (160, 120)


def test_all_files_that_are_read_belong_to_the_world(tmp_path: Path) -> None:
    part = tmp_path / "parts" / "shelf.xml"
    part.parent.mkdir()
    part.write_text('<mujoco><worldbody><geom name="shelf" size="0.1" pos="0 3 1"/></worldbody></mujoco>')
    path = write_yard(tmp_path, YARD.replace("<default>", '<include file="parts/shelf.xml"/>\n<default>', 1))
    before = MjcfFile(path)
    assert before.files == (path, part)
    part.write_text(part.read_text().replace("0.1", "0.2"))
    assert MjcfFile(path).sha256 != before.sha256


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ('type="plane"', "yard.xml:"),
        ('<include file="nowhere.xml"/><default>', "nowhere.xml"),
    ],
)
def test_a_file_that_mujoco_rejects_is_reported_in_its_words(
    tmp_path: Path, wrong: str, message: str
) -> None:
    text = (
        YARD.replace("<default>", wrong, 1) if wrong.startswith("<") else YARD.replace(wrong, 'type="plne"')
    )
    with pytest.raises(NativeError, match=message) as error:
        MjcfFile(write_yard(tmp_path, text))
    assert error.value.what == "file"


@pytest.mark.parametrize(
    ("target", "default", "unit"),
    [
        ("body/cube.pos.x", 3.0, "m"),
        ("body/cube.turn_deg", 0.0, "deg"),
        ("geom/wall.size.y", 4.0, "m"),
        ("light/lamp.diffuse", 0.8, ""),
        ("light/lamp.diffuse.b", 0.2, ""),
        ("geom/cube.rgba.r", 0.8, ""),
        ("material/clear.rgba.a", 0.3, ""),
        ("camera/front.fovy", 60.0, "deg"),
        ("joint/hinge.frictionloss", 1.0, ""),
        ("joint/hinge.start_deg", 0.0, "deg"),
        ("visual/headlight.ambient", 0.5, ""),
        ("geom/cube.material", "red", ""),
        ("body/pane.present", True, ""),
        ("light/lamp.castshadow", True, ""),
    ],
)
def test_a_target_knows_the_files_own_value(yard: Path, target: str, default: object, unit: str) -> None:
    spec = MjcfFile(yard).target(target)
    assert (spec.default, spec.unit) == (default, unit)


@pytest.mark.parametrize(
    ("target", "message", "known"),
    [
        ("cube.pos.x", "is no target", ""),
        ("bodi/cube.pos.x", "nothing of the kind 'bodi'", "body"),
        ("body/cub.pos.x", "the file has no body 'cub'", "cube"),
        ("body/cube.poss.x", "'poss' of a body cannot be set", "pos"),
        ("body/cube.pos", "has several values; say which: pos.x, pos.y, pos.z", ""),
        ("body/cube.pos.w", "has no 'w'", ""),
        ("body/cube.turn_deg.x", "is one value", ""),
        ("joint/hinge.start_m", "use start_deg", ""),
        ("joint/free.start_deg", "set pos of its body", ""),
        ("geom/arm.size.x", "is given by fromto", ""),
        ("geom/wall.material", "has no material", ""),
    ],
)
def test_a_target_that_cannot_be_set_says_why(yard: Path, target: str, message: str, known: str) -> None:
    with pytest.raises(NativeError, match=message) as error:
        MjcfFile(yard).target(target)
    assert error.value.what == "target"
    assert not known or known in error.value.known


def test_the_listing_holds_targets_that_can_all_be_set(yard: Path) -> None:
    file = MjcfFile(yard)
    rows = {target: value for target, _, value in file.listing()}
    assert rows["body/cube.pos.x"] == "3.0"
    assert "geom/arm.size.x" not in rows
    assert len(rows) > 100
    for target in rows:
        file.target(target)


@pytest.mark.parametrize(
    ("target", "hint"),
    [("joint/shoulder.start_deg", "pose: KEY"), ("body/cart.pos.x", "robot.start_x_m")],
)
def test_what_the_robot_decides_is_not_the_packs_to_set(yard: Path, target: str, hint: str) -> None:
    with pytest.raises(NativeError) as error:
        MjcfFile(yard).target(target, "cart")
    assert hint in error.value.hint


def test_what_others_need_cannot_be_taken_out(yard: Path) -> None:
    with pytest.raises(NativeError, match=r"cannot do without geom 'gate': .*mass") as error:
        MjcfFile(yard).target("geom/gate.present", "cart")
    assert error.value.what == "target"
    MjcfFile(yard).target("body/gate.present", "cart")  # with its hinge and the motor on it


def test_a_kinematic_robot_is_made_to_drive(tmp_path: Path) -> None:
    text = (
        '<mujoco><worldbody><body name="puck" mocap="true" pos="1 0 0.2"><geom size="0.2"/>'
        "</body></worldbody></mujoco>"
    )
    world = yard_world(write_yard(tmp_path, text), robot="puck", camera=Camera())
    poses = driven(scene_of(world), [(0.5, 0.0)] * 10)
    assert poses[-1][0] > 1.3


# What is set.


def built_with(yard: Path, targets: dict[str, str], **values: Any) -> mujoco.MjModel:
    return build_native(scene_of(yard_world(yard, targets), **values), TIMING).model


def test_values_arrive_in_the_compiled_model(yard: Path) -> None:
    targets = {
        "cube_x": "body/cube.pos.x",
        "wall_y": "geom/wall.size.y",
        "tint": "material/clear.rgba.a",
        "lamp": "light/lamp.diffuse",
        "view": "camera/front.fovy",
        "look": "geom/cube.material",
        "ambient": "visual/headlight.ambient",
    }
    model = built_with(
        yard, targets, cube_x=2.5, wall_y=2.0, tint=0.6, lamp=0.4, view=75.0, look="clear", ambient=0.2
    )
    assert model.body("cube").pos[0] == 2.5
    assert model.geom("wall").size[1] == 2.0
    assert model.mat("clear").rgba[3] == pytest.approx(0.6)
    assert model.light("lamp").diffuse == pytest.approx((0.4, 0.2, 0.1))  # the hue stays
    assert model.cam("front").fovy[0] == 75.0
    assert model.geom("cube").matid[0] == model.mat("clear").id
    assert model.vis.headlight.ambient == pytest.approx((0.2, 0.2, 0.2))


def test_defaults_leave_the_file_as_it_is(yard: Path) -> None:
    file = MjcfFile(yard)
    every: dict[str, str] = {}
    for target, _, _ in file.listing():
        with contextlib.suppress(NativeError):  # The robot's own joints are not the pack's to set.
            file.target(target, "cart")
            every[target.replace("/", ".")] = target
    plain, same = built_with(yard, {}), built_with(yard, every)
    for name in ("body_pos", "geom_pos", "geom_size", "mat_rgba", "cam_pos", "cam_fovy"):
        assert getattr(same, name) == pytest.approx(getattr(plain, name), abs=1e-6), name
    for name in ("body_quat", "geom_quat", "cam_quat"):
        rows = zip(getattr(same, name), getattr(plain, name), strict=True)
        assert all(abs(float(a @ b)) == pytest.approx(1.0) for a, b in rows), name
    adapter = MujocoAdapter(TIMING)
    frames = [adapter.reset([scene_of(yard_world(yard, given))]).rgb[0].copy() for given in ({}, every)]
    adapter.close()
    assert (frames[0] == frames[1]).all()


def test_a_turn_is_added_to_the_files_own(yard: Path) -> None:
    text = yard.read_text().replace(
        '<body name="cube" pos="3 0 0.6">', '<body name="cube" pos="3 0 0.6" euler="0 0 20">'
    )
    yard.write_text(text)
    model = built_with(yard, {"turn": "body/cube.turn_deg"}, turn=25.0)
    assert model.body("cube").quat == pytest.approx(
        (math.cos(math.radians(22.5)), 0, 0, math.sin(math.radians(22.5)))
    )


def test_a_tilted_camera_looks_up(yard: Path) -> None:
    scene = scene_of(yard_world(yard, {"tilt": "camera/front.pitch_deg"}), tilt=10.0)
    world = MujocoWorld(scene, TIMING)
    ahead = -world.data.cam_xmat[world.built.camera].reshape(3, 3)[:, 2]
    assert ahead == pytest.approx((math.cos(math.radians(10)), 0.0, math.sin(math.radians(10))))


def test_what_is_not_there_is_gone_even_if_something_else_is_set_on_it(yard: Path) -> None:
    targets = {"there": "body/pane.present", "x": "body/pane.pos.x"}
    model = built_with(yard, targets, there=False, x=1.0)
    assert mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, "pane") == -1


def test_a_joint_of_the_site_starts_where_it_is_told(yard: Path) -> None:
    scene = scene_of(yard_world(yard, {"gate": "joint/hinge.start_deg"}), gate=90.0)
    world = MujocoWorld(scene, TIMING)
    centre = world.data.geom_xpos[world.built.model.geom("gate").id]
    assert centre == pytest.approx((-2.0, 2.5, 0.5), abs=1e-9)


def test_a_changed_file_is_refused(yard: Path) -> None:
    scene = scene_of(yard_world(yard))
    MujocoWorld(scene, TIMING)
    yard.write_text(YARD.replace('pos="3 0 0.6"', 'pos="3.5 0 0.6"'))
    with pytest.raises(ValueError, match=r"has changed .*restore it, or start a new run"):
        MujocoWorld(scene, TIMING)


# How it drives.


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
        state.advance(0.5, 0.0)
    assert state.pose[0] == pytest.approx(1.4, abs=0.1)
    assert state.pose[1:] == pytest.approx((0.0, 0.0), abs=0.02)
    assert state.problems() == ()


# What it senses.


def test_the_robot_touches_walls_and_never_the_floor(yard: Path) -> None:
    world = MujocoWorld(scene_of(yard_world(yard), robot__start_x_m=4.6, robot__start_y_m=2.0), TIMING)
    for _ in range(8):
        world.advance(0.5, 0.0)
        truth = world.truth(np.zeros((100, 200), dtype=np.int64), 0)
        if truth.contacts:
            break
    assert [contact.body for contact in truth.contacts] == ["wall"]
    assert "floor" not in truth.clearance_m
    assert truth.clearance_m["wall"] == pytest.approx(0.0, abs=0.01)


def test_clearance_is_measured_between_the_shapes(yard: Path) -> None:
    world = MujocoWorld(scene_of(yard_world(yard)), TIMING)
    gaps = world.truth(np.zeros((100, 200), dtype=np.int64), 0).clearance_m
    assert gaps["wall"] == pytest.approx(5.0 - 0.25, abs=1e-6)
    assert gaps["pane"] == pytest.approx(1.99 - 0.25, abs=1e-6)
    # The cube floats at 0.3 to 0.9; the mast (radius 0.03, from 0.25 to 0.58) is beside it, the hand 0.2 aside.
    assert gaps["cube"] == pytest.approx(min(2.7 - 0.03, math.hypot(2.7 - 0.25, 0.3 - 0.25)), abs=1e-3)


def test_the_lidar_sees_through_glass_and_not_itself(yard: Path) -> None:
    adapter = MujocoAdapter(TIMING)
    scene = scene_of(yard_world(yard, {"cube": "body/cube.present"}), cube=False)
    ahead = adapter.reset([scene]).ranges_m[0][60]
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
    assert entity.occlusion < 0.1  # 400 pixels of 20.8 x 20.8
    assert observation.depth_m is not None
    assert observation.depth_m[0][40, 100] == pytest.approx(2.5, abs=0.01)


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
    assert entity.occlusion < 0.1


def test_worlds_of_a_batch_do_not_disturb_each_other(yard: Path) -> None:
    world = yard_world(yard, {"pane": "body/pane.present"}, labels={"cube": "crate"})
    scenes = [scene_of(world), scene_of(world, pane=False, robot__start_y_m=0.4)]
    commands = np.array([[0.5, 0.2], [0.3, -0.2]])
    adapter = MujocoAdapter(TIMING)
    adapter.reset(scenes)
    together = adapter.step(commands).rgb.copy()
    for index, scene in enumerate(scenes):
        adapter.reset([scene])
        assert (adapter.step(commands[index : index + 1]).rgb[0] == together[index]).all()
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
    alone = adapter.reset([scene_of(first)]).rgb[0].copy()
    other = adapter.reset([scene_of(second)]).rgb[0].copy()
    again = adapter.reset([scene_of(first)]).rgb[0].copy()
    adapter.close()
    assert (alone == again).all()
    assert (alone != other).any()


def test_the_wrong_simulator_says_which_one_can(yard: Path) -> None:
    stage = pytest.importorskip("sim_adapters.usd.stage", reason="needs simgate[usd]")
    with pytest.raises(ValueError, match="run it with --adapter mujoco"):
        stage.build_stage(scene_of(yard_world(yard)), TIMING)
