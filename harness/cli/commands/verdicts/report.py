"""``simgate report RUN``: makes the reports again from what the run has left; needs no simulator."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simgate.harness.exit_codes import ExitCode
from simgate.harness.frontend.run_addresses import whole_run_dir

HELP = "decide a run again and write its reports (verdict.json, junit.xml, report.html)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("run_dir", metavar="RUN", type=whole_run_dir, help="folder of a run")
    parser.add_argument(
        "--format", default="all", metavar="F", help="junit, html, an installed reporter, or all (default)"
    )


def run(args: argparse.Namespace) -> int:
    """Writes verdict and reports and prints their paths; 0 for any verdict, 70 when a reporter failed."""
    from simgate.harness.frontend.conclusion import REPORTERS, write_reports
    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.harness.gate.decide import write_verdict
    from simgate.harness.registry import names, require
    from simgate.harness.results.run_folder import RunFolder

    folder = RunFolder(args.run_dir)
    with as_user_errors():
        known = names(REPORTERS)
        if args.format != "all":
            require(REPORTERS, args.format, Path.cwd())
        before = folder.verdict_text()
        decision = write_verdict(folder).decision.value
        print(folder.verdict_path)
        if before is not None and before != folder.verdict_text():
            print(
                f"note: {folder.verdict_path} was not what the records give ({decision}); it is written anew"
            )
        for damage in folder.damaged_hosts():
            print(damage, file=sys.stderr)
        reports = write_reports(folder, known if args.format == "all" else [args.format])
        for path in reports.written:
            print(path)
        if reports.problems:
            print("\n".join(reports.problems), file=sys.stderr)
            return ExitCode.CRASH
    return ExitCode.GO
