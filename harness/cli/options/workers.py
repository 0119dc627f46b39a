"""The option ``--workers`` of all commands that start simulators."""

from __future__ import annotations

import argparse
from typing import Any

from simgate.harness.frontend.options.renamed import Renamed


def add_workers(parser: argparse.ArgumentParser, text: str = "", **attributes: Any) -> None:
    """Adds the option.

    Args:
        parser: Of the command.
        text: Its help.
        attributes: Further arguments of ``add_argument`` (``type``, ``default``, ``choices``).
    """
    attributes = {"type": count, "metavar": "N", **attributes}
    parser.add_argument("--workers", help=text or "worker processes (default: usable cores)", **attributes)
    parser.add_argument("--hosts", action=Renamed, new="--workers")


def count(text: str) -> int:
    """A whole number of 0 or more.

    Raises:
        argparse.ArgumentTypeError: It is less.
    """
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {number}")
    return number
