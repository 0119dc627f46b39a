"""How often the gate is wrong, on its own decision functions. ``python -m tests.quality.calibration``.

Everything is seeded. Rates of fixed-size rules are exact sums over every outcome besides the simulated
ones, so that chance in the simulation cannot hide anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from simgate.harness.gate.statistics.intervals import (
    lower_bound,
    proves_at_least,
    refutation_p,
    refutes_at_least,
    upper_bound,
    wilson,
)
from simgate.harness.gate.statistics.mcnemar import mcnemar_p
from simgate.harness.gate.statistics.paired_betting import log_e_drop_below
from simgate.harness.gate.statistics.paired_difference import drop_too_large_p
from simgate.harness.gate.statistics.percentile import accepts, rejects
from simgate.harness.gate.statistics.stopping_boundary import Boundary, go_boundary, no_go_boundary
from simgate.harness.multiplicity import holm_rejects

PACKS = 20_000
CONFIDENCE = 0.95
ALPHA = 1.0 - CONFIDENCE
ENOUGH = math.log(20.0)
SHARES = (0.5, 0.9, 0.98, 0.99)
SIZES = (20, 59, 100, 149, 300, 500)


@dataclass(frozen=True)
class Row:
    """One measured number.

    Attributes:
        what: What was tried.
        measured: Rate over the simulated packs.
        limit: What it must not exceed, or fall short of for a coverage.
        exact: The same rate, summed over every outcome; None where only simulation is possible.
        coverage: Whether larger is better.
        trials: Simulated packs.
    """

    what: str
    measured: float
    limit: float
    exact: float | None = None
    coverage: bool = False
    trials: int = PACKS

    @property
    def kept(self) -> bool:
        """Whether the promise holds: exactly where that is known, else within three standard errors."""
        if self.exact is not None:
            return self.exact >= self.limit - 1e-12 if self.coverage else self.exact <= self.limit + 1e-12
        slack = 3.0 * math.sqrt(self.limit * (1.0 - self.limit) / self.trials)
        return self.measured >= self.limit - slack if self.coverage else self.measured <= self.limit + slack


def binomial_coverage() -> Iterator[Row]:
    """The exact bounds cover the truth at least at their level."""
    rng = np.random.default_rng(1)
    for n in SIZES:
        low = np.array([lower_bound(k, n, CONFIDENCE) for k in range(n + 1)])
        high = np.array([upper_bound(k, n, CONFIDENCE) for k in range(n + 1)])
        for p in SHARES:
            drawn = rng.binomial(n, p, PACKS)
            weights = binom.pmf(np.arange(n + 1), n, p)
            for name, covers in (("lower", low <= p), ("upper", high >= p)):
                yield Row(
                    f"{name} exact bound, p = {p}, n = {n}",
                    float(np.mean(covers[drawn])),
                    CONFIDENCE,
                    float(weights @ covers),
                    coverage=True,
                )


def wilson_coverage() -> Iterator[Row]:
    """For comparison: the Wilson interval, which decides nothing, does not keep its level everywhere."""
    for n in SIZES:
        ends = np.array([wilson(k, n, CONFIDENCE) for k in range(n + 1)])
        for p in SHARES:
            covers = (ends[:, 0] <= p) & (p <= ends[:, 1])
            rate = float(binom.pmf(np.arange(n + 1), n, p) @ covers)
            yield Row(f"Wilson interval, p = {p}, n = {n}", rate, CONFIDENCE, rate, coverage=True)


def false_decisions() -> Iterator[Row]:
    """A pass-rate rule at the very edge of its statement."""
    rng = np.random.default_rng(2)
    for p0, n in ((0.9, 60), (0.9, 310), (0.98, 250), (0.98, 1000)):
        outcomes = np.arange(n + 1)
        weights = binom.pmf(outcomes, n, p0)
        drawn = rng.binomial(n, p0, PACKS)
        for name, rule in (("GO", proves_at_least), ("NO-GO", refutes_at_least)):
            decided = np.array([rule(int(k), n, p0, CONFIDENCE) for k in outcomes])
            yield Row(
                f"false {name}, pass rate at p0 = {p0}, n = {n}",
                float(np.mean(decided[drawn])),
                ALPHA,
                float(weights @ decided),
            )


def false_latency() -> Iterator[Row]:
    """A latency rule whose limit is the true percentile."""
    for total in (100, 500, 5000):
        outcomes = np.arange(total + 1)
        weights = binom.pmf(outcomes, total, 0.95)
        for name, rule in (("GO", accepts), ("NO-GO", rejects)):
            decided = np.array([rule(int(k), total, 0.95, 0.99) for k in outcomes])
            rate = float(weights @ decided)
            yield Row(f"false {name}, p95 at its limit, {total} samples, 99 %", rate, 0.01, rate)


def false_no_go_of_many_rules() -> Iterator[Row]:
    """Several pass-rate rules, all at the very edge: NO-GO of any, with and without Holm."""
    rng = np.random.default_rng(3)
    n, p0 = 120, 0.9
    p_of = np.array([refutation_p(k, n, p0) for k in range(n + 1)])
    for rules in (2, 4, 8):
        p_values = p_of[rng.binomial(n, p0, (PACKS, rules))]
        holm = np.mean([any(holm_rejects(row, [ALPHA] * rules)) for row in p_values.tolist()])
        yield Row(f"false NO-GO of any of {rules} rules, Holm", float(holm), ALPHA)
        naive = float(np.mean((p_values < ALPHA).any(axis=1)))
        yield Row(f"the same without Holm, for comparison ({rules} rules)", naive, 1.0)


Evidence = Callable[[int, int], float]


def ever_reached(evidence: Evidence, outcomes: NDArray[np.bool_], first_look: int = 1) -> NDArray[np.bool_]:
    """Which of the runs, shape (runs, n), reach enough evidence at any look after any variant."""
    runs, n = outcomes.shape
    successes = np.cumsum(outcomes, axis=1)
    reached = np.zeros(runs, dtype=bool)
    for t in range(first_look, n + 1):
        values, inverse = np.unique(successes[:, t - 1], return_inverse=True)
        enough = np.array([evidence(int(s), t - int(s)) >= ENOUGH for s in values])
        reached |= enough[inverse]
    return reached


def false_sequential() -> Iterator[Row]:
    """Sequential pass-rate rules at the edge, looked at after every variant."""
    runs, n = 4_000, 500
    for p0 in (0.9, 0.98):
        outcomes = np.random.default_rng(4).random((runs, n)) < p0
        for name, make in (("GO", go_boundary), ("NO-GO", no_go_boundary)):
            boundary = make(n, p0, ALPHA)
            rate, exact = np.mean(ever_reached(_by(boundary), outcomes)), boundary.chance(boundary.rate)
            what = f"false {name}, sequential, p0 = {p0}, {n} variants"
            yield Row(what, float(rate), ALPHA, float(exact), trials=runs)
        rate = np.mean(ever_reached(lambda s, f, p=p0: _fixed(s, f, p), outcomes))
        yield Row(
            f"a fixed-size test looked at {n} times, for comparison, p0 = {p0}", float(rate), 1.0, trials=runs
        )


def _by(boundary: Boundary) -> Callable[[int, int], float]:
    """A boundary as evidence that is enough where it is crossed."""
    return lambda s, f: ENOUGH if boundary.crossed(s + f, f) else 0.0


def _fixed(successes: int, failures: int, p0: float) -> float:
    proven = proves_at_least(successes, successes + failures, p0, CONFIDENCE)
    return ENOUGH if proven else 0.0


def false_sequential_in_a_mixed_pack() -> Iterator[Row]:
    """Scenarios of very different difficulty in the order that a run really uses (a random permutation)."""
    rng = np.random.default_rng(5)
    runs = 4_000
    for title, shares, sizes in (
        ("one hard scenario", (1.0, 0.5), (240, 10)),
        ("two kinds", (1.0, 0.8), (225, 25)),
        ("five kinds", (1.0, 0.99, 0.98, 0.95, 0.98), (50, 50, 50, 50, 50)),
    ):
        chances = np.repeat(shares, sizes)
        p0 = float(chances.mean())
        outcomes = np.array([rng.random(len(chances)) < rng.permutation(chances) for _ in range(runs)])
        for name, make in (("GO", go_boundary), ("NO-GO", no_go_boundary)):
            rate = np.mean(ever_reached(_by(make(len(chances), p0, ALPHA)), outcomes))
            yield Row(
                f"false {name}, sequential, {title}, mean pass rate {p0:g}", float(rate), ALPHA, trials=runs
            )


def false_compare() -> Iterator[Row]:
    """Models of the same pass rate that churn: a pair breaks as often as it is fixed."""
    rng = np.random.default_rng(6)
    for n, churn in ((100, 0.02), (310, 0.01), (310, 0.05), (310, 0.2), (1000, 0.02)):
        tables = rng.multinomial(n, [churn, churn, 1 - 2 * churn], PACKS)
        worse = [mcnemar_p(b, c) < ALPHA for b, c in tables[:, :2].tolist()]
        yield Row(
            f"false NO-GO of compare without a margin, {n} pairs, {churn:g} break and {churn:g} are fixed",
            float(np.mean(worse)),
            ALPHA,
        )
    yield Row(
        "false NO-GO of compare, identical deterministic models", float(mcnemar_p(0, 0) < ALPHA), ALPHA, 0.0
    )


def false_go_of_compare() -> Iterator[Row]:
    """Candidates whose pass rate drops by exactly what is allowed."""
    rng = np.random.default_rng(7)
    packs = 4_000
    for n, drop, fixed in ((150, 0.02, 0.0), (310, 0.02, 0.0), (310, 0.02, 0.02), (310, 0.05, 0.1)):
        tables = rng.multinomial(n, [fixed + drop, fixed, 1 - 2 * fixed - drop], packs)[:, :2]

        @cache
        def within(b: int, c: int, n: int = n, drop: float = drop) -> bool:
            return drop_too_large_p(b, c, n, drop) <= ALPHA

        rate = np.mean([within(b, c) for b, c in tables.tolist()])
        yield Row(
            f"false GO of compare, {n} pairs, drop {drop}, {fixed:g} fixed", float(rate), ALPHA, trials=packs
        )


def false_sequential_compare() -> Iterator[Row]:
    """The sequential regression rule at both edges, looked at after every pair."""
    rng = np.random.default_rng(8)
    runs, n, drop = 1_500, 310, 0.02
    within = cache(log_e_drop_below)
    for title, broken, fixed in (("allowed drop", 0.04, 0.02), ("allowed drop, nothing fixed", 0.02, 0.0)):
        rate = _ever(rng, runs, n, broken, fixed, lambda b, c, t: within(b, c, t, drop))
        yield Row(f"false GO, sequential compare, {title}", rate, ALPHA, trials=runs)
    for title, broken, fixed in (("allowed drop", 0.04, 0.02), ("allowed drop, churn", 0.22, 0.2)):
        rate = _ever(rng, runs, n, broken, fixed, lambda b, c, t: within(c, b, t, -drop))
        yield Row(f"false NO-GO, sequential compare, {title}", rate, ALPHA, trials=runs)


def _ever(
    rng: np.random.Generator,
    runs: int,
    n: int,
    broken: float,
    fixed: float,
    evidence: Callable[[int, int, int], float],
) -> float:
    drawn = rng.random((runs, n))
    breaks = np.cumsum(drawn < broken, axis=1)
    fixes = np.cumsum((drawn >= broken) & (drawn < broken + fixed), axis=1)
    reached = 0
    for b, c in zip(breaks.tolist(), fixes.tolist(), strict=True):
        reached += any(evidence(b[t], c[t], t + 1) >= ENOUGH for t in range(n))
    return reached / runs


SECTIONS: dict[str, Callable[[], Iterator[Row]]] = {
    "Exact bounds cover the truth (at least 0.95)": binomial_coverage,
    "Wrong decisions at the very edge of a rule": false_decisions,
    "Latency percentile": false_latency,
    "Several rules at once": false_no_go_of_many_rules,
    "Sequential, looked at after every variant": false_sequential,
    "Sequential, scenarios of different difficulty": false_sequential_in_a_mixed_pack,
    "Compare: no real change": false_compare,
    "Compare: a drop of exactly what is allowed": false_go_of_compare,
    "Compare, sequential": false_sequential_compare,
}


def main() -> None:
    """Prints the tables of docs/verdicts.md."""
    for title, section in SECTIONS.items():
        print(f"\n{title}\n\n| case | measured | exact | limit |\n|---|---|---|---|")
        for row in section():
            exact = "" if row.exact is None else f"{row.exact:.4f}"
            limit = "" if row.limit in (0.0, 1.0) else f"{'>=' if row.coverage else '<='} {row.limit:.4g}"
            print(f"| {row.what} | {row.measured:.4f} | {exact} | {limit} |")


if __name__ == "__main__":
    main()
