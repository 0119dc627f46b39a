"""A slot is a deadline machine: empty, starting, idle, busy. Its clock is the test's; its host is a process."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simgate.harness.execution.hosts.assignment import Assignment, HostSetup
from simgate.harness.execution.hosts.host_process import HostProcess
from simgate.harness.execution.hosts.pool.host_limits import HostLimits, limits_of
from simgate.harness.execution.hosts.pool.slot import Slot
from tests.unit.execution.memory_pack import make_pack, make_variants

LIMITS = HostLimits(startup_s=180.0, heartbeat_s=60.0, recycle_after=200)
SILENT = (sys.executable, "-c", "import time; time.sleep(60)")
"""A process that never says anything."""


class Clock:
    """Stands still until the test moves it."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slot(clock: Clock) -> Iterator[Slot]:
    made = Slot(0, clock)
    yield made
    made.vacate()


@pytest.fixture
def starting(slot: Slot, tmp_path: Path) -> Slot:
    setup = HostSetup(number=0, pack=make_pack(tmp_path), runtime="", run_dir=str(tmp_path), record="failed")
    slot.occupy(HostProcess(0, tmp_path / "0.log", SILENT), setup, LIMITS)
    return slot


@pytest.fixture
def idle(starting: Slot) -> Slot:
    starting.now_ready()
    return starting


@pytest.fixture
def busy(idle: Slot) -> Slot:
    idle.give(portion(3), seconds=90.0)
    return idle


def test_a_host_that_goes_on_with_another_run_is_as_worn_as_before(busy: Slot, tmp_path: Path) -> None:
    busy.batch_done()
    setup = HostSetup(number=0, pack=make_pack(tmp_path), runtime="", run_dir=str(tmp_path), record="failed")
    busy.go_on(setup, LIMITS)
    assert (busy.served, busy.ready) == (3, False)


def portion(count: int) -> list[Assignment]:
    return [Assignment(variant=variant, identity="i") for variant in make_variants(count)]


def last_moment(slot: Slot, clock: Clock) -> float:
    """Seconds from now until the slot's host is given up if nothing happens; checked on both sides."""
    left = slot.next_check() - clock.now
    assert slot.overdue(clock.now + left - 0.001) == ""
    assert slot.overdue(clock.now + left) != ""
    return left


def test_an_empty_slot_is_never_overdue(slot: Slot) -> None:
    assert slot.next_check() == math.inf
    assert slot.overdue(1e12) == ""
    assert slot.vacate() == ([], set())


def test_a_host_that_starts_may_be_silent_until_its_start_up_deadline(starting: Slot, clock: Clock) -> None:
    """Its heartbeat begins when it is ready; to look sooner would be to look all the time."""
    assert last_moment(starting, clock) == 180.0
    assert starting.overdue(clock.now + 180.0) == "killed: it did not get ready in 180 s"


def test_what_a_starting_host_says_does_not_lengthen_its_start_up(starting: Slot, clock: Clock) -> None:
    clock.now += 100.0
    starting.heard()
    assert last_moment(starting, clock) == 80.0


def test_a_ready_host_is_given_up_after_a_silence(idle: Slot, clock: Clock) -> None:
    assert last_moment(idle, clock) == 60.0
    assert idle.overdue(clock.now + 60.0) == "killed: no sign of life for 60 s"


def test_a_sign_of_life_starts_the_silence_anew(idle: Slot, clock: Clock) -> None:
    clock.now += 59.0
    idle.heard()
    assert last_moment(idle, clock) == 60.0


def test_a_busy_host_that_goes_on_talking_has_the_time_of_its_batch(busy: Slot, clock: Clock) -> None:
    clock.now += 50.0
    busy.heard()
    assert last_moment(busy, clock) == 40.0
    assert busy.overdue(clock.now + 40.0) == "killed: it did not finish its batch in 90 s"


def test_a_busy_host_that_falls_silent_is_given_up_before_its_batch_is_due(busy: Slot, clock: Clock) -> None:
    assert last_moment(busy, clock) == 60.0
    assert busy.overdue(clock.now + 60.0) == "killed: no sign of life for 60 s"


def test_a_finished_batch_takes_its_deadline_with_it(busy: Slot, clock: Clock) -> None:
    clock.now += 50.0
    busy.heard()
    busy.batch_done()
    assert (busy.busy, busy.unfinished, busy.started) == (False, {}, set())
    assert last_moment(busy, clock) == 60.0


def test_every_batch_has_a_deadline_of_its_own(busy: Slot, clock: Clock) -> None:
    clock.now += 80.0
    busy.heard()
    busy.batch_done()
    busy.give(portion(1), seconds=45.0)
    assert last_moment(busy, clock) == 45.0


def test_what_was_handed_out_is_unfinished_until_it_is_taken_off(busy: Slot) -> None:
    first, second, third = busy.unfinished
    del busy.unfinished[second]
    busy.started.add(third)
    left, begun = busy.vacate()
    assert [assignment.variant.id for assignment in left] == [first, third]
    assert begun == {third}


def test_a_vacated_slot_is_empty_and_its_process_is_dead(busy: Slot, clock: Clock) -> None:
    assert busy.host is not None
    pid = busy.host.pid
    busy.vacate()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert (busy.host, busy.ready, busy.busy) == (None, False, False)
    assert busy.next_check() == math.inf
    assert busy.overdue(clock.now + 1e6) == ""


def test_a_new_host_starts_with_nothing_of_the_old_one(busy: Slot, clock: Clock, tmp_path: Path) -> None:
    busy.refusal = "the old one's"
    busy.vacate()
    clock.now += 500.0
    setup = HostSetup(number=0, pack=make_pack(tmp_path), runtime="", run_dir=str(tmp_path), record="failed")
    busy.occupy(HostProcess(0, tmp_path / "0.log", SILENT), setup, LIMITS)
    assert (busy.ready, busy.busy, busy.served, busy.refusal) == (False, False, 0, "")
    assert last_moment(busy, clock) == 180.0


def test_served_counts_variants_over_the_batches_of_one_host(busy: Slot) -> None:
    busy.batch_done()
    busy.give(portion(2), seconds=90.0)
    assert busy.served == 5


def test_failed_starts_are_forgotten_when_one_succeeds(starting: Slot) -> None:
    starting.failed_starts = 2
    starting.now_ready()
    assert starting.failed_starts == 0


def test_workers_without_a_simulator_are_not_replaced() -> None:
    assert limits_of("mujoco").recycle_after == 200
    assert limits_of("dataset").recycle_after > 1_000_000


@pytest.mark.parametrize(("asked", "after"), [(None, 200), (50, 50), (500, 200)])
def test_the_sooner_of_plan_and_simulator_counts(starting: Slot, asked: int | None, after: int) -> None:
    starting.now_ready(asked)
    assert starting.recycle_after == after
