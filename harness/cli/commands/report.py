"""``simgate report RUN``: makes the reports again from what the run has left; needs no simulator."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write the reports of a run again (junit.xml, report.html)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("run_dir", metavar="RUN", type=Path, help="folder of a run")
    parser.add_argument(
        "--format", default="all", metavar="F", help="junit, html, an installed reporter, or all (default)"
    )


def run(args: argparse.Namespace) -> int:
    """Writes the reports and prints their paths; returns 0 whatever the verdict is."""
    from simgate.harness.cli.main import UserError
    from simgate.harness.cli.user_errors import as_user_errors
    from simgate.harness.gate.decide import UndecidableRun, write_verdict
    from simgate.harness.registry import load, names
    from simgate.harness.results.run_folder import RunFolder

    folder = RunFolder(args.run_dir)
    wanted = names("simgate.reporters") if args.format == "all" else [args.format]
    with as_user_errors():
        reporters = [load("simgate.reporters", name) for name in wanted]
        try:
            folder.manifest()
            if not folder.verdict_path.exists():
                write_verdict(folder)
                print(folder.verdict_path)
            for write in reporters:
                print(write(folder))
        except UndecidableRun as error:
            raise UserError(str(error)) from None
    return 0
