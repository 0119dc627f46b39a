"""How many variants ``--until-decided`` needs. ``python -m tests.quality.savings`` prints the tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simgate.harness.gate.statistics.intervals import (
    MORE_THAN_ANYONE_RUNS,
    more_successes_needed,
    most_failures_allowed,
)
from simgate.harness.gate.statistics.power import chance_of_go, chance_of_no_go
from simgate.harness.gate.stopping.sequential import SequentialGate
from simgate.harness.gate.tally import JudgedVariant, Status
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.checks.clean_runs import clean_runs_needed
from simgate.harness.packs.model import GateRule
from tests.unit.gate.runs import make_manifest, make_pack, make_record, scenario

POWER = 0.9
RUNS = 100
GOOD, BAD = "clearly good", "clearly bad"


@dataclass(frozen=True)
class Saving:
    """One row of the table.

    Attributes:
        p0: What the rule demands, at 95 %.
        fixed: Variants of the pack: enough to prove p0 in 90 % of runs when the rate is halfway to 1.
        model: In words.
        rate: Its true pass rate.
        mean: Variants counted at the decision, on average; undecided runs count with the whole pack.
        go: Share of runs that end GO.
        no_go: Share of runs that end NO-GO.
        fixed_go: Chance of GO when the whole pack runs.
        fixed_no_go: Chance of NO-GO when the whole pack runs.
    """

    p0: float
    fixed: int
    model: str
    rate: float
    mean: float
    go: float
    no_go: float
    fixed_go: float
    fixed_no_go: float

    @property
    def share(self) -> float:
        """Of the pack."""
        return self.mean / self.fixed


def runs_needed(true_rate: float, p0: float, confidence: float, power: float) -> int | None:
    """Smallest number of variants that proves ``p0`` with a chance of at least ``power``.

    The chance rises and falls like a saw with n; its teeth stand where one more failure becomes allowed, so
    only these sizes are tried.

    Returns:
        None when more than anyone would run, for example when the true rate is not above ``p0``.
    """
    if true_rate <= p0:
        return None
    n = clean_runs_needed(p0, confidence)
    while chance_of_go(n, true_rate, p0, confidence) < power:
        allowed = most_failures_allowed(n, p0, confidence)
        assert allowed is not None
        n = _first_size_allowing(allowed + 1, n, p0, confidence)
        if n > MORE_THAN_ANYONE_RUNS:
            return None
    return n


def _first_size_allowing(failures: int, above: int, p0: float, confidence: float) -> int:
    """Smallest number of variants, above the given one, that proves ``p0`` with so many failures."""
    more = more_successes_needed(above - failures, above, p0, confidence)
    return MORE_THAN_ANYONE_RUNS + 1 if more is None else above + more


def savings(fixed_size: int | None = None, p0s: tuple[float, ...] = (0.9, 0.95, 0.98)) -> Iterator[Saving]:
    """Simulates runs variant by variant through the sequential gate itself.

    Args:
        fixed_size: Size of the pack; by default what a test of fixed size needs.
        p0s: Demands.
    """
    for p0 in p0s:
        fixed = fixed_size or runs_needed((1 + p0) / 2, p0, 0.95, POWER)
        assert fixed is not None
        for model, rate in ((GOOD, 1.0), ("good", 1 - (1 - p0) / 10), ("borderline", p0), (BAD, p0 - 0.3)):
            yield _simulate(p0, fixed, model, rate)


def _simulate(p0: float, fixed: int, model: str, rate: float) -> Saving:
    rng = np.random.default_rng(11)
    one = scenario("s", fixed)
    pack = make_pack([one], [GateRule(kind="pass_rate", at_least=p0)])
    judged = [
        {
            passed: JudgedVariant(e, make_record(e.id), Status.SUCCESS if passed else Status.FAILURE)
            for passed in (True, False)
        }
        for e in make_manifest(pack).expected
    ]
    counted, decisions = [], []
    for passes in (rng.random((RUNS, fixed)) < rate).tolist():
        gate = SequentialGate(pack, make_manifest(pack).expected)
        for variant, passed in zip(judged, passes, strict=True):
            gate.add(variant[passed])
            if gate.decision is not None:
                break
        counted.append(gate.counted)
        decisions.append(gate.decision)
    return Saving(
        p0=p0,
        fixed=fixed,
        model=model,
        rate=rate,
        mean=float(np.mean(counted)),
        go=decisions.count(Decision.GO) / RUNS,
        no_go=decisions.count(Decision.NO_GO) / RUNS,
        fixed_go=chance_of_go(fixed, rate, p0, 0.95),
        fixed_no_go=chance_of_no_go(fixed, rate, p0, 0.95),
    )


def main() -> None:
    """Prints both tables."""
    for title, rows in (
        ("Packs sized for a test of fixed size", savings()),
        ("The 274 critical variants of office_doors", savings(274, (0.98,))),
    ):
        print(f"\n{title}\n")
        print("| p0 | variants | model | pass rate | mean needed | share | GO | NO-GO | fixed: GO | NO-GO |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        for row in rows:
            print(
                f"| {row.p0} | {row.fixed} | {row.model} | {row.rate:.3f} | {row.mean:.0f} | {row.share:.0%} "
                f"| {row.go:.0%} | {row.no_go:.0%} | {row.fixed_go:.0%} | {row.fixed_no_go:.0%} |"
            )


if __name__ == "__main__":
    main()
