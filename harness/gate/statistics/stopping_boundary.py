"""When a run of known length may end early: boundaries of a pass rate by exact binomial recursion.

A test of fixed size that is looked at after every variant is wrong far more often than it says. Where the
number of variants is known before the run, the chance of ever crossing a boundary can be summed exactly
over all paths (Armitage, McPherson and Rowe, JRSS A 132, 1969), so that a boundary can spend the whole error
and no more.

Which boundary: the one that a Bayesian with a cost per variant would use (Lai, Annals of Statistics 16,
1988). A dynamic program in the measure of the demanded rate minimizes the weighted mean number of variants
under several better (or worse) rates, plus a penalty for ending undecided, plus a multiplier times the chance
of a wrong decision; the multiplier is found so that the exact error is at most alpha, the penalty is the
smallest that loses no more than a hundredth of the power of the test of fixed size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.statistics.root import root

Numbers = NDArray[np.float64]

MOST_PLANNED = 20_000
"""Longer runs are not planned: the recursion would take minutes."""
POWER_LOST = 0.01
_ODDS = {False: (1 / 2, 1 / 4, 1 / 10), True: (2.0, 3.0, 6.0)}
"""Rates under which the number of variants is minimized, as odds of a failure over those demanded."""
_PENALTIES = (2.0, 5.0, 20.0, 100.0, 500.0)
_EVERY = 50
"""After n variants the next look is n / 50 later, at least one: the cost of waiting is a fiftieth."""
_TOWARDS_END = 20
"""With m variants to go the next look is at most m / 20 later: where failures are few, late looks spend what
one last limit, a whole number, cannot."""
_SMALLEST, _LARGEST = -20.0, 200.0
"""Logarithm of the multiplier."""
_TAIL = 1e-15


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
        limits = {look: limit for look, limit in zip(self.looks, self.limits, strict=True) if look < end}
        never = end + 1 if self.upper else -1
        limits[end] = self._limit_at.get(end, never) if failures is None else failures
        return list(self._gone(rate, limits))[-1]

    def mean(self, rate: float) -> float:
        """Mean number of variants that run."""
        steps = np.diff((0, *self.looks))
        gone = [0.0, *self._gone(rate, self._limit_at)]
        return float(sum(step * (1.0 - before) for step, before in zip(steps, gone, strict=False)))

    def _gone(self, rate: float, limits: Mapping[int, int]) -> Iterator[float]:
        """Chance of having crossed by each look."""
        alive, gone, before = np.ones(1), 0.0, 0
        # With more failures than any limit allows a run is never over: GO needs no record of them.
        rows = max(limits) + 2 if self.upper else max(0, *limits.values()) + 1
        for look, limit in limits.items():
            if len(alive):
                alive = np.convolve(alive, _pmf(look - before, rate))[:rows]
                split = min(max(limit if self.upper else limit + 1, 0), len(alive))
                gone += float((alive[split:] if self.upper else alive[:split]).sum())
                alive = alive[:split] if self.upper else np.concatenate((np.zeros(split), alive[split:]))
            before = look
            yield gone

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
    plan = _Plan(planned, rate, alpha, upper)
    # With the last limit of the test of fixed size no power is lost: all other error goes into ending early.
    found = [plan.solve(_PENALTIES[0], plan.fixed)]
    for penalty in _PENALTIES:
        other = plan.solve(penalty)
        if all(other.chance(q) >= plan.fixed_power(q) - POWER_LOST for q in plan.rates):
            found.append(other)
            break
    return min(found, key=plan.cost)


class _Plan:
    """The dynamic program of one boundary."""

    def __init__(self, planned: int, rate: float, alpha: float, upper: bool) -> None:
        self.rate, self.alpha, self.upper, self.planned = rate, alpha, upper, planned
        self.looks = looks(planned)
        odds = [rate / (1.0 - rate) * factor for factor in _ODDS[upper]]
        self.rates = [one / (1.0 + one) for one in odds]
        self.fixed = _fixed_limit(planned, rate, alpha, upper)
        # No limit lies beyond these: at the end the error of a boundary is at least that of its last limit.
        slack = 8 + math.ceil(4.0 * math.sqrt(planned * rate)) if upper else 0
        self.rows = max(min(self.fixed, planned) + slack, 0) + 1
        self._steps = np.diff((0, *self.looks)).tolist()
        self._ratios = [
            self._ratio(n, step) for n, step in zip(self.looks, [*self._steps[1:], 0], strict=True)
        ]

    def fixed_power(self, rate: float) -> float:
        """Of the test of fixed size."""
        from scipy.stats import binom

        tail = binom.sf(self.fixed - 1, self.planned, rate) if self.upper else 0.0
        return float(tail if self.upper else binom.cdf(self.fixed, self.planned, rate))

    def _ratio(self, n: int, step: int) -> tuple[Numbers, Numbers]:
        """Likelihood ratios to the demanded rate after n: weighted by what a variant costs, and summed."""
        failures = np.arange(self.rows + max(self._steps))
        per_variant, summed = np.zeros(len(failures)), np.zeros(len(failures))
        for rate in self.rates:
            log = failures * math.log(rate / self.rate)
            log = log + (n - failures) * math.log((1.0 - rate) / (1.0 - self.rate))
            ratio = np.exp(np.minimum(log, _LARGEST))
            per_variant += ratio / self._typical(rate)
            summed += ratio
        return per_variant, summed

    def cost(self, found: Boundary) -> float:
        """Weighted mean number of variants."""
        return sum(found.mean(rate) / self._typical(rate) for rate in self.rates)

    def _typical(self, rate: float) -> float:
        """About how many variants it takes under a rate, by which it is weighted (Wald)."""
        divergence = rate * math.log(rate / self.rate)
        divergence += (1.0 - rate) * math.log((1.0 - rate) / (1.0 - self.rate))
        return min(self.planned, -math.log(self.alpha) / divergence)

    def solve(self, penalty: float, last: int | None = None) -> Boundary:
        """The boundary of a penalty, with the multiplier that spends the error.

        Args:
            penalty: For ending undecided.
            last: Limit at the end of the run; None leaves it to the program.
        """
        low, high = _SMALLEST, _LARGEST
        for _ in range(34):
            middle = 0.5 * (low + high)
            if self._limits(math.exp(middle), penalty, last).chance(self.rate) > self.alpha:
                low = middle
            else:
                high = middle
        found = self._limits(math.exp(high), penalty, last)
        last = found.last_that_keeps_the_error(self.planned)
        return self._filled(Boundary(found.looks, (*found.limits[:-1], last), *self._rest))

    def _filled(self, found: Boundary) -> Boundary:
        """Spends what a last limit, a whole number, has left: it holds from some look on already."""
        last, pick = found.limits[-1], min if self.upper else max

        def since(k: int) -> Boundary:
            late = tuple(pick(limit, last) for limit in found.limits[k:])
            return Boundary(found.looks, found.limits[:k] + late, *self._rest)

        never, always = len(found.looks) - 1, -1
        while never - always > 1:
            middle = (never + always) // 2
            if since(middle).chance(self.rate) <= self.alpha:
                never = middle
            else:
                always = middle
        return since(never)

    @property
    def _rest(self) -> tuple[bool, float, float]:
        return self.upper, self.rate, self.alpha

    def _limits(self, multiplier: float, penalty: float, last: int | None) -> Boundary:
        """Backward induction: stop where the risk of being wrong is worth less than going on."""
        rows, limits = self.rows, []
        _, summed = self._ratios[-1]
        undecided = penalty * summed[:rows]
        over = multiplier < undecided
        if last is not None:
            over = np.arange(rows) >= last if self.upper else np.arange(rows) <= last
        value = np.where(over, multiplier, undecided)
        limits.append(self._limit(over, self.planned))
        for k in range(len(self.looks) - 2, -1, -1):
            step, n = self._steps[k + 1], self.looks[k]
            after = self._beyond(k + 1, step, multiplier, penalty)
            pmf = _pmf(step, self.rate)
            going_on = np.correlate(np.concatenate((value, after)), pmf, "valid")[:rows]
            going_on = going_on + step * self._ratios[k][0][:rows]
            stop = multiplier <= going_on
            if self.upper:
                stop[rows - 1] = True
            limits.append(self._limit(stop, n))
            value = np.minimum(multiplier, going_on)
        return Boundary(self.looks, tuple(reversed(limits)), *self._rest)

    def _beyond(self, k: int, step: int, multiplier: float, penalty: float) -> Numbers:
        """Value at a look with more failures than there are rows: over (NO-GO), or lost for good (GO)."""
        if self.upper:
            return np.full(step, multiplier)
        per_variant, summed = (ratio[self.rows : self.rows + step] for ratio in self._ratios[k])
        left = self.planned - self.looks[k]
        beyond: Numbers = per_variant * left + penalty * summed
        return beyond

    def _limit(self, stop: NDArray[np.bool_], n: int) -> int:
        where = np.flatnonzero(stop[: n + 1])
        if not len(where):
            return n + 1 if self.upper else -1
        return int(where.min() if self.upper else where.max())


def _fixed_limit(planned: int, rate: float, alpha: float, upper: bool) -> int:
    """Most (``upper``: fewest) failures with which a test of fixed size decides."""
    from scipy.stats import binom

    if upper:
        limit = int(binom.isf(alpha, planned, rate))
        while binom.sf(limit - 1, planned, rate) > alpha:
            limit += 1
        return limit
    limit = int(binom.ppf(alpha, planned, rate))
    while limit >= 0 and binom.cdf(limit, planned, rate) > alpha:
        limit -= 1
    return limit


@lru_cache(maxsize=4096)
def _pmf(steps: int, rate: float) -> Numbers:
    """Chances of 0, 1, ... failures in so many variants."""
    from scipy.stats import binom

    chances: Numbers = binom.pmf(np.arange(steps + 1), steps, rate)
    last = int(np.flatnonzero(chances > _TAIL).max())
    return chances[: last + 1]
