"""``simgate merge RUN...``: the shards of a run become the run, with its verdict and reports."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simgate.harness.cli.concluded import Concluded
from simgate.harness.cli.options.baseline_options import add_accept_difference
from simgate.harness.cli.options.output_option import add_output, with_output
from simgate.harness.frontend.options.run_options import run_name
from simgate.harness.frontend.run_addresses import whole_run_dir

HELP = "put the runs of all shards together to one run, judge it and write its reports"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "runs",
        nargs="+",
        type=whole_run_dir,
        metavar="RUN",
        help="folder of a shard's run, or a folder in which such lie; one that was killed and run again is "
        "given twice",
    )
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), metavar="DIR", help="default: runs")
    parser.add_argument("--run-name", type=run_name, metavar="NAME", help="name of the new run's folder")
    add_accept_difference(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Merges the shards of every pack that is there; returns the exit code of the worst verdict."""
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        return with_output(args.output, lambda: _run(args))


def _run(args: argparse.Namespace) -> tuple[int, list[Concluded]]:
    from simgate.harness.cli.judging import code_of, judge_and_show
    from simgate.harness.frontend.options.run_options import RunOptions
    from simgate.harness.frontend.planning import require_free_name
    from simgate.harness.gate.kept_pack import kept_pack
    from simgate.harness.merging.merge import merge_shards
    from simgate.harness.merging.sources import CannotMerge, Source, find_sources, unfinished
    from simgate.harness.results.latest import point_latest

    sources, left_out = find_sources(args.runs)
    for text in left_out:
        print(text, file=sys.stderr)
    if not sources:
        raise CannotMerge(f"there is no shard in {', '.join(map(str, args.runs))}")
    by_pack: dict[str, list[Source]] = {}
    for source in sources:
        by_pack.setdefault(source.manifest.pack_name, []).append(source)
    options = RunOptions(args.runs_dir, run_name=args.run_name)
    concluded = []
    for of_pack in by_pack.values():
        named = options.of_pack(kept_pack(of_pack[0].manifest), several=len(by_pack) > 1)
        require_free_name(named)
        folder = merge_shards(
            of_pack,
            args.runs_dir,
            run_name=named.run_name,
            accepted=tuple(args.accept_difference or ()),
            command=("simgate", *sys.argv[1:]),
        )
        point_latest(folder.path)
        for text in unfinished(of_pack):
            print(text, file=sys.stderr)
        concluded.append(judge_and_show(folder))
    return code_of(concluded), concluded
