import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.policies.navigation.lane_planner import LanePlanner

GOAL = (6.0, 0.0)


def wall(x0, y0, x1, y1):
    count = int(math.hypot(x1 - x0, y1 - y0) / 0.05) + 2
    return np.stack((np.linspace(x0, x1, count), np.linspace(y0, y1, count)), axis=1)


def corridor(*more):
    return np.concatenate((wall(-1, -1.2, 5, -1.2), wall(-1, 1.2, 5, 1.2), *more))


def clearance(points, obstacles):
    return np.hypot(*(points[:, None] - obstacles[None]).transpose(2, 0, 1)).min()


def test_in_an_empty_corridor_the_way_leads_to_the_middle_and_stays_there():
    way = LanePlanner(0.25).plan(corridor(), (0.0, 0.5), GOAL)
    assert math.isinf(way.blocked_m)
    assert abs(way.points[-1, 1]) < 0.06
    assert way.narrowest_m == pytest.approx(1.8, abs=0.25)


def test_without_any_obstacle_the_way_is_straight():
    way = LanePlanner(0.25).plan(np.zeros((0, 2)), (1.0, 0.0), GOAL)
    np.testing.assert_allclose(way.points[:, 1], 0.0)


@settings(max_examples=60)
@given(x=st.floats(1.2, 3.0), y=st.floats(-0.9, 0.9), start=st.floats(-0.6, 0.6))
def test_it_passes_one_box_with_room_for_the_hull(x, y, start):
    box = np.concatenate([wall(x - 0.2, y + s, x + 0.2, y + s) for s in (-0.2, 0.2)])
    ends = np.concatenate([wall(x + s, y - 0.2, x + s, y + 0.2) for s in (-0.2, 0.2)])
    obstacles = corridor(box, ends)
    way = LanePlanner(0.25).plan(obstacles, (0.0, start), GOAL)
    assert math.isinf(way.blocked_m)
    assert clearance(way.points[1:], obstacles) > 0.25


def test_a_wall_across_blocks_the_way_at_its_distance():
    way = LanePlanner(0.25).plan(corridor(wall(2.5, -1.2, 2.5, 1.2)), (0.0, 0.0), GOAL)
    assert way.blocked_m == pytest.approx(2.5 - 0.25, abs=0.25)


def test_a_doorway_is_narrow_and_is_taken_in_the_middle():
    ends = wall(1.2, 0.5, 1.2, 1.2), wall(1.2, -1.2, 1.2, -0.5)
    way = LanePlanner(0.25).plan(corridor(*ends), (0.0, 0.2), GOAL)
    at_door = way.points[np.argmin(np.abs(way.points[:, 0] - 1.2))]
    assert math.isinf(way.blocked_m) and abs(at_door[1]) < 0.11
    assert 0.2 < way.narrowest_m < 0.6


def test_of_two_gaps_the_one_that_leads_on_is_taken():
    dead_end = wall(1.5, -0.1, 1.5, 1.2), wall(2.5, -1.2, 2.5, -0.3)
    way = LanePlanner(0.25).plan(corridor(*dead_end), (0.0, 0.5), GOAL)
    assert math.isinf(way.blocked_m)
    assert clearance(way.points[1:], corridor(*dead_end)) > 0.2


def test_a_robot_that_touches_something_is_still_given_a_way():
    way = LanePlanner(0.25).plan(corridor(wall(-0.26, -0.2, -0.26, 0.2)), (0.0, 0.0), GOAL)
    assert math.isinf(way.blocked_m)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_any_scan_gives_a_way_of_finite_points_that_starts_at_the_robot(seed):
    rng = np.random.default_rng(seed)
    obstacles = rng.uniform((-2, -3), (6, 3), (int(rng.integers(0, 121)), 2))
    way = LanePlanner(0.3).plan(obstacles, (0.0, float(rng.uniform(-3, 3))), GOAL)
    assert np.isfinite(way.points).all() and way.points[0, 0] == 0.0
    assert way.blocked_m >= 0.0 and way.narrowest_m >= 0.0
    steps = np.abs(np.diff(way.points[1:, 1]))
    assert steps.max() <= 0.2 + 1e-9
