"""Share of correct keypoints (Yang and Ramanan 2013)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pck(
    said: NDArray[np.floating],
    truth: NDArray[np.floating],
    visible: NDArray[np.bool_],
    size: NDArray[np.floating],
    within: float = 0.1,
) -> float:
    """Share of the visible points that were found within a share of their object's size; nan for none.

    Args:
        said: Shape (K, J, 2), pixels; nan where a point was not found, which is then not correct.
        truth: Shape (K, J, 2), pixels.
        visible: Shape (K, J): which points are judged.
        size: Shape (K,): of each object, pixels, for example the longer side of its box.
        within: Share of the size.
    """
    if not visible.any():
        return float("nan")
    distance = np.linalg.norm(said - truth, axis=2)
    # A point that was not found has no distance, and nan is within nothing.
    correct = distance <= within * size[:, None]
    return float(correct[visible].mean())
