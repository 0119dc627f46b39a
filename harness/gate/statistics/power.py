"""What a gate of a given size can see: runs needed, chance of a verdict, smallest visible drop.

Everything is exact (sums over binomial outcomes of the very decision rules of the gate), nothing is a normal
approximation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.stats import binom

from simgate.harness.gate.statistics.intervals import fewest, most_failures_allowed, most_successes_refuted
from simgate.harness.gate.statistics.mcnemar import mcnemar_p
from simgate.harness.gate.statistics.paired_difference import drop_within_p

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
    n: int, p_baseline: float, max_drop: float | None, confidence: float, power: float, fixed: float = 0.0
) -> float | None:
    """Smallest true drop below the baseline that ``n`` pairs turn into NO-GO with a chance of ``power``.

    NO-GO of a regression rule needs the proof that the drop exceeds ``max_drop``, or that there is one at all
    where no ``max_drop`` is stated (``simgate.harness.gate.rules.regression``).

    Args:
        n: Pairs.
        p_baseline: Pass rate of the baseline; the drop cannot exceed it.
        max_drop: Of the rule; None where none is stated.
        confidence: Of the rule.
        power: Wanted chance, for example 0.8.
        fixed: Share of the variants that the candidate repairs at the same time; repairs hide breakage.
            A deterministic simulation gives 0 when the baseline fails nowhere.

    Returns:
        A difference of shares; None when not even the loss of everything would be seen.
    """
    if fixed > 1.0 - p_baseline + _TINY:
        raise ValueError(
            f"a candidate cannot fix {fixed:g} of the variants: the baseline passes {p_baseline:g}"
        )
    return _smallest(
        lambda drop: _chance_of_refuted_drop(n, drop + fixed, fixed, max_drop, confidence),
        power,
        p_baseline - fixed,
    )


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


def _chance_of_refuted_drop(
    n: int, broken: float, fixed: float, max_drop: float | None, confidence: float
) -> float:
    """Chance that a regression rule is refuted.

    Args:
        n: Pairs.
        broken: Share of pairs that break.
        fixed: Share of pairs that are fixed; at most ``1 - broken``.
        max_drop: Of the rule; None where none is stated.
        confidence: One-sided.
    """
    numbers = np.arange(n + 1)
    weights = binom.pmf(numbers, n, fixed)
    seen = numbers[weights > _TINY]
    needed = np.array(_broken_needed(n, int(seen[-1]), max_drop, confidence))[seen]
    share = min(broken / (1.0 - fixed), 1.0) if fixed < 1.0 else 0.0
    return float(np.sum(weights[seen] * binom.sf(needed - 1, n - seen, share)))


@lru_cache(maxsize=64)
def _broken_needed(n: int, most_fixed: int, max_drop: float | None, confidence: float) -> tuple[int, ...]:
    """Fewest broken pairs that refute the rule, for every number of fixed ones up to ``most_fixed``."""

    def refuted(broken: int, fixed: int) -> bool:
        if broken + fixed > n:
            return True
        p_value = mcnemar_p(broken, fixed) if max_drop is None else drop_within_p(broken, fixed, n, max_drop)
        return p_value < 1.0 - confidence

    needed = [fewest(lambda broken: refuted(broken, 0)) or 0]
    for fixed in range(1, most_fixed + 1):
        # What is fixed must be outweighed too: never fewer broken ones than with one less.
        broken = needed[-1]
        while not refuted(broken, fixed):
            broken += 1
        needed.append(broken)
    return tuple(needed)
