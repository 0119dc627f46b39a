import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.policies.navigation.drive import (
    BRAKING_MPS2,
    aim,
    free_ahead,
    limit_change,
    sidestep,
    steer,
    stoppable_speed,
)

ORIGIN = (0.0, 0.0, 0.0)
STRAIGHT_WAY = np.stack((np.arange(0.0, 4.0, 0.2), np.zeros(20)), axis=1)


@given(st.floats(0.0, 5.0), st.floats(0.0, 1.2))
def test_from_the_stoppable_speed_the_robot_does_stop_in_time(distance, speed):
    allowed = stoppable_speed(distance, speed)
    assert allowed**2 / (2 * BRAKING_MPS2) + 0.15 * speed <= distance + 1e-9 or allowed == 0.0


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
