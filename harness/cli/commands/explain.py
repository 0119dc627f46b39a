"""``simgate explain RUN``: every rule of a verdict in words, and what would change it."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "say in words why a run is GO, NO-GO or INCONCLUSIVE, and what would change it"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("run_dir", metavar="RUN", type=Path, help="folder of a run")


def run(args: argparse.Namespace) -> int:
    """Decides again, writes verdict.json, prints; returns the verdict's exit code."""
    import shutil

    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.harness.gate.decide import write_verdict
    from simgate.harness.gate.exit_code import exit_code
    from simgate.harness.gate.explain import explain
    from simgate.harness.results.run_folder import RunFolder

    with as_user_errors():
        verdict = write_verdict(RunFolder(args.run_dir))
    width = min(max(shutil.get_terminal_size((100, 24)).columns, 60), 110)
    print(explain(verdict, width))
    return exit_code([verdict])
