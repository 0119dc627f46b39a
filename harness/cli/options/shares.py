"""Shares and confidences on the command line."""

from __future__ import annotations

import argparse

from simgate.harness.packs.least_confidence import LEAST_CONFIDENCE


def share(text: str) -> float:
    """A share below 1.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    return _from(0.0, text)


def confidence(text: str) -> float:
    """A confidence with which something can be proven.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    return _from(LEAST_CONFIDENCE, text)


def _from(least: float, text: str) -> float:
    number = float(text)
    if not least <= number < 1.0:
        raise argparse.ArgumentTypeError(f"must be at least {least:g} and below 1, not {number:g}")
    return number
