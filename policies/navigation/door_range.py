"""How far a detected door is: from lidar where its frame is hit, else from where it meets the floor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.policies.navigation.calibration import CameraModel
from simgate.policies.navigation.mission_frame import Pose

# One and a half pixels of box error at 104 px focal length, and 1.5 degrees of unknown camera pitch.
_ANGLE_STD_RAD = 0.03
_LIDAR_STD_M = 0.08
_BORDER_PX = 2.0
_BESIDE_M = 0.45
_MIN_HITS = 2


@dataclass(frozen=True, slots=True)
class DoorFix:
    """One measurement of a door, mission frame.

    Attributes:
        x: Of the door plane, metres.
        y: Of the middle of what is seen of it, metres.
        half_width: Half of the seen width, metres.
        std: Standard deviation of ``x``, metres.
    """

    x: float
    y: float
    half_width: float
    std: float


def locate_door(
    box: NDArray[np.float32], pose: Pose, hits: NDArray[np.float64], camera: CameraModel
) -> DoorFix | None:
    """Places a detected door, or returns None when the box says nothing about its place.

    Args:
        box: x0, y0, x1, y1 in pixels.
        pose: Robot pose when the frame was taken, mission frame.
        hits: Lidar hits, mission frame, shape (K, 2).
        camera: Nominal calibration.
    """
    bottom = float(box[3])
    distance = camera.floor_distance(bottom)
    if bottom >= camera.height - _BORDER_PX:
        # Cut by the border: the door is at most where the lowest row meets the floor.
        distance = camera.floor_distance(float(camera.height))
        std = 0.35
    elif math.isinf(distance) or distance > 12.0:
        return None
    else:
        std = camera.floor_distance_std(distance, _ANGLE_STD_RAD)
    right, left = _edges(box, pose, distance, camera)
    x, y = 0.5 * (left[0] + right[0]), 0.5 * (left[1] + right[1])
    framed = _frame_x(hits, pose, box, (x, std), camera)
    if framed is not None:
        right, left = _edges(box, pose, max(0.1, distance + framed - x), camera)
        x, y, std = framed, 0.5 * (left[1] + right[1]), _LIDAR_STD_M
    return DoorFix(x, y, 0.5 * abs(left[1] - right[1]), std)


def _edges(
    box: NDArray[np.float32], pose: Pose, distance: float, camera: CameraModel
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Right and left edge of a box at a forward distance from the lens, mission frame."""
    x, y, yaw = pose
    points = []
    for column in (float(box[2]), float(box[0])):
        ahead = camera.forward_m + distance
        aside = distance * (0.5 * camera.width - column) / camera.focal_px
        points.append(
            (
                x + ahead * math.cos(yaw) - aside * math.sin(yaw),
                y + ahead * math.sin(yaw) + aside * math.cos(yaw),
            )
        )
    return points[0], points[1]


def _frame_x(
    hits: NDArray[np.float64],
    pose: Pose,
    box: NDArray[np.float32],
    guess: tuple[float, float],
    camera: CameraModel,
) -> float | None:
    """X of the wall beside the box's edges, when the lidar sees one about where the box says."""
    x, y, yaw = pose
    x_guess, std = guess
    window = max(0.5, 2.0 * std)
    near = np.abs(hits[:, 0] - x_guess) < window
    if int(near.sum()) < _MIN_HITS:
        return None
    candidates = hits[near]
    dx, dy = candidates[:, 0] - x, candidates[:, 1] - y
    c, s = math.cos(yaw), math.sin(yaw)
    ahead, aside = c * dx + s * dy - camera.forward_m, c * dy - s * dx
    column = 0.5 * camera.width - camera.focal_px * aside / np.maximum(ahead, 0.05)
    reach = camera.focal_px * _BESIDE_M / np.maximum(ahead, 0.3)
    slack = 3.0
    at_left = (
        (column < float(box[0]) + slack) & (column > float(box[0]) - reach) & (float(box[0]) > _BORDER_PX)
    )
    at_right = (column > float(box[2]) - slack) & (column < float(box[2]) + reach)
    at_right &= float(box[2]) < camera.width - _BORDER_PX
    sides = [np.sort(candidates[side, 0]) for side in (at_left, at_right) if int(side.sum()) >= _MIN_HITS]
    if not sides:
        return None
    # A side wall spreads along X, the wall with the door does not: take the side that agrees most.
    best = min(sides, key=_spread)
    return float(best[len(best) // 2]) if _spread(best) < 0.25 else None


def _spread(ordered: NDArray[np.float64]) -> float:
    """Range of the middle half of sorted values."""
    quarter = len(ordered) // 4
    return float(ordered[-1 - quarter] - ordered[quarter])
