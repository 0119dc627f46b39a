"""Camera frames to the model's input tensor, as the package declares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.model_yaml.spec import FrameInput
from simgate.policies.perception.preprocessing.resize import ResizePlan, plan_resize


def normalization(spec: FrameInput) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """``(pixel * scale - mean) / std`` as one factor and one summand for each channel, shape (C,) each."""
    std = np.broadcast_to(np.asarray(spec.std, np.float64), (spec.channels,))
    gain = (spec.scale / std).astype(np.float32)
    offset = (-np.asarray(spec.mean, np.float64) / std).astype(np.float32)
    return gain, offset


GREY_WEIGHTS = (19595, 38470, 7471)
"""Of red, green and blue in 1/65536 (ITU-R BT.601), as Pillow rounds them."""


def grey(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One channel of whole numbers, shape (N, H, W, 1)."""
    red, green, blue = (frames[..., k].astype(np.uint32) * GREY_WEIGHTS[k] for k in range(3))
    result: NDArray[np.uint8] = ((red + green + blue + 0x8000) >> 16).astype(np.uint8)[..., None]
    return result


def check_frames(spec: FrameInput, dtype: str, shape: tuple[int, ...]) -> None:
    """Raises ValueError unless these are N colour frames of bytes."""
    if dtype != "uint8" or len(shape) != 4 or shape[3] != 3 or 0 in shape:
        raise ValueError(
            f"the model takes uint8 frames of shape (N, height, width, 3), the camera gave {dtype} "
            f"{tuple(shape)}; use a colour camera of {spec.width}x{spec.height} pixels"
        )


class Preprocessor:
    """Turns frames into input; reuses its buffer, so the result is valid until the next call."""

    def __init__(self, spec: FrameInput) -> None:
        self._spec = spec
        shape = (1, -1, 1, 1) if spec.layout == "nchw" else (1, 1, 1, -1)
        self._gain, self._offset = (part.reshape(shape) for part in normalization(spec))
        self._buffer = np.empty((0,), np.float32)

    def __call__(self, frames: NDArray[np.uint8]) -> NDArray[Any]:
        """Input tensor of N frames.

        Args:
            frames: uint8, shape (N, H, W, 3), RGB.

        Returns:
            Of the declared type, shape (N, C, H, W) or (N, H, W, C) of the model's input size.

        Raises:
            ValueError: The frames have another type, or a size that the package refuses.
        """
        spec = self._spec
        check_frames(spec, str(frames.dtype), frames.shape)
        plan = plan_resize(spec, *frames.shape[1:3])
        source: NDArray[Any] = grey(frames) if spec.color == "grey" else frames
        if plan is not None:
            source = _resized(source, spec, plan)
        if spec.color == "bgr":
            source = source[..., ::-1]
        if spec.layout == "nchw":
            source = source.transpose(0, 3, 1, 2)
        if spec.dtype == "uint8":
            return np.ascontiguousarray(source if plan is None else np.rint(source).astype(np.uint8))
        if self._buffer.shape != source.shape:
            self._buffer = np.empty(source.shape, np.float32)
        # One multiplication and one addition for each value.
        np.multiply(source, self._gain, out=self._buffer)
        self._buffer += self._offset
        return self._buffer if spec.dtype == "float32" else self._buffer.astype(np.float16)


def _resized(frames: NDArray[np.uint8], spec: FrameInput, plan: ResizePlan) -> NDArray[np.float32]:
    rows, columns = plan.rows, plan.columns
    down = rows.share[None, :, None, None]
    pixels = frames.astype(np.float32)
    tall = pixels[:, rows.low] * (np.float32(1) - down) + pixels[:, rows.high] * down
    across = columns.share[None, None, :, None]
    inner: NDArray[np.float32] = (
        tall[:, :, columns.low] * (np.float32(1) - across) + tall[:, :, columns.high] * across
    )
    if inner.shape[1:3] == (spec.height, spec.width):
        return inner
    shape = (len(frames), spec.height, spec.width, frames.shape[3])
    padded: NDArray[np.float32] = np.full(shape, spec.pad, np.float32)
    padded[:, plan.top : plan.top + inner.shape[1], plan.left : plan.left + inner.shape[2]] = inner
    return padded
