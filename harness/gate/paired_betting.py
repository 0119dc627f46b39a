"""Evidence, valid at any stopping time, that the drop against a baseline stays below a limit.

A pair gives +1 (fixed), -1 (broken) or 0, and its mean is minus the drop. A gambler who stakes the share
lambda of the capital on "the drop is below d" multiplies it by 1 + lambda * (pair + d), which is no gain on
average when the drop is d or more; the capital, averaged over many gamblers, is therefore an e-value at
every moment (Waudby-Smith and Ramdas, JRSS B 86, 2024). Only how often each result came matters, not when.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import logsumexp

_GAMBLERS = 400
_STEPS = 40
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
    # What a broken pair leaves of the capital, between 0 and 1; most gamblers risk nearly all of it.
    left = ((np.arange(_GAMBLERS) + 0.5) / _GAMBLERS) ** _BOLDNESS
    stake = (1.0 - left) / (1.0 - drop)
    capital = same * np.log1p(stake * drop) + broken * np.log(left) + fixed * np.log1p(stake * (1.0 + drop))
    return float(logsumexp(capital)) - float(np.log(_GAMBLERS))


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
    enough = -math.log1p(-confidence)
    low, high = (broken - fixed) / pairs, 1.0
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if -1.0 < middle < 1.0 and log_e_drop_below(broken, fixed, pairs, middle) >= enough:
            high = middle
        else:
            low = middle
    return high
