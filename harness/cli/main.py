"""The ``simgate`` command: parses arguments and hands over; every command is one module."""

from __future__ import annotations

import argparse
import importlib
import keyword
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import simgate
from simgate.harness.exit_codes import ExitCode, exited
from simgate.harness.frontend.terminal.interruption import interruptible
from simgate.harness.frontend.terminal.streams import lost_text, safe_streams
from simgate.harness.frontend.user_errors import UserError

COMMANDS = {
    "init": "packs",
    "run": "runs",
    "eval": "runs",
    "merge": "runs",
    "import": "runs",
    "lint": "packs",
    "expand": "packs",
    "preview": "packs",
    "coverage": "packs",
    "plan": "packs",
    "gate": "verdicts",
    "explain": "verdicts",
    "compare": "verdicts",
    "baseline": "verdicts",
    "benchmark": "verdicts",
    "drift": "verdicts",
    "aa": "verdicts",
    "status": "runs",
    "replay": "runs",
    "video": "runs",
    "pin": "runs",
    "ros": "runs",
    "export-scene": "packs",
    "export-frames": "packs",
    "report": "verdicts",
    "evidence": "verdicts",
    "release": "verdicts",
    "metrics": "packs",
    "worlds": "packs",
    "assets": "packs",
    "axes": "packs",
    "policy": "models",
    "schema": "packs",
    "detect": "models",
    "build-engine": "models",
    "parity": "models",
    "bench-model": "models",
    "doctor": "runs",
}
"""Name -> room of its module, in the order in which help lists them."""
JUDGING = ("run", "eval", "merge", "import", "gate", "explain", "compare", "release")
"""Commands whose exit code is a verdict."""
PAGES = Path(simgate.__file__).parent / "docs"
"""Folder of the pages of this release; an installed wheel has it too."""


class Parser(argparse.ArgumentParser):
    """Takes an option by its whole name only; so do the parsers of its commands.

    ``--out FOLDER`` would else be ``--output FOLDER`` where there is no ``--out``, and a script would change
    its meaning with the next option that begins alike. ``-1e6`` is a number, as ``-1`` is to argparse.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)
        self._negative_number_matcher = re.compile(r"-(\d[\d_]*\.?\d*|\.\d+)(e[-+]?\d+)?$", re.I)


def build_parser(only: str = "") -> argparse.ArgumentParser:
    """The parser with all commands; command modules keep heavy imports inside ``run``.

    Args:
        only: The one command that is asked for, so that the modules of the others need not be imported.
    """
    parser = Parser(
        prog="simgate",
        description="Release gate for robot perception: runs scenario packs in simulation\n"
        "and says GO, NO-GO or INCONCLUSIVE.",
        epilog=f"Pages that messages name as docs/NAME.md lie in\n  {PAGES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,  # A path is not broken into lines.
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, room in COMMANDS.items() if only not in COMMANDS else [(only, COMMANDS[only])]:
        stem = f"{name}_" if keyword.iskeyword(name) else name.replace("-", "_")
        module = importlib.import_module(f"simgate.harness.cli.commands.{room}.{stem}")
        sub = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.configure(sub)
        sub.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code (docs/exit-codes.md)."""
    with interruptible(), safe_streams() as out:
        try:
            code = _run(argv)
        except UserError as error:
            print(error, file=sys.stderr)
            code = error.exit_code
        except BrokenPipeError:
            # The reader (`head`, a pager) of binary output has gone.
            code = 128 + signal.SIGPIPE
        except KeyboardInterrupt as error:
            number = getattr(error, "number", signal.SIGINT)
            print(f"interrupted ({signal.Signals(number).name})", file=sys.stderr)
            code = 128 + number
        except MemoryError:
            print("there is not enough memory on this machine", file=sys.stderr)
            code = ExitCode.INFRASTRUCTURE
        except Exception as error:
            import traceback

            from simgate.harness.execution.hosts.machine_errors import is_of_the_machine

            if is_of_the_machine(error):
                print(f"the machine has run out of memory, disk or descriptors: {error}", file=sys.stderr)
                code = ExitCode.INFRASTRUCTURE
            else:
                traceback.print_exc()
                print("simgate has crashed; this says nothing about the model", file=sys.stderr)
                code = ExitCode.CRASH
        out.flush()
        if out.lost is not None and (text := lost_text(out.lost)):
            print(text, file=sys.stderr)
            # A verdict stands whether or not it could be printed; of other commands the output is the result.
            code = code or (ExitCode.GO if _judges(argv) else ExitCode.INFRASTRUCTURE)
    return int(code)


def _run(argv: Sequence[str] | None) -> int:
    parser = build_parser(_command(argv))
    args = parser.parse_args(argv)
    if args.version:
        from importlib.metadata import version

        print(f"simgate {version('simgate')}")
        return ExitCode.GO
    if args.command is None:
        parser.print_help()
        return ExitCode.USAGE
    from simgate.harness.frontend.run_addresses import at_hand

    with at_hand(args):
        try:
            code: int = args.run(args)
        except SystemExit as error:
            raise UserError(exited(error)) from None
    return code


def _judges(argv: Sequence[str] | None) -> bool:
    return _command(argv) in JUDGING


def _command(argv: Sequence[str] | None) -> str:
    """The word that a command has to be; options of ``simgate`` itself make it none."""
    return next(iter(sys.argv[1:] if argv is None else argv), "")


if __name__ == "__main__":
    sys.exit(main())
