"""Bounds of a percentile from order statistics, without any assumption on the distribution.

Each sample lies at or below the true p-quantile with probability at least p, so the number of samples
within a limit is binomial. "The p-quantile is at most L" is accepted when seeing so many samples within
L would be rare (probability at most 1 - confidence) if it were not. This is the early-stopping rule of
MLPerf LoadGen (``loadgen/early_stopping.cc``, there at confidence 0.99 and tolerance 0): with t samples
over the limit it asks for h within, the smallest h with P[at most t of h + t over | p] <= 1 - c; p = 0.99
and t = 0 need h = 459. Samples are taken as independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from simgate.harness.gate.statistics.intervals import (
    fewest,
    most_failures_allowed,
    proves_at_least,
    refutes_at_least,
)


def nearest_rank(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least a share of them does not exceed.

    Args:
        samples: Sorted, ascending, at least one.
        share: 0 to 1.
    """
    return samples[max(math.ceil(share * len(samples)), 1) - 1]


def percentile_upper_bound(
    samples: Sequence[float], share: float, confidence: float, unknown: int = 0
) -> float | None:
    """Upper confidence bound of a quantile: the smallest limit that the samples prove.

    Args:
        samples: Sorted, ascending.
        share: Which quantile, 0 to 1.
        confidence: One-sided.
        unknown: Samples that were lost; counted as larger than all others.

    Returns:
        A sample; None when there are too few to prove any limit.
    """
    allowed = most_failures_allowed(len(samples) + unknown, share, confidence)
    if allowed is None or allowed < unknown:
        return None
    return samples[len(samples) - 1 - (allowed - unknown)]


def percentile_lower_bound(
    samples: Sequence[float], share: float, confidence: float, unknown: int = 0
) -> float | None:
    """Lower confidence bound of a quantile: every limit below it is refuted.

    Args:
        samples: Sorted, ascending.
        share: Which quantile, 0 to 1.
        confidence: One-sided.
        unknown: Samples that were lost; counted as smaller than all others.

    Returns:
        A sample; None when there are too few to refute any limit.
    """
    count, total = len(samples), len(samples) + unknown
    first_open = fewest(
        lambda k: k >= count or not refutes_at_least(k + unknown, total, share, confidence), count
    )
    return samples[first_open - 1] if first_open else None


def accepts(within: int, total: int, share: float, confidence: float, unknown: int = 0) -> bool:
    """Whether "the quantile is at most L" is proven by ``within`` of ``total`` samples at or below L."""
    return proves_at_least(within, total + unknown, share, confidence)


def rejects(within: int, total: int, share: float, confidence: float, unknown: int = 0) -> bool:
    """Whether "the quantile is at most L" is refuted by ``within`` of ``total`` samples at or below L."""
    return refutes_at_least(within + unknown, total + unknown, share, confidence)
