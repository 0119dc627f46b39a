import math

import numpy as np
import pytest

from simgate.policies.navigation.calibration import CameraModel
from simgate.policies.navigation.person_track import PersonTrack, locate_person
from tests.unit.policies.navigation.corridor import box_of

CAMERA = CameraModel()
ORIGIN = (0.0, 0.0, 0.0)


def box(x, y, pitch=0.0):
    return np.array(box_of(ORIGIN, (x, y), 0.5, 1.78, pitch), np.float32)


def test_a_walking_person_s_speed_is_learned_within_a_second():
    track = PersonTrack(3.0, 1.0)
    for k in range(1, 13):
        track.advance(0.1)
        track.see((3.0, 1.0 - 0.1 * k))
    assert track.vy == pytest.approx(-1.0, abs=0.15) and abs(track.vx) < 0.05
    assert track.is_walking


def test_a_person_out_of_view_walks_on_in_belief_and_is_forgotten_after_a_while():
    track = PersonTrack(3.0, 1.0, vx=-1.0)
    for _ in range(10):
        track.advance(0.1)
    assert track.x == pytest.approx(2.0) and not track.is_forgotten
    for _ in range(11):
        track.advance(0.1)
    assert track.is_forgotten


@pytest.mark.parametrize(
    ("y", "vy", "crosses"), [(1.0, -0.8, True), (1.0, 0.8, False), (0.3, 0.8, True), (1.0, 0.0, False)]
)
def test_only_who_walks_towards_the_line_or_close_along_it_crosses(y, vy, crosses):
    assert PersonTrack(3.0, y, vy=vy).crosses(0.0) is crosses


def test_standing_adds_up_and_a_moment_of_motion_does_not_undo_it():
    track = PersonTrack(3.0, 1.0)
    for _ in range(30):
        track.advance(0.1)
    track.vy = 0.5
    track.advance(0.1)
    assert track.still_s == pytest.approx(2.6)


def test_the_outline_moves_with_the_person():
    ring = PersonTrack(2.0, 0.0, vy=1.0).outline(0.5, radius_m=0.3)
    np.testing.assert_allclose(ring.mean(axis=0), (2.0, 0.5), atol=1e-9)
    np.testing.assert_allclose(np.hypot(*(ring - (2.0, 0.5)).T), 0.3)


def test_a_lidar_hit_within_the_box_gives_the_place_despite_a_tilted_camera():
    hits = np.array([[2.4, 0.4], [2.4, 0.5], [4.0, 0.9]])
    place = locate_person(box(2.5, 0.45, pitch=2.0), ORIGIN, hits, CAMERA)
    assert place == pytest.approx((2.4, 0.45), abs=0.12)


def test_without_a_fitting_hit_the_feet_give_the_place():
    far_wall = np.array([[8.0, y] for y in np.arange(-1, 1, 0.1)])
    assert locate_person(box(3.0, 0.0), ORIGIN, far_wall, CAMERA) == pytest.approx((3.0, 0.0), abs=0.3)


def test_somebody_cut_by_the_lower_border_needs_a_hit_nearby():
    near = np.array([40, 0, 120, 120], np.float32)
    assert locate_person(near, ORIGIN, np.zeros((0, 2)), CAMERA) is None
    place = locate_person(near, ORIGIN, np.array([[0.9, 0.0]]), CAMERA)
    assert place == pytest.approx((0.9, 0.0), abs=0.05)


def test_a_gate_keeps_two_people_apart():
    track = PersonTrack(3.0, 0.0)
    assert track.agrees((3.5, 0.2)) and not track.agrees((3.0, 1.5))
    assert math.isfinite(track.vx)
