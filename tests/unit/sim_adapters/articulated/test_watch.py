"""Where the watched bodies are at a camera's pictures, against plain MuJoCo at the very step of the picture."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.scene.articulated import CameraSensor
from tests.unit.sim_adapters.articulated.machines import ARM, TIMING, arm, batch, now, reference

LOOKS = CameraSensor("wall", ("rgb", "instance", "semantic"), 256, 192)
VIEW = '<camera name="wall" pos="2.5 0 1.2" xyaxes="0 1 0 -.35 0 .94" fovy="50"/>\n    <light pos="0 0 3"/>'
SCENE = ARM.replace('<light pos="0 0 3"/>', VIEW).replace(
    '<geom name="cube"', '<site name="top" pos="0 0 .05"/><site name="far" pos="-.05 0 0"/><geom name="cube"'
)


def watched(folder: Path, text: str = SCENE, sensor: CameraSensor = LOOKS, **asked):
    bodies = ("body/cube", "body/upper")
    asked = {"watched": bodies, "sensors": (("front", sensor),), "labels": (("body/cube", "brick"),)} | asked
    return arm(folder, text, **asked)


def test_poses_pixels_and_sites_are_those_of_plain_mujoco(tmp_path: Path):
    site = watched(tmp_path)
    with batch() as worlds:
        seen = worlds.reset([site])
        for _ in range(6):
            seen = worlds.step(np.array([[4.0, 0.1]]))
        (truth,) = worlds.ground_truth()
        (view,) = truth.views
        instance, channel = seen.channels["front.instance"][0], worlds.embodiment.channel("front.instance")
        semantic = worlds.embodiment.channel("front.semantic")
    model, data = reference(site)
    data.ctrl[:] = 4.0, 0.1
    for _ in range(6 * TIMING.control_steps):
        mujoco.mj_step(model, data)
    data = now(model, data)
    assert (view.camera, view.step) == ("front", 6 * TIMING.control_steps)
    assert semantic.classes == ("", "brick")
    cube, upper = view.bodies
    for body, name in ((cube, "cube"), (upper, "upper")):
        np.testing.assert_allclose(body.pose[:3, 3], data.body(name).xpos, rtol=0, atol=1e-12)
        np.testing.assert_allclose(body.pose[:3, :3].ravel(), data.body(name).xmat, rtol=0, atol=1e-12)
    assert cube.pixels == (instance == channel.classes.index("cube")).sum() > 20
    arm_shown = [channel.classes.index(name) for name in ("upper", "fore")]
    assert upper.pixels == np.isin(instance, arm_shown).sum() > 20
    # The camera's own axes: X right, Y down, Z ahead.
    camera = data.camera("wall")
    np.testing.assert_allclose(view.pose[:3, 3], camera.xpos, atol=1e-12)
    right, up, back = camera.xmat.reshape(3, 3).T
    np.testing.assert_allclose(view.pose[:3, :3].T, (right, -up, -back), atol=1e-12)
    # A site's pixel by the definition of a pinhole, and the pixel is one of the cube.
    way = data.site("top").xpos - camera.xpos
    focal = 96 / math.tan(math.radians(25))
    x, y = 128 + focal * (way @ right) / (way @ -back), 96 + focal * (way @ -up) / (way @ -back)
    assert cube.points["top"] == pytest.approx((x, y), abs=1e-9)
    rows, columns = np.nonzero(instance == channel.classes.index("cube"))
    assert columns.min() - 1 <= x <= columns.max() + 2
    assert rows.min() - 1 <= y <= rows.max() + 2
    assert cube.size_px == pytest.approx(max(np.ptp(rows), np.ptp(columns)) + 1, abs=2.0)
    np.testing.assert_allclose(np.abs(cube.vertices), 0.05)


def test_a_point_behind_something_else_or_outside_is_not_in_view_but_one_behind_its_own_body_is(
    tmp_path: Path,
):
    with batch() as worlds:
        worlds.reset([watched(tmp_path)])
        cube = worlds.ground_truth()[0].views[0].bodies[0]
        assert set(cube.points) == {"top", "far"}
        wall = SCENE.replace(
            '<geom name="table"',
            '<geom name="wall" type="box" size=".02 .5 .5" pos="1.5 0 .8" rgba="1 1 1 {a}"/>\n    <geom name="table"',
        )
        worlds.reset([watched(tmp_path, wall.replace("{a}", "1"))])
        hidden = worlds.ground_truth()[0].views[0].bodies[0]
        assert (hidden.points, hidden.pixels, hidden.occlusion) == ({}, 0, 1.0)
        assert hidden.size_px == pytest.approx(cube.size_px)
        # A pane hides no point, though the pixels are the pane's.
        worlds.reset([watched(tmp_path, wall.replace("{a}", ".3"))])
        behind = worlds.ground_truth()[0].views[0].bodies[0]
        assert (set(behind.points), behind.pixels) == ({"top", "far"}, 0)
        away = SCENE.replace("0 1 0 -.35", "0 -1 0 .35")
        worlds.reset([watched(tmp_path, away)])
        turned = worlds.ground_truth()[0].views[0].bodies[0]
        assert (turned.points, turned.pixels, turned.occlusion) == ({}, 0, 1.0)
        assert math.isnan(turned.size_px)


def test_the_view_is_of_the_step_of_the_picture_not_of_the_tick_that_shows_it(tmp_path: Path):
    timing = Timing(physics_hz=200, control_hz=20, camera_hz=20)
    sensor = CameraSensor("wall", ("rgb",), 64, 48, rate_hz=25)
    site = watched(tmp_path, sensor=sensor)
    with batch(timing) as worlds:
        worlds.reset([site])
        found = []
        for _ in range(4):
            seen = worlds.step(np.array([[8.0, 0.1]]))
            (view,) = worlds.ground_truth()[0].views
            assert view.step == seen.stamps["front.rgb"]
            found.append((view.step, view.bodies[1].pose))
    assert [step for step, _ in found] == [8, 16, 24, 40]
    model, data = reference(site, timing)
    data.ctrl[:] = 8.0, 0.1
    poses = {}
    for step in range(1, 41):
        mujoco.mj_step(model, data)
        poses[step] = now(model, data).body("upper").xmat.copy()
    for step, pose in found:
        np.testing.assert_allclose(pose[:3, :3].ravel(), poses[step], rtol=0, atol=1e-12)


def test_nobody_is_told_where_nobody_asks(tmp_path: Path):
    with batch() as worlds:
        worlds.reset([watched(tmp_path, watched=())])
        assert worlds.ground_truth()[0].views == ()
        with pytest.raises(ValueError, match="no body 'kube'"):
            worlds.reset([watched(tmp_path, watched=("body/kube",))])
        with pytest.raises(ValueError, match="'geom/cube' is no body"):
            worlds.reset([watched(tmp_path, watched=("geom/cube",))])


def test_watching_changes_no_picture_and_no_state(tmp_path: Path):
    runs = []
    for bodies in ((), ("body/cube",)):
        with batch() as worlds:
            seen = worlds.reset([watched(tmp_path, watched=bodies)])
            for _ in range(5):
                seen = worlds.step(np.array([[8.0, 0.1]]))
            runs.append((seen.channels["front.rgb"].copy(), worlds.ground_truth()[0].pose))
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]


@pytest.mark.parametrize(
    ("shape", "radius", "height"),
    [
        ('type="sphere" size=".1"', 0.1, 0.1),
        ('type="capsule" size=".1 .2"', 0.1, 0.3),
        ('type="cylinder" size=".1 .2"', 0.1, 0.2),
        ('type="ellipsoid" size=".1 .1 .2"', 0.1, 0.2),
    ],
)
def test_points_on_what_is_round_span_it(tmp_path: Path, shape: str, radius: float, height: float):
    text = SCENE.replace('<geom name="cube" type="box" size=".05 .05 .05"', f'<geom name="cube" {shape}')
    with batch() as worlds:
        worlds.reset([watched(tmp_path, text)])
        points = worlds.ground_truth()[0].views[0].bodies[0].vertices
    assert np.abs(points).max(axis=0) == pytest.approx([radius, radius, height], rel=1e-9)
    assert np.hypot(points[:, 0], points[:, 1]).max() == pytest.approx(radius)
    if "sphere" in shape:
        np.testing.assert_allclose(np.linalg.norm(points, axis=1), radius)


def test_occlusion_is_the_share_of_the_bodys_own_pixels_at_which_something_else_is(tmp_path: Path):
    with batch() as worlds:
        worlds.reset([watched(tmp_path)])
        free = worlds.ground_truth()[0].views[0].bodies[0]
        half = SCENE.replace(
            '<geom name="table"',
            '<geom name="wall" type="box" size=".02 .5 .5" pos="1.5 .58 .8"/><geom name="table"',
        )
        worlds.reset([watched(tmp_path, half)])
        covered = worlds.ground_truth()[0].views[0].bodies[0]
    whole = free.pixels / (1 - free.occlusion)
    assert whole - free.pixels < 2, "the table takes an edge of it at most"
    assert 0 < covered.pixels < free.pixels
    assert covered.occlusion == pytest.approx(1 - covered.pixels / whole)


def test_a_site_elsewhere_in_the_picture_hides_nothing_of_a_body(tmp_path: Path):
    marked = SCENE.replace(
        '<geom name="table"', '<site name="mark" pos="0 .6 .9" size=".1"/><geom name="table"'
    )
    found = []
    with batch() as worlds:
        for text in (SCENE, marked):
            worlds.reset([watched(tmp_path, text)])
            cube = worlds.ground_truth()[0].views[0].bodies[0]
            found.append((cube.pixels, cube.occlusion))
    assert found[0] == found[1]


def test_two_truths_are_equal_where_all_is_alike(tmp_path: Path):
    site = watched(tmp_path, sensors=(("front", replace(LOOKS, width=32, height=24)),))
    with batch() as worlds:
        worlds.reset([site, site])
        first, second = worlds.ground_truth()
        assert first == second and first.views[0].bodies[0] is not second.views[0].bodies[0]
        worlds.step(np.array([[4.0, 0.1], [-4.0, 0.1]]))
        first, second = worlds.ground_truth()
    assert first.views != second.views and first.views[0].bodies[0] == second.views[0].bodies[0]
