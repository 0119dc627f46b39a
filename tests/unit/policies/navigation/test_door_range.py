import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.policies.navigation.calibration import CameraModel
from simgate.policies.navigation.door_range import locate_door
from tests.unit.policies.navigation.corridor import DOOR_HEIGHT_M, box_of

NOTHING = np.zeros((0, 2))
CAMERA = CameraModel()


def seen(pose, door_x, pitch=0.0):
    return np.array(box_of(pose, (door_x, 0.0), 1.1, DOOR_HEIGHT_M, pitch), np.float32)


def end_wall(door_x):
    y = np.concatenate((np.arange(-1.2, -0.55, 0.1), np.arange(0.6, 1.21, 0.1)))
    return np.stack((np.full(len(y), door_x), y), axis=1)


@settings(max_examples=60)
@given(st.floats(1.4, 6.0), st.floats(-0.3, 0.3), st.floats(-0.1, 0.1))
def test_a_level_camera_alone_finds_door_and_middle(distance, y, yaw):
    fix = locate_door(seen((0.0, y, yaw), distance), (0.0, y, yaw), NOTHING, CAMERA)
    assert fix is not None
    assert fix.x == pytest.approx(distance, abs=0.12 * distance)
    assert fix.y == pytest.approx(0.0, abs=0.25)
    assert fix.half_width == pytest.approx(0.55, abs=0.15)


@settings(max_examples=60)
@given(st.floats(1.5, 4.0), st.floats(-3.0, 3.0))
def test_the_error_of_a_tilted_camera_is_within_three_claimed_deviations(distance, pitch):
    fix = locate_door(seen((0.0, 0.0, 0.0), distance, pitch), (0.0, 0.0, 0.0), NOTHING, CAMERA)
    assert fix is not None and abs(fix.x - distance) < 3.0 * fix.std


@settings(max_examples=60)
@given(st.floats(0.9, 4.0), st.floats(-2.5, 2.5), st.floats(-0.25, 0.25))
def test_where_the_lidar_sees_the_end_wall_the_pitch_does_not_matter(distance, pitch, y):
    pose = (1.0, y, 0.0)
    fix = locate_door(seen(pose, 1.0 + distance, pitch), pose, end_wall(1.0 + distance), CAMERA)
    assert fix is not None
    if fix.std < 0.1:
        assert fix.x == pytest.approx(1.0 + distance, abs=0.02)
    else:
        assert distance < 1.3 or abs(pitch) > 1.0


def test_the_side_walls_are_not_taken_for_the_end_wall():
    x = np.arange(0.5, 6.0, 0.2)
    sides = np.concatenate([np.stack((x, np.full(len(x), y)), axis=1) for y in (-0.9, 0.9)])
    fix = locate_door(seen((0.0, 0.0, 0.0), 4.0), (0.0, 0.0, 0.0), sides, CAMERA)
    assert fix is not None and abs(fix.x - 4.0) < 0.4


def test_a_door_that_fills_the_frame_is_near():
    fix = locate_door(np.array([0, 0, 160, 120], np.float32), (0.0, 0.0, 0.0), NOTHING, CAMERA)
    assert fix is not None and 0.8 < fix.x < 1.4


def test_a_box_that_ends_above_the_horizon_has_no_place():
    assert locate_door(np.array([60, 10, 90, 55], np.float32), (0.0, 0.0, 0.0), NOTHING, CAMERA) is None


def test_the_place_turns_with_the_robot():
    box = seen((0.0, 0.0, 0.0), 3.0)
    turned = locate_door(box, (0.0, 0.0, 0.5 * math.pi), NOTHING, CAMERA)
    assert turned is not None
    assert (turned.x, turned.y) == pytest.approx((0.0, 3.0), abs=0.3)
