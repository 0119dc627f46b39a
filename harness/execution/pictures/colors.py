"""Colours of pictures that are no photographs: a scale for numbers, a fixed colour for each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Color = tuple[int, int, int]
Pixels = NDArray[np.uint8]

NOWHERE: Color = (52, 56, 62)
"""Where nothing was hit, and where a model says nothing."""
_HEAT = np.array(
    [(253, 231, 37), (122, 209, 81), (34, 168, 132), (42, 120, 142), (65, 68, 135), (68, 1, 84)], np.float64
)
"""From the lower end of a scale to the upper one: viridis turned round, even in brightness."""
_CLASSES: tuple[Color, ...] = (
    (230, 85, 60), (70, 150, 230), (90, 190, 80), (240, 190, 40), (160, 100, 220), (60, 200, 200),
    (240, 130, 180), (150, 110, 70), (170, 200, 60), (110, 120, 240), (220, 110, 30), (40, 140, 110),
    (200, 60, 140), (120, 170, 190), (190, 160, 110), (100, 90, 150),
)  # fmt: skip
_LOW_SHARE, _HIGH_SHARE = 1.0, 95.0
"""Percentiles at which a scale ends, so that a far wall does not flatten what is near."""
_MOST_MEDIANS = 4.0
"""A scale of distances ends at so many medians at most: a floor goes on to the horizon."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers from ``low`` to ``high`` as colours; what lies beyond has the colour of its end."""

    low: float
    high: float

    def colors(self, values: NDArray[np.floating]) -> Pixels:
        """uint8, shape (..., 3); :data:`NOWHERE` where a value is not finite."""
        span = self.high - self.low or 1.0
        known = np.isfinite(values)
        share = np.clip((np.where(known, values, self.low) - self.low) / span, 0.0, 1.0)
        place = share * (len(_HEAT) - 1)
        first = np.minimum(place.astype(np.int64), len(_HEAT) - 2)
        rest = (place - first)[..., None]
        mixed: Pixels = np.round(_HEAT[first] * (1.0 - rest) + _HEAT[first + 1] * rest).astype(np.uint8)
        mixed[~known] = NOWHERE
        return mixed

    def text(self, unit: str) -> str:
        """Its ends in words."""
        return f"{self.low:.3g} to {self.high:.3g} {unit}".rstrip()


def scale_of(arrays: Sequence[NDArray[np.floating]]) -> Scale:
    """One scale for all of them, so that their colours can be compared; 0 to 1 without a finite value."""
    finite = np.concatenate([array[np.isfinite(array)].ravel() for array in arrays] or [np.zeros(0)])
    if not finite.size:
        return Scale(0.0, 1.0)
    low, high = np.percentile(finite, (_LOW_SHARE, _HIGH_SHARE))
    return Scale(float(low), float(high))


def scale_of_depth(arrays: Sequence[NDArray[np.floating]]) -> Scale:
    """Likewise for distances; the far plane, which cameras give where nothing is, sets no end."""
    near = [np.where(array < array.max(initial=0.0), array, np.nan) for array in arrays]
    whole = scale_of(near if any(np.isfinite(array).any() for array in near) else arrays)
    finite = np.concatenate([array[np.isfinite(array)].ravel() for array in near] or [np.zeros(0)])
    if not finite.size:
        return whole
    return Scale(whole.low, min(whole.high, _MOST_MEDIANS * float(np.median(finite))))


def class_color(number: int) -> Color:
    """The colour of a class or body, always the same one; :data:`NOWHERE` below 0."""
    return NOWHERE if number < 0 else _CLASSES[number % len(_CLASSES)]


def class_colors(numbers: NDArray[np.integer]) -> Pixels:
    """Of each number its colour; uint8, shape (..., 3)."""
    table = np.array([*_CLASSES, NOWHERE], np.uint8)
    colors: Pixels = table[np.where(numbers < 0, len(_CLASSES), numbers % len(_CLASSES))]
    return colors
