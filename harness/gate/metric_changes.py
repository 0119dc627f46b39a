"""What changed in every metric between two runs of the same variants: paired bootstrap, for triage only.

The mean difference over the pairs, its percentile interval over resampled pairs (Efron and Tibshirani, An
Introduction to the Bootstrap, 1993, chapter 13), and a two-sided p-value from random sign flips of the paired
differences (Fisher's randomisation test). With that many metrics some differ by chance, so the list carries
Benjamini-Hochberg q-values.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.pairing import Pair
from simgate.harness.gate.tally import VALID
from simgate.harness.multiplicity import benjamini_hochberg
from simgate.harness.results.record import ResultModel, RunRecord
from simgate.harness.results.stored_record import whole

RESAMPLES = 4_000
CONFIDENCE = 0.95
FEWEST_PAIRS = 5
"""With fewer pairs a resampled interval is a fiction."""
_FEW_PAIRS = 2_000
"""Up to here all pairs are resampled together."""
_SEED = 20261120

Numbers = NDArray[np.float64]


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
    names, before, now = _columns(pairs)
    if not names:
        return ()
    resample = _resample if before.shape[1] <= _FEW_PAIRS else _resample_each
    p_values, low, high = resample(now - before)
    q_values = benjamini_hochberg(p_values.tolist())
    changes = []
    for k, name in enumerate(names):
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


def _columns(pairs: Sequence[Pair]) -> tuple[list[str], Numbers, Numbers]:
    """Metrics that both runs computed in enough pairs, with their values before and now.

    Returns:
        Names in order; shape (metrics, pairs) twice, NaN where a metric could not be computed.
    """
    columns: dict[str, tuple[array[float], array[float]]] = {}
    count = 0
    for records in filter(None, map(_records, pairs)):
        metrics = [record.metrics for record in records]
        for name in metrics[0].keys() & metrics[1].keys():
            column = columns.setdefault(name, (array("d"), array("d")))
            for values, of_run in zip(column, metrics, strict=True):
                _fill(values, count)
                value = of_run[name]
                values.append(math.nan if value is None or isinstance(value, str) else float(value))
        count += 1
    kept = {}
    for name, column in sorted(columns.items()):
        for values in column:
            _fill(values, count)
        if np.count_nonzero(~np.isnan(np.subtract(*column))) >= FEWEST_PAIRS:
            kept[name] = column
    before, now = (np.array([column[side] for column in kept.values()]) for side in (0, 1))
    return list(kept), before, now


def _fill(values: array[float], count: int) -> None:
    """Pairs that lack a metric have no value of it."""
    values.extend([math.nan] * (count - len(values)))


def _records(pair: Pair) -> tuple[RunRecord, RunRecord] | None:
    if pair.before is None or pair.before.record is None or pair.now.record is None:
        return None
    if not {pair.before.record.outcome, pair.now.record.outcome} <= set(VALID):
        return None
    return whole(pair.before.record), whole(pair.now.record)


def _resample(differences: Numbers) -> tuple[Numbers, Numbers, Numbers]:
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


def _resample_each(differences: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The same for many pairs, metric by metric.

    Pairs that do not differ add nothing to a sum, so that only the others are resampled. Where they are many,
    the limit of both is taken: the mean is normal with its standard error, and so is a sum of flipped signs.
    """
    rng = np.random.Generator(np.random.Philox(_SEED))
    rows = [_one(row[~np.isnan(row)], rng) for row in differences]
    p_values, low, high = np.array(rows).T
    return p_values, low, high


def _one(values: Numbers, rng: np.random.Generator) -> tuple[float, float, float]:
    total, count = float(values.sum()), len(values)
    other = values[values != 0.0]
    if len(other) > _FEW_PAIRS:
        z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2.0)
        half = z * float(values.std()) / math.sqrt(count)
        p_value = math.erfc(abs(total) / math.sqrt(2.0 * float((values**2).sum())))
        return p_value, total / count - half, total / count + half
    chances = np.append(np.full(len(other), 1.0 / count), max(1.0 - len(other) / count, 0.0))
    means = rng.multinomial(count, chances, RESAMPLES)[:, :-1] @ other / count
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.percentile(means, [tail, 100.0 - tail])
    flipped = rng.choice([-1.0, 1.0], (RESAMPLES, len(other))) @ other
    extreme = int((np.abs(flipped) >= abs(total) * (1.0 - 1e-12)).sum())
    return (1.0 + extreme) / (1.0 + RESAMPLES), float(low), float(high)
