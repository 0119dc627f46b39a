"""Camera frames to the model's input tensor, as the package declares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.package_spec import InputSpec
from simgate.policies.perception.resize import ResizePlan, plan_resize


def normalization(spec: InputSpec) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """``(pixel * scale - mean) / std`` as one factor and one summand for each channel, shape (3,) each."""
    std = np.asarray(spec.std, np.float64)
    gain = (spec.scale / std).astype(np.float32)
    offset = (-np.asarray(spec.mean, np.float64) / std).astype(np.float32)
    return gain, offset


def check_frames(spec: InputSpec, dtype: str, shape: tuple[int, ...]) -> None:
    """Raises ValueError unless these are N colour frames of bytes."""
    if dtype != "uint8" or len(shape) != 4 or shape[3] != 3 or 0 in shape:
        raise ValueError(
            f"the model takes uint8 frames of shape (N, height, width, 3), the camera gave {dtype} "
            f"{tuple(shape)}; use a colour camera of {spec.width}x{spec.height} pixels"
        )


class Preprocessor:
    """Turns frames into input; reuses its buffer, so the result is valid until the next call."""

    def __init__(self, spec: InputSpec) -> None:
        self._spec = spec
        shape = (1, 3, 1, 1) if spec.layout == "nchw" else (1, 1, 1, 3)
        self._gain, self._offset = (part.reshape(shape) for part in normalization(spec))
        self._buffer = np.empty((0,), np.float32)

    def __call__(self, frames: NDArray[np.uint8]) -> NDArray[Any]:
        """Input tensor of N frames.

        Args:
            frames: uint8, shape (N, H, W, 3), RGB.

        Returns:
            float32 or float16 as declared, shape (N, 3, H, W) or (N, H, W, 3) of the model's input size.

        Raises:
            ValueError: The frames have another type, or a size that the package refuses.
        """
        spec = self._spec
        check_frames(spec, str(frames.dtype), frames.shape)
        plan = plan_resize(spec, *frames.shape[1:3])
        source: NDArray[Any] = frames if plan is None else _resized(frames, spec, plan)
        if spec.color == "bgr":
            source = source[..., ::-1]
        if spec.layout == "nchw":
            source = source.transpose(0, 3, 1, 2)
        if self._buffer.shape != source.shape:
            self._buffer = np.empty(source.shape, np.float32)
        # One multiplication and one addition for each value.
        np.multiply(source, self._gain, out=self._buffer)
        self._buffer += self._offset
        return self._buffer if spec.dtype == "float32" else self._buffer.astype(np.float16)


def _resized(frames: NDArray[np.uint8], spec: InputSpec, plan: ResizePlan) -> NDArray[np.float32]:
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
    shape = (len(frames), spec.height, spec.width, 3)
    padded: NDArray[np.float32] = np.full(shape, spec.pad, np.float32)
    padded[:, plan.top : plan.top + inner.shape[1], plan.left : plan.left + inner.shape[2]] = inner
    return padded
