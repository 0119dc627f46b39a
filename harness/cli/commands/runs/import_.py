"""``simgate import FILE...``: results of another tool become a run, with its verdict and reports."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.cli.concluded import Concluded
from simgate.harness.cli.options.output_option import add_output, with_output
from simgate.harness.cli.options.shares import confidence
from simgate.harness.frontend.options.run_options import run_name
from simgate.harness.importing.formats import FORMATS

if TYPE_CHECKING:
    from simgate.harness.importing.tables import ColumnMap

HELP = "take results of another tool as a run, judge it and write its reports"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="result files, all of one tool")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="who wrote them (default: as their content says)",
    )
    parser.add_argument(
        "--success", metavar="KEY", help="what says success, where it is not the tool's own key"
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="KEY=COLUMN",
        help="of a CSV file: success, scenario, seed, name, error or reason",
    )
    for option, what in (("--parameter", "what varied"), ("--metric", "what was measured")):
        parser.add_argument(
            option, action="append", default=[], metavar="COLUMN", help=f"of a CSV file: a column of {what}"
        )
    parser.add_argument(
        "--name", type=run_name, help="name that the run is shown by (default: that of the first file)"
    )
    parser.add_argument("--policy", help="what was judged (default: as the files say)")
    parser.add_argument("--severity", choices=("critical", "major", "minor"), default="critical")
    for option, kind, value, what in (
        ("--at-least", float, 0.9, "share of episodes that has to succeed"),
        ("--confidence", confidence, 0.95, "with which that is to be shown"),
    ):
        parser.add_argument(
            option, type=kind, default=value, metavar="SHARE", help=f"{what} (default: {value})"
        )
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), metavar="DIR", help="default: runs")
    parser.add_argument("--run-name", type=run_name, metavar="NAME", help="name of the new run's folder")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Imports the files; returns the exit code of the verdict."""
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        return with_output(args.output, lambda: _run(args))


def _run(args: argparse.Namespace) -> tuple[int, list[Concluded]]:
    from simgate.harness.cli.judging import code_of, judge_and_show
    from simgate.harness.execution.planning.plan import new_folder
    from simgate.harness.importing.episode import CannotImport, Told
    from simgate.harness.importing.files import read_results
    from simgate.harness.importing.write import Asked, named, write_import
    from simgate.harness.results.latest import point_latest

    if not 0.0 < args.at_least < 1.0:
        raise CannotImport("--at-least must lie between 0 and 1, both excluded")
    columns = _columns(args)
    told: list[Told] = []
    files: dict[str, str] = {}
    seen: set[str] = set()
    for path in args.files:
        of = read_results(path, args.format, args.success, columns)
        if of.lines in seen or str(path) in files:
            raise CannotImport(f"{path} is given twice, also by another name; its episodes count once")
        seen.add(of.lines)
        told.append(of.told)
        files[str(path)] = of.sha256
    tools = list(dict.fromkeys(of.tool for of in told))
    if len(tools) > 1:
        raise CannotImport(f"the files are of {' and '.join(tools)}; import those of one tool at a time")
    policies = list(dict.fromkeys(of.policy for of in told if of.policy))
    if len(policies) > 1 and not args.policy:
        raise CannotImport(
            f"the files are of several policies ({', '.join(policies)}); import them one by one"
        )
    asked = Asked(
        name=args.name or named(args.files[0].stem),
        policy=args.policy or (policies or [f"not told ({next(iter(files.values()))[:8]})"])[0],
        at_least=args.at_least,
        confidence=args.confidence,
        severity=args.severity,
        success=", ".join(sorted({of.success for of in told if of.success}))
        or columns.named.get("success", ""),
    )
    folder = new_folder(args.runs_dir, asked.name, args.run_name)
    write_import(folder, told, files, asked, ("simgate", *sys.argv[1:]))
    point_latest(folder.path)
    count = sum(len(of.episodes) for of in told)
    print(f"{asked.name}: {count} episodes of {tools[0]}, into {folder.path}", file=sys.stderr)
    concluded = [judge_and_show(folder)]
    return code_of(concluded), concluded


def _columns(args: argparse.Namespace) -> ColumnMap:
    from simgate.harness.importing.episode import CannotImport
    from simgate.harness.importing.tables import COLUMNS, ColumnMap

    named = {}
    for text in args.column:
        key, is_given, column = text.partition("=")
        if key not in COLUMNS or not is_given or not column:
            raise CannotImport(f"--column {text}: write KEY=COLUMN, KEY one of {', '.join(COLUMNS)}")
        named[key] = column
    return ColumnMap(named, args.parameter, args.metric)
