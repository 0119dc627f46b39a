"""How often intervals of a metric's mean change cover it. ``python -m tests.quality.metric_coverage``.

A metric between 0 and 1; in most pairs nothing changes, in some the candidate loses. Beside it the percentile
bootstrap, which is what such lists mostly show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.statistics.paired_betting import counted_losses, mean_upper_bound

CONFIDENCE = 0.95
TRIALS = 300
_RESAMPLES = 400
SIZES = (10, 54, 370)
SHARES = (0.02, 0.1, 0.5, 1.0)

Numbers = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Numbers]

KINDS: dict[str, tuple[Draw, float]] = {
    "all of it": (lambda rng, n: np.ones(n), 1.0),
    "mostly a little": (lambda rng, n: rng.beta(0.3, 1.2, n), 0.2),
    "as often better": (lambda rng, n: np.clip(rng.normal(0.0, 0.3, n), -1.0, 1.0), 0.0),
}
"""What a pair loses when it changes: draws, and their mean."""


@dataclass(frozen=True)
class Coverage:
    """One row of the table.

    Attributes:
        pairs: Of a run.
        share: Of the pairs that change.
        kind: What those lose.
        covered: Share of the intervals that hold the true mean.
        below: Share of the upper ends, at 95 % on one side, that the true mean exceeds: a false GO of
            ``not_worse_by`` at a margin of just that mean.
        above: The same of the lower ends: a false NO-GO.
        width: Mean width of the intervals.
        bootstrap: What the percentile bootstrap covers.
    """

    pairs: int
    share: float
    kind: str
    covered: float
    below: float
    above: float
    width: float
    bootstrap: float


def coverage(sizes: tuple[int, ...] = SIZES, trials: int = TRIALS) -> Iterator[Coverage]:
    """Every size, share and kind; seeded."""
    rng = np.random.default_rng(11)
    for pairs in sizes:
        for share in SHARES:
            for kind, (draw, mean) in KINDS.items():
                truth = share * mean
                found = np.array(
                    [
                        _one(np.where(rng.random(pairs) < share, draw(rng, pairs), 0.0), truth, rng)
                        for _ in range(trials)
                    ]
                )
                covered, below, above, width, bootstrap = found.mean(axis=0).tolist()
                yield Coverage(pairs, share, kind, covered, below, above, width, bootstrap)


def _one(losses: Numbers, truth: float, rng: np.random.Generator) -> tuple[float, ...]:
    def upper(values: Numbers, confidence: float) -> float:
        return mean_upper_bound(*counted_losses(values, 1.0), 1.0, confidence)

    both = 0.5 + CONFIDENCE / 2.0
    low, high = -upper(-losses, both), upper(losses, both)
    means = losses[rng.integers(0, len(losses), (_RESAMPLES, len(losses)))].mean(axis=1)
    ends = np.percentile(means, [2.5, 97.5])
    slack = 1e-9
    return (
        float(low - slack <= truth <= high + slack),
        float(upper(losses, CONFIDENCE) < truth - slack),
        float(-upper(-losses, CONFIDENCE) > truth + slack),
        high - low,
        float(ends[0] - slack <= truth <= ends[1] + slack),
    )


def main() -> None:
    """Prints the table of docs/verdicts.md."""
    print("| pairs | of them change | lose | covered | false GO | false NO-GO | mean width | bootstrap |")
    print("|---|---|---|---|---|---|---|---|")
    for row in coverage():
        print(
            f"| {row.pairs} | {row.share:g} | {row.kind} | {row.covered:.3f} | {row.below:.3f} | {row.above:.3f} "
            f"| {row.width:.3f} | {row.bootstrap:.3f} |"
        )


if __name__ == "__main__":
    main()
