"""Steps and ramps across the way: what is called a wall stops the robot in MuJoCo, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.worlds.low_walls import Shape, Wall, slope_of_box, walls_in_the_way
from tests.unit.sim_adapters.native_sites import YARD, driven, write_yard, yard_world
from tests.unit.sim_adapters.native_world import scene_of

CLEARED = re.sub(r'\n    <body name="(?:cube|pane)".*', "", YARD)
"""The yard with nothing between the cart at the origin and the wall at x = 5; the hull ends 5 cm above the floor."""


def site(folder: Path, geom: str) -> Path:
    text = CLEARED.replace('<geom name="wall"', f'<geom name="step" {geom}/>\n    <geom name="wall"', 1)
    return write_yard(folder, text)


def walls(path: Path, goal: tuple[float, float] = (4.0, 0.0)) -> list[Wall]:
    file = MjcfFile(path)
    facts = file.robot("cart", None)
    low, shapes = file.shapes("cart", None)
    return walls_in_the_way(shapes, facts.start[:2], goal, facts.radius_m, low)


@pytest.mark.parametrize(
    ("geom", "slope"),
    [
        ('type="box" size="0.1 2 0.03" pos="2 0 0.03"', None),
        ('type="box" size="0.1 0.6 0.05" pos="2 0 0.05" euler="0 0 15"', None),
        ('type="capsule" size="0.04 2" pos="2 0 0.04" euler="90 0 0"', None),
        ('type="box" size="1 2 0.02" pos="2.9 0 0.2" euler="0 -10 0"', 10.0),
        ('type="plane" size="0 0 1" pos="2 0 0" euler="0 -5 0"', 5.0),
    ],
)
def test_a_step_or_ramp_across_the_way_is_a_wall(tmp_path: Path, geom: str, slope: float | None) -> None:
    path = site(tmp_path, geom)
    (wall,) = walls(path)
    assert wall.name == "step"
    assert (wall.slope_deg is None) if slope is None else wall.slope_deg == pytest.approx(slope, abs=1e-6)
    assert driven(scene_of(yard_world(path)), [(1.0, 0.0)] * 60)[-1, 0] < 2.4


@pytest.mark.parametrize(
    "geom",
    [
        'type="box" size="0.1 2 0.009" pos="2 0 0.009"',  # floor: lower than 2 cm
        'type="box" size="0.1 2 0.02" pos="2 0 0.02"',  # passes below the hull
        'type="box" size="0.1 2 0.03" pos="2 0 0.03" contype="0" conaffinity="0"',  # cannot be touched
        'type="box" size="0.1 1 0.03" pos="2 2 0.03"',  # beside the way
        'type="box" size="0.1 2 0.03" pos="-2 0 0.03"',  # behind the robot
    ],
)
def test_what_the_robot_drives_over_or_past_is_none(tmp_path: Path, geom: str) -> None:
    path = site(tmp_path, geom)
    assert walls(path) == []
    assert driven(scene_of(yard_world(path)), [(1.0, 0.0)] * 60)[-1, 0] > 3.0


@pytest.mark.parametrize(
    "geom",
    [
        'type="box" size="0.2 0.2 0.1" pos="2 0 0.1"',  # a carton: to be driven round
        'type="box" size="0.1 2 0.5" pos="2 0 0.5"',  # a wall that looks like one
        'type="box" size="0.02 2 1" pos="2 0 1" euler="0 3 0"',  # a leaning wall
    ],
)
def test_an_obstacle_that_is_meant_is_not_spoken_of(tmp_path: Path, geom: str) -> None:
    assert walls(site(tmp_path, geom)) == []


def test_a_robot_at_its_goal_has_no_way(tmp_path: Path) -> None:
    assert walls(site(tmp_path, 'type="box" size="0.1 2 0.03" pos="0.3 0 0.03"'), (0.1, 0.0)) == []


def test_only_a_slab_has_a_slope() -> None:
    level = np.eye(3)
    assert slope_of_box(level, np.array([1.0, 1.0, 0.1])) == 0.0
    assert slope_of_box(level, np.array([0.1, 1.0, 1.0])) == 90.0
    assert slope_of_box(level, np.array([1.0, 1.0, 0.9])) is None


def test_shapes_are_held_against_the_way_wherever_it_leads() -> None:
    step = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (2.9, 3.1) for z in (0.0, 0.1)])
    shape = Shape(("step",), step, None)
    assert [w.name for w in walls_in_the_way([shape], (0, 0), (0, 6), 0.25, 0.0)] == ["step"]
    assert walls_in_the_way([shape], (0, 0), (6, 0), 0.25, 0.0) == []
    assert walls_in_the_way([shape], (0, 0), (0, 2), 0.25, 0.0) == []
