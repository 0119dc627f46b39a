"""``--executor ray`` and what goes with it: where the workers of a run are."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.execution.cluster.options import ClusterOptions

EXECUTORS = ("local", "ray")


def resources(text: str) -> dict[str, float]:
    """The value of ``--worker-resources``: ``gpu=0.5,isaac=1``.

    Raises:
        argparse.ArgumentTypeError: It is no such list.
    """
    from simgate.harness.execution.cluster.options import worker_resources

    try:
        return worker_resources(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def cluster_asked(
    executor: str | None,
    address: str | None,
    worker_resources: Mapping[str, float] | None,
    workers: int | None,
    accepted: tuple[str, ...] = (),
) -> ClusterOptions | None:
    """The cluster that options ask for; None for this machine.

    Args:
        executor: One of :data:`EXECUTORS`; None is the first.
        address: Of the cluster.
        worker_resources: As :func:`resources` reads them.
        workers: How many are asked for.
        accepted: Names of differences between nodes that are looked past.

    Raises:
        UserError: They do not go together.
    """
    from simgate.harness.execution.cluster.options import ClusterOptions
    from simgate.harness.frontend.user_errors import UserError

    if executor == "ray":
        if workers == 0:
            raise UserError("--workers 0 runs in this process, not on a cluster: give 1 or more")
        return ClusterOptions(address or "", worker_resources or {}, accepted)
    for option, value in (("--address", address), ("--worker-resources", worker_resources)):
        if value is not None:
            raise UserError(f"{option} has no effect without --executor ray")
    return None
