"""``--retry-infrastructure N``: what the machine has failed at is tried again, counted and shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.progress import host_line
from simgate.harness.execution import engine
from simgate.harness.execution.engine import execute
from simgate.harness.execution.events import Event, HostLost, Retried, VariantFinished
from simgate.harness.execution.hosts.machine_errors import is_of_the_machine
from simgate.harness.execution.planning.plan import Plan
from simgate.harness.gate.decide import decide_folder
from simgate.harness.results.journal import read_journal
from simgate.harness.results.record import Outcome
from tests.integration.test_engine import PlanMaker, planned
from tests.unit.execution.conftest import memory_plugins

__all__ = ["memory_plugins", "planned"]


def run(plan: Plan, retries: int) -> list[Event]:
    object.__setattr__(plan, "retries", retries)
    story: list[Event] = []
    execute(plan, [story.append])
    return story


def journal(plan: Plan, number: int) -> list[tuple[str, int, bool]]:
    records = read_journal(plan.folder.journal_path)
    return [
        (r.outcome.value, r.attempts, r.infrastructure)
        for r in records
        if r.variant.endswith(f"v{number:04d}")
    ]


def test_a_variant_whose_hosts_died_is_tried_again_last_and_every_attempt_is_in_the_journal(
    planned: PlanMaker,
) -> None:
    plan = planned(4, {1: "kill_thrice"})
    story = run(plan, 1)
    assert journal(plan, 1) == [("ERROR", 2, True), ("PASS", 2, False)]
    told = [event.record for event in story if isinstance(event, VariantFinished)]
    assert [(record.variant[-1], record.outcome) for record in told] == [
        ("0", Outcome.PASS),
        ("2", Outcome.PASS),
        ("3", Outcome.PASS),
        ("1", Outcome.PASS),
    ], "listeners hear of a result, never of an attempt"
    (again,) = [event for event in story if isinstance(event, Retried)]
    assert (again.what, again.left) == ("door_ahead::v0001", 0)
    assert "is tried again (0 left): host died twice" in host_line(again)
    (note,) = [note for note in decide_folder(plan.folder).notes if "begun more than once" in note]
    assert "door_ahead::v0001 (4 times: ERROR, PASS)" in note


def test_it_is_an_error_when_the_attempts_are_used_up(planned: PlanMaker) -> None:
    plan = planned(2, {1: "kill"})
    story = run(plan, 2)
    assert journal(plan, 1) == [("ERROR", 2, True)] * 3
    assert [event.left for event in story if isinstance(event, Retried)] == [1, 0]
    assert sum(isinstance(event, VariantFinished) for event in story) == 2


def test_without_the_option_nothing_is_tried_again(planned: PlanMaker) -> None:
    plan = planned(2, {1: "kill"})
    run(plan, 0)
    assert journal(plan, 1) == [("ERROR", 2, True)]


def test_pictures_that_a_renderer_owes_are_tried_again(planned: PlanMaker) -> None:
    plan = planned(2, {1: "black"})
    run(plan, 1)
    assert journal(plan, 1) == [("INVALID", 1, True)] * 2


@pytest.mark.parametrize("fault", ["raise", "nan", "overlap", "stall", "blind"])
def test_what_is_tested_is_never_run_until_it_passes(planned: PlanMaker, fault: str) -> None:
    plan = planned(2, {1: fault})
    run(plan, 3)
    ((outcome, attempts, infrastructure),) = journal(plan, 1)
    assert (attempts, infrastructure) == (1, False)
    assert outcome != "PASS"


def test_workers_that_cannot_start_are_started_anew(
    planned: PlanMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine, "RETRY_PAUSE_S", 0.0)
    # The interpreter breaks on the first two starts, after which a slot gives up.
    (tmp_path / "sitecustomize.py").write_text(
        "from pathlib import Path\n"
        f"marks = Path({str(tmp_path)!r})\n"
        "count = len(list(marks.glob('start-*')))\n"
        "(marks / f'start-{count}').touch()\n"
        "if count < 2:\n"
        "    raise SystemExit('the GPU is taken')\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
    plan = planned(2)
    story = run(plan, 1)
    assert journal(plan, 0) == journal(plan, 1) == [("PASS", 1, False)]
    assert [event.what for event in story if isinstance(event, Retried)] == ["workers"]
    assert len([event for event in story if isinstance(event, HostLost)]) == 2


def test_what_no_worker_could_begin_is_the_machines_fault(planned: PlanMaker) -> None:
    plan = planned(1, runtime="onnxruntime")
    run(plan, 0)
    assert journal(plan, 0) == [("ERROR", 0, True)]


@pytest.mark.parametrize(
    ("error", "of_machine"),
    [
        (MemoryError(), True),
        (OSError(28, "No space left on device"), True),
        (OSError(24, "Too many open files"), True),
        (FileNotFoundError(2, "No such file"), False),
        (ValueError("a wrong value"), False),
        (ImportError("_flapack.so: failed to map segment from shared object"), True),
        (ImportError("No module named 'acme'"), False),
    ],
)
def test_full_memory_disk_and_descriptors_are_the_machines(error: Exception, of_machine: bool) -> None:
    assert is_of_the_machine(error) is of_machine
