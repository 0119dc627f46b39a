"""Options of all commands that hold runs against each other."""

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


def add_baseline_store(parser: argparse.ArgumentParser, flag: str) -> None:
    """Adds the option for a store of named baselines that machines share."""
    parser.add_argument(
        flag,
        metavar="URL",
        help="shared store of named baselines: a folder, s3://..., gs://... (default: the folder of runs)",
    )
