"""The arm's inverse kinematics, and the motion that lifts a brick whose pose is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

JOINTS = ("turn", "shoulder", "elbow", "wrist", "roll", "left", "right")
CONTROL_HZ = 50
HOME: Floats = np.array([0.0, -2.4, 2.6, 1.2, 0.0, 0.028, 0.028])
"""Folded back, out of the camera's view, fingers open."""
_SHOULDER_M, _LINK_M, _GRIP_M = 0.2, 0.32, 0.12
_OPEN_M, _SHUT_M = 0.028, 0.0
_ABOVE_M, _AT_M, _LIFTED_M = 0.14, 0.02, 0.18


@dataclass(frozen=True, slots=True)
class BrickPose:
    """Where a brick lies: metres in the base's axes, and the angle of its long side (modulo pi)."""

    x: float
    y: float
    yaw: float


CAMERA_M: Floats = np.array([0.45, 0.0, 0.85])
"""Where the camera over the table is, from the base."""
CAMERA_AXES: Floats = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
"""Its axes, X right, Y down and Z ahead, one a row, in the base's axes."""


def brick_seen(translation_m: Floats, rotation: Floats) -> BrickPose:
    """A brick in the base's axes of its pose in the camera's: shapes (3,) and (3, 3)."""
    place, turned = CAMERA_M + CAMERA_AXES.T @ translation_m, CAMERA_AXES.T @ rotation
    return BrickPose(float(place[0]), float(place[1]), float(np.arctan2(turned[1, 0], turned[0, 0])))


def arm_angles(x: float, y: float, z: float, yaw: float) -> Floats:
    """Angles (5,) with the gripper pointing down at (x, y, z), its fingers across a brick's long side.

    Raises:
        ValueError: Out of reach.
    """
    turn = np.arctan2(y, x)
    out, up = np.hypot(x, y), z + _GRIP_M - _SHOULDER_M
    reach = np.hypot(out, up)
    if reach >= 2.0 * _LINK_M:
        raise ValueError(f"({x:.3f}, {y:.3f}, {z:.3f}) m is out of the arm's reach")
    elevation, spread = np.arctan2(up, out), np.arccos(reach / (2.0 * _LINK_M))
    shoulder, elbow = -(elevation + spread), 2.0 * spread
    roll = (turn - yaw + np.pi / 2.0) % np.pi - np.pi / 2.0
    return np.array([turn, shoulder, elbow, np.pi / 2.0 - shoulder - elbow, roll])


class Lift:
    """Targets of the joints over time: over the brick, down, shut, up, stay.

    Args:
        brick: Where it is thought to lie.
    """

    def __init__(self, brick: BrickPose) -> None:
        def at(height: float, opening: float) -> Floats:
            return np.append(arm_angles(brick.x, brick.y, height, brick.yaw), [opening, opening])

        over, down = at(_ABOVE_M, _OPEN_M), at(_AT_M, _OPEN_M)
        shut, up = at(_AT_M, _SHUT_M), at(_LIFTED_M, _SHUT_M)
        self._points = np.array([HOME, over, over, down, shut, shut, up])
        self._times_s = np.cumsum([0.0, 1.5, 0.2, 0.8, 0.3, 0.3, 1.0])
        self._phases = ("over", "over", "down", "shut", "shut", "up")

    def targets(self, time_s: float) -> Floats:
        """Joint targets (7,); between two points along a smooth step, so that nothing jerks."""
        k = self._segment(time_s)
        share = (time_s - self._times_s[k]) / (self._times_s[k + 1] - self._times_s[k])
        share = float(np.clip(share, 0.0, 1.0))
        smooth = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
        targets: Floats = self._points[k] + smooth * (self._points[k + 1] - self._points[k])
        return targets

    def phase(self, time_s: float) -> str:
        """One word for the timeline."""
        return "hold" if time_s >= self._times_s[-1] else self._phases[self._segment(time_s)]

    def _segment(self, time_s: float) -> int:
        found = int(np.searchsorted(self._times_s, time_s, side="right")) - 1
        return min(max(found, 0), len(self._phases) - 1)
