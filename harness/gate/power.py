"""What a gate of a given size can see: runs needed, chance of a verdict, smallest visible drop.

Everything is exact (sums over binomial outcomes of the very decision rules of the gate), nothing is a normal
approximation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.stats import binom

from simgate.harness.gate.intervals import (
    most_failures_allowed,
    most_successes_refuted,
)
from simgate.harness.gate.mcnemar import mcnemar_p

_TINY = 1e-12
_STEPS = 60
"""Halvings of an interval of shares: far below any digit that is shown."""


def chance_of_go(n: int, true_rate: float, p0: float, confidence: float) -> float:
    """Chance that ``n`` variants prove a pass rate of ``p0`` when the true one is ``true_rate``."""
    allowed = most_failures_allowed(n, p0, confidence)
    return 0.0 if allowed is None else float(binom.cdf(allowed, n, 1.0 - true_rate))


def chance_of_no_go(n: int, true_rate: float, p0: float, confidence: float) -> float:
    """Chance that ``n`` variants refute a pass rate of ``p0`` when the true one is ``true_rate``."""
    refuted = most_successes_refuted(n, p0, confidence)
    return 0.0 if refuted is None else float(binom.cdf(refuted, n, true_rate))


def smallest_visible_shortfall(n: int, p0: float, confidence: float, power: float) -> float | None:
    """How far below ``p0`` the true pass rate must be for ``n`` variants to give NO-GO with that chance.

    Returns:
        A difference of shares; None when not even a model that always fails would be refuted.
    """
    refuted = most_successes_refuted(n, p0, confidence)
    if refuted is None:
        return None
    return _smallest(lambda drop: chance_of_no_go(n, p0 - drop, p0, confidence), power, p0)


def smallest_visible_drop(
    n: int, p_baseline: float, max_drop: float, confidence: float, power: float, fixed: float = 0.0
) -> float | None:
    """Smallest true drop below the baseline that ``n`` pairs turn into NO-GO with a chance of ``power``.

    NO-GO of a regression rule needs McNemar's exact test and that a drop within ``max_drop`` is not proven
    (``simgate.harness.gate.regression``); so nothing below ``max_drop`` counts as visible.

    Args:
        n: Pairs.
        p_baseline: Pass rate of the baseline; the drop cannot exceed it.
        max_drop: Of the rule.
        confidence: Of the rule.
        power: Wanted chance, for example 0.8.
        fixed: Share of the variants that the candidate repairs at the same time; repairs hide breakage.
            A deterministic simulation gives 0 when the baseline fails nowhere.

    Returns:
        A difference of shares, at least ``max_drop``; None when not even the loss of everything would be
        seen.
    """
    if fixed > 1.0 - p_baseline + _TINY:
        raise ValueError(
            f"a candidate cannot fix {fixed:g} of the variants: the baseline passes {p_baseline:g}"
        )
    found = _smallest(
        lambda drop: _chance_of_mcnemar(n, drop + fixed, fixed, confidence), power, p_baseline - fixed
    )
    return None if found is None else max(found, max_drop)


def _smallest(chance: Callable[[float], float], power: float, largest: float) -> float | None:
    """Smallest drop with at least that chance; the chance rises with the drop."""
    if largest <= 0.0 or chance(largest) < power:
        return None
    low, high = 0.0, largest
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if chance(middle) >= power:
            high = middle
        else:
            low = middle
    return high


def _chance_of_mcnemar(n: int, broken: float, fixed: float, confidence: float) -> float:
    """Chance that McNemar's exact test calls the candidate worse.

    Args:
        n: Pairs.
        broken: Share of pairs that break.
        fixed: Share of pairs that are fixed; at most ``1 - broken``.
        confidence: One-sided.
    """
    discordant = min(broken + fixed, 1.0)
    if discordant <= 0.0:
        return 0.0
    sizes = np.arange(n + 1)
    weights = binom.pmf(sizes, n, discordant)
    seen = sizes[weights > _TINY]
    share = broken / discordant
    needed = np.array([_broken_needed(int(size), confidence) for size in seen])
    return float(np.sum(weights[seen] * binom.sf(needed - 1, seen, share)))


@lru_cache(maxsize=8192)
def _broken_needed(discordant: int, confidence: float) -> int:
    """Fewest broken pairs among so many discordant ones that McNemar's test calls worse."""
    low, high = -1, discordant + 1
    while high - low > 1:
        middle = (low + high) // 2
        if mcnemar_p(middle, discordant - middle) <= 1.0 - confidence:
            high = middle
        else:
            low = middle
    return high
