"""What is too fast, held against a braking robot that is stepped by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simgate.policies.safety_stop.interface import FRONT_M, SPEEDS_MPS
from simgate.policies.safety_stop.labels import LANE_M, PERSON_X_M, Walker, nearest_m, stop_m, too_fast


@pytest.mark.parametrize("speed", SPEEDS_MPS)
def test_the_way_to_stand_is_that_of_a_robot_that_reacts_late_and_brakes_weakly(speed):
    way, now, step = 0.0, float(speed), 1e-4
    for k in range(30_000):
        way += now * step
        if k * step >= 0.2:
            now = max(0.0, now - 1.5 * step)
    assert stop_m(np.array([speed]))[0] == pytest.approx(way, abs=1e-3)


@pytest.mark.parametrize("gap", [0.1, 0.4, 0.7, 1.0, 1.5, 2.5])
def test_a_speed_is_safe_that_leaves_55_cm_and_too_fast_that_leaves_less_than_25(gap):
    left = gap - stop_m(SPEEDS_MPS)
    found = too_fast(3.0, 3.0 + gap, None)
    assert (found[left >= 0.55 - 1e-9] == 0.0).all()
    assert (found[left <= 0.25 + 1e-9] == 1.0).all()
    assert np.all(np.diff(found) >= 0.0)


def test_a_box_begins_where_its_corner_reaches_into_the_lane():
    square = np.array([[0.2, 0.2], [-0.2, 0.2], [-0.2, -0.2], [0.2, -0.2]])
    diamond = square @ np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2.0)
    away = np.array([5.0, 0.0])
    assert nearest_m(square + away) == pytest.approx(4.8)
    assert nearest_m(diamond + away) == pytest.approx(5.0 - 0.2 * np.sqrt(2.0))
    assert nearest_m(square + away + [0.0, LANE_M + 0.21]) == np.inf
    # A diamond of which the lane cuts off the foremost corner begins at the lane's edge.
    aside = [0.0, LANE_M + 0.1]
    assert nearest_m(diamond + away + aside) == pytest.approx(5.0 - (0.2 * np.sqrt(2.0) - 0.1), abs=0.01)


def test_a_person_blocks_the_lane_for_those_whom_the_person_meets():
    front = PERSON_X_M - 0.2 - 0.6
    stands, far = Walker(-1.5, 0.0), Walker(-6.0, 1.0)
    soon = Walker(-1.5, 1.2)
    assert not too_fast(front, np.inf, stands).any(), "who stands aside is passed at any speed"
    assert too_fast(front, np.inf, Walker(-0.3, 0.0))[1:].all(), (
        "who stands in the lane by none but the slowest"
    )
    assert too_fast(front, np.inf, soon)[-1] == 1.0
    assert too_fast(front, np.inf, far)[-1] == 0.0, "the robot has passed long before"
    assert not too_fast(front - 3.0, np.inf, soon).any(), "there is room to stop"


def test_the_front_is_what_comes_near():
    assert FRONT_M == 0.32
    assert (too_fast(4.0, 3.9, None) == 1.0).all()
