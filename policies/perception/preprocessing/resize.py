"""Bilinear resizing as a package declares it, as plain index arithmetic, the same for every array library."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.model_yaml.spec import FrameInput


@dataclass(frozen=True)
class Axis:
    """Where each output pixel of one axis is read: ``source[low] * (1 - share) + source[high] * share``."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    share: NDArray[np.float32]


@dataclass(frozen=True)
class ResizePlan:
    """How frames of one size become the model's input, and how boxes come back.

    Attributes:
        rows: Along the height.
        columns: Along the width.
        top: Rows of padding above.
        left: Columns of padding on the left.
        frame: (width, height) of the camera frame.
        scale: Input pixels for each camera pixel, (x, y).
    """

    rows: Axis
    columns: Axis
    top: int
    left: int
    frame: tuple[int, int]
    scale: tuple[float, float]

    def to_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes in pixels of the model's input as boxes in the camera frame, clipped to it; shape (K, 4)."""
        offset = np.array([self.left, self.top] * 2, np.float32)
        scale = np.array(self.scale * 2, np.float32)
        size = np.array(self.frame * 2, np.float32)
        mapped: NDArray[np.float32] = np.clip((boxes - offset) / scale, np.float32(0), size)
        return mapped


def plan_resize(spec: FrameInput, height: int, width: int) -> ResizePlan | None:
    """The plan for frames of a size; None when the model takes them as they are.

    Raises:
        ValueError: The package refuses frames of this size.
    """
    if (height, width) == (spec.height, spec.width):
        return None
    if spec.resize == "exact":
        raise ValueError(
            f"the model takes frames of {spec.width}x{spec.height} pixels, the camera gave {width}x{height}; "
            f"use a camera of {spec.width}x{spec.height} pixels, or declare 'resize' in the package's input"
        )
    inner_w, inner_h = spec.width, spec.height
    if spec.resize == "letterbox":
        scale = min(spec.width / width, spec.height / height)
        inner_w, inner_h = max(1, round(width * scale)), max(1, round(height * scale))
    centered = spec.placement == "center"
    return ResizePlan(
        rows=_axis(height, inner_h),
        columns=_axis(width, inner_w),
        top=(spec.height - inner_h) // 2 if centered else 0,
        left=(spec.width - inner_w) // 2 if centered else 0,
        frame=(width, height),
        scale=(inner_w / width, inner_h / height),
    )


def _axis(source: int, target: int) -> Axis:
    centre = (np.arange(target, dtype=np.float64) + 0.5) * (source / target) - 0.5
    centre = np.clip(centre, 0.0, source - 1.0)
    low = np.floor(centre).astype(np.int64)
    return Axis(low, np.minimum(low + 1, source - 1), (centre - low).astype(np.float32))
