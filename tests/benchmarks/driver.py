"""How many records a second the process takes that drives a run, from workers that only answer.

``python -m tests.benchmarks.driver [--workers 100 1000] [--records 20000]``: the pool of a real run hands out
variants of the shipped office pack and journals what comes back. Its workers are sockets of one other process,
which answers every variant at once with a record of a real one's size (``synthetic_run``), so that nothing but
the driver is measured. Printed are records a second by the clock and by the driver's own processor time, from
the first record to the last, and its most memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import selectors
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simgate.harness.execution.events import Event, HostLost, VariantFinished
from simgate.harness.execution.hosts.assignment import HostSetup
from simgate.harness.execution.hosts.host_connection import HostConnection
from simgate.harness.execution.hosts.messages import Placed, Ready, encode
from simgate.harness.execution.hosts.pool.host_limits import HostLimits
from simgate.harness.execution.hosts.pool.host_pool import HostPool
from simgate.harness.execution.planning.plan import Plan, plan_run
from simgate.harness.expansion.expand import Expansion
from simgate.harness.results.run_folder import RunFolder
from tests.benchmarks.synthetic_run import SyntheticPlan, pack_of, write_run


@dataclass(frozen=True, slots=True)
class Taken:
    """What the driver did.

    Attributes:
        clock_s: From the first record to the last, seconds.
        cpu_s: The driver's processor time in that while, seconds.
        peak_mb: Its most resident memory, MB.
    """

    clock_s: float
    cpu_s: float
    peak_mb: float


class AnsweringHost(HostConnection):
    """The driver's end of a socket whose other end is in the process that answers."""

    def kill(self) -> None:
        """See :class:`HostConnection`."""
        self.socket.close()

    def wait(self, seconds: float) -> bool:
        """See :class:`HostConnection`."""
        return True

    def how_it_ended(self) -> str:
        """See :class:`HostConnection`."""
        return "its socket was closed"


class AnsweringHosts:
    """A :class:`.HostStarter`; its hosts are made before it, for a process that forks.

    Args:
        plan: Of the run.
        sockets: The driver's ends.
    """

    is_elsewhere = False

    def __init__(self, plan: Plan, sockets: Sequence[socket.socket]) -> None:
        self._plan, self._sockets = plan, sockets

    def start(self, number: int) -> HostConnection:
        """See :class:`.HostStarter`."""
        self._sockets[number].setblocking(False)
        return AnsweringHost(number, self._sockets[number], self._plan.folder.host_log(number))

    def setup(self, number: int, placed: Placed | None) -> HostSetup:
        """See :class:`.HostStarter`."""
        return self._plan.setup(number)

    def refuse(self, host: HostConnection, reason: str) -> None:
        """See :class:`.HostStarter`."""

    def close(self) -> None:
        """See :class:`.HostStarter`."""


def answer(sockets: Sequence[socket.socket], records: dict[str, dict[str, object]]) -> None:
    """Serves all the workers' ends until the driver has closed the last of its own.

    Args:
        sockets: Of the workers, blocking.
        records: Scenario -> a record, as JSON, without what tells one variant from another.
    """
    identity = {"name": "memory", "version": "1", "renderer": "none", "device": "cpu"}
    ready = encode(Ready.model_validate({"adapter": identity, "runtime": None}))
    waiting = selectors.DefaultSelector()
    unread = dict.fromkeys(sockets, b"")
    for end in sockets:
        waiting.register(end, selectors.EVENT_READ)
    while unread:
        for key, _ in waiting.select():
            end = key.fileobj
            assert isinstance(end, socket.socket)
            data = end.recv(1 << 20)
            if not data:
                waiting.unregister(end)
                del unread[end]
                continue
            *lines, unread[end] = (unread[end] + data).split(b"\n")
            for line in lines:
                if line.startswith(b'{"kind":"init"'):
                    end.sendall(ready)
                elif line.startswith(b'{"kind":"run_batch"'):
                    end.sendall(_answers(json.loads(line), records))


def _answers(
    message: dict[str, list[dict[str, dict[str, str]]]], records: dict[str, dict[str, object]]
) -> bytes:
    said = []
    for assignment in message["assignments"]:
        variant = assignment["variant"]
        own = {
            "variant": variant["id"],
            "variant_digest": variant["digest"],
            "identity": assignment["identity"],
        }
        said.append({"kind": "started", "variant": variant["id"]})
        said.append({"kind": "finished", "record": {**records[variant["scenario"]], **own}})
    said.append({"kind": "batch_finished"})
    return b"".join(json.dumps(one).encode() + b"\n" for one in said)


def measured(folder: Path, workers: int, records: int) -> Taken:
    """Runs a pack of so many variants on so many answering workers.

    Args:
        folder: For the run.
        workers: Sockets; each takes two descriptors.
        records: Variants.
    """
    samples = {
        record.scenario: record.model_dump(mode="json")
        for record in write_run(folder / "samples", SyntheticPlan(64)).records()
    }
    pack = pack_of(records)
    # A worker that is replaced after so many variants would be another measurement.
    limits = HostLimits(recycle_after=records + 1)
    variants = Expansion(pack, pack.scenarios)
    plan = plan_run(pack, variants=variants, runs_dir=folder, hosts=workers, limits=limits)
    pairs = [socket.socketpair() for _ in range(workers)]
    if not os.fork():
        for ours, _ in pairs:
            ours.close()
        answer([theirs for _, theirs in pairs], samples)
        os._exit(0)
    for _, theirs in pairs:
        theirs.close()
    times: list[tuple[float, float]] = []

    def note(event: Event) -> None:
        if isinstance(event, HostLost):
            raise RuntimeError(f"worker {event.host} was lost: {event.reason}")
        if isinstance(event, VariantFinished) and (not times or len(times) < 2):
            times.append((time.perf_counter(), time.process_time()))

    hosts = AnsweringHosts(plan, [ours for ours, _ in pairs])
    with HostPool(plan, listeners=[note], starter=hosts) as pool:
        pool.run(plan.variants, returns=False)
        end = (time.perf_counter(), time.process_time())
    # Before the journal is read, which is no part of driving.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    os.wait()
    kept = sum(1 for _ in RunFolder(plan.folder.path).records())
    if kept != records:
        raise RuntimeError(f"{kept} of {records} records are in the journal")
    return Taken(end[0] - times[0][0], end[1] - times[0][1], peak)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line for each number of workers, each measured in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--records", type=int, default=20_000)
    args = parser.parse_args(arguments)
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print("workers  records  records/s  records/CPU s  MB")
    for workers in args.workers:
        sys.stdout.flush()
        child = os.fork()
        if not child:
            with tempfile.TemporaryDirectory() as folder:
                taken = measured(Path(folder), workers, args.records)
            rates = args.records / taken.clock_s, args.records / taken.cpu_s
            print(
                f"{workers:7}  {args.records:7}  {rates[0]:9.0f}  {rates[1]:13.0f}  {taken.peak_mb:.0f}",
                flush=True,
            )
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            return 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return 0


if __name__ == "__main__":
    sys.exit(main())
