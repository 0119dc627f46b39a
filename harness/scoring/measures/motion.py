"""How a robot moves: energy, smoothness, saturation of its actions, falls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def energy_j(torques: Numbers, velocities: Numbers, dt_s: float) -> float:
    """Mechanical work of all joints, what brakes counted as spent: sum of |torque x velocity| x dt, joules.

    Args:
        torques: Shape (T, J), newton metres.
        velocities: Shape (T, J), rad/s.
        dt_s: From one row to the next.
    """
    return float(np.abs(torques * velocities).sum() * dt_s)


def jerk_rms(positions: Numbers, dt_s: float) -> float:
    """Root of the mean squared jerk of a path, shape (T, D), by third differences; nan below four rows."""
    if len(positions) < 4:
        return float("nan")
    jerk = np.diff(positions, n=3, axis=0) / dt_s**3
    return float(np.sqrt((jerk**2).sum(axis=1).mean()))


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
