"""The option ``--workers`` of all commands that start simulators."""

from __future__ import annotations

import argparse
from typing import Any

from simgate.harness.frontend.options.renamed import Renamed
from simgate.harness.frontend.options.run_options import MOST_WORKERS


def add_workers(parser: argparse.ArgumentParser, text: str = "", **attributes: Any) -> None:
    """Adds the option.

    Args:
        parser: Of the command.
        text: Its help.
        attributes: Further arguments of ``add_argument`` (``type``, ``default``, ``choices``).
    """
    attributes = {"type": workers, "metavar": "N", **attributes}
    parser.add_argument("--workers", help=text or "worker processes (default: usable cores)", **attributes)
    parser.add_argument("--hosts", action=Renamed, new="--workers")


def workers(text: str) -> int:
    """How many workers there may be.

    Raises:
        argparse.ArgumentTypeError: They are fewer than 0, or more than can be held.
    """
    number = count(text)
    if number > MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"must be at most {MOST_WORKERS:,}, not {text}")
    return number


def count(text: str) -> int:
    """A whole number of 0 or more.

    Raises:
        argparse.ArgumentTypeError: It is less.
    """
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {number}")
    return number
