"""Which parameters differ between failed and passed variants.

Descriptive only: parameters are compared one at a time, and what differs need not be the cause. To
keep noise out, a difference is shown only when it is larger than chance would give among that many
parameters (Bonferroni over the normal approximations below).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.nominal import is_number
from simgate.harness.packs.bounds import is_comparable
from simgate.harness.results.record import Scalar

MIN_GROUP = 3
"""Fewer failed or passed variants than this are not compared."""
CHANCE_LEVEL = 0.05

Parameters = Mapping[str, Scalar]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NumberContrast:
    """A number that differs between the groups.

    Attributes:
        parameter: Its name.
        failed: Values of the failed variants.
        passed: Values of the passed variants.
        effect: Rank-biserial correlation, -1 to 1: share of (failed, passed) pairs in which the failed
            one is larger, minus the share in which it is smaller (Kerby 2014).
        shift: Difference of medians in median absolute deviations of the passed; None when that is 0.
        strength: How many times larger than chance would give; sorts contrasts.
    """

    parameter: str
    failed: Values
    passed: Values
    effect: float
    shift: float | None
    strength: float

    @property
    def separation(self) -> float:
        """0 to 1, comparable with :attr:`WordContrast.separation`."""
        return abs(self.effect)


@dataclass(frozen=True, slots=True)
class WordContrast:
    """A word (or yes/no) that is more frequent in one group.

    Attributes:
        parameter: Its name.
        value: The word.
        failed_share: Share of the failed variants that have it, 0 to 1.
        passed_share: Share of the passed variants that have it, 0 to 1.
        strength: How many times larger than chance would give.
    """

    parameter: str
    value: Scalar
    failed_share: float
    passed_share: float
    strength: float

    @property
    def effect(self) -> float:
        """Difference of the shares, -1 to 1."""
        return self.failed_share - self.passed_share

    @property
    def separation(self) -> float:
        """0 to 1."""
        return abs(self.effect)


Contrast = NumberContrast | WordContrast


def compare(failed: Sequence[Parameters], passed: Sequence[Parameters]) -> list[Contrast]:
    """Parameters that differ beyond chance, clearest first; none when a group is too small."""
    if min(len(failed), len(passed)) < MIN_GROUP:
        return []
    names = sorted(set(failed[0]) & set(passed[0]))
    varied = [name for name in names if len({row.get(name) for row in (*failed, *passed)}) > 1]
    tests = max(1, len(varied))
    limit = NormalDist().inv_cdf(1 - CHANCE_LEVEL / (2 * tests))
    found: list[Contrast] = []
    for name in varied:
        ours = [row[name] for row in failed if name in row]
        theirs = [row[name] for row in passed if name in row]
        if any(is_number(value) and not is_comparable(value) for value in (*ours, *theirs)):
            continue
        if all(is_number(value) for value in (*ours, *theirs)):
            found.append(_numbers(name, np.array(ours, float), np.array(theirs, float), limit))
        else:
            found.append(_words(name, ours, theirs, limit))
    clear = [contrast for contrast in found if contrast.strength >= 1]
    return sorted(clear, key=lambda contrast: (-contrast.separation, contrast.parameter))


def _numbers(name: str, failed: Values, passed: Values, limit: float) -> NumberContrast:
    effect = rank_biserial(failed, passed)
    centre = np.median(passed)
    mad = float(np.median(np.abs(passed - centre)))
    shift = float(np.median(failed) - centre) / mad if mad > 0 else None
    # Standard deviation of the rank-biserial under equal distributions, from that of Mann-Whitney's U.
    chance = math.sqrt((len(failed) + len(passed) + 1) / (3 * len(failed) * len(passed)))
    return NumberContrast(name, failed, passed, effect, shift, abs(effect) / (limit * chance))


def rank_biserial(first: Values, second: Values) -> float:
    """P(first > second) - P(first < second) over all pairs, -1 to 1."""
    ordered = np.sort(second)
    below = np.searchsorted(ordered, first, "left")
    above = len(ordered) - np.searchsorted(ordered, first, "right")
    return float(np.mean(below - above) / len(ordered))


def _words(name: str, failed: Sequence[Scalar], passed: Sequence[Scalar], limit: float) -> WordContrast:
    def share(value: Scalar, group: Sequence[Scalar]) -> float:
        return sum(item == value for item in group) / len(group)

    values = sorted({*failed, *passed}, key=str)
    value = max(values, key=lambda item: share(item, failed) - share(item, passed))
    ours, theirs = share(value, failed), share(value, passed)
    total = len(failed) + len(passed)
    pooled = (ours * len(failed) + theirs * len(passed)) / total
    chance = math.sqrt(pooled * (1 - pooled) * (1 / len(failed) + 1 / len(passed)))
    strength = abs(ours - theirs) / (limit * chance) if chance else 0.0
    return WordContrast(name, value, ours, theirs, strength)
