"""The supervisor: N host processes, fed one portion at a time, watched, killed and replaced.

One thread and one selector. A result counts when its record has arrived, never by exit code.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Sequence
from types import TracebackType

from simgate.harness.execution.events import HostLost, Listener, VariantStarted
from simgate.harness.execution.hosts.assignment import Assignment, error_record
from simgate.harness.execution.hosts.host_connection import HostGone
from simgate.harness.execution.hosts.messages import (
    BatchFinished,
    CannotStart,
    Finished,
    Placed,
    Ready,
    Shutdown,
    Started,
    ToParent,
)
from simgate.harness.execution.hosts.pool.served_again import is_served_by
from simgate.harness.execution.hosts.pool.slot import Slot
from simgate.harness.execution.hosts.pool.work_queue import MAX_ATTEMPTS, MAX_PLACES, WorkQueue
from simgate.harness.execution.hosts.starting import CannotBegin, HostStarter, LocalHosts, NodeRefused
from simgate.harness.execution.planning.plan import Plan
from simgate.harness.execution.record_sink import RecordSink
from simgate.harness.execution.stopping import NeverStop, StoppingRule
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.record import RunRecord

MAX_FAILED_STARTS = 2
"""A slot whose host fails to start so often in a row is closed."""
_EXIT_GRACE_S = 1.0
"""From the end of a host's stream until its exit status is there to be reported."""
_LONGEST_WAIT_S = 1.0
_STOOD_STILL_S = 5.0
"""A round that takes longer: this process itself did not run (SIGSTOP, a debugger, a disk that stalls)."""


class HostsCannotStart(Exception):  # noqa: N818 - the name says what happened
    """No host could be started; the message says why and where the log is."""


