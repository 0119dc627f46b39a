"""The arena: everything where the pack has put it, as large as the pack says."""

from __future__ import annotations

import math

import pytest

from simgate.harness.registry import load
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.worlds.arena import ARENA
from simgate.sim_adapters.worlds.arena_objects import OBJECT_KINDS, SIZABLE_KINDS
from simgate.sim_adapters.worlds.world import PlacedObject

DEFAULTS = {name: spec.default for name, spec in ARENA.parameters.items()}
ROBOT = PlacedObject("robot", 1.0, -2.0, 0.5, 0.8, 0.6)


def built(*objects: PlacedObject, **parameters: float) -> Scene:
    return ARENA.build(DEFAULTS | {name.replace("__", "."): v for name, v in parameters.items()}, objects)


def test_it_is_found_by_its_name() -> None:
    assert load("simgate.worlds", "arena") is ARENA


def test_the_robot_starts_where_it_was_put_and_its_hull_fits_its_footprint() -> None:
    robot = built(ROBOT).robot
    assert robot.start == (1.0, -2.0, 0.5) and robot.radius_m == 0.3


@pytest.mark.parametrize("kind", [kind for kind in OBJECT_KINDS if kind != "robot"])
def test_objects_fill_their_footprint_and_stay_inside_it(kind: str) -> None:
    length, width = (0.7, 0.7) if kind == "barrel" else (0.75, 0.66)
    scene = built(ROBOT, PlacedObject(kind, 2.0, 3.0, 1.0, length, width))
    body = next(body for body in scene.bodies if body.name == f"{kind}_0")
    assert body.position[:2] == (2.0, 3.0) and body.yaw == 1.0
    reach_x = max(abs(part.position[0]) + part.size[0] for part in body.parts)
    sides = [part.size[1] if part.kind == "box" else part.size[0] for part in body.parts]
    reach_y = max(abs(part.position[1]) + side for part, side in zip(body.parts, sides, strict=True))
    assert (reach_x, reach_y) == pytest.approx((length / 2, width / 2))
    assert body.label == ("person" if kind == "person" else None)


def test_without_a_size_an_object_has_the_world_s() -> None:
    scene = built(ROBOT, PlacedObject("box", 2.0, 3.0, 0.0))
    assert next(body for body in scene.bodies if body.name == "box_0").parts[0].size[:2] == (0.4, 0.3)


def test_the_lidar_sees_every_kind() -> None:
    for kind in OBJECT_KINDS.keys() - {"robot"}:
        scene = built(ROBOT, PlacedObject(kind, 2.0, 3.0, 0.0))
        body = next(body for body in scene.bodies if body.name == f"{kind}_0")
        heights = [
            (
                p.position[2] - p.size[-1 if p.kind == "box" else 1],
                p.position[2] + p.size[-1 if p.kind == "box" else 1],
            )
            for p in body.parts
            if p.kind != "sphere"
        ]
        assert any(low <= scene.lidar.height_m <= high for low, high in heights)


def test_every_default_size_is_an_allowed_one() -> None:
    for kind, halves in OBJECT_KINDS.items():
        low, high = SIZABLE_KINDS[kind]
        assert all(low <= 2 * half <= high for half in halves)


def test_the_floor_ends_at_the_walls_and_the_goal_is_kept_clear() -> None:
    region = ARENA.region("floor", DEFAULTS)
    assert (region.x_min, region.y_max) == (-5.0, 5.0)
    walls = [body for body in built(ROBOT).bodies if body.name.startswith("wall_")]
    faces = [max(abs(body.position[0]), abs(body.position[1])) - 0.1 for body in walls]
    assert faces == pytest.approx([5.0] * 4)
    disc = ARENA.keep_clear("goal", DEFAULTS)
    assert (disc.x, disc.y, disc.radius) == (4.0, 4.0, 1.0)


def test_lights_point_down_with_a_unit_vector() -> None:
    (lamps,) = built(ROBOT).lights
    assert math.hypot(*lamps.direction) == pytest.approx(1.0) and lamps.direction[2] < 0


def test_no_robot_two_robots_and_a_goal_outside_are_said_in_words() -> None:
    with pytest.raises(ValueError, match="0 robots were placed"):
        built()
    with pytest.raises(ValueError, match="2 robots were placed"):
        built(ROBOT, ROBOT)
    with pytest.raises(ValueError, match="lies outside of a hall of 6 m"):
        built(ROBOT, hall__side_m=6.0)
