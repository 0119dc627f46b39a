"""The option ``--accept-difference`` of all commands that hold runs against each other."""

from __future__ import annotations

import argparse

from simgate.harness.frontend.baselines import accepted


def add_accept_difference(parser: argparse.ArgumentParser) -> None:
    """Adds the option; it may be given several times, or once with commas."""
    parser.add_argument(
        "--accept-difference",
        action="extend",
        type=accepted,
        metavar="NAMES",
        help="look past what differs, by name: machine, driver, renderer, simulator-version, runtime, or a "
        "package (onnxruntime, mujoco, ...); the verdict says it",
    )
