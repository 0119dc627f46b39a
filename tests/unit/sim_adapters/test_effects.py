"""Sensor effects are pure functions of frame, settings, seed and frame number."""

import io

import numpy as np
import pytest
from PIL import Image

from simgate.sim_adapters.scene.sensor import CameraEffects
from simgate.sim_adapters.sensors.effects import apply_effects

GREY = np.full((24, 32, 3), 100, dtype=np.uint8)


def test_no_effect_returns_the_frame_itself():
    assert apply_effects(GREY, CameraEffects(), 1, 0) is GREY


def test_same_seed_and_frame_number_give_the_same_noise_whatever_came_before():
    effects = CameraEffects(noise_std=0.05)
    alone = apply_effects(GREY, effects, 7, 3)
    for index in range(3):
        apply_effects(GREY, effects, 7, index)
    assert np.array_equal(apply_effects(GREY, effects, 7, 3), alone)


@pytest.mark.parametrize(("seed", "index"), [(8, 3), (7, 4)])
def test_another_seed_or_frame_number_gives_other_noise(seed, index):
    effects = CameraEffects(noise_std=0.05)
    assert not np.array_equal(apply_effects(GREY, effects, seed, index), apply_effects(GREY, effects, 7, 3))


def test_noise_has_the_stated_standard_deviation():
    frame = np.full((200, 200, 3), 128, dtype=np.uint8)
    noisy = apply_effects(frame, CameraEffects(noise_std=0.03), 5, 0).astype(float)
    assert noisy.std() == pytest.approx(0.03 * 255, rel=0.03)
    assert noisy.mean() == pytest.approx(128, abs=0.1)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_frames_are_lost_at_the_stated_rate(rate):
    lost = sum(apply_effects(GREY, CameraEffects(dropout_rate=rate), 11, k) is None for k in range(4000))
    assert lost / 4000 == pytest.approx(rate, abs=0.03)


def test_one_stop_more_exposure_doubles_linear_light():
    brighter = apply_effects(GREY, CameraEffects(exposure_ev=1.0), 0, 0)
    linear = (brighter[0, 0, 0] / 255) ** 2.2 / (100 / 255) ** 2.2
    assert linear == pytest.approx(2.0, rel=0.02)


def test_overexposure_saturates_at_white():
    assert apply_effects(np.full((4, 4, 3), 200, np.uint8), CameraEffects(exposure_ev=3.0), 0, 0).max() == 255


def test_blur_spreads_an_impulse_as_a_gaussian_and_keeps_its_light():
    frame = np.zeros((41, 41, 3), dtype=np.uint8)
    frame[20, 20] = 255
    blurred = apply_effects(frame, CameraEffects(blur_px=1.5), 0, 0).astype(float)
    assert blurred[20, 20, 0] == pytest.approx(255 / (2 * np.pi * 1.5**2), abs=1.0)
    assert blurred[..., 0].sum() == pytest.approx(255, rel=0.1)
    assert np.array_equal(blurred[..., 0], blurred[..., 0].T)


def test_blur_leaves_a_constant_frame_alone():
    assert np.array_equal(apply_effects(GREY, CameraEffects(blur_px=2.0), 0, 0), GREY)


def test_a_square_of_the_asked_share_covers_one_place_in_every_frame_of_an_episode():
    share = 0.25
    first, later = (apply_effects(GREY, CameraEffects(occlusion=share), 5, k) for k in (0, 9))
    hidden = np.any(first != GREY, axis=2)
    assert hidden.mean() == pytest.approx(share, abs=0.02)
    rows, columns = np.nonzero(hidden.any(1))[0], np.nonzero(hidden.any(0))[0]
    assert np.ptp(rows) == np.ptp(columns) and set(first[hidden].ravel()) == {127}
    assert np.array_equal(first, later)
    assert (
        len({apply_effects(GREY, CameraEffects(occlusion=share), seed, 0).tobytes() for seed in range(9)}) > 4
    )
    assert (GREY == 100).all()


def test_a_compressed_frame_is_what_a_jpeg_file_of_that_quality_holds():
    ramp = np.add.outer(np.arange(0, 120, 5), np.arange(0, 128, 4))
    frame = np.stack([ramp, 255 - ramp, ramp // 2], axis=2).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=20)
    seen = apply_effects(frame, CameraEffects(jpeg_quality=20), 1, 0)
    assert np.array_equal(seen, np.asarray(Image.open(file)))
    far, near = (
        np.abs(apply_effects(frame, CameraEffects(jpeg_quality=q), 1, 0) - frame.astype(int)).mean()
        for q in (5, 95)
    )
    assert far > 3 * near > 0


def test_what_is_before_the_lens_is_exposed_and_the_file_is_made_last():
    effects = CameraEffects(occlusion=0.3, exposure_ev=1.0, jpeg_quality=95)
    seen = apply_effects(np.full((48, 64, 3), 100, np.uint8), effects, 2, 0).astype(int)
    bright = np.array([100, 127]) * 2 ** (1 / 2.2)
    assert seen.min() == pytest.approx(bright[0], abs=6) and seen.max() == pytest.approx(bright[1], abs=6)
