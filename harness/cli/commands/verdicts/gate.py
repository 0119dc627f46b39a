"""``simgate gate RUN``: decides a run again from its records; needs no simulator."""

from __future__ import annotations

import argparse

from simgate.harness.frontend.run_addresses import run_dir

HELP = "decide a run from its records: GO (exit code 0), NO-GO (1) or INCONCLUSIVE (20)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "run_dir", metavar="RUN", type=run_dir, help="folder of a run, for example runs/<time>-<pack>-<id>"
    )
    parser.add_argument("--json", action="store_true", help="print verdict.json instead of the table")


def run(args: argparse.Namespace) -> int:
    """Decides, writes verdict.json, prints; returns the verdict's exit code."""
    import shutil

    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.harness.gate.decide import write_verdict
    from simgate.harness.gate.exit_code import exit_code
    from simgate.harness.gate.texts.table import verdict_table
    from simgate.harness.results.run_folder import RunFolder
    from simgate.harness.text import ascii_json

    with as_user_errors():
        verdict = write_verdict(RunFolder(args.run_dir))
    if args.json:
        print(ascii_json(verdict.model_dump_json(indent=2)))
    else:
        width = min(max(shutil.get_terminal_size((110, 24)).columns, 60), 120)
        print(verdict_table(verdict, width))
    return exit_code([verdict])
