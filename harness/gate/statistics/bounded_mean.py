"""Tests of the mean of outcomes in a known range; of two outcomes they are the exact binomial tests.

A scene of which 9 of 10 variants pass is an outcome of 0.9. Of n independent outcomes in ascending order the
mean is at least the sum of x_i (U_(i+1) - U_(i)), whatever their distribution, for uniform numbers U in
ascending order; the quantile of that sum over all U is the lower bound (Gaffke 2005; Learned-Miller and
Thomas, arXiv 1905.06208). Where every outcome is one end of the range it is the bound of Clopper and
Pearson, and for differences of pairs its test is McNemar's.

Its level is proven for every distribution on two values: with the lower value in place of the end of the
range it is the binomial test, and the end of the range makes it larger. In general it is a conjecture
without a known counterexample; ``tests/quality/scenes.py`` computes the worst of many distributions.

The spacings of uniform numbers are exponential numbers divided by their sum, so the p-value is the chance
that a weighted sum of exponential numbers is not positive: an integral along a line through the saddle
point.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.statistics.root import root
from simgate.harness.scipy_parts import betainc

Numbers = NDArray[np.float64]
Outcomes = Mapping[float, int]
"""Outcome -> how many have it."""

_STEP = 0.05
_LINE: Numbers = np.arange(0.0, 12.0, _STEP)
"""Places on the upper half of the line of integration, before stretching."""


def at_most_p(outcomes: Outcomes, bound: float, lowest: float) -> float:
    """P-value of "the true mean is at most ``bound``": small values prove that it is above.

    Args:
        outcomes: At least ``lowest`` each.
        bound: Above ``lowest``.
        lowest: What an outcome cannot fall below.
    """
    weights: dict[float, int] = {}
    for value, number in (*outcomes.items(), (lowest, 1)):
        if number and value != bound:
            weights[value - bound] = weights.get(value - bound, 0) + number
    if max(weights) < 0.0:
        return 1.0
    return _chance_not_positive(np.array(list(weights)), np.array(list(weights.values()), dtype=float))


def at_least_p(outcomes: Outcomes, bound: float, highest: float) -> float:
    """P-value of "the true mean is at least ``bound``"; ``highest`` is what an outcome cannot exceed."""
    return at_most_p({-value: number for value, number in outcomes.items()}, -bound, -highest)


def lower_mean(outcomes: Outcomes, lowest: float, confidence: float) -> float:
    """One-sided lower confidence bound of the mean: agrees with :func:`at_most_p`."""
    highest = max((value for value, number in outcomes.items() if number), default=lowest)
    if highest <= lowest:
        return lowest

    def excess(bound: float) -> float:
        return at_most_p(outcomes, bound, lowest) - (1.0 - confidence)

    margin = 1e-12 * (highest - lowest)
    if excess(highest - margin) < 0.0:
        return highest - margin
    return root(excess, lowest + margin, highest - margin, 1e-12)


def upper_mean(outcomes: Outcomes, highest: float, confidence: float) -> float:
    """One-sided upper confidence bound of the mean: agrees with :func:`at_least_p`."""
    return -lower_mean({-value: number for value, number in outcomes.items()}, -highest, confidence)


def _chance_not_positive(weights: Numbers, numbers: Numbers) -> float:
    """Chance that a sum of weights, each times so many standard exponential numbers, is not positive.

    Args:
        weights: None 0, of both signs, all different.
        numbers: How many exponential numbers share each weight.
    """
    if len(weights) == 2:
        # One gamma number against another: a beta number.
        up, down = (0, 1) if weights[0] > 0.0 else (1, 0)
        ratio = -weights[down] / (weights[up] - weights[down])
        return float(betainc(numbers[up], numbers[down], ratio))
    left, right = 1.0 / weights.min(), 1.0 / weights.max()
    edge = 1e-13
    saddle = root(
        lambda s: float(np.sum(numbers * weights / (1.0 - weights * s))),
        left * (1.0 - edge),
        right * (1.0 - edge),
    )
    width = 1.0 / math.sqrt(float(np.sum(numbers * (weights / (1.0 - weights * saddle)) ** 2)))
    # The integrand has a pole at 0, from which the line keeps as far as the integrand is wide.
    line = saddle if abs(saddle) >= width else -min(width, -0.5 * left)
    points = line + 1j * width * np.sinh(_LINE)
    logs = -np.log(1.0 - np.multiply.outer(points, weights)) @ numbers
    along = (np.exp(logs) / -points).real * np.cosh(_LINE)
    area = width * _STEP * (float(along.sum()) - 0.5 * float(along[0])) / math.pi
    return min(max(area if line < 0.0 else 1.0 + area, 0.0), 1.0)
