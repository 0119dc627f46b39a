"""A metric over a whole data set, and how sure it is: a bootstrap over clusters.

Pictures of one sequence or site resemble each other, so whole clusters are drawn again, never pictures or
detections. A plain bootstrap knows only what it has seen: of clusters that are all perfect every draw is
perfect, whatever their number. So beside the observed clusters one more is drawn from that goes wrong
altogether, and for upper bounds one that goes right: with n perfect clusters the lower bound at 95 % is about
1 - 3/n, as the exact bound of a share has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
FEWEST_CLUSTERS = 10
"""Of fewer that hold something to be judged nothing is concluded."""
_SEED = 20261128


class Part(Protocol):
    """One of the numbers whose mean a metric is: of a class, of an overlap."""

    @property
    def truths(self) -> NDArray[np.float64]:
        """Shape (C,): how much there is to be judged in each cluster."""

    @property
    def is_better_higher(self) -> bool:
        """Whether more of it is better; the same of all parts of a metric."""

    def value(self, weights: NDArray[np.float64] | None = None) -> float:
        """Each cluster counted as often as its weight says; nan where nothing is to be judged."""

    def with_cluster(self, *, is_right: bool) -> Self:
        """With one more cluster, of the mean size of those that hold any, all right or all wrong."""


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


def clusters_with_any(parts: Sequence[Part]) -> int:
    """How many clusters hold something to be judged: those alone can show that it is right."""
    return int(np.count_nonzero(np.sum([one.truths for one in parts], axis=0)))


def mean_value(parts: Sequence[Part], weights: NDArray[np.float64] | None = None) -> float:
    """Mean over the parts that have something to be judged; nan where none has."""
    values = [one.value(weights) for one in parts]
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def of_mean(parts: Sequence[Part]) -> Bootstrap:
    """What the mean may be.

    Args:
        parts: Of each class and overlap, over the same clusters.
    """
    least, most = (not parts[0].is_better_higher, parts[0].is_better_higher)
    sides = [[one.with_cluster(is_right=right) for one in parts] for right in (least, most)]
    draws = _draws(len(sides[0][0].truths))
    return Bootstrap(
        mean_value(parts), *(_known([mean_value(side, weights) for weights in draws]) for side in sides)
    )


def of_loss(before: Sequence[Part], now: Sequence[Part]) -> Bootstrap:
    """How much worse it is from one model to another, on the same clusters."""
    sign = 1.0 if before[0].is_better_higher else -1.0
    sides = []
    for worse in (False, True):
        old = [one.with_cluster(is_right=worse) for one in before]
        new = [one.with_cluster(is_right=not worse) for one in now]
        draws = _draws(len(old[0].truths))
        sides.append(_known([sign * (mean_value(old, w) - mean_value(new, w)) for w in draws]))
    return Bootstrap(sign * (mean_value(before) - mean_value(now)), *sides)


def _draws(clusters: int) -> NDArray[np.float64]:
    """How often each cluster is drawn, (DRAWS, clusters); the same for the same number of clusters."""
    random = np.random.Generator(np.random.Philox(_SEED))
    return random.multinomial(clusters, np.full(clusters, 1.0 / clusters), DRAWS).astype(np.float64)


def _known(values: Sequence[float]) -> NDArray[np.float64]:
    return np.sort(np.array([value for value in values if not math.isnan(value)], np.float64))
