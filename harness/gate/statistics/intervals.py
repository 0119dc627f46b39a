"""Exact and approximate intervals of a binomial share, and what it takes to prove one.

Exact bounds: Clopper and Pearson, Biometrika 26 (1934), one-sided, each at the stated confidence.
Approximate interval for display: Wilson, JASA 22 (1927), two-sided. The tail of the binomial
distribution is the regularised incomplete beta function (DLMF 8.17.5). Counts may be fractions, as
shares of passing variants summed over scenes are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

from simgate.harness.scipy_parts import betainc, betaincinv

MORE_THAN_ANYONE_RUNS = 10_000_000
"""Searches for a count of variants end here."""


def _check(successes: float, total: float) -> None:
    if not 0 <= successes <= total:
        raise ValueError(f"{successes} successes of {total} is impossible")


def lower_bound(successes: float, total: float, confidence: float) -> float:
    """Exact one-sided lower confidence bound of a share; 0 without any success.

    Raises:
        ValueError: More successes than trials, or negative counts.
    """
    _check(successes, total)
    if successes == 0:
        return 0.0
    return float(betaincinv(successes, total - successes + 1, 1.0 - confidence))


def upper_bound(successes: float, total: float, confidence: float) -> float:
    """Exact one-sided upper confidence bound of a share; 1 without any failure.

    Raises:
        ValueError: More successes than trials, or negative counts.
    """
    _check(successes, total)
    if successes == total:
        return 1.0
    return float(betaincinv(successes + 1, total - successes, confidence))


def wilson(successes: float, total: float, confidence: float) -> tuple[float, float]:
    """Two-sided Wilson score interval of a share; (0, 1) without trials.

    Raises:
        ValueError: More successes than trials, or negative counts.
    """
    _check(successes, total)
    if total == 0:
        return 0.0, 1.0
    z2 = NormalDist().inv_cdf(0.5 + confidence / 2.0) ** 2
    share = successes / total
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = math.sqrt(z2 * (share * (1 - share) / total + z2 / (4 * total**2))) / (1 + z2 / total)
    low = 0.0 if successes == 0 else max(centre - half, 0.0)
    high = 1.0 if successes == total else min(centre + half, 1.0)
    return low, high


def proves_at_least(successes: float, total: float, share: float, confidence: float) -> bool:
    """Whether the share is at least ``share`` at the confidence: below it, so many successes would be rare.

    Equivalent to ``lower_bound(...) >= share``. Nothing is proven without trials.
    """
    _check(successes, total)
    if total == 0:
        return False
    tail = 1.0 if successes == 0 else float(betainc(successes, total - successes + 1, share))
    return tail <= 1.0 - confidence


def refutes_at_least(successes: float, total: float, share: float, confidence: float) -> bool:
    """Whether the share is below ``share`` at the confidence: from it on, so few successes would be rare.

    Equivalent to ``upper_bound(...) < share``.
    """
    return refutation_p(successes, total, share) < 1.0 - confidence


def refutation_p(successes: float, total: float, share: float) -> float:
    """P-value of "the true share is at least ``share``": how rare so few successes would be.

    1 without a failure.

    Raises:
        ValueError: More successes than trials, or negative counts.
    """
    _check(successes, total)
    if successes == total:
        return 1.0
    return float(betainc(total - successes, successes + 1, 1.0 - share))


def fewest(enough: Callable[[int], bool], at_most: int = MORE_THAN_ANYONE_RUNS) -> int | None:
    """Smallest count, 0 included, that is enough; None when that is more than ``at_most``.

    Args:
        enough: Holds for every count above one for which it holds.
        at_most: Where the search ends.
    """
    if enough(0):
        return 0
    low, high = 0, 1
    while not enough(high):
        if high > at_most:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return high


def more_successes_needed(successes: float, total: float, share: float, confidence: float) -> int | None:
    """How many more trials, all successes, prove the share; None when more than anyone would run."""
    return fewest(lambda k: proves_at_least(successes + k, total + k, share, confidence))


def most_failures_allowed(total: int, share: float, confidence: float) -> int | None:
    """Largest number of failures in ``total`` trials that proves the share; None when even 0 does not."""
    too_many = fewest(lambda k: k >= total or not proves_at_least(total - k, total, share, confidence), total)
    return too_many - 1 if too_many else None


def most_successes_refuted(total: int, share: float, confidence: float) -> int | None:
    """Largest number of successes in ``total`` trials that refutes the share; None when even 0 does not."""
    too_many = fewest(lambda k: k >= total or not refutes_at_least(k, total, share, confidence), total)
    return too_many - 1 if too_many else None