class HostPool:
    """Hosts that stay alive between calls of :meth:`run`.

    Use as a context manager; leaving it ends every host, at once when an exception is on its way.

    Args:
        plan: What the hosts must hold.
        hosts: Number of hosts; the plan's when None.
        listeners: Told what happens.
        first_number: Number of the first slot (several pools may work on one run).
        retried: Variant -> how often the machine's fault has been tried again; shared by pools that follow
            each other.
        starter: Starts the hosts; None for hosts on this machine.
    """

    def __init__(
        self,
        plan: Plan,
        hosts: int | None = None,
        listeners: Sequence[Listener] = (),
        first_number: int = 0,
        retried: dict[str, int] | None = None,
        starter: HostStarter | None = None,
    ) -> None:
        self._plan = plan
        self._starter = starter or LocalHosts(plan)
        self._listeners = tuple(listeners)
        count = max(1, plan.hosts if hosts is None else hosts)
        self._slots = [Slot(first_number + index) for index in range(count)]
        self._selector = selectors.DefaultSelector()
        self._queue = WorkQueue((), 1)
        self._sink = RecordSink(plan.folder, self._listeners, NeverStop())
        self._retried = {} if retried is None else retried
        self._why_not_started = ""
        self._looked = time.monotonic()
        self.stopped_early = ""
        """Why the last run ended before its variants did; empty otherwise."""

    def __enter__(self) -> HostPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._ask_to_exit()
        finally:
            self._kill_all()

    def take_up(self, plan: Plan, listeners: Sequence[Listener], retried: dict[str, int]) -> None:
        """Goes on with another plan; hosts stay where what they have loaded is what they would load.

        Args:
            plan: For hosts on this machine, as many as before.
            listeners: Told what happens, in place of the earlier ones.
            retried: As when a pool is made.
        """
        stays = is_served_by(plan, self._plan)
        self._plan, self._starter, self._listeners = plan, LocalHosts(plan), tuple(listeners)
        self._retried, self._why_not_started, self._looked = retried, "", time.monotonic()
        for slot in self._slots:
            slot.failed_starts, slot.retired = 0, False
            if slot.host is not None and not (stays and slot.ready and not slot.busy):
                self._recycle(slot)
            elif slot.host is not None:
                slot.host.log_to(plan.folder.host_log(slot.number))
                slot.go_on(self._starter.setup(slot.number, None), plan.limits)

    def run(
        self, variants: Sequence[Variant], stopping: StoppingRule | None = None, *, returns: bool = True
    ) -> list[RunRecord]:
        """Runs variants to their records, in order of arrival; each is in the journal when told.

        Args:
            variants: Of the plan's pack; each must be expected by the manifest.
            stopping: Asked before each portion.
            returns: Whether the records are returned; those of a large run do not fit into memory.

        Raises:
            HostsCannotStart: No host is left and none can be started; what has a record is kept.
        """
        self._sink = RecordSink(self._plan.folder, self._listeners, stopping or NeverStop(), returns)
        self._queue = WorkQueue(self._plan.assignments(variants), self._plan.pack.sim.batch, len(variants))
        self.stopped_early = ""
        self._look()
        while self._queue or any(slot.busy for slot in self._slots):
            self._hand_out()
            if not any(slot.host for slot in self._slots) and self._queue:
                if all(slot.retired for slot in self._slots):
                    raise HostsCannotStart(self._why_not_started)
                continue
            self._wait()
        return self._sink.records

    def _ask_to_exit(self) -> None:
        alive = [slot.host for slot in self._slots if slot.host is not None]
        for host in alive:
            host.send(Shutdown())
        deadline = time.monotonic() + self._plan.limits.shutdown_s
        for host in alive:
            host.wait(max(0.0, deadline - time.monotonic()))

    def _kill_all(self) -> None:
        # A signal may have come between any two lines: of a host in its slot the selector need not know.
        for slot in self._slots:
            slot.vacate()
        self._selector.close()
        self._starter.close()

    def _hand_out(self) -> None:
        """Feeds ready hosts, and starts as many as the work left can use."""
        self.stopped_early = self._sink.stopping.should_stop() if self._queue else self.stopped_early
        if self.stopped_early:
            self._queue.clear()
        for slot in self._slots:
            if slot.ready and not slot.busy and self._queue:
                if slot.served >= slot.recycle_after:
                    self._recycle(slot)
                else:
                    self._feed(slot)
            elif slot.ready and not slot.busy and self._starter.is_elsewhere:
                # A machine that costs by the hour is not held for what may yet fail elsewhere.
                self._empty(slot)
        waiting = sum(slot.host is not None and not slot.ready for slot in self._slots)
        for slot in self._slots:
            if slot.host is None and not slot.retired and waiting < len(self._queue):
                self._start(slot)
                waiting += 1

    def _feed(self, slot: Slot) -> None:
        portion = self._queue.take()
        if portion:
            slot.give(portion, self._plan.limits.batch_s(self._plan.pack.sim.time_limit_s, len(portion)))

    def _start(self, slot: Slot) -> None:
        try:
            host = self._starter.start(slot.number)
        except CannotBegin as error:
            slot.retired = True
            self._why_not_started = f"no worker could start: {error}"
            return
        if self._starter.is_elsewhere:
            slot.reserve(host)
        else:
            slot.occupy(host, self._starter.setup(slot.number, None), self._plan.limits)
        self._selector.register(host.socket, selectors.EVENT_READ, slot)

    def _recycle(self, slot: Slot) -> None:
        assert slot.host is not None
        slot.host.send(Shutdown())
        slot.host.wait(self._plan.limits.shutdown_s)
        self._empty(slot)

    def _empty(self, slot: Slot) -> tuple[list[Assignment], set[str]]:
        assert slot.host is not None
        self._selector.unregister(slot.host.socket)
        return slot.vacate()

    def _wait(self) -> None:
        """Sleeps until a host has something to say or its time is up, and deals with it."""
        now = time.monotonic()
        pause = min([_LONGEST_WAIT_S, *(slot.next_check() - now for slot in self._slots)])
        for slot in self._slots:
            if slot.host is not None:
                mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if slot.host.wants_to_write else 0)
                self._selector.modify(slot.host.socket, mask, slot)
        for key, mask in self._selector.select(max(0.0, pause)):
            slot = key.data
            if mask & selectors.EVENT_WRITE:
                slot.host.flush()
            if mask & selectors.EVENT_READ:
                self._listen(slot)
        now = self._look()
        for slot in self._slots:
            reason = slot.overdue(now)
            if reason:
                self._lost(slot, reason)

    def _look(self) -> float:
        """The time, after all that stood still with this process has been taken off the hosts' account."""
        before, self._looked = self._looked, time.monotonic()
        if self._looked - before > _STOOD_STILL_S:
            for slot in self._slots:
                slot.forgive(self._looked - before - _LONGEST_WAIT_S)
        return self._looked

    def _listen(self, slot: Slot) -> None:
        assert slot.host is not None
        try:
            messages = slot.host.receive()
        except HostGone:
            slot.host.wait(_EXIT_GRACE_S)
            self._lost(slot, "")
            return
        except ValueError as error:
            self._lost(slot, f"killed: it sent something that is no message: {error}")
            return
        slot.heard()
        for message in messages:
            if slot.host is not None:
                self._handle(slot, message)

    def _handle(self, slot: Slot, message: ToParent) -> None:
        match message:
            case Placed():
                self._placed(slot, message)
            case Ready():
                slot.now_ready(message.recycle_after)
                identity = message.model_dump(mode="json", include={"adapter", "runtime"})
                self._plan.folder.keep_host(slot.number, identity)
            case CannotStart(reason=reason):
                self._refuse(slot, reason)
            case Started(variant=variant):
                slot.started.add(variant)
                self._sink.emit(VariantStarted(variant, slot.number))
            case Finished(record=record):
                assignment = slot.unfinished.pop(record.variant, None)
                if assignment is not None:
                    self._keep(assignment, record)
            case BatchFinished():
                if slot.unfinished:
                    self._lost(slot, "killed: it ended a batch without a record of every variant")
                else:
                    slot.batch_done()
            case _:
                pass

    def _placed(self, slot: Slot, placed: Placed) -> None:
        assert slot.host is not None
        try:
            setup = self._starter.setup(slot.number, placed)
        except NodeRefused as error:
            self._refuse(slot, str(error))
            self._lost(slot, "")
        else:
            slot.occupy(slot.host, setup, self._plan.limits)

    def _refuse(self, slot: Slot, reason: str) -> None:
        """The same cause would meet every retry in the same place."""
        assert slot.host is not None
        slot.refusal = reason
        self._starter.refuse(slot.host, reason)
        if not self._starter.is_elsewhere:
            slot.failed_starts = MAX_FAILED_STARTS
        self._why_not_started = self._not_started(slot, reason)

    def _lost(self, slot: Slot, reason: str) -> None:
        """A host is gone or must go: keeps what is done, retries the rest, gives up what kills."""
        assert slot.host is not None
        host, was_ready = slot.host, slot.ready
        unfinished, started = self._empty(slot)
        reason = reason or slot.refusal or host.how_it_ended()
        if not was_ready:
            slot.failed_starts += not (slot.refusal and self._starter.is_elsewhere)
            if not self._why_not_started:
                self._why_not_started = self._not_started(slot, f"{reason}\n{host.log_tail()}".strip())
            slot.retired = slot.failed_starts >= MAX_FAILED_STARTS
            self._sink.emit(HostLost(slot.number, f"did not start: {reason}", ()))
            return
        most = MAX_PLACES if host.place_lost else MAX_ATTEMPTS
        outcome = self._queue.crashed(unfinished, started, most)
        self._sink.emit(HostLost(slot.number, reason, tuple(again.variant.id for again in outcome.retried)))
        for assignment in outcome.given_up:
            times = "twice" if assignment.attempt == MAX_ATTEMPTS else f"{assignment.attempt} times"
            text = f"host died {times} on this variant: {reason}; see hosts/{slot.number}.log"
            self._keep(assignment, error_record(self._plan.pack, assignment, text, slot.number, True))

    def _keep(self, assignment: Assignment, record: RunRecord) -> None:
        """Keeps a record, or, where the machine is to blame and may try again, the attempt."""
        tried = self._retried.get(record.variant, 0)
        if not record.infrastructure or tried >= self._plan.retries:
            self._sink.keep(record)
            return
        self._retried[record.variant] = tried + 1
        self._sink.keep_attempt(record, self._plan.retries - tried - 1)
        self._queue.again(assignment.model_copy(update={"attempt": 1}))

    def _not_started(self, slot: Slot, why: str) -> str:
        log = self._plan.folder.host_log(slot.number)
        return f"no worker could start: {why}\nthe whole output of the worker is in {log}"
