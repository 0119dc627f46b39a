"""What a camera does to its frames: a pure function of frame, settings, seed and frame number."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.scene.sensor import CameraEffects

_DISPLAY_GAMMA = 2.2
_DROP_LANE, _NOISE_LANE, _COVER_LANE = 0, 1, 6
_COVER = 127
"""Grey of what covers a part of a frame."""


def apply_effects(
    frame: NDArray[np.uint8], effects: CameraEffects, seed: int, frame_index: int
) -> NDArray[np.uint8] | None:
    """What the model gets to see of a frame, or None when the frame is lost.

    Exposure acts in linear light (``2**ev``), which is ``2**(ev / 2.2)`` on display-referred values.

    Args:
        frame: uint8, shape (H, W, 3).
        effects: Settings.
        seed: Seed of the episode, 63 bits.
        frame_index: Number of the frame in the episode; together with ``seed`` it fixes all that is
            random, whatever came before.

    Returns:
        A new uint8 array of the same shape, ``frame`` itself when nothing changes it, or None.
    """
    if effects.dropout_rate > 0.0 and _stream(seed, frame_index, _DROP_LANE).random() < effects.dropout_rate:
        return None
    if effects.occlusion > 0.0:
        frame = covered(frame, effects.occlusion, _stream(seed, 0, _COVER_LANE))
    if effects.exposure_ev != 0.0 or effects.blur_px != 0.0 or effects.noise_std != 0.0:
        frame = _exposed(frame, effects, seed, frame_index)
    return frame if effects.jpeg_quality == 100 else compressed(frame, effects.jpeg_quality)


def covered(frame: NDArray[Any], share: float, place: np.random.Generator) -> NDArray[Any]:
    """A copy of a frame of which one grey square, cut to the frame's sides, covers a share."""
    rows, columns = frame.shape[:2]
    side = round((share * rows * columns) ** 0.5)
    high, wide = min(side, rows), min(side, columns)
    top, left = int(place.integers(rows - high + 1)), int(place.integers(columns - wide + 1))
    frame = frame.copy()
    frame[top : top + high, left : left + wide] = _COVER
    return frame


def compressed(frame: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """A frame that has been a JPEG file of this quality, 1 to 95."""
    from PIL import Image

    kept = io.BytesIO()
    Image.fromarray(frame).save(kept, "JPEG", quality=quality)
    return np.array(Image.open(kept))


def _exposed(
    frame: NDArray[np.uint8], effects: CameraEffects, seed: int, frame_index: int
) -> NDArray[np.uint8]:
    """Light, lens and sensor, in this order."""
    image = frame.astype(np.float32)
    if effects.exposure_ev != 0.0:
        image *= np.float32(2.0 ** (effects.exposure_ev / _DISPLAY_GAMMA))
        np.minimum(image, np.float32(255.0), out=image)
    if effects.blur_px > 0.0:
        image = _blur(image, effects.blur_px)
    if effects.noise_std > 0.0:
        noise = _stream(seed, frame_index, _NOISE_LANE).standard_normal(image.shape, dtype=np.float32)
        noise *= np.float32(255.0 * effects.noise_std)
        image += noise
    image += np.float32(0.5)
    np.clip(image, np.float32(0.0), np.float32(255.0), out=image)
    return image.astype(np.uint8)


def _stream(seed: int, frame_index: int, lane: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, frame_index, lane]))


@lru_cache(maxsize=64)
def _kernel(sigma: float) -> NDArray[np.float32]:
    radius = max(1, int(3.0 * sigma + 0.5))
    offsets = np.arange(-radius, radius + 1, dtype=np.float64)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    kernel: NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return kernel


def _blur(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Separable Gaussian blur with repeated borders."""
    for axis in (0, 1):
        kernel = _kernel(sigma)
        radius = len(kernel) // 2
        pad = [(0, 0), (0, 0), (0, 0)]
        pad[axis] = (radius, radius)
        padded = np.pad(image, pad, mode="edge")
        length = image.shape[axis]
        out = np.zeros_like(image)
        for index, weight in enumerate(kernel):
            window = padded[index : index + length] if axis == 0 else padded[:, index : index + length]
            out += weight * window
        image = out
    return image
