"""Options of all commands that can run variants on a cluster."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from simgate.harness.frontend.options.cluster import EXECUTORS, resources

if TYPE_CHECKING:
    from simgate.harness.execution.cluster.options import ClusterOptions


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.add_argument(
        "--executor", choices=EXECUTORS, default="local", help="where workers run (default: local)"
    )
    parser.add_argument(
        "--address",
        metavar="A",
        help="of the Ray cluster (default: RAY_ADDRESS, else one is started here): auto, HOST:6379",
    )
    parser.add_argument(
        "--worker-resources",
        type=resources,
        metavar="R",
        help="what a worker takes of its node: gpu=0.5,isaac=1 (default: cpu=1)",
    )


def cluster_of(args: argparse.Namespace) -> ClusterOptions | None:
    """What the options ask for; None for this machine.

    Raises:
        UserError: They do not go together.
    """
    from simgate.harness.frontend.options.cluster import cluster_asked

    accepted = tuple(args.accept_difference or ())
    return cluster_asked(args.executor, args.address, args.worker_resources, args.workers, accepted)
