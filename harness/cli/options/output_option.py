"""``--output``: whether a command that judges prints text for people or one JSON document."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.cli.concluded import Concluded


def add_output(parser: argparse.ArgumentParser) -> None:
    """Adds the option ``--output``."""
    parser.add_argument(
        "--output",
        choices=("text", "json"),
        default="text",
        help="json: verdicts and paths as one document on standard output, all else on standard error",
    )


def with_output(kind: str, command: Callable[[], tuple[int, Sequence[Concluded]]]) -> int:
    """Runs a command and prints its document where it is asked for.

    Args:
        kind: Value of ``--output``.
        command: Gives the exit code and what was found; what it prints goes to standard error for ``json``.

    Returns:
        The exit code.
    """
    if kind != "json":
        return command()[0]
    with redirect_stdout(sys.stderr):
        code, outcomes = command()
    from simgate.harness.cli.result_document import document
    from simgate.harness.frontend.terminal.streams import output_for_programs
    from simgate.harness.text import ascii_json

    text = document(code, outcomes).model_dump_json(indent=2) + "\n"
    with output_for_programs() as out:
        out.write(ascii_json(text))
    return code
