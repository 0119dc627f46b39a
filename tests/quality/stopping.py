"""Ending early against the test of fixed size and the best there can be. ``python -m tests.quality.stopping``.

The best: a dynamic program that knows the true rate and minimizes the mean number of variants under it, with the
same error and no less power than the test of fixed size less a hundredth. It shares no code with the product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from simgate.harness.gate.statistics.stopping_boundary import go_boundary, no_go_boundary

ALPHA = 0.05
POWER_LOST = 0.01
MOST_COMPUTED = 250
"""For longer runs the best is not computed; it takes minutes."""


@dataclass(frozen=True)
class Row:
    """One line of the table; rates are pass rates, ``best`` is None where it was not computed."""

    p0: float
    planned: int
    decision: str
    rate: float
    error: float
    fixed_power: float
    power: float
    mean: float
    best: float | None


def fixed_power(q0: float, q: float, n: int, upper: bool) -> float:
    """Power of the test of fixed size that allows so many failures at the rate q0."""
    counts = np.arange(n + 2)
    tail = binom.sf(counts - 1, n, q0) if upper else binom.cdf(counts, n, q0)
    fitting = np.flatnonzero(tail <= ALPHA)
    if not len(fitting):
        return 0.0
    return float(binom.sf(fitting.min() - 1, n, q) if upper else binom.cdf(fitting.max(), n, q))


class Best:
    """The dynamic program for one true failure rate."""

    def __init__(self, q0: float, q: float, n: int, upper: bool) -> None:
        self.q0, self.q, self.n, self.upper = q0, q, n, upper
        failures, total = np.arange(n + 1), np.arange(n + 1)[:, None]
        log = failures * np.log(q0 / q) + (total - failures) * np.log((1 - q0) / (1 - q))
        self.ratio = np.exp(np.minimum(log, 50.0))

    def stops(self, wrong: float, undecided: float) -> list[NDArray[np.bool_]]:
        """Where to stop, for prices of a wrong decision and of none."""
        value = np.minimum(undecided, wrong * self.ratio[self.n])
        found = [wrong * self.ratio[self.n] < undecided]
        for k in range(self.n - 1, 0, -1):
            going_on = 1.0 + (1.0 - self.q) * value[: k + 1] + self.q * value[1 : k + 2]
            stop = wrong * self.ratio[k][: k + 1]
            found.append(stop <= going_on)
            value = np.minimum(stop, going_on)
        return found[::-1]

    def outcome(self, stops: list[NDArray[np.bool_]], rate: float) -> tuple[float, float]:
        """(chance to stop, mean number of variants) under a rate."""
        alive, power, mean = np.array([1.0]), 0.0, 0.0
        for stop in stops:
            mean += alive.sum()
            alive = np.append(alive * (1.0 - rate), 0.0) + np.append(0.0, alive * rate)
            power += alive[stop[: len(alive)]].sum()
            alive = np.where(stop[: len(alive)], 0.0, alive)
        return float(power), float(mean)

    def mean(self, power: float) -> float | None:
        """Smallest mean found with that power and an error of at most ALPHA."""
        found, low, high = None, 0.0, 18.0
        for _ in range(16):
            middle = 0.5 * (low + high)
            stops = self._spent(float(np.exp(middle)))
            reached, mean = self.outcome(stops, self.q)
            if reached >= power:
                high, found = middle, mean
            else:
                low = middle
        return found

    def _spent(self, undecided: float) -> list[NDArray[np.bool_]]:
        low, high = -5.0, 25.0
        for _ in range(24):
            middle = 0.5 * (low + high)
            error, _ = self.outcome(self.stops(float(np.exp(middle)), undecided), self.q0)
            low, high = (middle, high) if error > ALPHA else (low, middle)
        return self.stops(float(np.exp(high)), undecided)


def rows(p0: float, planned: int) -> Iterator[Row]:
    """GO under better rates, NO-GO under worse ones, by odds of a failure."""
    for decision, odds in (
        ("GO", 0.5),
        ("GO", 0.25),
        ("GO", 0.1),
        ("NO-GO", 2.0),
        ("NO-GO", 3.0),
        ("NO-GO", 6.0),
    ):
        upper, q0 = decision == "NO-GO", 1.0 - p0
        q = odds * q0 / (p0 + odds * q0)
        boundary = (no_go_boundary if upper else go_boundary)(planned, p0, ALPHA)
        fixed = fixed_power(q0, q, planned, upper)
        best = None
        if planned <= MOST_COMPUTED and fixed > 2 * POWER_LOST:
            best = Best(q0, q, planned, upper).mean(fixed - POWER_LOST)
        yield Row(
            p0,
            planned,
            decision,
            1.0 - q,
            boundary.chance(q0),
            fixed,
            boundary.chance(q),
            boundary.mean(q),
            best,
        )


def main() -> None:
    """Prints the table."""
    print(
        "| p0 | planned | decision | true rate | error at p0 | power, fixed | power | mean variants | best mean |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for p0 in (0.9, 0.95, 0.98):
        for planned in (120, 250, 1271):
            for row in rows(p0, planned):
                best = "" if row.best is None else f"{row.best:.0f}"
                print(
                    f"| {row.p0} | {row.planned} | {row.decision} | {row.rate:.4f} | {row.error:.4f} "
                    f"| {row.fixed_power:.3f} | {row.power:.3f} | {row.mean:.0f} | {best} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
