import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.policies.navigation.calibration import CameraModel, beam_directions
from simgate.sim_adapters.scene.sensor import Camera, Lidar


def test_the_data_sheet_is_that_of_the_simulated_robot():
    camera, sheet = Camera(), CameraModel()
    assert (sheet.width, sheet.height, sheet.vertical_fov_deg) == (
        camera.width,
        camera.height,
        camera.vertical_fov_deg,
    )
    assert (sheet.forward_m, 0.0, sheet.height_m) == camera.position
    assert sheet.focal_px == pytest.approx(camera.focal_px)
    assert len(beam_directions(Lidar().beams, Lidar().fov_deg)) == Lidar().beams


@given(st.floats(1.1, 12.0))
def test_a_point_of_the_floor_is_found_again_from_its_row(distance):
    camera = CameraModel()
    row = 60.0 + camera.focal_px * camera.height_m / distance
    assert camera.floor_distance(row) == pytest.approx(distance)


def test_rows_above_the_horizon_show_no_floor():
    assert math.isinf(CameraModel().floor_distance(60.0))
    assert math.isinf(CameraModel().floor_distance(10.0))


@given(st.floats(1.0, 6.0), st.floats(-0.03, 0.03))
def test_the_error_of_the_floor_distance_follows_the_angle_s_error(distance, error):
    camera = CameraModel()
    angle = math.atan2(camera.height_m, distance)
    wrong = camera.height_m / math.tan(angle + error) if angle + error > 0.02 else None
    if wrong is not None and abs(error) < 0.3 * angle:
        predicted = camera.floor_distance_std(distance, abs(error))
        assert abs(wrong - distance) == pytest.approx(predicted, rel=0.5, abs=1e-9)


def test_columns_left_of_the_middle_are_to_the_left():
    camera = CameraModel()
    assert camera.bearing(0.0) == pytest.approx(camera.half_fov_rad)
    assert camera.bearing(80.0) == 0.0
    assert camera.bearing(160.0) == pytest.approx(-camera.half_fov_rad)


def test_beams_run_from_right_to_left_with_the_middle_one_straight_ahead():
    rays = beam_directions(121, 240.0)
    assert rays[0, 1] < 0 < rays[-1, 1]
    assert rays[60] == pytest.approx((1.0, 0.0))
