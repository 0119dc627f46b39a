"""``simgate benchmark RUN``: metrics over the pictures of a data set, by class and by metadata."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.packs.overall import OVERLAPS, Overall, overall_of

if TYPE_CHECKING:
    from simgate.harness.results.record import RunRecord

HELP = "metrics over all pictures of a run, by class and by the pictures' metadata"
_METRICS = {
    "boxes": tuple(OVERLAPS),
    "masks": ("iou",),
    "depth": ("abs_rel", "rmse_m", "delta1", "coverage"),
    "poses": ("recall", "translation_error_m", "rotation_error_deg", "add_accuracy", "add_s_accuracy"),
}
_MOST_VALUES = 50
"""So many values of a metadata key are shown, those with the most variants."""
_CONFIDENCE = 0.95


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="folder of a run of a data set")
    text = "also for each value of this parameter (metadata of the pictures), for example site"
    parser.add_argument("--by", action="append", default=[], metavar="KEY", help=text)


def run(args: argparse.Namespace) -> int:
    """Prints the tables; returns 0."""
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.gate.decide import judged_run
    from simgate.harness.gate.rules.overall import in_clusters
    from simgate.harness.gate.tally import Status
    from simgate.harness.results.reading.stored_record import as_read
    from simgate.harness.results.run_folder import RunFolder
    from simgate.harness.text import plural
    from simgate.sim_adapters.printable import printable

    with as_user_errors():
        own = judged_run(RunFolder(args.run_dir))[0]
        valid = [one for one in own.evidence.variants if one.status in (Status.SUCCESS, Status.FAILURE)]
        records = [(scene, as_read(record)) for scene, record in in_clusters(valid) if record is not None]
    kinds = [kind for kind in _METRICS if any(_amounts(kind, record) is not None for _, record in records)]
    if not kinds:
        raise UserError(f"{args.run_dir} is no run of a data set, or has no valid result")
    without = len(own.evidence.variants) - len(records)
    print(f"{plural(len(records), 'variant')}" + (f", {without} more without a valid result" * bool(without)))
    for kind in kinds:
        judged = [(scene, record) for scene, record in records if _amounts(kind, record) is not None]
        _print_by_class(kind, judged)
        for key in args.by:
            values = sorted({str(one.parameters[key]) for _, one in judged if key in one.parameters})
            if not values:
                known = sorted({name for _, record in judged for name in record.parameters})
                message = f"no variant has a parameter '{printable(key)}'; there are {', '.join(known)}"
                raise UserError(message)
            _print_by_value(kind, judged, key, values)
    return 0


Records = Sequence[tuple[str, "RunRecord"]]


def _print_by_class(kind: str, records: Records) -> None:
    from simgate.harness.text import table

    labels = sorted({label for _, record in records for label in _amounts(kind, record) or {}})
    named = [("all", ""), *((label, label) for label in labels if label)]
    rows = [
        [name, str(_amount(kind, records, label)), *_cells(kind, records, label)] for name, label in named
    ]
    heads = ["class", _UNITS[kind], *_METRICS[kind]]
    print("\n" + table(heads, rows, right=range(1, len(heads))))
    print(f"in brackets one-sided bounds at {_CONFIDENCE:.0%}, by clusters")


def _print_by_value(kind: str, records: Records, key: str, values: Sequence[str]) -> None:
    from simgate.harness.text import table
    from simgate.sim_adapters.printable import printable

    groups = [
        (value, [one for one in records if str(one[1].parameters.get(key)) == value]) for value in values
    ]
    shown = sorted(groups, key=lambda group: -len(group[1]))[:_MOST_VALUES]
    rows = [
        [printable(value), str(len(own)), str(_amount(kind, own, "")), *_cells(kind, own, "")]
        for value, own in sorted(shown)
    ]
    heads = [printable(key), "variants", _UNITS[kind], *_METRICS[kind]]
    print("\n" + table(heads, rows, right=range(1, len(heads))))
    if len(groups) > len(shown):
        print(f"and {len(groups) - len(shown)} more values")


_UNITS = {"boxes": "objects", "masks": "pixels", "depth": "pixels", "poses": "bodies"}


def _amounts(kind: str, record: RunRecord) -> dict[str, int] | None:
    """How much there is to be judged of each class; None where the record holds nothing of the kind."""
    if kind == "boxes":
        return {label: one.truths for label, one in record.sheets.items()} or None
    if kind == "masks":
        return {label: one.true for label, one in record.mask_sums.items()} or None
    if kind == "poses":
        return {label: one.judged for label, one in record.pose_sums.items()} or None
    return None if record.depth_sum is None else {"": record.depth_sum.judged}


def _amount(kind: str, records: Records, label: str) -> int:
    return sum(
        count
        for _, record in records
        for name, count in (_amounts(kind, record) or {}).items()
        if label in ("", name)
    )


def _cells(kind: str, records: Records, label: str) -> list[str]:
    """Each metric with its bounds, where there are enough clusters for some."""
    from simgate.harness.gate.parts import parts_of
    from simgate.harness.gate.statistics.data_sets.whole import (
        FEWEST_CLUSTERS,
        clusters_with_any,
        mean_value,
        of_mean,
    )

    cells = []
    for name in _METRICS[kind]:
        metric = _metric(kind, name, label)
        parts = parts_of(metric, records) if metric is not None else []
        if not parts:
            cells.append("-")
        elif clusters_with_any(parts) < FEWEST_CLUSTERS:
            cells.append(f"{mean_value(parts):.3f}")
        else:
            found = of_mean(parts)
            cells.append(f"{found.value:.3f} [{found.low(_CONFIDENCE):.3f}, {found.high(_CONFIDENCE):.3f}]")
    return cells


def _metric(kind: str, name: str, label: str) -> Overall | None:
    """None for what is no metric over several classes."""
    if kind == "boxes":
        return overall_of(f"{name}.{label}" if label else name)
    if kind == "masks":
        return overall_of(f"masks.{label}.iou" if label else "masks.mean_iou")
    return overall_of(f"{kind}.{label}.{name}" if label else f"{kind}.{name}")
