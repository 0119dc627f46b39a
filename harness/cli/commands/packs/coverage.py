"""``simgate coverage``: which cells of the parameter space a pack or its runs hit, and which not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.cli.options.selection import add_selection, select

if TYPE_CHECKING:
    from simgate.harness.cli.coverage.sources import Collected

_MOST_BINS = 100
"""Pairs of parameters have its square of cells each."""
HELP = "show which cells of the parameter space a pack, or runs of it, hit: alone, in pairs, with the holes"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "sources", nargs="+", type=Path, metavar="PACK|RUN", help="a pack, or folders of runs to be merged"
    )
    parser.add_argument(
        "--bins", type=int, default=5, metavar="N", help="cells of a continuous parameter (default: 5)"
    )
    parser.add_argument(
        "--holes", type=int, default=8, metavar="N", help="holes shown of each kind (default: 8; 0: all)"
    )
    add_selection(parser)
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="output (default: table)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the coverage."""
    import json

    from simgate.harness.cli.coverage.sources import cover
    from simgate.harness.cli.coverage.text import coverage_data, coverage_text
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    if not 2 <= args.bins <= _MOST_BINS:
        raise UserError(f"--bins must be from 2 to {_MOST_BINS:,}, not {args.bins}")
    if args.holes < 0:
        raise UserError(f"--holes must be 0 or more, not {args.holes}")
    with as_user_errors():
        collected = _collect(args)
        scenarios = [cover(found, args.bins) for found in collected.values()]
    if args.format == "json":
        print(json.dumps(coverage_data(scenarios), indent=2))
    else:
        print(coverage_text(scenarios, args.holes))
    return 0


def _collect(args: argparse.Namespace) -> dict[str, Collected]:
    """Variants by scenario, from one pack or from runs."""
    from simgate.harness.cli.coverage.sources import from_pack, from_runs
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.results.run_folder import RunFolder

    are_runs = [(path / "manifest.json").exists() for path in args.sources]
    if not all(are_runs):
        if any(are_runs) or len(args.sources) > 1:
            raise UserError("give one pack, or one or more folders of runs (they are merged)")
        pack = load_checked(args.sources[0])
        (chosen,) = select([pack], args)
        return from_pack(pack, chosen)
    packs = {RunFolder(path).manifest().pack_name for path in args.sources}
    if len(packs) > 1:
        raise UserError(f"runs of different packs cannot be merged: {', '.join(sorted(packs))}")
    found = from_runs(args.sources)
    for path in args.sources:
        for damage in RunFolder(path).damaged_hosts():
            print(damage, file=sys.stderr)
    merged = tuple(one.scenario for one in found.values())
    whole = next(iter(found.values())).packs[0].model_copy(update={"scenarios": merged})
    (chosen,) = select([whole], args)
    return {scenario.id: found[scenario.id] for scenario in chosen}
