"""Exact distances between oriented boxes and discs on the floor, over arrays.

A disc is a box without extent that is grown by a radius: the distance of grown shapes is that of their cores
less the radii.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_CORNERS = np.array([(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)])


@dataclass(frozen=True, slots=True)
class Boxes:
    """Oriented boxes; all arrays broadcast to one shape.

    Attributes:
        x: Centre, metres.
        y: Centre, metres.
        half_x: Half extent along the box's own X, metres.
        half_y: Half extent along the box's own Y, metres.
        cos: Of the turn.
        sin: Of the turn.
    """

    x: Floats
    y: Floats
    half_x: Floats
    half_y: Floats
    cos: Floats
    sin: Floats

    @classmethod
    def turned(cls, x: Floats, y: Floats, yaw: Floats, half_x: Floats, half_y: Floats) -> Boxes:
        """Boxes with a turn in radians."""
        return cls(x, y, half_x, half_y, np.cos(yaw), np.sin(yaw))

    def corners(self) -> tuple[Floats, Floats]:
        """World coordinates of the corners, each with a last axis of 4."""
        cos, sin = self.cos[..., None], self.sin[..., None]
        along, across = self.half_x[..., None] * _CORNERS[:, 0], self.half_y[..., None] * _CORNERS[:, 1]
        return self.x[..., None] + cos * along - sin * across, self.y[..., None] + sin * along + cos * across

    def extents(self) -> tuple[Floats, Floats]:
        """Half extents of the axis-aligned box around each, metres."""
        cos, sin = np.abs(self.cos), np.abs(self.sin)
        return cos * self.half_x + sin * self.half_y, sin * self.half_x + cos * self.half_y

    def distance_to(self, x: Floats, y: Floats) -> Floats:
        """Distance of points from the boxes, 0 inside, metres."""
        dx, dy = x - self.x, y - self.y
        outside_x = np.maximum(np.abs(self.cos * dx + self.sin * dy) - self.half_x, 0.0)
        outside_y = np.maximum(np.abs(self.cos * dy - self.sin * dx) - self.half_y, 0.0)
        return np.hypot(outside_x, outside_y)

    def __getitem__(self, at: object) -> Boxes:
        """Some of the boxes; all arrays must have the full shape."""
        return Boxes(*(getattr(self, name)[at] for name in Boxes.__slots__))

    def _corner_axis(self) -> Boxes:
        return self[..., None]


def distance(a: Boxes, b: Boxes) -> Floats:
    """Distance between boxes, 0 when they overlap or touch, metres.

    Overlap by the separating-axis theorem. Disjoint convex polygons are nearest at a corner of
    one of them, so the smallest corner-to-box distance is exact.
    """
    near = np.minimum(
        b._corner_axis().distance_to(*a.corners()).min(axis=-1),
        a._corner_axis().distance_to(*b.corners()).min(axis=-1),
    )
    return np.where(overlaps(a, b), 0.0, near)


def overlaps(a: Boxes, b: Boxes) -> Flags:
    """Whether boxes overlap or touch."""
    touching: Flags = separation(a, b) <= 0.0
    return touching


def separation(a: Boxes, b: Boxes) -> Floats:
    """Widest gap between the boxes' shadows on the four axes of both, metres.

    Above 0 just when the boxes are apart (separating-axis theorem; Gottschalk, Lin, Manocha 1996), and then
    never larger than their distance.
    """
    dx, dy = b.x - a.x, b.y - a.y
    along = np.abs(a.cos * b.cos + a.sin * b.sin)
    across = np.abs(a.cos * b.sin - a.sin * b.cos)
    gaps = [
        np.abs(a.cos * dx + a.sin * dy) - a.half_x - (b.half_x * along + b.half_y * across),
        np.abs(a.cos * dy - a.sin * dx) - a.half_y - (b.half_x * across + b.half_y * along),
        np.abs(b.cos * dx + b.sin * dy) - b.half_x - (a.half_x * along + a.half_y * across),
        np.abs(b.cos * dy - b.sin * dx) - b.half_y - (a.half_x * across + a.half_y * along),
    ]
    widest: Floats = np.maximum(np.maximum(gaps[0], gaps[1]), np.maximum(gaps[2], gaps[3]))
    return widest


def apart(a: Boxes, b: Boxes, radii: Floats, gap: Floats) -> Flags:
    """Whether shapes neither overlap nor touch, and keep a gap.

    Args:
        a: Boxes, or the cores of discs; every array has the shape (n,).
        b: As many others.
        radii: By how much the cores of both are grown together, metres.
        gap: Distance that must be left, metres.
    """
    widest = separation(a, b)
    needed = radii + gap
    result: Flags = (widest > 0.0) & (widest > radii) & (widest >= needed)
    # Only between corners the distance is more than the widest shadow gap.
    open_ones = np.flatnonzero(~result & (widest > 0.0) & (needed > 0.0))
    if open_ones.size:
        between = distance(a[open_ones], b[open_ones])
        result[open_ones] = (between > radii[open_ones]) & (between >= needed[open_ones])
    return result
