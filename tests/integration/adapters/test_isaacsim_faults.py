"""Isaac Sim that dies, hangs, or draws what cannot be believed: real host processes on the double."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simgate.harness.execution.engine import execute
from simgate.harness.execution.hosts.pool.host_limits import HostLimits
from simgate.harness.execution.planning.plan import Plan, plan_run
from simgate.harness.results.record import Outcome, RunRecord
from simgate.sim_adapters.isaacsim.application.errors import IsaacSimUnavailable
from simgate.sim_adapters.isaacsim.application.gpu_lock import GpuLock
from tests.integration.adapters import isaac_double
from tests.integration.adapters.isaac_room import PLUGINS, make_pack, make_variants

pytestmark = pytest.mark.skipif(bool(isaac_double.missing()), reason=isaac_double.missing() or "-")

LIMITS = HostLimits(startup_s=90.0, heartbeat_s=30.0, batch_floor_s=6.0, wall_factor=1.0, shutdown_s=2.0)
Runner = Callable[..., tuple[Plan, str]]


def left_processes(mark: Path) -> list[int]:
    """Processes that carry a folder's name in their environment, without this one."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and str(mark).encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue  # It has ended, or belongs to somebody else.
    return found


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    def start(marks: list[str], faults: str = "", hosts: int = 1, **options: object) -> tuple[Plan, str]:
        for name, value in isaac_double.host_environment(tmp_path, faults).items():
            monkeypatch.setenv(name, value)
        for name in options.pop("without", ()):  # type: ignore[attr-defined]
            monkeypatch.delenv(name)
        monkeypatch.setenv("SIMGATE_PLUGINS", PLUGINS)
        plan = plan_run(
            make_pack(tmp_path, settle_frames=0, ready_frames=5, **options),
            variants=make_variants(marks),
            runs_dir=tmp_path / "runs",
            hosts=hosts,
            limits=LIMITS,
        )
        return plan, execute(plan)

    yield start
    assert left_processes(tmp_path) == []


def by_mark(plan: Plan) -> dict[str, RunRecord]:
    marks = {variant.id: str(variant.parameters["mark"]) for variant in plan.variants}
    return {marks[record.variant]: record for record in plan.folder.records()}


def test_a_dead_a_hung_and_a_falsely_contented_isaac_each_cost_their_variant_only(run: Runner) -> None:
    plan, stopped = run(["dead", "none", "exit0", "hung"], "dead@dead,exit0@exit0,hung@hung", hosts=1)
    records = by_mark(plan)
    assert stopped == ""
    assert records["none"].outcome is Outcome.PASS
    for mark, cause in (
        ("dead", "signal 6"),
        ("exit0", "exit code 0"),
        ("hung", "it did not finish its batch in 9 s"),
    ):
        assert records[mark].outcome is Outcome.ERROR, mark
        assert (
            f"host died twice on this variant: {'killed: ' if mark == 'hung' else ''}{cause}"
            in records[mark].reason
        )


def test_frames_that_cannot_be_believed_make_their_run_invalid_and_no_other(run: Runner) -> None:
    kinds = {
        "no_frame": "the renderer has delivered no frame, first seen at step 0",
        "black": "the renderer delivers black frames, first seen at step 0",
        "constant": "the renderer delivers frames of one colour, first seen at step 0",
        "skewed": "the frame was taken 100.0 ms before the state that it should show, first seen at step 20",
        "lost_steps": "the simulator's clock is at step 0 instead of 20",
    }
    plan, stopped = run(["none", *kinds], ",".join(f"{kind}@{kind}" for kind in kinds))
    records = by_mark(plan)
    assert stopped == ""
    assert records["none"].outcome is Outcome.PASS
    for kind, reason in kinds.items():
        assert records[kind].outcome is Outcome.INVALID, (kind, records[kind].reason)
        assert reason in records[kind].reason


def test_a_close_that_hangs_is_ended_after_the_grace(run: Runner) -> None:
    plan, stopped = run(["none"], "close_hang")
    assert stopped == ""
    assert by_mark(plan)["none"].outcome is Outcome.PASS


def test_without_the_licence_no_host_starts_and_the_operator_is_told_what_to_set(run: Runner) -> None:
    plan, stopped = run(["none"], without=("OMNI_KIT_ACCEPT_EULA",))
    assert "NVIDIA's licence for Isaac Sim has not been accepted" in stopped
    assert "OMNI_KIT_ACCEPT_EULA=YES" in stopped
    record = by_mark(plan)["none"]
    assert (record.outcome, record.attempts) == (Outcome.ERROR, 0)
    assert "NVIDIA's licence for Isaac Sim has not been accepted" in record.reason


def test_an_interpreter_without_isaac_sim_is_told_about_the_option(run: Runner, monkeypatch) -> None:
    monkeypatch.setattr(isaac_double, "DOUBLES", Path("/nowhere"))
    _, stopped = run(["none"])
    assert "this interpreter has no Isaac Sim" in stopped
    assert "--isaac-python /isaac-sim/python.sh" in stopped


@pytest.mark.parametrize(
    ("version", "said"),
    [("5.1.0-rc.19+release", "Isaac Sim 5.1.0-rc.19 is not supported"), ("7.0.0", "is newer than what this")],
)
def test_another_line_of_isaac_sim_is_refused_clearly(
    run: Runner, tmp_path, monkeypatch, version, said
) -> None:
    (tmp_path / "VERSION").write_text(version)
    monkeypatch.setenv("ISAAC_PATH", str(tmp_path))
    _, stopped = run(["none"])
    assert said in stopped


def test_two_hosts_do_not_share_a_gpu_and_the_work_is_done_all_the_same(run: Runner, monkeypatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    plan, stopped = run(["none"] * 3, hosts=2)
    assert stopped == ""
    assert [record.outcome for record in plan.folder.records()] == [Outcome.PASS] * 3
    assert len({record.host for record in plan.folder.records()}) == 1


def test_a_gpu_that_is_taken_for_good_is_told_with_the_process_that_has_it(tmp_path: Path) -> None:
    holder, second = GpuLock(0, tmp_path), GpuLock(0, tmp_path)
    holder.acquire()
    with pytest.raises(
        IsaacSimUnavailable, match=f"GPU 0 is used by another Isaac Sim of simgate .pid {os.getpid()}."
    ):
        second.acquire(wait_s=0.1)
    holder.release()
    second.acquire(wait_s=0.1)
    second.release()
    third = GpuLock(1, tmp_path)
    third.acquire(wait_s=0.1)
    third.release()
