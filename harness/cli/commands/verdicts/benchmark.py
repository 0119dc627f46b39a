"""``simgate benchmark RUN``: average precision over the pictures of a data set, by class and by metadata."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.results.record import RunRecord

HELP = "average precision over all pictures of a run, by class and by the pictures' metadata"
_METRICS = ("AP50", "AP75", "AP50:95")
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
    records = [(scene, record) for scene, record in records if record.sheets]
    if not records:
        raise UserError(f"{args.run_dir} is no run of a data set, or has no valid result")
    without = len(own.evidence.variants) - len(records)
    print(f"{plural(len(records), 'variant')}" + (f", {without} more without a valid result" * bool(without)))
    _print_by_class(records)
    for key in args.by:
        values = sorted({str(record.parameters[key]) for _, record in records if key in record.parameters})
        if not values:
            known = sorted({name for _, record in records for name in record.parameters})
            raise UserError(f"no variant has a parameter '{printable(key)}'; there are {', '.join(known)}")
        _print_by_value(records, key, values)
    return 0


def _print_by_class(records: Sequence[tuple[str, RunRecord]]) -> None:
    from simgate.harness.text import table

    labels = sorted({label for _, record in records for label in record.sheets})
    rows = [[name, str(_truths(records, label)), *_cells(records, label)] for name, label in _named(labels)]
    print("\n" + table(["class", "objects", *_METRICS], rows, right=range(1, 5)))
    print(f"in brackets one-sided bounds at {_CONFIDENCE:.0%}, by clusters")


def _named(labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "all", ""
    for label in labels:
        yield label, label


def _print_by_value(records: Sequence[tuple[str, RunRecord]], key: str, values: Sequence[str]) -> None:
    from simgate.harness.text import table
    from simgate.sim_adapters.printable import printable

    groups = [
        (value, [one for one in records if str(one[1].parameters.get(key)) == value]) for value in values
    ]
    shown = sorted(groups, key=lambda group: -len(group[1]))[:_MOST_VALUES]
    rows = [
        [printable(value), str(len(own)), str(_truths(own, "")), *_cells(own, "")]
        for value, own in sorted(shown)
    ]
    print("\n" + table([printable(key), "variants", "objects", *_METRICS], rows, right=range(1, 6)))
    if len(groups) > len(shown):
        print(f"and {len(groups) - len(shown)} more values")


def _truths(records: Sequence[tuple[str, RunRecord]], label: str) -> int:
    return sum(
        sheet.truths for _, record in records for name, sheet in record.sheets.items() if label in ("", name)
    )


def _cells(records: Sequence[tuple[str, RunRecord]], label: str) -> list[str]:
    """Each metric with its bounds, where there are enough clusters for some."""
    from simgate.harness.gate.rules.overall import rankings_of
    from simgate.harness.gate.statistics.average_precision import (
        FEWEST_CLUSTERS,
        clusters_with_any,
        mean_precision,
        of_mean,
    )
    from simgate.harness.packs.overall import OVERLAPS, Overall

    cells = []
    for name in _METRICS:
        rankings = rankings_of(Overall(OVERLAPS[name], label), records)
        if not rankings:
            cells.append("-")
        elif clusters_with_any(rankings) < FEWEST_CLUSTERS:
            cells.append(f"{mean_precision(rankings):.3f}")
        else:
            found = of_mean(rankings)
            cells.append(f"{found.value:.3f} [{found.low(_CONFIDENCE):.3f}, {found.high(_CONFIDENCE):.3f}]")
    return cells
