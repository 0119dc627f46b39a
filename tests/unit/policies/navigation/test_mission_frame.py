import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.policies.navigation.mission_frame import MissionFrame, to_frame

coordinate = st.floats(-20.0, 20.0)


@pytest.mark.parametrize("quarter", range(4))
def test_a_goal_roughly_along_an_axis_means_a_corridor_along_that_axis(quarter):
    angle = quarter * 0.5 * math.pi
    off = angle + math.radians(12.0)
    frame = MissionFrame.towards((1.0, 2.0), (1.0 + 5 * math.cos(off), 2.0 + 5 * math.sin(off)))
    assert math.remainder(frame.angle - angle, math.tau) == pytest.approx(0.0)


def test_a_goal_between_the_axes_is_headed_for_directly():
    assert MissionFrame.towards((0.0, 0.0), (1.0, 1.0)).angle == pytest.approx(math.pi / 4)


@given(coordinate, coordinate, st.floats(-4.0, 4.0), st.floats(-math.pi, math.pi))
def test_turning_the_frame_keeps_distances_and_headings_to_points(x, y, yaw, angle):
    frame = MissionFrame(angle)
    px, py, pyaw = frame.pose(np.array([x, y, yaw]))
    assert math.hypot(px, py) == pytest.approx(math.hypot(x, y), abs=1e-9)
    ahead = frame.point(x + math.cos(yaw), y + math.sin(yaw))
    assert ahead == pytest.approx((px + math.cos(pyaw), py + math.sin(pyaw)), abs=1e-9)


def test_points_before_a_turned_robot_lie_where_it_looks():
    moved = to_frame(np.array([[1.0, 0.0], [0.0, 1.0]]), (2.0, 3.0, 0.5 * math.pi))
    np.testing.assert_allclose(moved, [[2.0, 4.0], [1.0, 3.0]], atol=1e-12)
