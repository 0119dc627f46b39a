"""What changed in every metric between two runs of the same variants.

The mean difference over the pairs; where the metric is bounded, an interval that covers it whatever its
distribution (``paired_betting``; nothing does where a metric has no bounds, Bahadur and Savage 1956, so there
is none); and a two-sided p-value from sign flips of the paired differences (Fisher's randomisation test).
With that many metrics some differ by chance, so the list carries Benjamini-Hochberg q-values.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.comparing.pairing import Pair
from simgate.harness.gate.scenes import Repeated
from simgate.harness.gate.statistics.paired_betting import counted_losses, mean_upper_bound
from simgate.harness.multiplicity import benjamini_hochberg
from simgate.harness.packs.bounds import is_comparable
from simgate.harness.packs.checks.metric_catalog import MetricInfo
from simgate.harness.packs.model import Pack
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.results.record import ResultModel, RunRecord, Scalar

Numbers = NDArray[np.float64]
FLIPS = 4_000
MOST_FLIPPED = 2_000
"""With more pairs that differ the p-value is Hoeffding's bound of what flips give, which is never below."""
CONFIDENCE = 0.95
FEWEST_PAIRS = 5
"""With fewer pairs sign flips can show nothing."""
BEYOND_CHANCE = 0.05
"""Metrics are listed, and called changed, up to this q-value."""
LARGE_OF_RANGE = 0.05
LARGE_OF_MEAN = 0.1
"""What is a large change: so much of what a bounded metric can be, or else of the baseline's mean."""
_SHOWN_LOSSES = 3
_SEED = 20261120


class MetricChange(ResultModel):
    """One metric, candidate against baseline."""

    metric: str
    unit: str = ""
    direction: str = "none"
    """Which way is better: ``higher``, ``lower`` or ``none``."""
    pairs: int
    """Pairs in which both runs could compute it; scenes, where pairs share some."""
    baseline_mean: float
    candidate_mean: float
    change: float
    """Mean of candidate minus baseline over the pairs."""
    low: float | None = None
    high: float | None = None
    """Interval of the change at 95 %; None where the metric has no bounds."""
    p_value: float
    q_value: float
    """Benjamini-Hochberg over all metrics of the comparison."""
    lost: bool = False
    """Worse beyond chance, and by much."""

    @property
    def worse(self) -> bool:
        """Whether it moved the wrong way."""
        return _is_worse(self.direction, self.change)


def _is_worse(direction: str, change: float) -> bool:
    return (direction == "higher" and change < 0) or (direction == "lower" and change > 0)


Describe = Callable[[str], MetricInfo | None]
"""What is known of a metric; None for nothing."""


def describe_metric(name: str) -> MetricInfo | None:
    """What is known of a metric; the options of a criterion, which follow its name in braces, are no part."""
    from simgate.harness.scoring.metrics import find_metric

    return find_metric(name.partition("{")[0])


def describe_of(pack: Pack) -> Describe:
    """What is known of the metrics of a pack, those of its own where their code is still there."""
    criteria = [criterion for scenario in pack.scenarios for criterion in (*scenario.accept, *scenario.hard)]
    own = {criterion.metric: criterion for criterion in criteria if criterion.source is not None}

    def describe(name: str) -> MetricInfo | None:
        from simgate.harness.scoring.metrics import metric_of

        if (criterion := own.get(name.partition("{")[0])) is None:
            return describe_metric(name)
        try:
            return metric_of(criterion, Path(pack.path).parent).info
        except ImportError:
            return None

    return describe


def metric_changes(pairs: Sequence[Pair], describe: Describe) -> tuple[MetricChange, ...]:
    """Every metric that both runs computed on enough pairs, the surest changes first.

    Args:
        pairs: Of both runs; those without a valid result on both sides are left out, and those of one scene
            count as one; so do those of one trace of the candidate where a metric is not worse for them.
        describe: Unit, direction and bounds of a metric.
    """
    unit = Repeated().unit
    valid = [(pair, both) for pair in pairs if (both := pair.valid_records)]
    names, before, now = _columns([both for _, both in valid])
    if not names:
        return ()
    each = _by_scene(before, now, [pair.scene for pair, _ in valid])
    once = _by_scene(before, now, [unit(pair.scene, pair.now.trace) for pair, _ in valid])
    known = [describe(name) for name in names]
    rows = [
        found
        if _is_worse(info.direction if info else "none", float(np.nanmean(found[1] - found[0])))
        else fewer
        for info, found, fewer in zip(known, zip(*each, strict=True), zip(*once, strict=True), strict=True)
    ]
    p_values = _sign_flip_p([new - old for old, new in rows])
    found = zip(names, rows, p_values, benjamini_hochberg(p_values), known, strict=True)
    changes = [_change(name, *row, p, q, info) for name, row, p, q, info in found]
    return tuple(sorted(changes, key=lambda item: (item.q_value, not item.worse, item.metric)))


