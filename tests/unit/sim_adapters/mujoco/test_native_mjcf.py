"""A team's own MJCF file: what is read of it, and what is set in it."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.sensor import Camera
from simgate.sim_adapters.worlds.native_file import NativeError
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


@pytest.mark.parametrize(
    ("lens", "message"),
    [
        ('projection="orthographic"', "is orthographic"),
        ('mode="trackcom"', "follows or is aimed at something"),
        ('mode="targetbody" target="cube"', "follows or is aimed at something"),
        (
            'sensorsize="0.02 0.02" focal="0.01 0.01" resolution="200 100"',
            "pixels of camera 'rear' are not square: 100 by 50 pixels of focal length",
        ),
    ],
)
def test_a_camera_that_is_no_pinhole_is_refused(tmp_path: Path, lens: str, message: str) -> None:
    path = write_yard(tmp_path, YARD.replace('<camera name="rear"', f'<camera name="rear" {lens}'))
    with pytest.raises(NativeError, match=message):
        MjcfFile(path).camera("rear", "cart")


def test_a_lens_in_millimetres_is_a_field_of_view(tmp_path: Path) -> None:
    lens = 'sensorsize="0.004 0.002" focal="0.002 0.002" resolution="200 100"'
    path = write_yard(tmp_path, YARD.replace('<camera name="rear"', f'<camera name="rear" {lens}'))
    assert MjcfFile(path).camera("rear", "cart").vertical_fov_deg == pytest.approx(
        2 * math.degrees(math.atan(0.5)), abs=1e-5
    )


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


def test_what_is_nameless_is_said_to_need_a_name(tmp_path: Path) -> None:
    path = tmp_path / "plain.xml"
    path.write_text("<mujoco><worldbody><body name='leg'><geom size='.1'/></body></worldbody></mujoco>")
    with pytest.raises(
        NativeError, match="the file has no geom 'leg'; nothing of this kind has a name there"
    ):
        MjcfFile(path).target("geom/leg.mass")


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


def test_the_grey_that_means_no_colour_is_a_colour_when_it_is_set(yard: Path) -> None:
    yard.write_text(YARD.replace('name="red" rgba="0.8 0.1 0.1 1"', 'name="red" rgba="0.5 0.1 0.5 1"'))
    scenes = [scene_of(yard_world(yard, {"look": "geom/cube.rgba.g"}), look=look) for look in (0.5, 0.51)]
    adapter = MujocoAdapter(TIMING)
    grey, nearly = (DriveView(adapter.reset([scene])).rgb[0].astype(int) for scene in scenes)
    adapter.close()
    assert np.abs(grey - nearly).max() < 12


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
    frames = [
        DriveView(adapter.reset([scene_of(yard_world(yard, given))])).rgb[0].copy() for given in ({}, every)
    ]
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


def test_a_barrier_that_nothing_can_touch_is_refused(tmp_path: Path) -> None:
    ghost = YARD.replace('material="clear"/>', 'material="clear" contype="0" conaffinity="0"/>', 1)
    file = MjcfFile(write_yard(tmp_path, ghost))
    file.require("pane")  # A label may be on what is only seen.
    with pytest.raises(NativeError, match="'pane' closes no way: nothing of it can touch body 'cart'"):
        file.require("pane", stops="cart")
    MjcfFile(write_yard(tmp_path)).require("pane", stops="cart")
