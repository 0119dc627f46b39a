"""What is too fast, by geometry: at which speeds a robot that brakes late and weakly would come too near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simgate.policies.safety_stop.interface import FRONT_M, HALF_WIDTH_M, SPEEDS_MPS, Floats

LANE_M = HALF_WIDTH_M + 0.08
"""Half the width that must be free."""
PERSON_X_M, PERSON_RADIUS_M = 6.0, 0.2
_REACTION_S, _BRAKES_MPS2 = 0.2, 1.5
_MARGIN_M, _UNSURE_M = 0.25, 0.3
_LENGTH_M = 2.0 * FRONT_M
_BEFORE_S = 0.5


@dataclass(frozen=True, slots=True)
class Walker:
    """A person who walks to the middle of the lane, or stands.

    Attributes:
        y_m: Where, now; the lane is at 0, the person at its right.
        speed_mps: To the left; 0 for one who stands.
    """

    y_m: float
    speed_mps: float


def stop_m(speed_mps: Floats) -> Floats:
    """Way until the robot stands, in the worst case that it is trained for, metres."""
    way: Floats = speed_mps * _REACTION_S + speed_mps**2 / (2.0 * _BRAKES_MPS2)
    return way


def nearest_m(corners: Floats) -> float:
    """Where along the lane a convex shape begins, metres; ``inf`` when it leaves the lane free.

    Args:
        corners: (C, 2) in order.
    """
    share = np.linspace(0.0, 1.0, 64)[:, None, None]
    outline = (corners + share * (np.roll(corners, -1, axis=0) - corners)).reshape(-1, 2)
    inside = outline[np.abs(outline[:, 1]) < LANE_M]
    return float(inside[:, 0].min()) if len(inside) else np.inf


def too_fast(front_m: float, blocked_m: float, walker: Walker | None) -> Floats:
    """Of each of :data:`SPEEDS_MPS`, 0 for safe to 1 for too fast, shape (S,).

    Args:
        front_m: Where the robot's front is, along the lane.
        blocked_m: Where the lane ends at something that stands, ``inf`` for nowhere.
        walker: A person who can be seen.
    """
    found = _near(blocked_m - front_m)
    if walker is None:
        return found
    gap = PERSON_X_M - PERSON_RADIUS_M - front_m
    way = max(0.0, -walker.y_m - PERSON_RADIUS_M - LANE_M)
    if way == 0.0:
        return np.maximum(found, _near(gap))
    arrives_s = way / walker.speed_mps if walker.speed_mps > 0.0 else np.inf
    # Who is out of the way before the person is there may drive on.
    through_s = (gap + 2.0 * PERSON_RADIUS_M + _LENGTH_M) / SPEEDS_MPS
    meets = arrives_s < through_s + _BEFORE_S
    return np.maximum(found, np.where(meets, _near(gap), 0.0))


def _near(gap_m: float) -> Floats:
    return np.clip((stop_m(SPEEDS_MPS) + _MARGIN_M + _UNSURE_M - gap_m) / _UNSURE_M, 0.0, 1.0)
