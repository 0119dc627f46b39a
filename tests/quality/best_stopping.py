"""The least that ending early can cost, proven. It shares no code with the product.

Over all stopping rules, and lotteries of them, the least mean number of variants under a rate, or the least worst ratio of
means to given ones, with an error of at most alpha and a needed power, is a linear program. Its columns are rules that a
dynamic program finds, looking after every variant; any prices of error, power and means give a lower bound (weak
duality), and cutting planes find good ones. Rules are monotone: fewer failures are never worse, and what was enough stays
enough. So either the last limit is that of the test of fixed size, or a stricter one: the lesser of two bounds holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.stats import binom

Numbers = NDArray[np.float64]
ROUNDS = 80
MISSED_COSTS = 5000.0
"""Of error or power that the rules found so far cannot keep; far above any price that the program ends with."""


class Prices(NamedTuple):
    """Per variant under each rate, of a wrong decision, and of power under each rate."""

    variant: Numbers
    wrong: float
    power: Numbers


class Rule(NamedTuple):
    """What a stopping rule does: its error, then power and mean number of variants under each rate."""

    error: float
    power: Numbers
    means: Numbers


def fixed_limit(q0: float, n: int, upper: bool, alpha: float) -> int:
    """Most (``upper``: fewest) failures with which the test of fixed size decides; -1 (n + 1) for never."""
    counts = np.arange(n + 2)
    tail = binom.sf(counts - 1, n, q0) if upper else binom.cdf(counts, n, q0)
    fitting = np.flatnonzero(tail <= alpha)
    if upper:
        return int(fitting.min())
    return int(fitting.max()) if len(fitting) else -1


def fixed_power(q0: float, rates: Numbers, n: int, upper: bool, alpha: float) -> Numbers:
    """Power of the test of fixed size."""
    limit = fixed_limit(q0, n, upper, alpha)
    return np.asarray(binom.sf(limit - 1, n, rates) if upper else binom.cdf(limit, n, rates))


@dataclass
class Best:
    """Bounds for one demand.

    Attributes:
        q0: Demanded failure rate.
        rates: True failure rates.
        needed: Power needed under each.
        n: Variants of the whole run.
        upper: Whether failures speak for the decision.
        alpha: Largest error.
    """

    q0: float
    rates: Numbers
    needed: Numbers
    n: int
    upper: bool
    alpha: float

    def least(self, unit: Numbers) -> float:
        """No rule has a smaller worst ratio of its means to these, one for each of the first rates."""
        return min(self._bound(unit, as_fixed) for as_fixed in (True, False))

    def _bound(self, unit: Numbers, as_fixed: bool) -> float:
        counted, none = len(unit), np.zeros(len(self.rates) - len(unit))
        weights = np.full(counted, 1.0 / counted)
        prices = centre = Prices(np.append(weights / unit, none), 20.0, np.full(len(self.rates), 0.5))
        limit, best = fixed_limit(self.q0, self.n, self.upper, self.alpha), -np.inf
        # To begin with: the test of fixed size, or never to stop.
        first = np.full(self.n + 1, self.n + 2 if self.upper else -1)
        first[self.n] = limit if as_fixed else first[self.n]
        rules = [self._facts(first)]
        for turn in range(ROUNDS):
            if turn:
                reached, prices = self._master(rules, unit, none)
                if reached - best < 2e-3 * abs(best):
                    break
            half = Prices(*(0.5 * (a + b) for a, b in zip(prices, centre, strict=True)))
            for tried in (half, prices):
                limits, saved = self._rule(tried, limit, as_fixed)
                found = (
                    tried.variant.sum() * self.n
                    - saved
                    - tried.wrong * self.alpha
                    + tried.power @ self.needed
                )
                rules.append(self._facts(limits))
                if found > best:
                    best, centre = found, tried
        return float(best)

    def _master(self, rules: list[Rule], unit: Numbers, none: Numbers) -> tuple[float, Prices]:
        """The best lottery over the rules found so far, and its prices."""
        counted, every = len(unit), len(self.rates)
        above = np.zeros((counted + 1 + every, len(rules) + 2))
        above[:counted, :-2] = np.array([one.means[:counted] / unit for one in rules]).T
        above[:counted, -2] = -1.0
        above[counted, :-2] = [one.error / self.alpha for one in rules]
        above[counted + 1 :, :-2] = -np.array([one.power for one in rules]).T
        above[counted:, -1] = -1.0
        cost = np.append(np.zeros(len(rules)), (1.0, MISSED_COSTS))
        chances = np.append(np.ones(len(rules)), (0.0, 0.0))[None]
        limits = np.concatenate((np.zeros(counted), [1.0], -self.needed))
        found = linprog(cost, A_ub=above, b_ub=limits, A_eq=chances, b_eq=[1.0], method="highs")
        price = -found.ineqlin.marginals
        variant = np.append(price[:counted] / unit, none)
        return float(found.fun), Prices(variant, price[counted] / self.alpha, price[counted + 1 :])

    def _rule(self, prices: Prices, fixed: int, as_fixed: bool) -> tuple[NDArray[np.int64], float]:
        """The best rule for the prices: a limit after every variant (the first unused), and what it saves."""
        spare = 10 + int(5 * np.sqrt(self.n * self.q0)) if self.upper else 10
        rows = min(fixed + spare, self.n) + 1
        failures = np.arange(rows + 1)
        good = np.log((1 - self.rates) / (1 - self.q0))[:, None]
        start = np.exp((np.log(self.rates / self.q0)[:, None] - good) * failures)
        by_fixed = failures[:rows] >= fixed if self.upper else failures[:rows] <= fixed
        beyond = by_fixed & (failures[:rows] != fixed)
        limits, value = np.empty(self.n + 1, dtype=np.int64), np.zeros(rows + 1)
        for k in range(self.n, 0, -1):
            worth = np.exp(good[:, 0] * k) * (prices.variant * (self.n - k) + prices.power)
            gain = worth @ start - prices.wrong
            going_on = np.zeros(rows) if k == self.n else (1 - self.q0) * value[:-1] + self.q0 * value[1:]
            over = gain[:rows] > going_on
            if k == self.n:
                over = by_fixed if as_fixed else over & beyond
            elif not as_fixed and not self.upper:
                over = over & beyond
            value = np.append(np.where(over, gain[:rows], going_on), gain[rows] if self.upper else 0.0)
            there = np.flatnonzero(over[: k + 1])
            never = min(k + 1, rows) if self.upper else -1
            limits[k] = (there[0] if self.upper else there[-1]) if len(there) else never
        return limits, float((1 - self.q0) * value[0] + self.q0 * value[1])

    def _facts(self, limits: NDArray[np.int64]) -> Rule:
        rates = np.append(self.q0, self.rates)[:, None]
        width = int(limits[1:].max()) + 2 if limits[-1] <= self.n else 1
        alive = np.zeros((len(rates), max(width, 1)))
        alive[:, 0] = 1.0
        left = np.ones(len(rates))
        gone, means = np.zeros(len(rates)), np.full(len(rates), float(self.n))
        for k in range(1, self.n + 1):
            now = alive * (1 - rates)
            now[:, 1:] += alive[:, :-1] * rates
            limit = limits[k]
            alive = now
            if self.upper and limit <= self.n:
                alive[:, limit:] = 0.0
                over = left - alive.sum(axis=1)
                left = left - over
            elif not self.upper and limit >= 0:
                over = alive[:, : limit + 1].sum(axis=1)
                alive[:, : limit + 1] = 0.0
            else:
                continue
            gone, means = gone + over, means - over * (self.n - k)
        return Rule(float(gone[0]), gone[1:], means[1:])
