"""The numbers whose mean a metric over all pictures is, by cluster, from the records of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgate.harness.gate.statistics.data_sets.average_precision import Ranking
from simgate.harness.gate.statistics.data_sets.ratios import Ratio
from simgate.harness.gate.statistics.data_sets.whole import Part
from simgate.harness.packs.overall import Overall
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.results.record import DepthSum, MaskSum, PoseSum, RunRecord

Records = Sequence[tuple[str, RunRecord | None]]
"""Name of the cluster, and record, of each variant."""


def parts_of(metric: Overall, records: Records, labels: Iterable[str] | None = None) -> list[Part]:
    """A part for each class and overlap of a metric, over the same clusters; of none that has no value.

    Args:
        metric: Which.
        records: Of the variants.
        labels: Classes in place of the metric's.
    """
    names = {name: place for place, name in enumerate(dict.fromkeys(name for name, _ in records))}
    kept = [(names[name], as_read(record)) for name, record in records if record is not None]
    found: list[Part] = []
    for label in sorted(classes_of(metric, records) if labels is None else labels):
        if metric.output == "boxes":
            found += _rankings(metric, label, kept, len(names))
        elif (ratio := _ratio(metric, label, kept, len(names))) is not None:
            found.append(ratio)
    return found


def classes_of(metric: Overall, records: Records) -> set[str]:
    """A metric's classes that a model has and that are in its pictures; an empty one for depth."""
    kept = [as_read(record) for _, record in records if record is not None]
    if metric.output == "boxes":
        found = {label for one in kept for label, sheet in one.sheets.items() if sheet.truths}
    elif metric.output == "masks":
        found = {label for one in kept for label, own in one.mask_sums.items() if own.true + own.said}
    elif metric.output == "poses":
        found = {label for one in kept for label, own in one.pose_sums.items() if own.judged}
    else:
        found = {"" for one in kept if one.depth_sum is not None}
    return found & {metric.label} if metric.label else found


def classes_of_model(metric: Overall, records: Records) -> set[str]:
    """Those of :func:`classes_of`, and what else a model of masks can say: it need not say it."""
    if metric.output != "masks":
        return classes_of(metric, records)
    found = {label for _, one in records if one is not None for label in as_read(one).mask_sums}
    return found & {metric.label} if metric.label else found


def _rankings(
    metric: Overall, label: str, records: Sequence[tuple[int, RunRecord]], clusters: int
) -> list[Part]:
    own = [(place, of.sheets[label]) for place, of in records if label in of.sheets]
    truths = [0.0] * clusters
    for place, sheet in own:
        truths[place] += sheet.truths
    if not sum(truths):
        return []
    rankings: list[Part] = []
    for bit in metric.overlaps:
        kept = [
            (score, bool(hit >> bit & 1), place)
            for place, sheet in own
            for score, hit, out in zip(sheet.scores, sheet.hits, sheet.ignored, strict=True)
            if not out >> bit & 1
        ]
        scores, right, cluster = zip(*kept, strict=True) if kept else ((), (), ())
        rankings.append(Ranking.of(scores, right, cluster, truths))
    return rankings


class _Row(NamedTuple):
    """What one variant adds to a ratio."""

    over: float
    under: float
    truths: float


def _ratio(
    metric: Overall, label: str, records: Sequence[tuple[int, RunRecord]], clusters: int
) -> Ratio | None:
    sums: NDArray[np.float64] = np.zeros((clusters, 3))
    for place, record in records:
        if (row := _row(metric, label, record)) is not None:
            sums[place] += row
    over, under, truths = sums.T
    if under.sum() <= 0.0:
        return None
    return Ratio(over, under, truths, metric.is_better_higher, is_root=metric.what == "rmse_m")


def _row(metric: Overall, label: str, record: RunRecord) -> _Row | None:
    if metric.output == "masks":
        return _of_mask(record.mask_sums[label]) if label in record.mask_sums else None
    if metric.output == "depth":
        return _of_depth(metric.what, record.depth_sum) if record.depth_sum is not None else None
    return _of_pose(metric.what, record.pose_sums[label]) if label in record.pose_sums else None


def _of_mask(one: MaskSum) -> _Row:
    return _Row(one.both, one.true + one.said - one.both, one.true)


def _of_depth(what: str, one: DepthSum) -> _Row:
    by_what = {
        "delta1": (one.right, one.judged),
        "coverage": (one.answered, one.judged),
        "abs_rel": (one.relative, one.answered),
        "rmse_m": (one.squared, one.answered),
    }
    return _Row(*by_what[what], one.judged)


def _of_pose(what: str, one: PoseSum) -> _Row:
    by_what = {
        "recall": (one.answered, one.judged),
        "add_accuracy": (one.close, one.judged),
        "add_s_accuracy": (one.close_s, one.judged),
        "translation_error_m": (one.translation_m, one.answered),
        "rotation_error_deg": (one.rotation_deg, one.answered),
        "add_m": (one.add_m, one.answered),
        "add_s_m": (one.add_s_m, one.answered),
    }
    over, under = by_what[what]
    # Without the points of a body there is no ADD, and none of nothing is no error of zero.
    return _Row(over, under, one.judged) if over is not None else _Row(0.0, 0.0, 0.0)
