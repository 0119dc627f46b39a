"""What the network sees, points of two scans, and what its output means: which speeds are too fast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CONTROL_HZ = 10
EARLIER_TICKS = 3
"""The second scan is the one so many control ticks ago."""
SPEEDS_MPS: Floats = np.linspace(0.2, 1.6, 8)
FEATURES = 4
LIDAR_X_M, LIDAR_Z_M = 0.25, 1.15
FRONT_M, HALF_WIDTH_M, HEIGHT_M = 0.32, 0.25, 1.23
_NEAR_M, _FAR_M, _RIGHT_M, _LEFT_M = 0.3, 2.9, 2.4, 1.0
_LOW_M, _HIGH_M = 0.03, 1.7
_FASTER_MPS = 0.45
_STEER_PER_M, _STEER_PER_RAD, _TURN_RPS = 2.0, 3.0, 0.6


def in_lane(points: Floats, base: Floats) -> Floats:
    """Points (K, 3) of a scan in the axes of the lane: ahead, to the left, over the floor; metres.

    Args:
        points: (R, 3) in the lidar's frame, ``inf`` where a beam did not come back.
        base: (x m, y m, yaw rad) of the robot.
    """
    hit = points[np.isfinite(points[:, 0])]
    cos, sin = np.cos(base[2]), np.sin(base[2])
    ahead = hit[:, 0] + LIDAR_X_M
    return np.stack(
        [
            base[0] + cos * ahead - sin * hit[:, 1],
            base[1] + sin * ahead + cos * hit[:, 1],
            hit[:, 2] + LIDAR_Z_M,
        ],
        axis=1,
    )


def encode(now: Floats, earlier: Floats, x_m: float) -> NDArray[np.float32]:
    """The network's input (1, K, 4): points near the lane and over the floor, centred, with their age.

    The first is always the same, so that there is one.

    Args:
        now: (K, 3) as :func:`in_lane` gives them.
        earlier: Of the scan before.
        x_m: Of the robot, now.
    """
    rows = [np.zeros((1, FEATURES))]
    for points, age in ((now, 0.0), (earlier, 1.0)):
        ahead = points[:, 0] - x_m
        near = (ahead > _NEAR_M) & (ahead < _FAR_M) & (points[:, 1] > -_RIGHT_M) & (points[:, 1] < _LEFT_M)
        near &= (points[:, 2] > _LOW_M) & (points[:, 2] < _HIGH_M)
        kept = points[near]
        rows.append(
            np.stack([ahead[near] - 1.5, kept[:, 1], kept[:, 2] - 0.6, np.full(len(kept), age)], axis=1)
        )
    return np.concatenate(rows)[None].astype(np.float32)


def safe_speed(logits: NDArray[np.float32], wanted_mps: float, speed_mps: float) -> float:
    """The highest speed that the network does not call too fast, and that can be reached soon; 0 for none.

    Args:
        logits: (S,) for each of :data:`SPEEDS_MPS`, above 0 where it is too fast.
        wanted_mps: What the robot is set to.
        speed_mps: Of the robot, now.
    """
    most = min(wanted_mps, max(speed_mps, 0.0) + _FASTER_MPS)
    # Of speeds between two of the list, the faster one answers.
    asked = most + (SPEEDS_MPS[1] - SPEEDS_MPS[0]) - 1e-9 > SPEEDS_MPS
    fine = np.flatnonzero(asked & (logits <= 0.0))
    return min(most, float(SPEEDS_MPS[fine[-1]])) if len(fine) else 0.0


def drive(speed_mps: float, base: Floats) -> Floats:
    """The action (3,): speeds along x and y, m/s, and yaw rate, rad/s, that keep the robot in the lane.

    Args:
        speed_mps: Wanted, ahead.
        base: (x m, y m, yaw rad).
    """
    yaw = base[2]
    turn = np.clip(-_STEER_PER_M * base[1] - _STEER_PER_RAD * yaw, -_TURN_RPS, _TURN_RPS)
    turn *= min(1.0, speed_mps / 0.2)
    return np.array([speed_mps * np.cos(yaw), speed_mps * np.sin(yaw), turn])
