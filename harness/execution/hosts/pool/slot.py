"""One slot of the pool: a host process, what it is doing, and by when it must have said something."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from simgate.harness.execution.hosts.assignment import Assignment, HostSetup
from simgate.harness.execution.hosts.host_connection import HostConnection
from simgate.harness.execution.hosts.messages import Init, RunBatch
from simgate.harness.execution.hosts.pool.host_limits import HostLimits


class Slot:
    """A numbered place for one host at a time.

    Args:
        number: From 0; names the log and picks the GPU.
        clock: Seconds that only grow.
    """

    def __init__(self, number: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.number = number
        self._clock = clock
        self.host: HostConnection | None = None
        self.ready = False
        self.unfinished: dict[str, Assignment] = {}
        self.started: set[str] = set()
        self.busy = False
        self.served = 0
        self.recycle_after = 0
        self.failed_starts = 0
        self.refusal = ""
        self.retired = False
        self._deadline = 0.0
        self._deadline_of = ""
        self._allowed_s = 0.0
        self._last_heard = 0.0
        self._silence_s = 0.0

    def reserve(self, host: HostConnection) -> None:
        """Puts a new host into the slot, which waits as long as it must for a place to run."""
        self.host, self.ready, self.served, self.refusal = host, False, 0, ""
        self._deadline_of = ""

    def occupy(self, host: HostConnection, setup: HostSetup, limits: HostLimits) -> None:
        """Puts a host that runs into the slot and tells it what to build."""
        self.reserve(host)
        self._silence_s = limits.heartbeat_s
        self.recycle_after = limits.recycle_after
        self._last_heard = self._clock()
        self._set_deadline("did not get ready", limits.startup_s)
        host.send(Init(setup=setup))

    def go_on(self, setup: HostSetup, limits: HostLimits) -> None:
        """Tells the host what to build next; what it has served counts on, for its process is the same."""
        assert self.host is not None
        served = self.served
        self.occupy(self.host, setup, limits)
        self.served = served

    def now_ready(self, recycle_after: int | None = None) -> None:
        """The host has built everything.

        Args:
            recycle_after: Variants after which its simulator asks for a fresh process.
        """
        self.ready, self.failed_starts = True, 0
        if recycle_after is not None:
            self.recycle_after = min(self.recycle_after, recycle_after)
        self._deadline_of = ""

    def give(self, portion: Sequence[Assignment], seconds: float) -> None:
        """Hands a portion to the host, to be done within wall-clock seconds."""
        assert self.host is not None
        self.unfinished = {assignment.variant.id: assignment for assignment in portion}
        self.started = set()
        self.busy = True
        self.served += len(portion)
        self._set_deadline("did not finish its batch", seconds)
        self.host.send(RunBatch(assignments=tuple(portion)))

    def batch_done(self) -> None:
        """The host waits for the next portion."""
        self.unfinished, self.started, self.busy = {}, set(), False
        self._deadline_of = ""

    def vacate(self) -> tuple[list[Assignment], set[str]]:
        """Ends the host; returns what it had not finished, and the ids that it had begun."""
        if self.host is not None:
            self.host.kill()
        left, begun = list(self.unfinished.values()), self.started
        self.host, self.ready = None, False
        self.batch_done()
        return left, begun

    def heard(self) -> None:
        """Something has arrived from the host."""
        self._last_heard = self._clock()

    def forgive(self, seconds: float) -> None:
        """Nobody listened for so long (the supervisor was stopped, a disk stalled): it does not count."""
        self._last_heard += seconds
        self._deadline += seconds

    def overdue(self, now: float) -> str:
        """Why the host must be given up, or empty."""
        if now < self.next_check():
            return ""
        if self._deadline_of and now >= self._deadline:
            return f"killed: it {self._deadline_of} in {self._allowed_s:.0f} s"
        return f"killed: no sign of life for {self._silence_s:.0f} s"

    def next_check(self) -> float:
        """Clock time at which the host is overdue unless it says something before; infinity without a host.

        A host that is not ready yet has its deadline, and may be silent until then.
        """
        if self.host is None:
            return math.inf
        silence = self._last_heard + self._silence_s if self.ready else math.inf
        return min(self._deadline, silence) if self._deadline_of else silence

    def _set_deadline(self, what: str, seconds: float) -> None:
        self._deadline_of, self._allowed_s = what, seconds
        self._deadline = self._clock() + seconds
