"""``simgate coverage``: which cells of the parameter space a pack or its runs hit, and which not."""

from __future__ import annotations

import argparse
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.cli.coverage.sources import Collected

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
    parser.add_argument("--scenario", default="*", metavar="GLOB", help="only these scenarios")
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="output (default: table)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the coverage."""
    import json

    from harness.cli.coverage.sources import cover
    from harness.cli.coverage.text import coverage_data, coverage_text
    from harness.cli.main import UserError
    from harness.cli.user_errors import as_user_errors

    if args.bins < 2:
        raise UserError(f"--bins must be at least 2, not {args.bins}")
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
    from harness.cli.coverage.sources import from_pack, from_runs
    from harness.cli.main import UserError
    from harness.cli.packs import load_checked
    from harness.results.run_folder import RunFolder

    are_runs = [(path / "manifest.json").exists() for path in args.sources]
    if all(are_runs):
        packs = {RunFolder(path).manifest().pack_name for path in args.sources}
        if len(packs) > 1:
            raise UserError(f"runs of different packs cannot be merged: {', '.join(sorted(packs))}")
        found = {
            name: one for name, one in from_runs(args.sources).items() if fnmatchcase(name, args.scenario)
        }
        known = ", ".join(found)
    elif any(are_runs) or len(args.sources) > 1:
        raise UserError("give one pack, or one or more folders of runs (they are merged)")
    else:
        pack = load_checked(args.sources[0])
        chosen = [s for s in pack.scenarios if fnmatchcase(s.id, args.scenario)]
        found, known = from_pack(pack, chosen), ", ".join(s.id for s in pack.scenarios)
    if not found:
        raise UserError(f"no scenario's id matches '{args.scenario}' (known: {known})")
    return found
