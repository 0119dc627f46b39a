"""The ``simgate`` command: parses arguments and hands over; every command is one module."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from simgate.harness.frontend.user_errors import UserError

COMMANDS = (
    "init",
    "run",
    "lint",
    "expand",
    "preview",
    "coverage",
    "plan",
    "gate",
    "explain",
    "compare",
    "baseline",
    "aa",
    "replay",
    "pin",
    "export-scene",
    "report",
    "evidence",
    "metrics",
    "worlds",
    "schema",
    "detect",
    "build-engine",
    "parity",
    "bench-model",
    "doctor",
)


def build_parser() -> argparse.ArgumentParser:
    """The parser with all commands; command modules keep heavy imports inside ``run``."""
    parser = argparse.ArgumentParser(
        prog="simgate",
        description="Release gate for robot perception: runs scenario packs in simulation and says "
        "GO, NO-GO or INCONCLUSIVE.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"simgate.harness.cli.commands.{name.replace('-', '_')}")
        sub = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.configure(sub)
        sub.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code (0, 1 NO-GO, 2 wrong use, 20 INCONCLUSIVE, 130 interrupted)."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.version:
        from importlib.metadata import version

        print(f"simgate {version('simgate')}")
        return 0
    if args.command is None:
        parser.print_help()
        return 2
    try:
        code: int = args.run(args)
        return code
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader (`head`, a pager) has gone; the rest of the output is for nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("interrupted; what was measured is kept, continue with --resume", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
