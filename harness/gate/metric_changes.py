"""What changed in every metric between two runs of the same variants: paired bootstrap, for triage only.

The mean difference over the pairs, its percentile interval over resampled pairs (Efron and Tibshirani, An
Introduction to the Bootstrap, 1993, chapter 13), and a two-sided p-value from random sign flips of the paired
differences (Fisher's randomisation test). With that many metrics some differ by chance, so the list carries
Benjamini-Hochberg q-values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.pairing import Pair
from simgate.harness.gate.tally import VALID
from simgate.harness.multiplicity import benjamini_hochberg
from simgate.harness.results.record import ResultModel, RunRecord

RESAMPLES = 4_000
CONFIDENCE = 0.95
FEWEST_PAIRS = 5
"""With fewer pairs a resampled interval is a fiction."""
_SEED = 20261120


class MetricChange(ResultModel):
    """One metric, candidate against baseline."""

    metric: str
    unit: str = ""
    direction: str = "none"
    """Which way is better: ``higher``, ``lower`` or ``none``."""
    pairs: int
    """Pairs in which both runs could compute it."""
    baseline_mean: float
    candidate_mean: float
    change: float
    """Mean of candidate minus baseline over the pairs."""
    low: float
    high: float
    """Bootstrap interval of the change, at 95 %."""
    p_value: float
    q_value: float
    """Benjamini-Hochberg over all metrics of the comparison."""

    @property
    def worse(self) -> bool:
        """Whether it moved the wrong way."""
        return (self.direction == "higher" and self.change < 0) or (
            self.direction == "lower" and self.change > 0
        )


Describe = Callable[[str], tuple[str, str]]
"""Name of a metric -> (unit, direction)."""


def metric_changes(pairs: Sequence[Pair], describe: Describe) -> tuple[MetricChange, ...]:
    """Every metric that both runs computed on enough pairs, the surest changes first.

    Args:
        pairs: Of both runs; those without a valid result on both sides are left out.
        describe: Unit and direction of a metric.
    """
    both = [records for pair in pairs if (records := _records(pair)) is not None]
    names = sorted({name for before, now in both for name in before.metrics.keys() & now.metrics.keys()})
    columns = {}
    for name in names:
        values = [(_number(before, name), _number(now, name)) for before, now in both]
        if sum(b is not None and n is not None for b, n in values) >= FEWEST_PAIRS:
            columns[name] = values
    if not columns:
        return ()
    before = _matrix([[b for b, _ in values] for values in columns.values()])
    now = _matrix([[n for _, n in values] for values in columns.values()])
    p_values, low, high = _resample(now - before)
    q_values = benjamini_hochberg(p_values.tolist())
    changes = []
    for k, name in enumerate(columns):
        there = ~np.isnan(now[k] - before[k])
        old, new = float(before[k][there].mean()), float(now[k][there].mean())
        unit, direction = describe(name)
        changes.append(
            MetricChange(
                metric=name,
                unit=unit,
                direction=direction,
                pairs=int(there.sum()),
                baseline_mean=old,
                candidate_mean=new,
                change=new - old,
                low=float(low[k]),
                high=float(high[k]),
                p_value=float(p_values[k]),
                q_value=q_values[k],
            )
        )
    return tuple(sorted(changes, key=lambda item: (item.q_value, not item.worse, item.metric)))


def _records(pair: Pair) -> tuple[RunRecord, RunRecord] | None:
    if pair.before is None or pair.before.record is None or pair.now.record is None:
        return None
    records = pair.before.record, pair.now.record
    return records if {record.outcome for record in records} <= set(VALID) else None


def _number(record: RunRecord, name: str) -> float | None:
    value = record.metrics.get(name)
    return None if value is None or isinstance(value, str) else float(value)


def _matrix(rows: list[list[float | None]]) -> NDArray[np.float64]:
    return np.array([[np.nan if value is None else value for value in row] for row in rows])


def _resample(
    differences: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """P-values, and both ends of the bootstrap interval.

    Args:
        differences: Candidate minus baseline, shape (metrics, pairs); NaN where it cannot be computed.
    """
    rng = np.random.Generator(np.random.Philox(_SEED))
    there = ~np.isnan(differences)
    values = np.where(there, differences, 0.0)
    size = differences.shape[1]
    weights = rng.multinomial(size, np.full(size, 1.0 / size), RESAMPLES).astype(float)
    counts = np.maximum(weights @ there.T, 1.0)
    means = (weights @ values.T) / counts
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.percentile(means, [tail, 100.0 - tail], axis=0)
    signs = rng.choice([-1.0, 1.0], (RESAMPLES, size))
    observed = np.abs(values.sum(axis=1))
    # The slack lets flips that give the same sum count, whatever the order of addition made of it.
    extreme = np.abs(signs @ values.T) >= observed * (1.0 - 1e-12)
    return (1.0 + extreme.sum(axis=0)) / (1.0 + RESAMPLES), low, high
