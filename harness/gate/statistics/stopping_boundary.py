"""When a run of known length may end early: boundaries of a pass rate by exact binomial recursion.

A test of fixed size that is looked at after every variant is wrong far more often than it says. Where the
number of variants is known before the run, the chance of ever crossing a boundary can be summed exactly
over all paths (Armitage, McPherson and Rowe, JRSS A 132, 1969), so that a boundary can spend the whole error
and no more.

Which boundary that is, of the many with this error: ``stopping_plan``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from simgate.harness.gate.statistics.binomial_paths import Numbers, crossed_by
from simgate.harness.gate.statistics.root import root
from simgate.harness.gate.statistics.stopping_plan import Plan

MOST_PLANNED = 20_000
"""Longer runs are not planned: the recursion would take minutes."""
_EVERY = 50
"""After n variants the next look is n / 50 later, at least one: the cost of waiting is a fiftieth."""
_TOWARDS_END = 20
"""With m variants to go the next look is at most m / 20 later: where failures are few, late looks spend what
one last limit, a whole number, cannot."""


@dataclass(frozen=True)
class Boundary:
    """Where to stop.

    Attributes:
        looks: Numbers of variants after which one looks, ascending; the last is the length of the run.
        limits: For each look, the most failures with which it is over (``upper``: the fewest); -1
            (``upper``: more than there are variants) where none will do.
        upper: Whether failures speak for the decision (NO-GO) or against it (GO).
        rate: Demanded failure rate, at which the error is counted.
        alpha: Largest chance of crossing at that rate.
    """

    looks: tuple[int, ...]
    limits: tuple[int, ...]
    upper: bool
    rate: float
    alpha: float

    def crossed(self, total: int, failures: int) -> bool:
        """Whether the run may end now; never between looks."""
        limit = self._limit_at.get(total)
        return limit is not None and self._over(failures, limit)

    def crossed_at_end(self, total: int, failures: int) -> bool:
        """Whether the last look of a run that turned out shorter decides it, with all error that is left."""
        return self._over(failures, self._last_limit(total))

    def chance(self, rate: float, total: int | None = None, failures: int | None = None) -> float:
        """Chance of crossing.

        Args:
            rate: True failure rate.
            total: Up to so many variants; None for the whole run.
            failures: What counts as crossing after ``total`` instead of the limit there.
        """
        end = self.looks[-1] if total is None else total
        limits = {look: limit for look, limit in self._limit_at.items() if look <= end}
        if failures is not None:
            limits[end] = failures
        return float(self._gone(rate, limits)[-1]) if limits else 0.0

    def mean(self, rate: float) -> float:
        """Mean number of variants that run."""
        steps = np.diff((0, *self.looks))
        return float(steps @ (1.0 - np.append(0.0, self._gone(rate, self._limit_at)[:-1])))

    def _gone(self, rate: float, limits: Mapping[int, int]) -> Numbers:
        """Chance of having crossed by each look."""
        found = crossed_by(tuple(limits), np.array([list(limits.values())]), (rate,), self.upper)
        return np.asarray(found[0])

    def bound(self, total: int, failures: int, alpha: float) -> float:
        """Confidence bound of the failure rate after a run that ended so, by the order of its looks.

        Outcomes count as the more extreme the earlier they end (Fairbanks and Madsen, Biometrika 69, 1982),
        so that the bound agrees with the decision: beyond ``rate`` when, and only when, it was crossed.

        Returns:
            The upper bound for GO, the lower one for NO-GO.
        """
        if self.upper and failures == 0:
            return 0.0
        if not self.upper and failures == total:
            return 1.0

        def excess(rate: float) -> float:
            return self.chance(rate, total, failures) - alpha

        return root(excess, 1e-12, 1.0 - 1e-12, 1e-10)

    @cached_property
    def _limit_at(self) -> dict[int, int]:
        return dict(zip(self.looks, self.limits, strict=True))

    def _over(self, failures: int, limit: int) -> bool:
        return failures >= limit if self.upper else failures <= limit

    def _last_limit(self, total: int) -> int:
        if total == self.looks[-1]:
            return self.limits[-1]
        return self.last_that_keeps_the_error(total)

    def last_that_keeps_the_error(self, total: int) -> int:
        """The limit after ``total`` variants, the last look, that spends all error left by those before."""
        # Crossing by "so many failures or fewer (more)" is the likelier the more of them there are.
        none, all_of_them = (total + 1, 0) if self.upper else (-1, total)
        while abs(all_of_them - none) > 1:
            middle = (none + all_of_them) // 2
            if self.chance(self.rate, total, middle) <= self.alpha:
                none = middle
            else:
                all_of_them = middle
        return none

    def spent(self) -> Boundary:
        """This one, with what is left of the error spent at the end, and as early as it goes."""
        last, pick = self.last_that_keeps_the_error(self.looks[-1]), min if self.upper else max

        def since(k: int) -> Boundary:
            late = tuple(pick(limit, last) for limit in self.limits[k:])
            return replace(self, limits=self.limits[:k] + late)

        never, always = len(self.looks) - 1, -1
        while never - always > 1:
            middle = (never + always) // 2
            if since(middle).chance(self.rate) <= self.alpha:
                never = middle
            else:
                always = middle
        return since(never)


def looks(planned: int) -> tuple[int, ...]:
    """After how many variants one looks: each of the first hundred, then more rarely, but not at the end."""
    found, n = [], 1
    while n < planned:
        found.append(n)
        n += max(1, min(n // _EVERY, (planned - n) // _TOWARDS_END))
    return (*found, planned)


def go_boundary(planned: int, share: float, alpha: float) -> Boundary:
    """Where a run proves that at least ``share`` pass. Arguments as :func:`no_go_boundary`."""
    return _boundary(planned, 1.0 - share, alpha, False)


def no_go_boundary(planned: int, share: float, alpha: float) -> Boundary:
    """Where a run refutes that at least ``share`` pass.

    Args:
        planned: Variants of the whole run, 1 to :data:`MOST_PLANNED`.
        share: Demanded pass rate, above 0 and below 1.
        alpha: Largest chance of being wrong.
    """
    return _boundary(planned, 1.0 - share, alpha, True)


@lru_cache(maxsize=128)
def _boundary(planned: int, rate: float, alpha: float, upper: bool) -> Boundary:
    if not 1 <= planned <= MOST_PLANNED or not 0.0 < rate < 1.0 or not 0.0 < alpha < 1.0:
        raise ValueError(f"no boundary for {planned} variants, failure rate {rate:g}, alpha {alpha:g}")
    at = looks(planned)
    return Boundary(at, Plan(at, rate, alpha, upper).limits(), upper, rate, alpha).spent()
