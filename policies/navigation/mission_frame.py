"""The frame in which a robot plans: X along the corridor, towards the goal."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pose = tuple[float, float, float]
_ALIGNED_WITHIN_RAD = math.radians(20.0)


@dataclass(frozen=True, slots=True)
class MissionFrame:
    """A turned odometry frame.

    Attributes:
        angle: Direction of its X axis in the odometry frame, radians.
    """

    angle: float

    @classmethod
    def towards(cls, start: tuple[float, float], goal: tuple[float, float]) -> MissionFrame:
        """X points from start to goal, snapped to the odometry axes when nearly along one.

        Corridors are straight and odometry starts along them, while a robot may start off the
        middle: the snapped frame is the corridor's.
        """
        direct = math.atan2(goal[1] - start[1], goal[0] - start[0])
        axis = round(direct / (0.5 * math.pi)) * 0.5 * math.pi
        near = abs(math.remainder(direct - axis, math.tau)) < _ALIGNED_WITHIN_RAD
        return cls(axis if near else direct)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A point of the odometry frame."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        return c * x + s * y, c * y - s * x

    def pose(self, pose: NDArray[np.float64]) -> Pose:
        """A pose of the odometry frame, shape (3,)."""
        x, y = self.point(float(pose[0]), float(pose[1]))
        return x, y, math.remainder(float(pose[2]) - self.angle, math.tau)


def to_frame(points: NDArray[np.float64], pose: Pose) -> NDArray[np.float64]:
    """Points of the robot's frame, shape (K, 2), in the frame of ``pose``."""
    x, y, yaw = pose
    c, s = math.cos(yaw), math.sin(yaw)
    turn = np.array(((c, s), (-s, c)))
    moved: NDArray[np.float64] = points @ turn
    moved += (x, y)
    return moved
