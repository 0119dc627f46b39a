"""The engine with real host processes: who dies, who is retried, and that nothing is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simgate.harness.execution.engine import execute
from simgate.harness.execution.events import (
    Event,
    HostLost,
    RunFinished,
    RunStarted,
    VariantFinished,
    VariantStarted,
)
from simgate.harness.execution.hosts.pool.host_limits import HostLimits
from simgate.harness.execution.hosts.pool.host_pool import HostPool, HostsCannotStart
from simgate.harness.execution.planning.plan import Plan, plan_run
from simgate.harness.results.record import Outcome, RunRecord
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import ids, make_pack, make_variants

__all__ = ["memory_plugins"]

PlanMaker = Callable[..., Plan]


@pytest.fixture
def planned(tmp_path: Path) -> PlanMaker:
    def make(
        count: int = 4,
        faults: dict[int, str] | None = None,
        hosts: int = 1,
        batch: int = 1,
        **options: object,
    ) -> Plan:
        pack = make_pack(tmp_path)
        adapter_options = {"mark_dir": str(tmp_path), "pace_s": options.pop("pace_s", 0.0)}
        sim = pack.sim.model_copy(update={"options": adapter_options, "batch": batch})
        return plan_run(
            pack.model_copy(update={"sim": sim}),
            variants=make_variants(count, faults),
            runs_dir=tmp_path / "runs",
            hosts=hosts,
            runtime=str(options.pop("runtime", "memory_runtime")),
            **options,
        )

    return make


def outcomes(plan: Plan) -> dict[int, Outcome]:
    return {int(r.variant[-4:]): r.outcome for r in plan.folder.records()}


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_run_tells_its_story_in_order_and_leaves_a_record_of_every_variant(planned: PlanMaker) -> None:
    plan = planned(4, hosts=2)
    story: list[Event] = []
    assert execute(plan, [story.append]) == ""
    assert isinstance(story[0], RunStarted)
    assert isinstance(story[-1], RunFinished)
    started = [e.variant for e in story if isinstance(e, VariantStarted)]
    finished = [e.record.variant for e in story if isinstance(e, VariantFinished)]
    assert sorted(started) == sorted(finished) == ids(plan.variants)
    assert set(outcomes(plan).values()) == {Outcome.PASS}


def test_a_record_is_in_the_journal_before_anyone_hears_of_it(planned: PlanMaker) -> None:
    plan = planned(3)
    journaled: list[bool] = []

    def listen(event: Event) -> None:
        if isinstance(event, VariantFinished):
            journaled.append(event.record in plan.folder.records())

    execute(plan, [listen])
    assert journaled == [True] * 3


def test_no_host_one_host_and_two_hosts_give_the_same_traces(planned: PlanMaker) -> None:
    digests = []
    for hosts in (0, 1, 2):
        plan = planned(5, hosts=hosts)
        execute(plan)
        digests.append({r.variant: r.trace_digest for r in plan.folder.records()})
    assert digests[0] == digests[1] == digests[2]
    assert len(set(digests[0].values())) == 5


def test_worlds_run_in_batches_give_the_same_traces(planned: PlanMaker) -> None:
    digests = []
    for batch in (1, 3):
        plan = planned(5, batch=batch)
        execute(plan)
        digests.append({r.variant: r.trace_digest for r in plan.folder.records()})
    assert digests[0] == digests[1]


def test_a_killed_host_costs_only_the_variant_it_was_on_and_that_is_retried(planned: PlanMaker) -> None:
    plan = planned(6, pace_s=0.02)
    story: list[Event] = []
    killed: list[str] = []

    def kill_third(event: Event) -> None:
        story.append(event)
        if isinstance(event, VariantStarted) and event.variant.endswith("2") and not killed:
            killed.append(event.variant)
            os.kill(only_child(), signal.SIGKILL)

    execute(plan, [kill_third])
    lost = [e for e in story if isinstance(e, HostLost)]
    assert [(e.reason, e.retried) for e in lost] == [("signal 9", tuple(killed))]
    assert set(outcomes(plan).values()) == {Outcome.PASS}
    attempts = {r.variant: r.attempts for r in plan.folder.records()}
    assert {v for v, n in attempts.items() if n == 2} == set(killed)
    assert len(plan.folder.journal_path.read_text().splitlines()) == 6


def only_child() -> int:
    mine = os.getpid()
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == mine and b"simgate.harness.execution.hosts.host" in command:
            found.append(int(stat.parent.name))
    assert len(found) == 1
    return found[0]


def test_a_variant_that_kills_its_host_twice_is_an_error_and_the_rest_goes_on(planned: PlanMaker) -> None:
    plan = planned(4, {1: "kill"}, hosts=2)
    execute(plan)
    assert outcomes(plan) == {0: Outcome.PASS, 1: Outcome.ERROR, 2: Outcome.PASS, 3: Outcome.PASS}
    guilty = next(r for r in plan.folder.records() if r.outcome is Outcome.ERROR)
    assert guilty.reason.startswith("host died twice on this variant: signal 9; see hosts/")
    assert (plan.folder.path / guilty.reason.rpartition("see ")[2]).exists()
    assert guilty.attempts == 2


def test_a_crashed_batch_is_split_so_that_only_the_guilty_variant_pays(planned: PlanMaker) -> None:
    plan = planned(6, {2: "kill"}, batch=3)
    execute(plan)
    assert {k for k, o in outcomes(plan).items() if o is not Outcome.PASS} == {2}


def test_an_exception_is_the_variants_error_and_the_host_goes_on(planned: PlanMaker) -> None:
    plan = planned(4, {1: "raise"})
    story: list[Event] = []
    execute(plan, [story.append])
    assert not [e for e in story if isinstance(e, HostLost)]
    assert outcomes(plan)[1] is Outcome.ERROR
    assert set(outcomes(plan).values()) == {Outcome.PASS, Outcome.ERROR}
    reason = plan.folder.records()[1].reason
    assert "ValueError: the gearbox of this world is missing" in reason
    assert "see hosts/0.log" in reason
    assert "Traceback" in plan.folder.host_log(0).read_text()


def test_an_exception_in_a_batch_is_the_error_of_one_world_only(planned: PlanMaker) -> None:
    plan = planned(3, {1: "raise"}, batch=3)
    execute(plan)
    assert outcomes(plan) == {0: Outcome.PASS, 1: Outcome.ERROR, 2: Outcome.PASS}


def test_a_hung_host_is_killed_at_its_deadline(planned: PlanMaker) -> None:
    plan = planned(3, {1: "hang"}, limits=HostLimits(batch_floor_s=1.0, wall_factor=0.05))
    execute(plan)
    assert outcomes(plan) == {0: Outcome.PASS, 1: Outcome.ERROR, 2: Outcome.PASS}
    guilty = next(r for r in plan.folder.records() if r.outcome is Outcome.ERROR)
    assert "killed: it did not finish its batch in 2 s" in guilty.reason


def test_a_host_without_a_sign_of_life_is_killed(planned: PlanMaker) -> None:
    plan = planned(2, pace_s=0.02, limits=HostLimits(heartbeat_s=4.0))
    stopped: list[int] = []

    def freeze_first(event: Event) -> None:
        if isinstance(event, VariantStarted) and not stopped:
            stopped.append(only_child())
            os.kill(stopped[0], signal.SIGSTOP)

    story: list[Event] = []
    execute(plan, [freeze_first, story.append])
    assert [e.reason for e in story if isinstance(e, HostLost)] == ["killed: no sign of life for 4 s"]
    assert set(outcomes(plan).values()) == {Outcome.PASS}
    assert not alive(stopped[0])


def test_time_in_which_the_supervisor_itself_did_not_run_counts_against_no_host(planned: PlanMaker) -> None:
    """It stands still in the first message, as under SIGSTOP; its host goes on, finishes and is not killed."""
    limits = HostLimits(batch_floor_s=4.0, wall_factor=0.0, heartbeat_s=4.0)
    plan = planned(3, limits=limits)
    story: list[Event] = []

    def stands_still(event: Event) -> None:
        story.append(event)
        if isinstance(event, VariantStarted) and sum(isinstance(e, VariantStarted) for e in story) == 1:
            time.sleep(7.0)

    execute(plan, [stands_still])
    assert not [event for event in story if isinstance(event, HostLost)]
    assert [r.attempts for r in plan.folder.records()] == [1, 1, 1]


def test_hosts_are_replaced_after_so_many_variants(planned: PlanMaker) -> None:
    plan = planned(5, limits=HostLimits(recycle_after=2))
    pids: list[int] = []
    story: list[Event] = []

    def note(event: Event) -> None:
        if isinstance(event, VariantStarted):
            pids.append(only_child())

    execute(plan, [note, story.append])
    assert len(set(pids)) == 3
    assert not [e for e in story if isinstance(e, HostLost)]
    assert set(outcomes(plan).values()) == {Outcome.PASS}


def test_hosts_that_cannot_start_end_the_run_and_every_variant_is_an_error_with_the_reason(
    planned: PlanMaker,
) -> None:
    plan = planned(3, hosts=2, runtime="onnxruntime")
    story: list[Event] = []
    reason = execute(plan, [story.append])
    assert "'weights.onnx' cannot be loaded by ONNX Runtime" in reason
    assert str(plan.folder.hosts_dir) in reason
    assert isinstance(story[-1], RunFinished)
    assert story[-1].stopped_early == reason
    assert not [e for e in story if isinstance(e, VariantFinished)], "told once, not for each variant"
    records = plan.folder.records()
    assert [r.variant for r in records] == ids(plan.variants)
    for record in records:
        assert record.outcome is Outcome.ERROR
        assert "no worker could start: " in record.reason
        assert "'weights.onnx' cannot be loaded by ONNX Runtime" in record.reason
        assert record.reason.endswith("; see hosts/*.log")


def test_a_host_that_crashes_while_starting_shows_the_end_of_its_log(
    planned: PlanMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('this interpreter is broken')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    reason = execute(planned(2))
    assert "no worker could start: exit code 1" in reason
    assert "this interpreter is broken" in reason


def test_a_stopping_rule_ends_the_run_after_what_is_running(planned: PlanMaker) -> None:
    class AfterTwo:
        seen = 0

        def should_stop(self) -> str:
            return "two are enough" if self.seen >= 2 else ""

        def observe(self, record: RunRecord) -> None:
            self.seen += 1

        def observe_attempt(self, record: RunRecord) -> None:
            raise AssertionError("nothing was to be run again")

    plan = planned(6)
    assert execute(plan, stopping=AfterTwo()) == "two are enough"
    assert len(plan.folder.records()) == 2


def test_a_pool_keeps_its_host_between_calls_and_ends_it_when_left(planned: PlanMaker) -> None:
    plan = planned(4)
    with HostPool(plan, hosts=1, first_number=3) as pool:
        first = pool.run(plan.variants[:2])
        pid = only_child()
        second = pool.run(plan.variants[2:])
        assert only_child() == pid
    assert [r.variant for r in (*first, *second)] == ids(plan.variants)
    assert {r.host for r in first} == {3}
    assert not alive(pid)


def test_an_interrupt_ends_the_hosts_and_keeps_the_journal(planned: PlanMaker) -> None:
    plan = planned(6, hosts=2, pace_s=0.02)
    pids: list[int] = []

    def interrupt(event: Event) -> None:
        if isinstance(event, VariantFinished):
            pids.extend(children())
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        execute(plan, [interrupt])
    assert len(plan.folder.records()) == 1
    assert pids
    assert wait_until(lambda: not any(alive(pid) for pid in pids))


def children() -> list[int]:
    return [
        int(task)
        for thread in Path("/proc/self/task").iterdir()
        for task in (thread / "children").read_text().split()
    ]


def test_everything_a_host_has_started_dies_with_it(planned: PlanMaker, tmp_path: Path) -> None:
    execute(planned(1, {0: "litter"}))
    left = [int(mark.name.removeprefix("litter-")) for mark in tmp_path.glob("litter-*")]
    assert len(left) == 2
    assert wait_until(lambda: not any(alive(pid) for pid in left))


def test_failed_and_invalid_variants_leave_pictures_and_a_recording(planned: PlanMaker) -> None:
    plan = planned(5, {3: "nan", 4: "blind"})
    execute(plan)
    by_index = {int(r.variant[-4:]): r for r in plan.folder.records()}
    assert by_index[3].outcome is Outcome.INVALID
    assert by_index[4].outcome is Outcome.FAIL
    for record in (by_index[3], by_index[4]):
        assert set(record.artifacts) == {
            "start_picture",
            "failure_picture",
            "strip.front.rgb",
            "trace",
            "film",
        }
        assert all((plan.folder.path / path).is_file() for path in record.artifacts.values())
    assert [set(by_index[k].artifacts) for k in range(3)] == [{"start_picture"}, {"start_picture"}, set()]


def test_on_request_every_variant_leaves_a_recording(planned: PlanMaker) -> None:
    plan = planned(3, record="all")
    execute(plan)
    assert all("trace" in record.artifacts for record in plan.folder.records())


def test_what_the_hosts_are_is_kept_and_completes_the_fingerprint(planned: PlanMaker) -> None:
    plan = planned(1)
    assert plan.folder.fingerprint().renderer == ""
    execute(plan)
    assert plan.folder.fingerprint().renderer == "numpy"
    assert plan.folder.hosts()[0]["runtime"]["runtime"] == "memory_runtime"


def test_a_pool_without_hosts_that_start_raises_for_its_direct_user(planned: PlanMaker) -> None:
    plan = planned(1, runtime="onnxruntime")
    with HostPool(plan) as pool, pytest.raises(HostsCannotStart, match="cannot be loaded"):
        pool.run(plan.variants)
