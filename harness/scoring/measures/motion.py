"""How a robot moves: smoothness, saturation of its actions, falls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def jerk_rms(path: Numbers, dt_s: float, differences: int = 3) -> float:
    """Root of the mean squared jerk of a path, shape (T, D), by differences over rows that are all finite.

    Args:
        path: Positions, or what is left of them after some differentiation.
        dt_s: From one row to the next.
        differences: How often the path must be differentiated: 3 for positions, 2 for speeds.

    Returns:
        In the unit of the positions / s^3; nan where so many rows and one more are never finite in a row.
    """
    known = np.where(np.isfinite(path), path, np.nan)
    jerk = np.diff(known, n=differences, axis=0) / dt_s**differences
    jerk = jerk[~np.isnan(jerk).any(axis=1)]
    return float(np.sqrt((jerk**2).sum(axis=1).mean())) if len(jerk) else float("nan")


def saturation(actions: Numbers, low: Numbers, high: Numbers) -> float:
    """Share of the entries of actions, shape (T, A), at or beyond their bound, shape (A,); nan for none.

    Entries without a bound (infinite) are never saturated.
    """
    return float(((actions <= low) | (actions >= high)).mean()) if actions.size else float("nan")


def falls(tilt_deg: Numbers, limit_deg: float, up_deg: float) -> int:
    """How often a robot fell: its tilt rose above ``limit_deg``, again only after it was below ``up_deg``.

    Raises:
        ValueError: ``up_deg`` lies above the limit.
    """
    if up_deg > limit_deg:
        raise ValueError(f"a robot is up below {up_deg:g} degrees, above the limit of {limit_deg:g}")
    count, down = 0, False
    for tilt in tilt_deg.tolist():
        if not down and tilt > limit_deg:
            count, down = count + 1, True
        elif down and tilt < up_deg:
            down = False
    return count
