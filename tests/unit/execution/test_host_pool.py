"""A pool that is interrupted anywhere says so, and ends every host that it has."""

from __future__ import annotations

import itertools
import selectors
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from simgate.harness.execution.hosts.assignment import error_record
from simgate.harness.execution.hosts.host_connection import HostConnection
from simgate.harness.execution.hosts.messages import (
    AdapterIdentity,
    BatchFinished,
    Finished,
    Message,
    Ready,
    RunBatch,
    Shutdown,
    encode,
)
from simgate.harness.execution.hosts.pool import host_pool, slot
from simgate.harness.execution.hosts.pool.host_pool import HostPool
from simgate.harness.execution.hosts.starting import LocalHosts
from simgate.harness.execution.planning.plan import Plan, plan_run
from tests.unit.execution.memory_pack import make_pack, make_variants

WATCHED = {host_pool.__file__, slot.__file__, selectors.__file__}
"""A signal may come between any two lines of these."""
READY = Ready(adapter=AdapterIdentity(name="a", version="1", renderer="r", device="d"), runtime=None)


class Answering(HostConnection):
    """A host without a process: hundreds of real ones would take minutes."""

    def __init__(self, plan: Plan, number: int) -> None:
        ours, self._theirs = socket.socketpair()
        ours.setblocking(False)
        super().__init__(number, ours, plan.folder.host_log(number))
        self._plan, self.is_alive = plan, True

    def send(self, message: Message) -> None:
        if isinstance(message, Shutdown):
            return
        if not isinstance(message, RunBatch):
            self._theirs.sendall(encode(READY))
            return
        for one in message.assignments:
            record = error_record(self._plan.pack, one, "told", self.number)
            self._theirs.sendall(encode(Finished(record=record)))
        self._theirs.sendall(encode(BatchFinished()))

    def kill(self) -> None:
        self.is_alive = False
        self.socket.close()

    def wait(self, seconds: float) -> bool:
        return True

    def how_it_ended(self) -> str:
        return "still running" if self.is_alive else "killed"


class Hosts(LocalHosts):
    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.of, self.started, self.is_closed = plan, [], False

    def start(self, number: int) -> HostConnection:
        self.started.append(Answering(self.of, number))
        return self.started[-1]

    def close(self) -> None:
        self.is_closed = True


def interrupted_at(count: int, plan: Plan) -> tuple[BaseException | None, Hosts, HostPool]:
    """Runs the plan with a signal in the place of a line; what came out, and whether there was such a line."""
    left = itertools.count(count, -1)

    def at_line(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_name == "_kill_all":  # The end itself: a second signal may cut that short.
            sys.settrace(None)
        if frame.f_code.co_filename not in WATCHED or frame.f_code.co_name == "__exit__":
            return None
        if event == "line" and next(left) == 0:
            raise KeyboardInterrupt
        return at_line

    hosts = Hosts(plan)
    pool = HostPool(plan, hosts=2, starter=hosts)
    before, came = sys.gettrace(), None
    try:
        with pool:
            sys.settrace(at_line)
            pool.run(plan.variants)
    except BaseException as error:
        came = error
    finally:
        sys.settrace(before)
    return came, hosts, pool


def test_a_signal_between_any_two_lines_is_an_interrupt_and_leaves_no_host(tmp_path: Path) -> None:
    plan = plan_run(
        make_pack(tmp_path),
        variants=make_variants(2),
        runs_dir=tmp_path / "runs",
        hosts=2,
        runtime="memory_runtime",
    )
    for count in itertools.count(0, 5):
        came, hosts, pool = interrupted_at(count, plan)
        if came is None:
            break
        assert type(came) is KeyboardInterrupt, count
        assert hosts.is_closed, count
        assert not any(place.host for place in pool._slots), count
        # One that was just being started is in no slot yet: it goes with its socket.
        assert sum(host.is_alive for host in hosts.started) <= 1, count
    assert count > 200
