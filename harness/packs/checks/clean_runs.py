"""How many variants must pass without a failure to prove a pass rate."""

from __future__ import annotations

import math

_COUNTED_EXACTLY = 1_000_000
"""Above it a single run more or less is lost in the rounding of the bound."""


def clean_runs_needed(pass_rate: float, confidence: float) -> int:
    """Smallest n for which n passes out of n prove a pass rate.

    The exact one-sided lower bound of Clopper and Pearson for n out of n is
    ``(1 - confidence) ** (1 / n)``; the rate is proven when that is not below it.

    Args:
        pass_rate: Rate to prove, above 0 and below 1; what rounding made 1 is taken for the number below.
        confidence: Above 0 and below 1.
    """
    rate = min(pass_rate, math.nextafter(1.0, 0.0))
    n = max(1, math.ceil(math.log1p(-confidence) / math.log(rate)))
    if n > _COUNTED_EXACTLY:
        return n
    while n > 1 and (1 - confidence) ** (1 / (n - 1)) >= rate:
        n -= 1
    while (1 - confidence) ** (1 / n) < rate:
        n += 1
    return n
