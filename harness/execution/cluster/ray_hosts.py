"""Starts hosts on the nodes of a Ray cluster, and holds each node against what the run was planned with."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import socket
import sys
import threading
from collections import Counter
from concurrent.futures import wait
from pathlib import Path
from typing import Any

from simgate.harness.execution.cluster.keeper import Keeper, Order
from simgate.harness.execution.cluster.options import ClusterOptions, NoCluster, fits
from simgate.harness.execution.cluster.ray_host import RayHost
from simgate.harness.execution.cluster.shipping import files_to_ship, led_into, must_be_there
from simgate.harness.execution.hosts.assignment import HostSetup
from simgate.harness.execution.hosts.host_connection import HostConnection
from simgate.harness.execution.hosts.messages import Placed
from simgate.harness.execution.hosts.starting import CannotBegin, NodeRefused
from simgate.harness.execution.planning.plan import Plan, with_manifest
from simgate.harness.gate.comparing.comparability import Difference, conditions, way_out
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.node_facts import NodeFacts
from simgate.harness.text import plural

_STOP_S = 30.0
_KNOCK_S = 10.0
_HTTP2, _SETTINGS = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", b"\4"
"""How a client of HTTP/2 begins, with empty settings, and the kind of frame that a server begins with."""
_NODE_ID = "ray.io/node-id"
_FORWARDED = "SIMGATE_"
_FACTS = ("packages", "python", "machine", "gpus", "driver")


def connect(cluster: ClusterOptions) -> None:
    """Connects this process to the cluster; one that is connected stays so.

    Raises:
        NoCluster: Ray is not installed, or no cluster answers.
    """
    try:
        import ray
    except ModuleNotFoundError:
        raise NoCluster("--executor ray needs Ray: pip install 'simgate[ray]'") from None
    address = cluster.address or os.environ.get("RAY_ADDRESS") or None
    if address is not None and address.startswith("ray://"):
        raise NoCluster(
            f"{address} is an address of Ray Client, which is not for this: run simgate on a "
            "machine in the cluster's network, with --address HOST:6379 or auto"
        )
    if ray.is_initialized():
        return
    try:
        _knock(address)
        ray.init(
            address=address,
            namespace="simgate",
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=False,
            include_dashboard=None if address else False,
        )
    except (OSError, RuntimeError, ValueError) as error:
        if "Version mismatch" in str(error):
            raise NoCluster(
                f"the cluster at {address} is of another Ray or Python: {' '.join(str(error).split())}"
            ) from None
        first = str(error).strip().splitlines()[0]
        raise NoCluster(
            f"no Ray cluster answers at {address or 'this machine'}: {first}\n"
            "start one with `ray start --head`, or give its --address; one that asks for a token wants "
            "RAY_AUTH_MODE=token and its ~/.ray/auth_token here"
        ) from None


def _knock(address: str | None) -> None:
    """Whether gRPC is spoken at ``HOST:PORT``: Ray itself would look for minutes, and end the process.

    Raises:
        OSError: Nobody listens, or it is something else.
    """
    host, _, port = (address or "").rpartition(":")
    if not (host and port.isdecimal()) or os.environ.get("RAY_USE_TLS", "0") != "0":
        return
    with socket.create_connection((host.strip("[]"), int(port)), _KNOCK_S) as line:
        line.settimeout(_KNOCK_S)
        line.sendall(_HTTP2)
        if line.recv(4)[3:] != _SETTINGS:
            raise OSError("what listens there is no head of a Ray cluster")


def places(cluster: ClusterOptions) -> int:
    """How many workers the nodes that are there now have room for.

    Raises:
        NoCluster: There is no cluster.
    """
    connect(cluster)
    return sum(fits(node["Resources"], cluster.needs) for node in _alive())


def _alive() -> list[dict[str, Any]]:
    from ray import nodes

    found: list[dict[str, Any]] = nodes()  # type: ignore[no-untyped-call, unused-ignore]
    return [node for node in found if node["Alive"]]


class RayHosts:
    """A :class:`.HostStarter` on a cluster.

    Args:
        plan: What the hosts must hold.
        cluster: Where.

    Raises:
        NoCluster: There is no cluster.
        OSError: A file of the run cannot be read.
    """

    is_elsewhere = True

    def __init__(self, plan: Plan, cluster: ClusterOptions) -> None:
        connect(cluster)
        import ray

        self._plan, self._cluster = plan, cluster
        self._files = files_to_ship(plan.pack, plan.manifest.fingerprint.runtime)
        self._there = must_be_there(plan.pack)
        by_content = {sha256: path for path, sha256 in self._files.items()}
        self._blobs = {sha256: ray.put(Path(path).read_bytes()) for sha256, path in by_content.items()}
        self._kept: dict[str, NodeFacts] = {}
        self._refused: dict[str, str] = {}
        self._hosts: list[RayHost] = []
        self._count = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ray hosts", daemon=True)
        self._thread.start()

    def start(self, number: int) -> HostConnection:
        """See :class:`.HostStarter`."""
        self._require_place()
        import ray

        needs = self._cluster.needs
        keeper = ray.remote(Keeper).options(
            name=f"{self._plan.folder.path.name} worker {number}, {next(self._count)}. start",
            num_cpus=needs.pop("CPU"),
            num_gpus=needs.pop("GPU", 0),
            memory=needs.pop("memory", None),
            resources=needs,
            max_restarts=0,
            label_selector={_NODE_ID: f"!in({','.join(self._refused)})"} if self._refused else None,
        )
        folder = self._plan.folder
        host = RayHost(number, folder.host_log(number), folder.path, keeper.remote(), self._loop)
        self._hosts = [*(one for one in self._hosts if not _is_over(one)), host]
        own = self._plan.interpreter == (sys.executable,)
        order = Order(
            number=number,
            files=self._files,
            blobs=self._blobs,
            folder=str(Path.cwd()),
            interpreter=() if own else self._plan.interpreter,
            there=self._there,
            environ={name: value for name, value in os.environ.items() if name.startswith(_FORWARDED)},
        )
        host.serve(order)
        return host

    def setup(self, number: int, placed: Placed | None) -> HostSetup:
        """See :class:`.HostStarter`."""
        assert placed is not None
        facts = placed.facts
        host = next(host for host in reversed(self._hosts) if host.number == number)
        host.node, host.node_name = facts.node, facts.name
        if placed.missing:
            missing = ", ".join(placed.missing)
            raise NodeRefused(f"{facts.name} has no {missing}: install it there, at the same place as here")
        self._hold(facts)
        setup = self._plan.setup(number)
        return setup.model_copy(
            update={
                "pack": led_into(setup.pack, Path(placed.tree), self._files),
                "run_dir": placed.run_dir,
                "node": facts.name,
            }
        )

    def refuse(self, host: HostConnection, reason: str) -> None:
        """See :class:`.HostStarter`."""
        if isinstance(host, RayHost) and host.node:
            self._refused[host.node] = f"{host.node_name}: {reason.splitlines()[0]}"

    def close(self) -> None:
        """See :class:`.HostStarter`."""
        wait([host.stopped for host in self._hosts if host.stopped is not None], _STOP_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_S)
        with contextlib.suppress(RuntimeError):
            self._loop.close()

    def _require_place(self) -> None:
        """Some node must be able to take a worker, once it has nothing else to do."""
        needs, nodes = self._cluster.needs, _alive()
        if any(fits(node["Resources"], needs) for node in nodes if node["NodeID"] not in self._refused):
            return
        if self._refused:
            # Records take the first line as their cause.
            first, *others = self._refused.values()
            listed = "".join(f"\n  - {reason}" for reason in others)
            raise CannotBegin(f"no node of the cluster is one for this run: {first}{listed}")
        asked = ", ".join(f"{name}={amount:g}" for name, amount in needs.items())
        kinds = Counter(_shown(node["Resources"]) for node in nodes)
        have = "; ".join(f"{plural(count, 'node')} with {what}" for what, count in kinds.items())
        raise CannotBegin(
            f"no node of the cluster has room for a worker ({asked}): there are {have or 'none'}; "
            "ask for less with --worker-resources, or add a node that has it"
        )

    def _hold(self, facts: NodeFacts) -> None:
        """A node must be what the run was planned with; of the first one are machine, GPUs and driver."""
        if facts.node in self._kept:
            return
        manifest = self._plan.manifest
        if not self._kept and not self._plan.folder.journal_path.exists():
            theirs = {name: getattr(facts, name) for name in ("machine", "gpus", "driver")}
            fingerprint = manifest.fingerprint.model_copy(update=theirs)
            self._plan = with_manifest(self._plan, fingerprint=fingerprint)
        planned = self._plan.manifest.fingerprint
        now = planned.model_copy(update={name: getattr(facts, name) for name in _FACTS})
        found = [*conditions(planned, now), *_others(planned.packages, facts.packages)]
        if planned.python != facts.python:
            found.append(Difference(f"Python was {planned.python}, is {facts.python}", ""))
        if wrong := [one for one in found if one.kind not in self._cluster.accepted]:
            raise NodeRefused(f"{facts.name} is not as planned: {'; '.join(wrong)}{way_out(wrong)}")
        self._kept[facts.node] = facts
        path = self._plan.folder.hosts_dir / f"node-{facts.node[:12]}.json"
        write_atomic(path, facts.model_dump_json(indent=2) + "\n")
        if found:
            manifest = self._plan.manifest
            accepted = tuple(dict.fromkeys((*manifest.accepted, *(one.kind for one in found))))
            words = tuple(
                dict.fromkeys((*manifest.looked_past, *(f"on {facts.name} {one}" for one in found)))
            )
            self._plan = with_manifest(self._plan, accepted=accepted, looked_past=words)


def _others(planned: dict[str, str], here: dict[str, str]) -> list[Difference]:
    """Differences in packages whose version nobody may look past."""
    from simgate.harness.gate.comparing.comparability import ACCEPTABLE

    names = sorted({*planned, *here} - {*ACCEPTABLE})
    both = [(name, planned.get(name, "absent"), here.get(name, "absent")) for name in names]
    return [Difference(f"{name} was {old}, is {new}", "") for name, old, new in both if old != new]


def _is_over(host: RayHost) -> bool:
    return host.stopped is not None and host.stopped.done()


def _shown(resources: dict[str, float]) -> str:
    named = {name: amount for name, amount in resources.items() if ":" not in name and "store" not in name}
    return ", ".join(f"{name}={amount:g}" for name, amount in sorted(named.items()) if name != "memory")
