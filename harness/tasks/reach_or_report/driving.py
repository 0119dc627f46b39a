"""What several metrics of a driving robot share."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simgate.harness.scoring.evidence import Evidence

REST_SPEED_MPS = 0.05
"""Below this speed the robot is at rest."""


def is_at_rest(evidence: Evidence) -> bool:
    """Whether the robot stands still at the end."""
    speed = evidence.signal("speed_mps")
    return bool(len(speed)) and bool(abs(speed[-1]) < REST_SPEED_MPS)


def goal_radius_m(evidence: Evidence) -> float:
    """The goal counts as reached within this distance."""
    return float(evidence.trace.facts["goal_radius_m"] or 0.0)


@lru_cache(maxsize=1)
def goal_row(evidence: Evidence) -> int | None:
    """First row in which the robot is within the goal's radius, None when it never is."""
    reached = np.flatnonzero(evidence.signal("goal_distance_m") <= goal_radius_m(evidence))
    return int(reached[0]) if len(reached) else None


@lru_cache(maxsize=1)
def path_m(evidence: Evidence) -> NDArray[np.float64]:
    """Length of the way driven up to each row, metres, shape (T,)."""
    leg = np.hypot(np.diff(evidence.signal("x_m")), np.diff(evidence.signal("y_m")))
    return np.concatenate(([0.0], np.cumsum(leg)))
