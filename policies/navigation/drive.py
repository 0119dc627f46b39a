"""Following a way at a safe speed with a differential drive."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.policies.navigation.mission_frame import Pose

ACCELERATION_MPS2 = 0.8
BRAKING_MPS2 = 1.1
_TURN_GAIN = 1.9
_TOP_TURN_RPS = 1.2
_TURN_STEP_RPS = 0.35
_ON_THE_SPOT_RAD = 0.9
_REACTION_S = 0.15
_SIDESTEPS = np.radians(np.arange(-90.0, 91.0, 15.0))
_SIDESTEP_M = 0.5
STRAIGHT = np.zeros(1)


def aim(pose: Pose, way: NDArray[np.float64], speed_mps: float) -> float:
    """Heading error towards a way, radians, positive left.

    Args:
        pose: Robot pose.
        way: Points ahead, shape (K, 2), the first beside the robot.
        speed_mps: Present speed; a faster robot looks further ahead.
    """
    x, y, yaw = pose
    lookahead = 0.55 + 0.4 * max(speed_mps, 0.0)
    gaps = np.hypot(way[:, 0] - x, way[:, 1] - y)
    far = np.flatnonzero(gaps >= lookahead)
    index = int(far[0]) if len(far) else len(way) - 1
    # The mean of three points smooths the steps from lane to lane.
    window = way[max(index - 1, 1) : index + 2]
    aim_x, aim_y = float(window[:, 0].mean()), float(window[:, 1].mean())
    return math.remainder(math.atan2(aim_y - y, aim_x - x) - yaw, math.tau)


def steer(error_rad: float) -> tuple[float, float]:
    """Yaw rate that takes a heading error away, and the share of speed (0 to 1) that it allows."""
    rate = min(max(_TURN_GAIN * error_rad, -_TOP_TURN_RPS), _TOP_TURN_RPS)
    if abs(error_rad) > _ON_THE_SPOT_RAD:
        return rate, 0.0
    return rate, max(math.cos(1.5 * error_rad), 0.0)


def free_ahead(
    hits: NDArray[np.float64], pose: Pose, half_width_m: float, turns_rad: NDArray[np.float64] = STRAIGHT
) -> NDArray[np.float64]:
    """How far a round hull can go straight on in each direction, metres; ``inf`` when nothing is there.

    Args:
        hits: Obstacle points, shape (K, 2).
        pose: Robot pose in the frame of the points.
        half_width_m: Radius of the hull and its margin.
        turns_rad: Directions off the robot's heading, shape (D,).
    """
    x, y, yaw = pose
    dx, dy = hits[:, 0] - x, hits[:, 1] - y
    near = np.abs(dx) + np.abs(dy) < 4.0
    dx, dy = dx[near], dy[near]
    c, s = np.cos(yaw + turns_rad)[:, None], np.sin(yaw + turns_rad)[:, None]
    ahead, aside = c * dx + s * dy, c * dy - s * dx
    in_way = (ahead > 0.0) & (np.abs(aside) < half_width_m)
    reach = np.sqrt(np.maximum(half_width_m**2 - aside**2, 0.0))
    gaps = np.where(in_way, np.maximum(ahead - reach, 0.0), np.inf)
    free: NDArray[np.float64] = gaps.min(axis=1, initial=math.inf)
    return free


def sidestep(hits: NDArray[np.float64], pose: Pose, half_width_m: float, wanted_rad: float) -> float:
    """Heading error nearest to the wanted one in which the hull can go on for half a metre.

    A way bends round a corner that the hull, already close to it, would touch when it went straight.
    """
    turns = wanted_rad + _SIDESTEPS
    free = free_ahead(hits, pose, half_width_m, turns) > _SIDESTEP_M
    order = np.argsort(np.abs(_SIDESTEPS), kind="stable")
    for k in order:
        if free[k]:
            return float(turns[k])
    return wanted_rad


def stoppable_speed(distance_m: float, speed_mps: float, braking_mps2: float = BRAKING_MPS2) -> float:
    """Fastest speed from which the robot still stops within a distance, metres a second.

    ``v = sqrt(2 a d)``, after the distance that the present speed eats up before brakes act.
    """
    if math.isinf(distance_m):
        return math.inf
    left = distance_m - _REACTION_S * max(speed_mps, 0.0)
    return math.sqrt(2.0 * braking_mps2 * left) if left > 0.0 else 0.0


def limit_change(wanted: float, last: float, period_s: float) -> float:
    """Forward speed one control period later, within acceleration and braking limits."""
    return min(max(wanted, last - BRAKING_MPS2 * period_s), last + ACCELERATION_MPS2 * period_s)


def limit_turn(wanted: float, last: float) -> float:
    """Yaw rate one control period later, without jerks."""
    return min(max(wanted, last - _TURN_STEP_RPS), last + _TURN_STEP_RPS)
