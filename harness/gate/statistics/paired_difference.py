"""Exact bounds of the drop between two pass rates that were measured on the same variants.

Of n pairs, ``broken`` pass with the baseline only and ``fixed`` with the candidate only; the drop is the
difference of their shares. "The drop is at least d" is tested with Tango's score statistic (Statistics in
Medicine 17, 1998), and its tail is not taken from the normal distribution but summed over the trinomial
outcomes at the worst value of the nuisance parameter, the share of fixed pairs (exact unconditional test:
Hsueh, Liu, Chen, Biometrics 57, 2001; Sidik, Statistics in Medicine 22, 2003). The test is therefore at its
level for every n and every share of discordant pairs.

Tango's own interval is what is shown beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.statistics.root import root
from simgate.harness.scipy_parts import bdtr, gammaln, xlog1py, xlogy

Numbers = NDArray[np.float64]

_STEPS = 40
_NUISANCE_POINTS = 96
_SLACK = 1e-9
"""Two statistics that differ by less are the same; outcomes equal to the observed one must be counted."""


def _check(broken: int, fixed: int, pairs: int) -> None:
    if min(broken, fixed) < 0 or broken + fixed > pairs:
        raise ValueError(f"{broken} broken and {fixed} fixed of {pairs} pairs are impossible")


def tango_statistic(broken: Numbers | float, fixed: Numbers | float, pairs: int, drop: float) -> Numbers:
    """Tango's score statistic of "the drop is ``drop``"; negative when fewer broke than that.

    Args:
        broken: Pairs that only the baseline passes; any shape.
        fixed: Pairs that only the candidate passes; the same shape.
        pairs: All pairs.
        drop: Above -1 and below 1.

    Returns:
        An array; 0 where the statistic is 0/0.
    """
    b, c = np.asarray(broken, dtype=float), np.asarray(fixed, dtype=float)
    # Maximum likelihood of the share of fixed pairs, given the drop.
    half = (b + c - (2 * pairs - b + c) * drop) / (4 * pairs)
    root = half + np.sqrt(np.maximum(half**2 + c * drop * (1 - drop) / (2 * pairs), 0.0))
    share = np.clip(root, max(0.0, -drop), (1.0 - drop) / 2.0)
    variance = pairs * np.maximum(2 * share + drop - drop**2, 0.0)
    distance = b - c - pairs * drop
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = distance / np.sqrt(variance)
    return np.where(np.abs(distance) < _SLACK, 0.0, statistic)


def tango_interval(broken: int, fixed: int, pairs: int, confidence: float) -> tuple[float, float]:
    """Two-sided Tango score interval of the drop, for display; (-1, 1) without pairs."""
    _check(broken, fixed, pairs)
    if pairs == 0:
        return -1.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)

    def above(drop: float) -> bool:
        return float(tango_statistic(broken, fixed, pairs, drop)) < -z

    def below(drop: float) -> bool:
        return float(tango_statistic(broken, fixed, pairs, drop)) > z

    observed = (broken - fixed) / pairs
    return _edge(below, -1.0, observed), _edge(lambda drop: not above(drop), observed, 1.0)


def _edge(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where a condition that holds at ``low`` and not at ``high`` ends."""
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if holds(middle):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def drop_too_large_p(broken: int, fixed: int, pairs: int, drop: float) -> float:
    """P-value of "the drop is at least ``drop``": how rare so little breakage would be, at worst.

    Small values prove that the drop is below ``drop``.

    Raises:
        ValueError: Impossible counts, or ``drop`` not between -1 and 1.
    """
    _check(broken, fixed, pairs)
    if not -1.0 < drop < 1.0:
        raise ValueError(f"a drop must lie between -1 and 1, not {drop:g}")
    if pairs == 0:
        return 1.0
    limit = float(tango_statistic(broken, fixed, pairs, drop)) + _SLACK
    most = _most_broken(pairs, drop, limit)
    low, high = max(0.0, -drop), (1.0 - drop) / 2.0
    # Dense at both ends (few fixed pairs, or hardly a tie), where the tail has its narrowest peaks.
    shares = low + (high - low) * np.sin(np.linspace(0.0, math.pi / 2.0, _NUISANCE_POINTS)) ** 2
    tails = _tails(shares, drop, pairs, most)
    top = int(np.argmax(tails))
    fine = np.linspace(shares[max(top - 1, 0)], shares[min(top + 1, len(shares) - 1)], 33)
    return min(1.0, max(float(tails[top]), float(np.max(_tails(fine, drop, pairs, most)))))


