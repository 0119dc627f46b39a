"""Average precision over a whole data set, as COCO has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

RECALLS = np.linspace(0.0, 1.0, 101)
"""COCO's points of recall, of whose precisions the mean is taken."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The detections of one class at one overlap, best first.

    Attributes:
        scores: float64, shape (D,), falling.
        right: bool, shape (D,).
        cluster: int64, shape (D,): of which cluster each is.
        truths: float64, shape (C,): objects to be found in each cluster.
    """

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    cluster: NDArray[np.int64]
    truths: NDArray[np.float64]
    is_better_higher: ClassVar[bool] = True

    @classmethod
    def of(
        cls, scores: Sequence[float], right: Sequence[bool], cluster: Sequence[int], truths: Sequence[float]
    ) -> Ranking:
        """Detections in any order; those of equal score stay in theirs."""
        values = np.asarray(scores, np.float64)
        order = np.argsort(-values, kind="mergesort")
        found = np.asarray(right, np.bool_)[order], np.asarray(cluster, np.int64)[order]
        return cls(values[order], *found, np.asarray(truths, np.float64))

    def value(self, weights: NDArray[np.float64] | None = None) -> float:
        """COCO's average precision, each cluster counted by its weight; nan where nothing is to be found."""
        weights = np.ones(len(self.truths)) if weights is None else weights
        total = float(weights @ self.truths)
        if total <= 0.0:
            return float("nan")
        each = weights[self.cluster]
        true = np.cumsum(each * self.right)
        seen = np.cumsum(each)
        recall = true / total
        precision = np.divide(true, seen, out=np.zeros_like(true), where=seen > 0.0)
        best = np.maximum.accumulate(precision[::-1])[::-1]
        at = np.searchsorted(recall, RECALLS, side="left")
        return (
            float(np.mean(np.where(at < len(best), best[np.minimum(at, len(best) - 1)], 0.0)))
            if len(best)
            else 0.0
        )

    def with_cluster(self, *, is_right: bool) -> Ranking:
        """One more cluster, of the mean size of those that hold any, in which all is found with the best
        score, or nothing is and as many are found that are not there."""
        count = max(round(float(self.truths[self.truths > 0.0].mean())), 1)
        best = float(self.scores[0]) if len(self.scores) else 1.0
        return Ranking(
            np.concatenate([np.full(count, best), self.scores]),
            np.concatenate([np.full(count, is_right), self.right]),
            np.concatenate([np.full(count, len(self.truths)), self.cluster]),
            np.append(self.truths, float(count)),
        )
