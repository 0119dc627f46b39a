"""Ending early against the test of fixed size and the best there can be. ``python -m tests.quality.stopping``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from simgate.harness.gate.statistics.stopping_boundary import Boundary, go_boundary, no_go_boundary
from tests.quality.best_stopping import Best, Numbers, fixed_limit, fixed_power

ALPHA = 0.05
POWER_LOST = 0.01
ODDS = {"GO": np.array([0.5, 0.25, 0.1]), "NO-GO": np.array([2.0, 3.0, 6.0])}
"""Of a failure, over those demanded."""
HELD_AT = (0.25, 0.45, 0.6, 0.75, 0.9)
"""Powers of the test of fixed size at which the bound, too, may lose none."""


@dataclass(frozen=True)
class Row:
    """One decision of a run: error, and power and mean number of variants under each of three pass rates.

    Attributes:
        best: For each rate the least mean of a rule made for it alone, with the same error and power.
        least_worst: No rule for all three rates has a smaller worst ratio to ``best``.
        most_lost: Power lost against the test of fixed size, at the rate where it is most.
    """

    p0: float
    planned: int
    alpha: float
    decision: str
    rates: Numbers
    error: float
    fixed: Numbers
    power: Numbers
    means: Numbers
    best: Numbers
    least_worst: float
    most_lost: float

    @property
    def worst(self) -> float:
        """Of the ratios to the best."""
        return float((self.means / self.best).max())


def row(p0: float, planned: int, decision: str, alpha: float = ALPHA) -> Row | None:
    """None where the test of fixed size can never decide."""
    upper, q0 = decision == "NO-GO", 1.0 - p0
    limit = fixed_limit(q0, planned, upper, alpha)
    if not 0 <= limit <= planned:
        return None
    rates = _rates(q0, ODDS[decision])
    held = np.append(rates, [_rate_of(power, q0, planned, upper, alpha) for power in HELD_AT])

    def power(at: Numbers) -> Numbers:
        return fixed_power(q0, at, planned, upper, alpha)

    def best(at: Numbers) -> Best:
        return Best(q0, at, np.maximum(power(at) - POWER_LOST, 0.0), planned, upper, alpha)

    alone = np.array([best(rates[k : k + 1]).least(np.array([planned])) * planned for k in range(3)])
    boundary = (no_go_boundary if upper else go_boundary)(planned, p0, alpha)
    every = _rates(q0, np.exp(np.linspace(0.0, 3.5, 71) * (1 if upper else -1)))
    return Row(
        p0,
        planned,
        alpha,
        decision,
        1.0 - rates,
        boundary.chance(q0),
        power(rates),
        _chances(boundary, rates),
        np.array([boundary.mean(q) for q in rates.tolist()]),
        alone,
        best(held).least(alone),
        float((power(every) - _chances(boundary, every)).max()),
    )


def _chances(boundary: Boundary, rates: Numbers) -> Numbers:
    return np.array([boundary.chance(q) for q in rates.tolist()])


def _rates(q0: float, odds: Numbers) -> Numbers:
    return np.asarray(odds * q0 / (1.0 - q0 + odds * q0))


def _rate_of(power: float, q0: float, n: int, upper: bool, alpha: float) -> float:
    def excess(q: float) -> float:
        return float(fixed_power(q0, np.array(q), n, upper, alpha)) - power

    return float(brentq(excess, 1e-9, 1.0 - 1e-9))


def rows() -> Iterator[Row]:
    """The whole table; the last of it as Holm's procedure asks of the least of four rules."""
    cases = [(p0, planned, ALPHA) for p0 in (0.9, 0.95, 0.98) for planned in (120, 250, 1271)]
    for p0, planned, alpha in [*cases, (0.95, 250, ALPHA / 4), (0.95, 1271, ALPHA / 4)]:
        for decision in ODDS if alpha == ALPHA else ("NO-GO",):
            found = row(p0, planned, decision, alpha)
            if found is not None:
                yield found


def main() -> None:
    """Prints the tables."""
    for alpha in (ALPHA, ALPHA / 4):
        print(f"\nalpha = {alpha:g}\n")
        print(
            "| p0 | planned | decision | error | true rate | fixed: power | power | mean variants | best | ratio |",
            end="",
        )
        print(
            " worst ratio | no rule below | most power lost |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|"
        )
        for one in (found for found in rows() if found.alpha == alpha):
            for k, rate in enumerate(one.rates):
                print(
                    f"| {one.p0} | {one.planned} | {one.decision} | {one.error:.4f} | {rate:.4f} "
                    f"| {one.fixed[k]:.3f} | {one.power[k]:.3f} | {one.means[k]:.0f} | {one.best[k]:.0f} "
                    f"| {one.means[k] / one.best[k]:.2f} |",
                    end="",
                )
                facts = f" {one.worst:.2f} | {one.least_worst:.2f} | {max(one.most_lost, 0.0):.4f} |"
                print(facts if k == 0 else " | | |", flush=True)


if __name__ == "__main__":
    main()
