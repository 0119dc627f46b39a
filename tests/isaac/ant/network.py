"""The ant's gait: each joint swings, and is pulled to where it should be by then."""

import numpy as np

TASK, RATE_HZ, STEPS, ROUNDS = "Isaac-Ant", 60.0, 180, 30
SIZE = 1 + 3 * 8 + 2
"""Frequency; amplitude, phase and middle of eight joints; how hard, and how steered."""
START = [1.2, *([0.5] * 8), *([0.0] * 8), *([0.0] * 8), 1.0, 0.0]
SPREAD = [0.4, *([0.4] * 8), *([1.5] * 8), *([0.4] * 8), 0.3, 0.3]


def act(weights: np.ndarray, seen: np.ndarray, time_s: float) -> np.ndarray:
    """Efforts, shape (N, 8), of the unit that the task scales.

    Args:
        weights: Shape (N, SIZE), or (SIZE,) for one gait.
        seen: Shape (N, 60); 12 to 20 are joints as shares of their limits, 9 is the angle to the target.
        time_s: Since the start.
    """
    weights = np.broadcast_to(weights, (len(seen), SIZE))
    joints, off = seen[:, 12:20], seen[:, 9:10]
    swing = np.sin(2.0 * np.pi * weights[:, :1] * time_s + weights[:, 9:17])
    wanted = weights[:, 17:25] + weights[:, 1:9] * swing
    sides = np.array([1.0, -1.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0])
    wanted = wanted + weights[:, 26:27] * off * sides
    return np.clip(weights[:, 25:26] * (wanted - joints), -1.0, 1.0)
