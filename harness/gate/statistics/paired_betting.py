"""Evidence, valid at any stopping time, that what a candidate loses on average stays below a limit.

What a pair loses is a number that cannot exceed ``largest``: the loss of a bounded metric, or 1 for a pair
that breaks, -1 for one that is fixed and 0 for all others, whose mean is the drop of the pass rate. A gambler
who stakes the share lambda of the capital on "the mean is below d" multiplies it by 1 + lambda * (d - loss),
which is no gain on average when the mean is d or more; the capital, averaged over many gamblers, is therefore
an e-value at every moment (Waudby-Smith and Ramdas, JRSS B 86, 2024). No distribution is assumed. Only how
often each result came matters, not when.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.statistics.e_values import enough
from simgate.harness.gate.statistics.root import root

Numbers = NDArray[np.float64]

_GAMBLERS = 400
_EXACT = 1e-9
"""Of the largest loss: how near to where the evidence becomes enough an end of an interval lies, outside."""
_MOST_DIFFERENT = 2_000
"""So many different losses are told apart."""
_BOLDNESS = 4
"""How strongly the gamblers crowd at the largest stakes, where they gain most when nothing breaks; the same
shape as the density of ``e_values``."""


def log_e_drop_below(broken: int, fixed: int, pairs: int, drop: float) -> float:
    """Logarithm of the evidence that the true drop is below ``drop``.

    Args:
        broken: Pairs that only the baseline passes.
        fixed: Pairs that only the candidate passes.
        pairs: All pairs.
        drop: Above -1 and below 1.

    Raises:
        ValueError: Impossible counts, or no such drop.
    """
    same = pairs - broken - fixed
    if min(broken, fixed, same) < 0:
        raise ValueError(f"{broken} broken and {fixed} fixed of {pairs} pairs are impossible")
    if not -1.0 < drop < 1.0:
        raise ValueError(f"a drop must lie between -1 and 1, not {drop:g}")
    bet = MeanBet(drop, 1.0)
    bet.add_all(np.array([1.0, 0.0, -1.0]), np.array([broken, same, fixed], dtype=float))
    return bet.log_e


class MeanBet:
    """Gamblers who stake on "the mean loss is below the limit".

    Args:
        limit: What the mean is to stay below. From ``largest`` on there is nothing to bet on.
        largest: The largest loss there can be.
    """

    def __init__(self, limit: float, largest: float) -> None:
        self._limit, self._is_certain = limit, limit >= largest
        # What the worst pair leaves of the capital, between 0 and 1; most gamblers risk nearly all of it.
        left = ((np.arange(_GAMBLERS) + 0.5) / _GAMBLERS) ** _BOLDNESS
        self._stake = np.zeros(_GAMBLERS) if self._is_certain else (1.0 - left) / (largest - limit)
        self._capital = np.zeros(_GAMBLERS)

    def add(self, loss: float, pairs: int = 1) -> None:
        """Counts pairs that each lose so much, no more than ``largest``."""
        self._capital += pairs * np.log1p(self._stake * (self._limit - loss))

    def add_all(self, losses: Numbers, numbers: Numbers) -> None:
        """Counts pairs by what they lose, and how many lose it; both of the same shape."""
        self._capital += np.log1p(np.outer(self._stake, self._limit - losses)) @ numbers

    @property
    def log_e(self) -> float:
        """Logarithm of the evidence that the mean loss is below the limit."""
        # Few runs need it, and the package takes 0.2 s to import.
        from scipy.special import logsumexp

        return math.inf if self._is_certain else float(logsumexp(self._capital)) - math.log(_GAMBLERS)


def counted_losses(losses: Numbers, largest: float) -> tuple[Numbers, Numbers]:
    """Different losses, and how many pairs have each.

    Of many different ones, every one is rounded up a little, which proves less and never more.
    """
    values, numbers = np.unique(losses, return_counts=True)
    if len(values) > _MOST_DIFFERENT:
        step = 2.0 * largest / _MOST_DIFFERENT
        rounded = np.minimum(np.ceil(losses / step) * step, largest)
        values, numbers = np.unique(rounded, return_counts=True)
    return values, numbers.astype(float)


def mean_upper_bound(losses: Numbers, numbers: Numbers, largest: float, confidence: float) -> float:
    """Upper end of the confidence sequence of the mean loss; ``largest`` without pairs.

    Args:
        losses: What pairs lose; none more than ``largest``.
        numbers: How many pairs lose each; the same shape.
        largest: The largest loss there can be.
        confidence: One-sided.
    """
    if not numbers.sum():
        return largest

    def excess(limit: float) -> float:
        bet = MeanBet(limit, largest)
        bet.add_all(losses, numbers)
        return bet.log_e - enough(confidence)

    low, high = float(losses @ numbers / numbers.sum()), largest * (1.0 - _EXACT)
    if low >= high or excess(high) < 0.0:
        return largest
    return min(largest, root(excess, low, high, _EXACT * largest) + _EXACT * largest)


def sequence_bounds(
    worst: tuple[int, int], best: tuple[int, int], pairs: int, confidence: float
) -> tuple[float, float]:
    """Both ends of the confidence sequence of the drop, each at the confidence.

    Args:
        worst: (broken, fixed) with every doubt against the candidate; gives the upper end.
        best: (broken, fixed) with every doubt for the candidate; gives the lower end.
        pairs: All pairs.
        confidence: One-sided.
    """
    if pairs == 0:
        return -1.0, 1.0
    return -_upper(best[1], best[0], pairs, confidence), _upper(*worst, pairs, confidence)


def _upper(broken: int, fixed: int, pairs: int, confidence: float) -> float:
    numbers = np.array([broken, pairs - broken - fixed, fixed], dtype=float)
    return mean_upper_bound(np.array([1.0, 0.0, -1.0]), numbers, 1.0, confidence)
