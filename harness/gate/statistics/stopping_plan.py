"""Which boundary ends a run of known length early: the search for one that is near the best at every rate.

Whoever knows the true rate has a best boundary, another one for each rate. One boundary for all rates costs
more at some; it should cost as few times the best as possible at the worst of them. With the error as a
constraint, and with the power of the test of fixed size less a hundredth, that is a linear program over all
stopping rules; for given weights of the rates and prices of a wrong decision and of none, a dynamic program
in the measure of the demanded rate finds the best rule (Lai, Annals of Statistics 16, 1988). The search
changes weights and prices until rates that cost too much weigh more and the power just suffices.
``tests/quality/best_stopping.py`` proves how near that comes.

A limit is a whole number, so that no price spends the error to the last bit: between the last boundary that
errs too often and the first that does not, the laxer is taken up to some look, or from some look on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.statistics.binomial_paths import Counts, Numbers, crossed_by, pmf
from simgate.harness.gate.statistics.root import root

POWER_LOST = 0.01
ODDS = {False: (1 / 2, 1 / 4, 1 / 10), True: (2.0, 3.0, 6.0)}
"""Rates under which the number of variants is least: odds of a failure over those demanded, nearest first."""
_WEIGHTS = (0.2, 0.3, 0.5)
"""To begin with. Far from the demand a run ends so early that waiting costs the largest share."""
_LEARNS = 5.0
"""A rate that costs a tenth more than another, in its best means, then weighs exp(5 / 10) times as much."""
_LIGHTEST = 0.01
_PENALTIES = (-4.0, 7.0)
"""Logarithm of what ending undecided costs, in typical means: between nothing and all power."""
_HELD_AT = (0.25, 0.45, 0.6, 0.75, 0.9)
"""No power is lost where the test of fixed size has this one, beside the rates above: there most is lost."""
_ROUNDS = (4, 8)
"""How often weights and prices change, with and without the last limit of the test of fixed size."""
_END_IS_FELT = 0.2
"""As a share of the run: a best boundary that takes fewer variants is as if there were no end."""
_TRIED, _TRIED_IN_LONG_RUNS, _LONG = 10, 4, 2000
"""Prices of a wrong decision that are tried at once: where rows are long that saves nothing."""
_PRICES = (-7.0, 14.0)
"""Logarithm of the price of a wrong decision."""
_NEAR, _CLOSE = 0.35, 0.08
"""A price is looked for first so near the one of the round before, and found so closely."""
_LARGEST = 200.0
"""Logarithm of a likelihood ratio, at most."""


class _Found(NamedTuple):
    """A boundary with enough power."""

    limits: Counts
    means: Numbers
    power: float


class Plan:
    """The search for one boundary.

    Args:
        looks: Numbers of variants after which one looks; the last is the length of the run.
        rate: Demanded failure rate.
        alpha: Largest chance of crossing at that rate.
        upper: Whether failures speak for the decision.
    """

    def __init__(self, looks: tuple[int, ...], rate: float, alpha: float, upper: bool) -> None:
        self.looks, self.rate, self.alpha, self.upper = looks, rate, alpha, upper
        self.planned = looks[-1]
        odds = rate / (1.0 - rate) * np.array(ODDS[upper])
        self.fixed = fixed_limit(self.planned, rate, alpha, upper)
        self.rates = np.append(odds / (1.0 + odds), self._rates_of_power())
        # Beyond these a run of NO-GO is over; of GO no limit lies beyond that of the fixed size, for at the
        # end the error of a boundary is at least that of its last limit.
        slack = 8 + math.ceil(4.0 * math.sqrt(self.planned * rate)) if upper else 0
        self._rows = min(self.fixed, self.planned) + slack + 1
        self._steps = np.diff((0, *looks)).tolist()
        self._ratios = list(self._likelihood_ratios())
        self._tried = _TRIED if self.planned < _LONG else _TRIED_IN_LONG_RUNS
        self._needed = fixed_power(self.fixed, self.planned, self.rates, upper) - POWER_LOST
        self._typical = self._typical_means()

    def limits(self) -> tuple[int, ...]:
        """One a look, as :class:`simgate.harness.gate.statistics.stopping_boundary.Boundary` has them."""
        if not 0 <= self.fixed <= self.planned:
            return tuple(self._never_early(as_fixed=False).tolist())
        if self._typical[0] > _END_IS_FELT * self.planned:
            self._typical[0] = self._nearest_alone()
        found = self._searched(self._typical)

        def worst(one: _Found) -> float:
            ratios = one.means / self._typical
            # A hundredth of power, where it is to be had, is worth three of the best.
            return float(ratios.max() + 0.05 * ratios.mean()) - 3.0 * one.power

        return tuple(min(found, key=worst).limits.tolist())

    def _never_early(self, as_fixed: bool) -> Counts:
        """Limits that nothing crosses, but the last one where it is that of the test of fixed size."""
        limits = np.array(self.looks) + 1 if self.upper else np.full(len(self.looks), -1)
        if as_fixed:
            limits[-1] = self.fixed
        return limits

    def _nearest_alone(self) -> float:
        """Mean of the best boundary for the rate nearest the demand, where the end of the run is felt."""
        alone = np.array([self._typical[0], math.inf, math.inf])
        return float(min(one.means[0] for one in self._searched(alone, slice(1), (1, 6))))

    def _rates_of_power(self) -> list[float]:
        """Where the test of fixed size has certain powers."""
        if not 0 <= self.fixed <= self.planned:
            return []

        def excess(power: float, rate: float) -> float:
            return float(fixed_power(self.fixed, self.planned, np.array([rate]), self.upper)[0]) - power

        return [root(partial(excess, power), 1e-12, 1.0 - 1e-12) for power in _HELD_AT]

    def _typical_means(self) -> Numbers:
        """About how many variants the best boundary for each rate takes (Wald), were there no end."""
        q, p = self.rates[:3], 1.0 - self.rates[:3]
        divergence = q * np.log(q / self.rate) + p * np.log(p / (1.0 - self.rate))
        return np.minimum(self.planned, -math.log(self.alpha) / divergence)

    def _likelihood_ratios(self) -> Iterator[Numbers]:
        """To the demanded rate, for each look: a row for each rate, a column for each number of failures."""
        failures = np.arange(self._rows + max(self._steps))
        bad = np.log(self.rates / self.rate)[:, None]
        good = np.log((1.0 - self.rates) / (1.0 - self.rate))[:, None]
        for look in self.looks:
            yield np.exp(np.minimum(bad * failures + good * (look - failures), _LARGEST))

    def _searched(
        self, typical: Numbers, held: slice = slice(None), rounds: tuple[int, int] = _ROUNDS
    ) -> Iterator[_Found]:
        """Boundaries with enough power.

        Args:
            typical: Means by which the costs of the rates are compared; infinite for one that does not count.
            held: Rates under which no power may be lost.
            rounds: As :data:`_ROUNDS`.
        """
        # With the last limit of the test of fixed size no power is lost. A stricter one leaves more error to
        # end early with, which may or may not be worth it.
        for as_fixed, turns in zip((True, False), rounds, strict=True):
            weights, (low, high), price = np.array(_WEIGHTS), _PENALTIES, None
            for _ in range(turns):
                penalties = np.zeros(len(self.rates))
                if not as_fixed:
                    penalties[held] = math.exp(0.5 * (low + high))
                lax, strict, price = self._spent(weights / typical, penalties, as_fixed, price)
                costs, enough = None, False
                for limits in (self._mixed(lax, strict, late) for late in (True, False)):
                    power, means = self._facts(limits)
                    if np.all((power >= self._needed)[held]):
                        enough = True
                        yield _Found(limits, means, float(power.mean()))
                    costs = means / typical
                assert costs is not None
                if enough:
                    high = 0.5 * (low + high)
                else:
                    low = 0.5 * (low + high)
                if high - low < 0.3:
                    # The weights have moved on since the ends were found.
                    low, high = low - 0.3, high + 0.3
                weights = weights * np.exp(_LEARNS * (costs / costs.max() - 1.0))
                weights = np.maximum(weights / weights.sum(), _LIGHTEST)

    def _spent(
        self, per_variant: Numbers, penalties: Numbers, as_fixed: bool, near: float | None
    ) -> tuple[Counts, Counts, float]:
        """The last boundary that errs too often, the first that does not, and the logarithm of its price."""
        low, high = _PRICES if near is None else (near - _NEAR, near + _NEAR)
        lax = strict = None
        while high - low > _CLOSE:
            prices = np.linspace(low, high, self._tried)
            limits = self._by_dynamic_program(per_variant, penalties, np.exp(prices), as_fixed)
            keeps = self._error(limits) <= self.alpha
            first = int(keeps.argmax()) if keeps.any() else self._tried
            if first in (0, self._tried) and near is not None:
                return self._spent(per_variant, penalties, as_fixed, None)
            lax = limits[max(first - 1, 0)]
            if first == self._tried:
                # Where next to no error is left to end early with, no price is dear enough.
                return lax, self._never_early(as_fixed), high
            strict = limits[first]
            low, high = float(prices[max(first - 1, 0)]), float(prices[first])
        assert lax is not None
        assert strict is not None
        return lax, strict, high

    def _by_dynamic_program(
        self, per_variant: Numbers, penalties: Numbers, prices: Numbers, as_fixed: bool
    ) -> Counts:
        """Backward induction: stop where what is saved is worth more than the risk of being wrong.

        Returns:
            Limits, one row for each price of a wrong decision.
        """
        rows, cost = self._rows, prices[:, None]
        found = np.empty((len(prices), len(self.looks)), dtype=np.int64)
        after, worth = np.zeros((len(prices), rows)), penalties.copy()
        for look in range(len(self.looks) - 1, -1, -1):
            n, ahead = self.looks[look], self._steps[look]
            # There are no more failures than variants.
            cells = min(rows, n + 1)
            worth[: len(per_variant)] = penalties[: len(per_variant)] + per_variant * (self.planned - n)
            saved = worth @ self._ratios[look][:, : cells + ahead]
            gain = saved[:cells] - cost
            if n == self.planned:
                over = self._over_at_end(gain > 0.0, as_fixed)
                going_on = after[:, :cells]
            else:
                going_on = self._going_on(after, self._steps[look + 1])[:, :cells]
                over = gain > going_on
                if not self.upper and not as_fixed:
                    over[:, self.fixed :] = False
            after = np.where(over, gain, going_on)
            if cells == rows:
                # With more failures than there are rows a run is over (NO-GO) or lost for good (GO).
                beyond = saved[rows:] - cost if self.upper else np.zeros((len(prices), ahead))
                after = np.concatenate((after, beyond), axis=1)
            found[:, look] = self._limits_of(over, n)
        return found

    def _over_at_end(self, over: NDArray[np.bool_], as_fixed: bool) -> NDArray[np.bool_]:
        failures = np.arange(over.shape[1])
        beyond = failures > self.fixed if self.upper else failures < self.fixed
        if as_fixed:
            return np.broadcast_to(beyond | (failures == self.fixed), over.shape).copy()
        return over & beyond

    def _going_on(self, after: Numbers, step: int) -> Numbers:
        """Mean value at the look before one with such values, so many variants earlier."""
        if step == 1:
            return (1.0 - self.rate) * after[:, :-1] + self.rate * after[:, 1:]
        chances = pmf(step, self.rate)
        # All rows in one go; what runs from one into the next is left out.
        mean = np.zeros(after.shape)
        mean.ravel()[: mean.size - len(chances) + 1] = np.correlate(after.ravel(), chances, "valid")
        return mean[:, : after.shape[1] - len(chances) + 1]

    def _limits_of(self, over: NDArray[np.bool_], n: int) -> Counts:
        if self.upper:
            if over.shape[1] == self._rows:
                over[:, -1] = True
            fewest = np.where(over.any(axis=1), over.argmax(axis=1), n + 1)
            return np.where(fewest > n, n + 1, fewest)
        last = over.shape[1] - 1
        return np.where(over.any(axis=1), last - over[:, ::-1].argmax(axis=1), -1)

    def _mixed(self, lax: Counts, strict: Counts, late: bool) -> Counts:
        """The laxer limits at as many of the last (else first) looks as the error allows, else the others."""
        looks, at = len(strict), np.arange(len(strict))

        def mixtures(taken: Counts) -> Counts:
            lax_here = at >= looks - taken[:, None] if late else at < taken[:, None]
            limits = np.where(lax_here, lax, strict)
            # What was enough for GO stays enough.
            return limits if self.upper else np.maximum.accumulate(limits, axis=1)

        good, bad = 0, looks + 1
        while bad - good > 1:
            taken = np.unique(np.linspace(good, bad, self._tried + 1)[1:-1].astype(np.int64))
            taken = taken[taken > good]
            keeps = self._error(mixtures(taken)) <= self.alpha
            first = len(taken) if keeps.all() else int(keeps.argmin())
            ends = (good, *taken.tolist(), bad)
            good, bad = ends[first], ends[first + 1]
        found: Counts = mixtures(np.array([good]))[0]
        return found

    def _error(self, limits: Counts) -> Numbers:
        return crossed_by(self.looks, limits, [self.rate] * len(limits), self.upper)[:, -1]

    def _facts(self, limits: Counts) -> tuple[Numbers, Numbers]:
        """(power under each rate, mean number of variants under the first three)."""
        copies = np.repeat(limits[None], len(self.rates), axis=0)
        gone = crossed_by(self.looks, copies, self.rates.tolist(), self.upper)
        return gone[:, -1], self.planned - gone[:3, :-1] @ np.array(self._steps[1:])


def fixed_limit(planned: int, rate: float, alpha: float, upper: bool) -> int:
    """Most (``upper``: fewest) failures that decide a test of fixed size; -1 (or too many) for never."""
    from scipy.stats import binom

    counts = np.arange(planned + 2)
    tail = binom.sf(counts - 1, planned, rate) if upper else binom.cdf(counts, planned, rate)
    fitting = np.flatnonzero(tail <= alpha)
    if not len(fitting):
        return -1
    return int(fitting.min() if upper else fitting.max())


def fixed_power(limit: int, planned: int, rates: Numbers, upper: bool) -> Numbers:
    """Chance that a test of fixed size decides with such a limit, under each rate."""
    from scipy.stats import binom

    return np.asarray(binom.sf(limit - 1, planned, rates) if upper else binom.cdf(limit, planned, rates))
