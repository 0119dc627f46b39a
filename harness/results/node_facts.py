"""A machine of a cluster that has run variants: where it is, and with what it ran them."""

from __future__ import annotations

import platform
import socket

from pydantic import Field

from simgate.harness.results.fingerprint import gpu_driver, gpu_names, machine, package_versions
from simgate.harness.results.record import ResultModel


class NodeFacts(ResultModel):
    """What a node says of itself; its keys are those of the run's fingerprint."""

    node: str
    """Its id in the cluster."""
    name: str
    """Host name and address, for people."""
    packages: dict[str, str] = Field(default_factory=dict)
    python: str = ""
    machine: str = ""
    gpus: tuple[str, ...] = ()
    driver: str = ""


def facts_here(node: str, address: str) -> NodeFacts:
    """What this machine says of itself.

    Args:
        node: Its id in the cluster.
        address: Its address in the cluster's network.
    """
    return NodeFacts(
        node=node,
        name=f"{socket.gethostname()} ({address})",
        packages=package_versions(),
        python=platform.python_version(),
        machine=machine(),
        gpus=gpu_names(),
        driver=gpu_driver(),
    )
