from __future__ import annotations

import numpy as np
import pytest

from simgate.policies.safety_stop.interface import SPEEDS_MPS, drive, encode, in_lane, safe_speed


def test_points_are_turned_and_moved_into_the_axes_of_the_lane():
    scan = np.array([[1.75, 0.0, -1.15], [np.inf, np.inf, np.inf], [0.0, 2.0, 0.0]])
    base = np.array([3.0, 0.1, np.pi / 2.0])
    np.testing.assert_allclose(in_lane(scan, base), [[3.0, 2.1, 0.0], [1.0, 0.35, 1.15]], atol=1e-12)


def test_the_network_is_shown_what_stands_on_the_floor_near_the_lane_in_both_scans():
    now = np.array([[5.0, 0.2, 0.5], [5.0, 0.0, 0.0], [9.0, 0.0, 0.5], [5.0, 1.3, 0.5], [3.9, 0.0, 0.5]])
    seen = encode(now, now[:1] - (0.3, 0.0, 0.0), 4.0)[0]
    np.testing.assert_allclose(seen, [[0, 0, 0, 0], [-0.5, 0.2, -0.1, 0], [-0.8, 0.2, -0.1, 1]], atol=1e-6)
    assert encode(now[:0], now[:0], 0.0).shape == (1, 1, 4), "also where there is nothing"


def test_the_fastest_safe_speed_is_taken_up_to_the_wanted_one():
    calm = np.full(8, -1.0, np.float32)
    assert safe_speed(calm, 1.13, 1.0) == 1.13
    assert safe_speed(calm, 1.6, 0.0) == pytest.approx(0.45), "as far as it can speed up soon"
    assert safe_speed(-calm, 1.6, 1.6) == 0.0
    fast = np.where(SPEEDS_MPS > 0.7, 1.0, -1.0).astype(np.float32)
    assert safe_speed(fast, 1.6, 1.6) == pytest.approx(0.6)
    assert safe_speed(fast, 0.7, 0.7) == pytest.approx(0.6), "between two speeds the faster one answers"
    assert safe_speed(fast, 0.5, 0.5) == 0.5


def test_the_robot_steers_back_to_the_lane_and_drives_where_it_looks():
    told = drive(1.0, np.array([2.0, 0.1, 0.2]))
    np.testing.assert_allclose(told[:2], [np.cos(0.2), np.sin(0.2)])
    assert told[2] < 0.0
    assert drive(1.0, np.array([2.0, 0.3, 0.0]))[2] < 0.0 < drive(1.0, np.array([2.0, -0.3, 0.0]))[2]
    np.testing.assert_allclose(drive(0.0, np.array([2.0, 0.1, 0.2])), 0.0)
