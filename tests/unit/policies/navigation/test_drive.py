import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.policies.navigation.drive import (
    aim,
    free_ahead,
    limit_change,
    sidestep,
    steer,
    stoppable_speed,
)

ORIGIN = (0.0, 0.0, 0.0)
STRAIGHT_WAY = np.stack((np.arange(0.0, 4.0, 0.2), np.zeros(20)), axis=1)


@pytest.mark.parametrize("distance_m", [0.2, 0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("period_s", [0.02, 0.05, 0.1])
def test_a_robot_that_goes_as_fast_as_it_may_stops_within_5_mm_of_the_line(distance_m, period_s):
    """Driven as the pilot drives it: towards a wall, from rest, with 1.2 m/s at most and brakes of 1.1 m/s2."""
    gone = speed = fastest = 0.0
    for _ in range(round(30.0 / period_s)):
        slower, before = min(1.2, stoppable_speed(distance_m - gone, speed)), speed
        speed = limit_change(slower, speed, period_s)
        assert before - speed <= 1.1 * period_s + 1e-9, "no brake is that hard"
        gone += period_s * speed
        fastest = max(fastest, speed)
        assert gone < distance_m + 0.005
    assert gone == pytest.approx(distance_m, abs=0.005)
    assert speed == 0.0
    assert distance_m < 3.0 or fastest == 1.2


def test_the_stoppable_speed_is_the_one_that_the_brakes_take_away_within_what_reaction_leaves():
    # At 1 m/s 0.15 s of reaction take 0.15 m of 2 m; 1.85 m at 1.1 m/s2 take away 2.0174 m/s.
    assert stoppable_speed(2.0, 1.0) == pytest.approx(2.0174, abs=1e-4)
    assert stoppable_speed(0.14, 1.0) == 0.0
    assert stoppable_speed(2.0, -1.0) == stoppable_speed(2.0, 0.0) > stoppable_speed(2.0, 1.0)


def test_no_obstacle_means_no_limit():
    assert math.isinf(stoppable_speed(math.inf, 1.0))
    assert math.isinf(free_ahead(np.zeros((0, 2)), ORIGIN, 0.3)[0])


@given(st.floats(0.4, 3.0), st.floats(-1.0, 1.0))
def test_free_ahead_is_where_the_round_hull_touches(x, y):
    (gap,) = free_ahead(np.array([[x, y]]), ORIGIN, 0.3)
    if abs(y) >= 0.3:
        assert math.isinf(gap)
    elif gap > 0.0:
        assert math.hypot(x - gap, y) == pytest.approx(0.3)


def test_the_error_towards_a_way_has_the_sign_of_the_side_it_lies_on():
    assert aim((0.0, -0.4, 0.0), STRAIGHT_WAY, 0.5) > 0.1
    assert aim((0.0, 0.4, 0.0), STRAIGHT_WAY, 0.5) < -0.1
    assert aim(ORIGIN, STRAIGHT_WAY, 0.5) == pytest.approx(0.0)


def test_far_off_the_heading_it_turns_on_the_spot():
    assert steer(2.0)[1] == 0.0 and steer(2.0)[0] > 1.0
    assert steer(0.0) == (0.0, 1.0)


def test_a_corner_in_the_way_is_passed_on_the_nearer_side():
    corner = np.array([[0.4, 0.12]])
    error = sidestep(corner, ORIGIN, 0.3, 0.0)
    assert error < 0.0
    assert free_ahead(corner, ORIGIN, 0.3, np.array([error]))[0] > 0.5


def test_walled_in_on_all_sides_it_keeps_its_aim():
    ring = 0.45 * np.stack((np.cos(np.arange(0, 6.3, 0.1)), np.sin(np.arange(0, 6.3, 0.1))), axis=1)
    assert sidestep(ring, ORIGIN, 0.3, 0.2) == 0.2


@given(st.floats(-1.0, 2.0), st.floats(0.0, 1.2))
def test_speed_never_changes_faster_than_the_drive_can(wanted, last):
    assert last - 0.111 <= limit_change(wanted, last, 0.1) <= last + 0.081