def _by_scene(before: Numbers, now: Numbers, scenes: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Means over the pairs of each scene in which a metric has a value on both sides."""
    if len(set(scenes)) == len(scenes):
        return before, now
    there = ~np.isnan(now - before)
    return scene_means(np.where(there, before, np.nan), scenes), scene_means(
        np.where(there, now, np.nan), scenes
    )


def losses_in_words(changes: Sequence[MetricChange], judged: Sequence[str] = ()) -> str:
    """Which metrics are worse beyond chance and by much, though no rule judges them; empty for none.

    Args:
        changes: From :func:`metric_changes`.
        judged: Metrics on which a rule decides.
    """
    lost = [change for change in changes if change.lost and change.metric not in judged]
    words = [
        f"{c.metric} {c.baseline_mean:.3g} -> {c.candidate_mean:.3g}{' ' * bool(c.unit)}{c.unit} "
        f"({c.pairs} pairs, q = {c.q_value:.2g})"
        for c in lost[:_SHOWN_LOSSES]
    ]
    more = [f"{len(lost) - _SHOWN_LOSSES} more"] if len(lost) > _SHOWN_LOSSES else []
    return f"WORSE, and judged by no rule: {', '.join(words + more)}" if lost else ""


def _change(
    name: str,
    before: Numbers,
    now: Numbers,
    p_value: float,
    q_value: float,
    info: MetricInfo | None,
) -> MetricChange:
    there = ~np.isnan(now - before)
    old, new = float(before[there].mean()), float(now[there].mean())
    span = _span(info)
    low = high = None
    differences = (now - before)[there]
    if span is not None and np.abs(differences).max() <= span:
        level = 0.5 + CONFIDENCE / 2.0
        high = mean_upper_bound(*counted_losses(differences, span), span, level)
        low = -mean_upper_bound(*counted_losses(-differences, span), span, level)
    large = LARGE_OF_MEAN * abs(old) if span is None else LARGE_OF_RANGE * span
    made = MetricChange(
        metric=name,
        unit=info.unit if info else "",
        direction=info.direction if info else "none",
        pairs=int(there.sum()),
        baseline_mean=old,
        candidate_mean=new,
        change=new - old,
        low=low,
        high=high,
        p_value=p_value,
        q_value=q_value,
    )
    lost = made.worse and q_value <= BEYOND_CHANCE and abs(made.change) >= large
    return made.model_copy(update={"lost": lost})


def _span(info: MetricInfo | None) -> float | None:
    """How far two values of a metric can lie apart; None where nothing says it."""
    if info is not None and info.kind == "bool":
        return 1.0
    return None if info is None or info.low is None or info.high is None else info.high - info.low


def _columns(pairs: Sequence[tuple[RunRecord, RunRecord]]) -> tuple[list[str], Numbers, Numbers]:
    """Metrics that both runs computed in enough pairs, with their values before and now.

    Returns:
        Names in order; shape (metrics, pairs) twice, NaN where a metric could not be computed.
    """
    columns: dict[str, tuple[array[float], array[float]]] = {}
    count = 0
    for records in pairs:
        metrics = [as_read(record).metrics for record in records]
        for name in metrics[0].keys() & metrics[1].keys():
            column = columns.setdefault(name, (array("d"), array("d")))
            for values, of_run in zip(column, metrics, strict=True):
                _fill(values, count)
                value = number_of(of_run, name)
                values.append(math.nan if value is None else value)
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


def scene_means(values: Numbers, scenes: Sequence[str]) -> Numbers:
    """Means over the pairs of each scene, which are one unit of proof.

    Args:
        values: Shape (metrics, pairs); NaN where there is none.
        scenes: Of each pair.

    Returns:
        Shape (metrics, scenes), in the order of their first pairs; NaN where no pair of a scene has a value.
    """
    places = {scene: k for k, scene in enumerate(dict.fromkeys(scenes))}
    place = np.array([places[scene] for scene in scenes])
    rows = []
    for row in values:
        there = ~np.isnan(row)
        counts = np.bincount(place[there], minlength=len(places))
        sums = np.bincount(place[there], row[there], minlength=len(places))
        rows.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
    return np.array(rows)


def number_of(metrics: Mapping[str, Scalar | None], name: str) -> float | None:
    """A metric's value as a number; None for words, for what no float can hold, and where there is none."""
    value = metrics.get(name)
    if value is None or isinstance(value, str) or not is_comparable(value):
        return None
    return float(value)


def _sign_flip_p(differences: Sequence[Numbers]) -> list[float]:
    """Two-sided p-values of "there is no difference": how rare so large a sum is under random signs.

    Pairs that do not differ add nothing to a sum, so that only the others are flipped.

    Args:
        differences: Candidate minus baseline, one row a metric; NaN where it cannot be computed.
    """
    others = [row[~np.isnan(row) & (row != 0.0)] for row in differences]
    few = max((len(row) for row in others if len(row) <= MOST_FLIPPED), default=0)
    signs = np.random.Generator(np.random.Philox(_SEED)).choice([-1.0, 1.0], (FLIPS, few))
    return [_flipped_p(row, signs) for row in others]


def _flipped_p(values: Numbers, signs: Numbers) -> float:
    if not len(values):
        return 1.0
    total = abs(float(values.sum()))
    if len(values) > MOST_FLIPPED:
        return min(1.0, 2.0 * math.exp(-(total**2) / (2.0 * float((values**2).sum()))))
    # The slack lets flips that give the same sum count, whatever the order of addition made of it.
    extreme = int((np.abs(signs[:, : len(values)] @ values) >= total * (1.0 - 1e-12)).sum())
    return (1.0 + extreme) / (1.0 + FLIPS)
