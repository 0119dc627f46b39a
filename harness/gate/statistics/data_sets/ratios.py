"""Metrics over a whole data set that are a ratio of sums: intersection over union, mean errors, shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ratio:
    """A sum over clusters divided by another.

    Attributes:
        over: float64, shape (C,): what is counted or summed up in each cluster.
        under: float64, shape (C,): by what it is divided.
        truths: float64, shape (C,): how much there is to be judged.
        is_better_higher: A share, from 0 to 1; else an error, from 0 on without an end.
        is_root: Whether the root of the ratio counts.
    """

    over: NDArray[np.float64]
    under: NDArray[np.float64]
    truths: NDArray[np.float64]
    is_better_higher: bool = True
    is_root: bool = False

    def value(self, weights: NDArray[np.float64] | None = None) -> float:
        """The ratio, each cluster counted as often as its weight says; nan where it is divided by nothing."""
        weights = np.ones(len(self.truths)) if weights is None else weights
        under = float(weights @ self.under)
        if under <= 0.0:
            return float("nan")
        ratio = float(weights @ self.over) / under
        return ratio**0.5 if self.is_root else ratio

    def with_cluster(self, *, is_right: bool) -> Ratio:
        """One more cluster, of the mean size of those that hold any, without an error, or altogether wrong.
        An error has no end: there it is as wrong as the worst cluster that was seen."""
        some = self.under > 0.0
        size = float(self.under[some].mean()) if some.any() else 1.0
        if self.is_better_higher:
            share = float(is_right)
        else:
            share = 0.0 if is_right or not some.any() else float((self.over[some] / self.under[some]).max())
        filled = self.truths[self.truths > 0.0]
        return Ratio(
            np.append(self.over, share * size),
            np.append(self.under, size),
            np.append(self.truths, float(filled.mean()) if len(filled) else 1.0),
            self.is_better_higher,
            self.is_root,
        )
