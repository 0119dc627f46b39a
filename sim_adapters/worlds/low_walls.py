"""Steps and ramps in the way of a robot that drives in the plane: it climbs nothing, so they are walls."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOOR_M = 0.02
"""What ends lower than this above z = 0 is floor: driven on, never touched."""
_STEP_M = 0.2
"""Higher than this nobody takes a thing for a step."""
_RAMP_DEG = (1.0, 35.0)
_BESIDE = 1.6
"""It reaches at least so many hull radii to both sides of the way; what is narrower can be driven round."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of a site that the robot would touch.

    Attributes:
        names: What it can be called by in a pack: its own name, and those of what it belongs to.
        corners: World frame, metres, shape (N, 3); its convex hull holds the shape.
        slope_deg: How far its upper side is from level; None where that is not one plane.
    """

    names: tuple[str, ...]
    corners: NDArray[np.float64]
    slope_deg: float | None


@dataclass(frozen=True, slots=True)
class Wall:
    """A step or ramp that will be a wall.

    Attributes:
        name: Of the shape.
        top_m: Height above z = 0.
        slope_deg: Of a ramp; None for a step.
    """

    name: str
    top_m: float
    slope_deg: float | None


def walls_in_the_way(
    shapes: Iterable[Shape],
    start: tuple[float, float],
    goal: tuple[float, float],
    radius_m: float,
    low_m: float,
) -> list[Wall]:
    """Steps and ramps that lie right across the straight way.

    Args:
        shapes: Everything that the robot would touch.
        start: (x, y), metres.
        goal: (x, y), metres.
        radius_m: Of the robot's hull.
        low_m: Height of the robot's lowest point that touches; what is lower it drives over.
    """
    way = np.subtract(goal, start)
    length = float(np.hypot(*way))
    if length <= radius_m:
        return []
    along = way / length
    walls = []
    for shape in shapes:
        places = shape.corners[:, :2] - start
        forward, aside = places @ along, places @ (-along[1], along[0])
        is_across = aside.min() <= -_BESIDE * radius_m and aside.max() >= _BESIDE * radius_m
        is_between = forward.max() > radius_m and forward.min() < length - radius_m
        top, bottom = float(shape.corners[:, 2].max()), float(shape.corners[:, 2].min())
        if not (is_across and is_between and top >= max(FLOOR_M, low_m)):
            continue
        slope = shape.slope_deg
        is_ramp = slope is not None and _RAMP_DEG[0] <= slope <= _RAMP_DEG[1] and bottom < max(_STEP_M, low_m)
        if is_ramp or top <= _STEP_M:
            walls.append(Wall(shape.names[0], top, slope if is_ramp else None))
    return walls


def slope_of_box(rotation: NDArray[np.float64], half: NDArray[np.float64]) -> float | None:
    """How far the upper side of a flat box is from level, degrees; None for a box that is no slab.

    Args:
        rotation: Axes in the world frame, one a column, shape (3, 3).
        half: Half extents, shape (3,).
    """
    thin = int(np.argmin(half))
    if half[thin] > 0.5 * np.partition(half, 1)[1]:
        return None
    return math.degrees(math.acos(min(1.0, abs(float(rotation[2, thin])))))
