"""A reading of a camera or a scanner as a picture, by what its numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.pictures.colors import (
    NOWHERE,
    Pixels,
    Scale,
    class_color,
    class_colors,
    scale_of,
    scale_of_depth,
)
from simgate.sim_adapters.embodiment import IMAGES, Channel, Kind

SEEN: frozenset[Kind] = IMAGES | {"points"}
"""Kinds of channels that have a picture."""
_ABOVE = 180
"""Edge of a picture from above, pixels."""
_FAR_SHARE = 99.0
"""Percentile of the points that a picture from above reaches to on each side; the sensor is always in it."""
_SMALLEST_M = 0.5
"""Width of such a picture of points that are nearer."""


class ChannelPictures:
    """Draws readings of one channel, all in the same scale.

    Args:
        channel: What it is.
        readings: All that will be drawn, for the scale.
    """

    def __init__(self, channel: Channel, readings: Sequence[NDArray[Any]]) -> None:
        self._channel = channel
        self._scale = Scale(0.0, 1.0)
        self._middle, self._side_m = np.zeros(2), _SMALLEST_M
        self._numbers: list[int] = []
        if channel.kind == "depth":
            self._scale = scale_of_depth(readings)
        elif channel.kind == "points":
            seen = [_ahead_left_up(channel, points) for points in readings]
            self._scale = scale_of([places[:, 2] for places in seen])
            flat = np.concatenate([np.zeros((1, 2)), *(places[:, :2] for places in seen)])
            low, high = np.percentile(flat, (100.0 - _FAR_SHARE, _FAR_SHARE), axis=0)
            low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
            self._middle, self._side_m = 0.5 * (low + high), max(float((high - low).max()), _SMALLEST_M)
        elif channel.kind in ("semantic", "instance"):
            self._numbers = sorted({int(k) for reading in readings for k in np.unique(reading) if k})

    def draw(self, reading: NDArray[Any]) -> Pixels:
        """The picture of a reading; uint8, shape (h, w, 3)."""
        if self._channel.kind == "rgb":
            return np.asarray(reading, np.uint8)
        if self._channel.kind == "depth":
            return self._scale.colors(reading)
        if self._channel.kind == "points":
            return self._from_above(reading)
        # 0 is where nothing is.
        return class_colors(np.asarray(reading, np.int64) - 1)

    @property
    def title(self) -> str:
        """The channel's name, and from where to where its colours go."""
        name, unit = self._channel.name, self._channel.unit
        if self._channel.kind == "depth":
            return f"{name}, {self._scale.text(unit)}"
        if self._channel.kind == "points":
            return f"{name} from above, {self._side_m:.3g} {unit} wide"
        return name

    @property
    def legend(self) -> tuple[tuple[tuple[int, int, int], str], ...]:
        """(colour, what it stands for)."""
        kind, unit = self._channel.kind, self._channel.unit
        if kind == "depth":
            return tuple(_ends(self._scale, unit))
        if kind == "points":
            return (*_ends(self._scale, f"{unit} high"), (NOWHERE, f"{self._side_m:.3g} {unit} wide"))
        names = self._channel.classes
        return tuple(
            (class_color(k - 1), (names[k] if k < len(names) else "") or f"number {k}") for k in self._numbers
        )

    def _from_above(self, points: NDArray[np.floating]) -> Pixels:
        """Where the points are around the sensor, ahead is up, left is left; colours are heights."""
        canvas = np.full((_ABOVE, _ABOVE, 3), 24, np.uint8)
        here = self._place(np.zeros((1, 2)))[0]
        canvas[here[0], :, :] = canvas[:, here[1], :] = 48
        places = _ahead_left_up(self._channel, points)
        places = places[np.argsort(places[:, 2])]  # The highest is seen.
        rows, columns = self._place(places[:, :2]).T
        inside = (rows >= 1) & (rows < _ABOVE - 1) & (columns >= 1) & (columns < _ABOVE - 1)
        colors = self._scale.colors(places[inside, 2])
        for down in (0, 1):
            for right in (0, 1):
                canvas[rows[inside] + down, columns[inside] + right] = colors
        (row, column), dot = here, 2
        canvas[max(row - dot, 0) : row + dot + 1, max(column - dot, 0) : column + dot + 1] = 255
        return canvas

    def _place(self, ahead_left: NDArray[np.float64]) -> NDArray[np.int64]:
        """(row, column) of places around the sensor, (N, 2); what is ahead is up."""
        share = (ahead_left - self._middle) / self._side_m
        placed: NDArray[np.int64] = np.round((0.5 - share) * (_ABOVE - 9) + 4).astype(np.int64)
        return placed


def _ahead_left_up(channel: Channel, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Finite points as (ahead, left, up): a camera's frame has X right, Y down, Z ahead."""
    finite = np.asarray(points, np.float64).reshape(-1, 3)
    finite = finite[np.isfinite(finite).all(axis=1)]
    if channel.frame.startswith("camera/"):
        return np.stack((finite[:, 2], -finite[:, 0], -finite[:, 1]), axis=1)
    return finite


def _ends(scale: Scale, unit: str) -> list[tuple[tuple[int, int, int], str]]:
    """The lower end, the middle and the upper end of a scale."""
    values = (scale.low, 0.5 * (scale.low + scale.high), scale.high)
    colors = scale.colors(np.array(values)).tolist()
    return [((r, g, b), f"{value:.2g} {unit}") for (r, g, b), value in zip(colors, values, strict=True)]
