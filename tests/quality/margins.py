"""Candidates that lose a little: how often a regression rule says GO and NO-GO. ``python -m tests.quality.margins``.

Nothing is simulated: the decision of every table of pairs is that of the gate, and the chances of the tables
are summed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from simgate.harness.gate.rules.regression import margin_of, refutation_of
from simgate.harness.gate.statistics.paired_difference import drop_too_large_p
from simgate.harness.packs.model import GateRule

PAIRS = 370
CONFIDENCE = 0.95
LOSSES = (0.0, 0.02, 0.05, 0.1)
MARGINS = (None, 0.02, 0.05)
KINDS = ("steady", "flaky", "independent")
_TINY = 1e-9


@dataclass(frozen=True)
class Cell:
    """One row of the table.

    Attributes:
        margin: ``max_drop`` of the rule; None where none is stated.
        kind: ``steady``: what is not broken stays as it is. ``flaky``: 5 % break and 5 % are fixed besides.
            ``independent``: each side draws its own seeds at a pass rate of 0.9 of the baseline.
        loss: True drop of the pass rate.
        go: Chance of GO.
        no_go: Chance of NO-GO.
    """

    margin: float | None
    kind: str
    loss: float
    go: float
    no_go: float


def shares(kind: str, loss: float) -> tuple[float, float]:
    """Shares of broken and of fixed pairs."""
    if kind == "steady":
        return loss, 0.0
    if kind == "flaky":
        return 0.05 + loss, 0.05
    before, now = 0.9, 0.9 - loss
    return before * (1.0 - now), (1.0 - before) * now


def margins(pairs: int = PAIRS) -> Iterator[Cell]:
    """Every margin, kind of pair and loss."""
    for margin in MARGINS:
        rule = GateRule(kind="regression", at_most=margin, confidence=CONFIDENCE)
        most_fixed = max(int(binom.ppf(1.0 - _TINY, pairs, shares(kind, 0.0)[1])) for kind in KINDS)
        proven, refuted = _edges(rule, pairs, most_fixed)
        for kind in KINDS:
            for loss in LOSSES:
                broken, fixed = shares(kind, loss)
                weights = binom.pmf(np.arange(most_fixed + 1), pairs, fixed)
                rest = pairs - np.arange(most_fixed + 1)
                share = broken / (1.0 - fixed)
                go = float(weights @ binom.cdf(np.minimum(proven, refuted - 1), rest, share))
                yield Cell(margin, kind, loss, go, float(weights @ binom.sf(refuted - 1, rest, share)))


def _edges(rule: GateRule, pairs: int, most_fixed: int) -> tuple[np.ndarray, np.ndarray]:
    """For every number of fixed pairs the most broken ones that prove the rule, and the fewest that refute it."""
    alpha = 1.0 - rule.confidence
    proven, refuted = [], []
    most, fewest = -1, 0
    for fixed in range(most_fixed + 1):
        while drop_too_large_p(most + 1, fixed, pairs, margin_of(rule)) <= alpha:
            most += 1
        while refutation_of(rule, fewest, fixed, pairs) >= alpha:
            fewest += 1
        proven.append(most)
        refuted.append(fewest)
    return np.array(proven), np.array(refuted)


def main() -> None:
    """Prints the table of docs/verdicts.md."""
    print("| margin | pairs | true loss | GO | NO-GO | INCONCLUSIVE |\n|---|---|---|---|---|---|")
    for cell in margins():
        margin = "none stated" if cell.margin is None else f"{cell.margin:g}"
        rest = abs(1.0 - cell.go - cell.no_go)
        print(f"| {margin} | {cell.kind} | {cell.loss:g} | {cell.go:.3f} | {cell.no_go:.3f} | {rest:.3f} |")


if __name__ == "__main__":
    main()
