"""``--threshold``: a model's smallest score, for looking at it."""

from __future__ import annotations

import argparse


def add_threshold_argument(parser: argparse.ArgumentParser) -> None:
    """``--threshold``, None when it is not given."""
    parser.add_argument(
        "--threshold", type=_share, metavar="S", help="smallest score (default: the package's, by class)"
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1, not '{text}'")
    return share
