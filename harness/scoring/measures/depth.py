"""Errors of estimated depth (Eigen, Puhrsch, Fergus: Depth Map Prediction from a Single Image, 2014)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DELTA = 1.25
"""Within this factor of the truth a depth is right for delta1."""


@dataclass(frozen=True, slots=True)
class DepthSums:
    """Sums over pixels with a true depth; of several frames they add up.

    Attributes:
        judged: Pixels with a true depth.
        answered: Of these, how many the model gave a depth for.
        relative: Sum of error over truth, of the answered ones.
        squared: Sum of squared errors, of the answered ones, square metres.
        right: How many lie within a factor of 1.25 of the truth; what is not answered does not.
    """

    judged: int = 0
    answered: int = 0
    relative: float = 0.0
    squared: float = 0.0
    right: int = 0

    def __add__(self, other: DepthSums) -> DepthSums:
        return DepthSums(
            self.judged + other.judged,
            self.answered + other.answered,
            self.relative + other.relative,
            self.squared + other.squared,
            self.right + other.right,
        )

    @property
    def abs_rel(self) -> float:
        """Mean of |error| / truth over what was answered; nan for nothing."""
        return self.relative / self.answered if self.answered else float("nan")

    @property
    def rmse_m(self) -> float:
        """Root of the mean squared error over what was answered, metres; nan for nothing."""
        return float(np.sqrt(self.squared / self.answered)) if self.answered else float("nan")

    @property
    def delta1(self) -> float:
        """Share of the judged pixels within a factor of 1.25; nan for nothing."""
        return self.right / self.judged if self.judged else float("nan")

    @property
    def coverage(self) -> float:
        """Share of the judged pixels that were answered; nan for nothing."""
        return self.answered / self.judged if self.judged else float("nan")


def depth_sums(said_m: NDArray[np.floating], truth_m: NDArray[np.floating], within_m: float) -> DepthSums:
    """Sums of one frame.

    Args:
        said_m: Metres along the optical axis; nan where the model says nothing.
        truth_m: The same shape; only what lies above 0 and within ``within_m`` is judged.
        within_m: Truth farther away is not judged.

    Raises:
        ValueError: The shapes differ.
    """
    if said_m.shape != truth_m.shape:
        raise ValueError(f"depth of {said_m.shape} cannot be held against a truth of {truth_m.shape}")
    judged = np.isfinite(truth_m) & (truth_m > 0.0) & (truth_m <= within_m)
    answered = judged & np.isfinite(said_m)
    said, truth = said_m[answered].astype(np.float64), truth_m[answered].astype(np.float64)
    error = said - truth
    right = (said < DELTA * truth) & (truth < DELTA * said)
    return DepthSums(
        int(judged.sum()),
        int(answered.sum()),
        float((np.abs(error) / truth).sum()),
        float((error**2).sum()),
        int(right.sum()),
    )
