"""Options of all commands that can run variants on a cluster."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.execution.cluster.options import ClusterOptions


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.add_argument(
        "--executor", choices=("local", "ray"), default="local", help="where workers run (default: local)"
    )
    parser.add_argument(
        "--address",
        metavar="A",
        help="of the Ray cluster (default: RAY_ADDRESS, else one is started here): auto, HOST:6379, ray://HOST:10001",
    )
    parser.add_argument(
        "--worker-resources",
        type=_resources,
        metavar="R",
        help="what a worker takes of its node: gpu=0.5,isaac=1 (default: cpu=1)",
    )


def cluster_of(args: argparse.Namespace) -> ClusterOptions | None:
    """What the options ask for; None for this machine.

    Raises:
        UserError: They do not go together.
    """
    from simgate.harness.execution.cluster.options import ClusterOptions
    from simgate.harness.frontend.user_errors import UserError

    if args.executor == "ray":
        if args.workers == 0:
            raise UserError("--workers 0 runs in this process, not on a cluster: give 1 or more")
        return ClusterOptions(
            args.address or "", args.worker_resources or {}, tuple(args.accept_difference or ())
        )
    for option, value in (("--address", args.address), ("--worker-resources", args.worker_resources)):
        if value is not None:
            raise UserError(f"{option} has no effect without --executor ray")
    return None


def _resources(text: str) -> dict[str, float]:
    from simgate.harness.execution.cluster.options import worker_resources

    try:
        return worker_resources(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