def drop_within_p(broken: int, fixed: int, pairs: int, drop: float) -> float:
    """P-value of "the drop is at most ``drop``": how rare so much breakage would be, at worst.

    Small values prove that the drop exceeds ``drop``. Raises as :func:`drop_too_large_p`, whose mirror image
    it is: what breaks is what the other order of the two runs fixes.
    """
    return drop_too_large_p(fixed, broken, pairs, -drop)


def drop_bounds(broken: int, fixed: int, pairs: int, confidence: float) -> tuple[float, float]:
    """Exact one-sided confidence bounds of the drop, each at the confidence; (-1, 1) without pairs."""
    _check(broken, fixed, pairs)
    if pairs == 0:
        return -1.0, 1.0
    return -_upper(fixed, broken, pairs, confidence), _upper(broken, fixed, pairs, confidence)


def _upper(broken: int, fixed: int, pairs: int, confidence: float) -> float:
    alpha = 1.0 - confidence
    if broken == pairs:
        return 1.0

    def excess(drop: float) -> float:
        return drop_too_large_p(broken, fixed, pairs, drop) - alpha

    low, high = max((broken - fixed) / pairs, -1.0 + 1e-9), 1.0 - 1e-9
    return root(excess, low, high, 1e-7)


def _most_broken(pairs: int, drop: float, limit: float) -> NDArray[np.int64]:
    """For each number of fixed pairs, the most broken ones whose statistic is within the limit; -1 for none.

    The statistic rises with the broken pairs, so halving finds the edge; its variance is at most 1 a pair,
    which says between what.
    """
    fixed = np.arange(pairs + 1)
    middle_line, reach = fixed + pairs * drop, abs(limit) * math.sqrt(pairs) + 1.0
    low: NDArray[np.int64] = np.clip(np.floor(middle_line - reach), -1, pairs - fixed).astype(np.int64)
    high = np.clip(np.ceil(middle_line + reach), low + 1, pairs - fixed + 1).astype(np.int64)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        broken = np.maximum(middle, 0).astype(float)
        inside = tango_statistic(broken, fixed.astype(float), pairs, drop) <= limit
        open_still = high - low > 1
        low = np.where(open_still & inside, middle, low)
        high = np.where(open_still & ~inside, middle, high)
    return low


def _tails(shares: Numbers, drop: float, pairs: int, most: NDArray[np.int64]) -> Numbers:
    """Chance of an outcome within the limit, for each share of fixed pairs.

    Only numbers of fixed pairs that have a chance are summed: outside of ten standard deviations and fifty
    more lie less than 1e-20 (Bernstein's inequality).
    """
    q = shares[:, None]
    reach = 10.0 * np.sqrt(pairs * q * (1.0 - q)) + 50.0
    width = min(int(np.max(reach)) * 2 + 2, pairs + 1)
    first = np.clip((pairs * q - reach).astype(np.int64), 0, pairs + 1 - width)
    counts = first + np.arange(width)
    within_limit = most[counts]
    log_choose = gammaln(pairs + 1) - gammaln(counts + 1) - gammaln(pairs - counts + 1)
    fixed = np.exp(log_choose + xlogy(counts, q) + xlog1py(pairs - counts, -q))
    rest = np.maximum(1.0 - q, math.ulp(1.0))
    broken = np.clip((q + drop) / rest, 0.0, 1.0)
    within = np.where(within_limit < 0, 0.0, bdtr(np.maximum(within_limit, 0), pairs - counts, broken))
    total: Numbers = np.sum(fixed * within, axis=1)
    return total
