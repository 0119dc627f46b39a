"""Clearance, projection, actors and light: the geometry that all simulators share."""

import math

import numpy as np
import pytest

from simgate.sim_adapters.scene.body import Actor, Body, Part, Waypoint
from simgate.sim_adapters.scene.light import Light, blackbody_rgb
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensing.clearance import ClearanceField
from simgate.sim_adapters.scene.sensing.projection import project
from simgate.sim_adapters.scene.sensor import Camera, Lidar


def scene_with(*bodies, actors=()):
    return Scene("test", bodies, Robot((0.0, 0.0, 0.0)), Camera(), Lidar(), Task((5.0, 0.0)), actors=actors)


def box(name, x, y, half_x, half_y, yaw=0.0, **kwargs):
    return Body(name, (Part("box", (half_x, half_y, 0.5), (0, 0, 0.5), **kwargs),), (x, y, 0.0), yaw)


def test_gap_to_a_box_ahead_is_distance_minus_half_extent_minus_radius():
    gaps = ClearanceField(scene_with(box("b", 2.0, 0.0, 0.3, 0.5))).gaps(0.0, 0.0, 0.0)
    assert gaps["b"] == pytest.approx(2.0 - 0.3 - 0.25)


def test_gap_to_the_corner_of_a_turned_box():
    gaps = ClearanceField(scene_with(box("b", 2.0, 0.0, 0.5, 0.5, yaw=math.pi / 4))).gaps(0.0, 0.0, 0.0)
    assert gaps["b"] == pytest.approx(2.0 - 0.5 * math.sqrt(2) - 0.25)


def test_gap_is_negative_inside_a_body():
    assert ClearanceField(scene_with(box("b", 0.1, 0.0, 0.5, 0.5))).gaps(0.0, 0.0, 0.0)["b"] == pytest.approx(
        -0.25
    )


def test_round_parts_count_with_their_radius():
    body = Body("c", (Part("cylinder", (0.2, 0.4, 0), (0, 0, 0.4)),), (1.0, 1.0, 0.0))
    assert ClearanceField(scene_with(body)).gaps(0.0, 0.0, 0.0)["c"] == pytest.approx(
        math.sqrt(2) - 0.2 - 0.25
    )


def test_parts_above_the_hull_and_parts_that_do_not_collide_leave_no_gap():
    lintel = Body("lintel", (Part("box", (0.1, 1.0, 0.1), (0, 0, 2.1)),), (1.0, 0.0, 0.0))
    poster = box("poster", 1.0, 0.0, 0.1, 0.1, collides=False)
    assert ClearanceField(scene_with(lintel, poster)).gaps(0.0, 0.0, 0.0) == {}


def test_a_body_of_many_parts_has_the_gap_of_its_nearest_part():
    body = Body(
        "two", (Part("box", (0.1, 0.1, 0.2), (1.0, 0, 0.2)), Part("box", (0.1, 0.1, 0.2), (3.0, 0, 0.2)))
    )
    assert ClearanceField(scene_with(body)).gaps(0.0, 0.0, 0.0)["two"] == pytest.approx(1.0 - 0.1 - 0.25)


def test_the_gap_to_an_actor_follows_its_path():
    walker = Actor(
        Body("p", (Part("cylinder", (0.2, 0.4, 0), (0, 0, 0.4)),)),
        (Waypoint(1.0, (1.0, 0.0, 0.0)), Waypoint(3.0, (3.0, 0.0, 0.0))),
    )
    field = ClearanceField(scene_with(actors=(walker,)))
    assert field.gaps(0.0, 0.0, 0.0)["p"] == pytest.approx(0.55)
    assert field.gaps(0.0, 0.0, 2.0)["p"] == pytest.approx(1.55)
    assert field.gaps(0.0, 0.0, 9.0)["p"] == pytest.approx(2.55)


def test_what_cannot_be_hit_is_as_far_as_it_is_drawn():
    lintel = Body("lintel", (Part("box", (0.1, 1.0, 0.1), (0, 0, 2.1)),), (1.0, 0.0, 0.0))
    poster = box("poster", 2.0, 0.5, 0.1, 0.1, collides=False)
    ghost = Actor(
        Body("ghost", (Part("cylinder", (0.2, 0.4, 0), (0, 0, 0.4), collides=False),)),
        (Waypoint(1.0, (1.0, 0.0, 0.0)), Waypoint(3.0, (3.0, 0.0, 0.0))),
    )
    field = ClearanceField(scene_with(lintel, poster, box("b", 2.0, 0.0, 0.3, 0.5), actors=(ghost,)))
    gaps = field.gaps(0.0, 0.0, 2.0)
    assert gaps == {"b": pytest.approx(1.45)}

    def distance(name, x, y, time_s):
        return field.from_centre(name, field.gaps(x, y, time_s).get(name, math.inf), x, y, time_s)

    assert distance("b", 0.0, 0.0, 2.0) == pytest.approx(1.7)
    assert distance("lintel", 0.0, 0.0, 2.0) == pytest.approx(0.9)
    assert distance("poster", 1.0, 0.5, 2.0) == pytest.approx(0.9)
    assert distance("ghost", 0.0, 0.0, 2.0) == pytest.approx(1.8)
    assert distance("ghost", 0.0, 0.0, 9.0) == pytest.approx(2.8)


def test_an_actor_turns_the_short_way_round():
    body = Body("p", (Part("sphere", (0.1, 0, 0)),))
    actor = Actor(body, (Waypoint(0.0, (0, 0, 0), 3.0), Waypoint(1.0, (0, 0, 0), -3.0)))
    assert math.remainder(actor.pose_at(0.5)[1] - math.pi, math.tau) == pytest.approx(0.0, abs=1e-9)


def test_pitching_the_camera_up_moves_a_point_down_in_the_image():
    point = np.array([[4.0, 0.0, 0.6]])
    level = project(point, Camera(), (0, 0, 0))[0]
    up = project(point, Camera(pitch_deg=5.0), (0, 0, 0))[0]
    assert level[1] == pytest.approx(0.0, abs=1e-9)
    assert math.degrees(math.atan2(up[1], up[2])) == pytest.approx(5.0)


def test_flicker_is_bounded_by_its_depth_and_periodic():
    light = Light("l", "ceiling", (0, 0, 2), (0, 0, -1), 400.0, flicker_hz=2.0, flicker_depth=0.5)
    values = [light.lux_at(t / 100) for t in range(100)]
    assert max(values) == pytest.approx(400.0)
    assert min(values) == pytest.approx(200.0)
    assert light.lux_at(0.13) == pytest.approx(light.lux_at(0.63))


def test_warm_light_is_redder_than_cold_light():
    warm, cold = blackbody_rgb(2700), blackbody_rgb(7500)
    assert warm[0] > warm[2]
    assert cold[2] > cold[0]
    with pytest.raises(ValueError, match="outside 1000"):
        blackbody_rgb(500)
