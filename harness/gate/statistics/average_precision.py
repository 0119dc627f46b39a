"""Average precision over a whole data set, and how sure it is: a bootstrap over clusters.

Detections of one sequence or site resemble each other, so whole clusters are drawn again, never detections. A
plain bootstrap knows only what it has seen: of clusters that are all perfect every draw is perfect, whatever
their number. So beside the observed clusters one more is drawn from that goes wrong altogether, and for upper
bounds one that goes right: with n perfect clusters the lower bound at 95 % is about 1 - 3/n, as the exact
bound of a share has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RECALLS = np.linspace(0.0, 1.0, 101)
"""COCO's points of recall, of whose precisions the mean is taken."""
DRAWS = 2000
FEWEST_CLUSTERS = 10
"""Of fewer that hold something to be found nothing is concluded."""
_SEED = 20261128


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

    @classmethod
    def of(
        cls, scores: Sequence[float], right: Sequence[bool], cluster: Sequence[int], truths: Sequence[float]
    ) -> Ranking:
        """Detections in any order; those of equal score stay in theirs."""
        values = np.asarray(scores, np.float64)
        order = np.argsort(-values, kind="mergesort")
        found = np.asarray(right, np.bool_)[order], np.asarray(cluster, np.int64)[order]
        return cls(values[order], *found, np.asarray(truths, np.float64))

    def average_precision(self, weights: NDArray[np.float64] | None = None) -> float:
        """COCO's, each cluster counted as often as its weight says; nan where nothing is to be found."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """A metric over the whole, and what it may be.

    Attributes:
        value: What was observed.
        below: Draws for lower bounds, rising.
        above: Draws for upper bounds, rising.
    """

    value: float
    below: NDArray[np.float64]
    above: NDArray[np.float64]

    def low(self, confidence: float) -> float:
        """Lower bound, one-sided."""
        return min(float(self.below[int((1.0 - confidence) * len(self.below))]), self.value)

    def high(self, confidence: float) -> float:
        """Upper bound, one-sided."""
        return max(float(self.above[-1 - int((1.0 - confidence) * len(self.above))]), self.value)

    def share_at_least(self, bound: float) -> float:
        """P-value of its being at least so much."""
        return self._p(int(np.count_nonzero(self.above >= bound)))

    def share_at_most(self, bound: float) -> float:
        """P-value of its being at most so much."""
        return self._p(int(np.count_nonzero(self.below <= bound)))

    def _p(self, count: int) -> float:
        return (1 + count) / (1 + len(self.below))


def clusters_with_any(rankings: Sequence[Ranking]) -> int:
    """How many clusters hold something to be found: those alone can show that it is."""
    return int(np.count_nonzero(np.sum([one.truths for one in rankings], axis=0)))


def mean_precision(rankings: Sequence[Ranking], weights: NDArray[np.float64] | None = None) -> float:
    """Mean over classes and overlaps that have something to be found; nan where none has."""
    values = [one.average_precision(weights) for one in rankings]
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def of_mean(rankings: Sequence[Ranking]) -> Bootstrap:
    """Mean average precision.

    Args:
        rankings: Of each class and overlap, over the same clusters.
    """
    worst, best = ([one.with_cluster(is_right=right) for one in rankings] for right in (False, True))
    draws = _draws(len(worst[0].truths))
    below, above = ([mean_precision(side, weights) for weights in draws] for side in (worst, best))
    return Bootstrap(mean_precision(rankings), _known(below), _known(above))


def of_loss(before: Sequence[Ranking], now: Sequence[Ranking]) -> Bootstrap:
    """How much mean average precision is lost from one model to another, on the same clusters."""
    sides = []
    for worse in (False, True):
        old = [one.with_cluster(is_right=worse) for one in before]
        new = [one.with_cluster(is_right=not worse) for one in now]
        draws = _draws(len(old[0].truths))
        sides.append(_known([mean_precision(old, w) - mean_precision(new, w) for w in draws]))
    return Bootstrap(mean_precision(before) - mean_precision(now), *sides)


def _draws(clusters: int) -> NDArray[np.float64]:
    """How often each cluster is drawn, (DRAWS, clusters); the same for the same number of clusters."""
    random = np.random.Generator(np.random.Philox(_SEED))
    return random.multinomial(clusters, np.full(clusters, 1.0 / clusters), DRAWS).astype(np.float64)


def _known(values: Sequence[float]) -> NDArray[np.float64]:
    return np.sort(np.array([value for value in values if not math.isnan(value)], np.float64))
