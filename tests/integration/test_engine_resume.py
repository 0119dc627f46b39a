"""Interrupted runs: nothing is lost, nothing runs twice, and what has changed is refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simgate.harness.execution.engine import execute
from simgate.harness.execution.events import Event, VariantStarted
from simgate.harness.execution.planning.plan import Plan, plan_run
from simgate.harness.execution.planning.replay import CannotReplay, replay
from simgate.harness.execution.planning.resume import CannotResume, resume_run
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.packs.loader import load_pack
from simgate.harness.results.file_lock import InUse
from simgate.harness.results.journal import read_journal
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import NotARun, RunFolder
from simgate.policies.perception.problems import PackageError
from tests.integration.test_engine import alive, wait_until
from tests.run_dirs import run_dirs
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import ids, write_model, write_pack

__all__ = ["memory_plugins"]


def begin(folder: Path, count: int = 6, pace_s: float = 0.0, hosts: int = 1) -> Plan:
    pack = load_pack(write_pack(folder, count, pace_s))
    return plan_run(
        pack,
        variants=expand_pack(pack),
        runs_dir=folder / "runs",
        hosts=hosts,
        runtime="memory_runtime",
    )


def run_command(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    code = "import sys; from simgate.harness.cli.main import main; sys.exit(main())"
    return subprocess.Popen([sys.executable, "-c", code, "run", *arguments], cwd=folder)


def hosts_below(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []


def journal_lines(folder: RunFolder) -> int:
    return folder.journal_path.read_bytes().count(b"\n") if folder.journal_path.exists() else 0


def interrupted(folder: Path, how: Callable[[subprocess.Popen[bytes]], None]) -> RunFolder:
    """A run of the command line that is ended by ``how`` once it has a few records."""
    pack = write_pack(folder, count=10, pace_s=0.02)
    command = run_command(folder, str(pack), "--runtime", "memory_runtime", "--workers", "2", "--quiet")
    runs = folder / "runs"
    assert wait_until(lambda: runs.exists() and any(runs.glob("*/manifest.json")))
    run = RunFolder(run_dirs(runs)[0])
    assert wait_until(lambda: journal_lines(run) >= 3)
    hosts = hosts_below(command.pid)
    assert len(hosts) == 2
    how(command)
    command.wait(60.0)
    assert wait_until(lambda: not any(alive(pid) for pid in hosts)), "a host has outlived the run"
    return run


def test_a_run_killed_in_the_middle_leaves_no_host_and_resumes_without_running_anything_twice(
    tmp_path: Path,
) -> None:
    run = interrupted(tmp_path, lambda command: command.kill())
    before = {r.variant: r for r in run.records()}
    assert 3 <= len(before) < 10
    with run.journal_path.open("ab") as journal:
        journal.write(b'{"schema_version":1,"variant":"door_ah')
    assert run_command(tmp_path, "--resume", str(run.path), "--workers", "2", "--quiet").wait(60.0) == 0
    after = run.records()
    assert len(after) == 10
    assert {r.outcome for r in after} == {Outcome.PASS}
    whole = [line for line in run.journal_path.read_text().splitlines() if line.endswith("}")]
    assert len(whole) == 10, "a variant has run twice"
    assert {r.variant: r for r in after if r.variant in before} == before


def test_a_live_run_cannot_be_resumed_and_loses_nothing_by_the_attempt(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, count=10, pace_s=0.02)
    command = run_command(tmp_path, str(pack), "--runtime", "memory_runtime", "--workers", "1", "--quiet")
    runs = tmp_path / "runs"
    assert wait_until(lambda: runs.exists() and any(runs.glob("*/manifest.json")))
    run = RunFolder(run_dirs(runs)[0])
    with pytest.raises(InUse, match=rf"is in use by process {command.pid} "):
        resume_run(run.path, hosts=1)
    assert command.wait(60.0) == 0
    assert journal_lines(run) == 10


def test_of_two_resumes_at_once_one_runs_and_the_other_is_told(tmp_path: Path) -> None:
    run = interrupted(tmp_path, lambda command: command.kill())
    code = "import sys; from simgate.harness.cli.main import main; sys.exit(main())"
    arguments = [sys.executable, "-c", code, "run", "--resume", str(run.path), "--workers", "1", "--quiet"]
    both = [
        subprocess.Popen(
            arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    said = [command.communicate(timeout=60.0)[1] for command in both]
    records = list(read_journal(run.journal_path))
    assert len(records) == len({record.variant for record in records}) == 10, "a variant has run twice"
    # Where the machine lets one end before the other begins, that one finds nothing left to do.
    ends = {
        (command.returncode, "is in use by process" in text) for command, text in zip(both, said, strict=True)
    }
    assert ends <= {(0, False), (2, True)}


def test_ctrl_c_keeps_the_journal_ends_the_hosts_and_exits_130(tmp_path: Path) -> None:
    ended: list[subprocess.Popen[bytes]] = []

    def press(command: subprocess.Popen[bytes]) -> None:
        command.send_signal(signal.SIGINT)
        ended.append(command)

    run = interrupted(tmp_path, press)
    assert ended[0].returncode == 130
    assert len(run.records()) >= 3


def test_a_run_whose_empty_folders_were_lost_on_the_way_is_continued(tmp_path: Path) -> None:
    plan = begin(tmp_path, 2)
    assert plan.lock is not None
    plan.lock.release()
    for part in (plan.folder.hosts_dir, plan.folder.recordings_dir, plan.folder.frames_dir):
        part.rmdir()
    assert execute(resume_run(plan.folder.path, hosts=0, record="all")) == ""
    records = plan.folder.records()
    assert {record.outcome for record in records} == {Outcome.PASS}
    assert all((plan.folder.path / record.artifacts["trace"]).is_file() for record in records)


def test_folders_deleted_while_a_run_waits_for_its_worker_are_made_anew(tmp_path: Path) -> None:
    plan = begin(tmp_path, 2, hosts=1)

    def clear(event: Event) -> None:
        if isinstance(event, VariantStarted):
            shutil.rmtree(plan.folder.hosts_dir, ignore_errors=True)
            shutil.rmtree(plan.folder.frames_dir, ignore_errors=True)

    assert execute(plan, [clear]) == ""
    assert {record.outcome for record in plan.folder.records()} == {Outcome.PASS}
    assert all(record.notes == () for record in plan.folder.records())


def test_a_folder_that_was_renamed_with_its_run_goes_on_and_is_replayed(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    pack = write_pack(old, count=3)
    assert (
        run_command(old, str(pack), "--runtime", "memory_runtime", "--workers", "1", "--quiet").wait(60.0)
        == 0
    )
    old.rename(new)
    run = RunFolder(run_dirs(new / "runs")[0])
    lines = run.journal_path.read_text(encoding="utf-8").splitlines(keepends=True)
    run.journal_path.write_text("".join(lines[:1]), encoding="utf-8")
    before = json.loads(lines[2])
    assert run_command(new, "--resume", str(run.path), "--workers", "1", "--quiet").wait(60.0) == 0
    records = {record.variant: record for record in run.records()}
    assert len(records) == 3
    assert records[before["variant"]].trace_digest == before["trace_digest"]
    assert records[before["variant"]].identity == before["identity"]
    assert replay(run.path, before["variant"]).same


def test_another_pack_at_the_new_place_is_not_taken_for_the_runs_own(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    begin(old)
    old.rename(new)
    (new / "pack.yaml").write_text((new / "pack.yaml").read_text(encoding="utf-8") + "# another\n")
    run = RunFolder(run_dirs(new / "runs")[0])
    with pytest.raises(PackageError, match="does not exist"):
        resume_run(run.path, hosts=1)


def test_a_finished_run_has_nothing_left(tmp_path: Path) -> None:
    plan = begin(tmp_path, 3)
    execute(plan)
    left = resume_run(plan.folder.path, hosts=1)
    assert (left.variants, left.already_done) == ((), 3)


def test_errors_run_again_because_the_machine_may_be_well_now(tmp_path: Path) -> None:
    plan = begin(tmp_path, 3)
    execute(plan)
    lines = [json.loads(line) for line in plan.folder.journal_path.read_text().splitlines()]
    lines[1]["outcome"] = "ERROR"
    plan.folder.journal_path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert ids(resume_run(plan.folder.path, hosts=1).variants) == [lines[1]["variant"]]


def test_a_record_of_another_identity_does_not_count(tmp_path: Path) -> None:
    plan = begin(tmp_path, 3)
    execute(plan)
    text = plan.folder.journal_path.read_text()
    identity = plan.manifest.expected[0].identity
    plan.folder.journal_path.write_text(text.replace(identity, "0" * 64))
    assert ids(resume_run(plan.folder.path, hosts=1).variants) == [plan.manifest.expected[0].id]


def test_a_changed_pack_is_refused(tmp_path: Path) -> None:
    plan = begin(tmp_path)
    write_pack(tmp_path, count=7)
    with pytest.raises(
        CannotResume, match=r"has changed since it began \(pack memory_doors: pack\.yaml has changed\)"
    ):
        resume_run(plan.folder.path, hosts=1)


def test_a_pack_that_is_gone_is_no_obstacle_for_the_manifest_holds_it(tmp_path: Path) -> None:
    plan = begin(tmp_path)
    assert plan.lock is not None
    plan.lock.release()
    Path(plan.pack.path).unlink()
    assert resume_run(plan.folder.path, hosts=1).variants == plan.variants


def test_another_model_is_refused_by_name(tmp_path: Path) -> None:
    plan = begin(tmp_path)
    write_model(tmp_path / "model", latency="constant: 99")
    with pytest.raises(CannotResume, match="model sha256 was"):
        resume_run(plan.folder.path, hosts=1)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotARun):
        resume_run(tmp_path, hosts=1)


def test_the_manifest_is_written_before_anything_runs(tmp_path: Path) -> None:
    plan = begin(tmp_path, 4)
    manifest = plan.folder.manifest()
    assert [expected.id for expected in manifest.expected] == ids(plan.variants)
    assert not plan.folder.journal_path.exists()
    fingerprint = manifest.fingerprint
    assert (fingerprint.adapter, fingerprint.model, fingerprint.policy) == (
        "memory",
        "columns 1",
        "memory_policy",
    )
    assert fingerprint.packages["numpy"]
    assert len({expected.identity for expected in manifest.expected}) == 4


@pytest.mark.parametrize(
    "change",
    [{"latency_extra_ms": 150.0}, {"adapter": "mujoco"}, {"runtime": "onnxruntime"}],
    ids=str,
)
def test_other_conditions_make_other_identities(tmp_path: Path, change: dict[str, object]) -> None:
    plan = begin(tmp_path, 2)
    pack = load_pack(tmp_path / "pack.yaml")
    if "adapter" in change:
        # The pack's options are those of its own simulator, and no other takes them.
        pack = pack.model_copy(update={"sim": pack.sim.model_copy(update={"options": {}})})
    arguments = {"runtime": "memory_runtime"} | change
    other = plan_run(pack, variants=plan.variants, runs_dir=tmp_path / "runs", hosts=1, **arguments)
    pairs = zip(plan.manifest.expected, other.manifest.expected, strict=True)
    for before, after in pairs:
        assert before.digest == after.digest
        assert before.identity != after.identity


def test_a_comment_in_the_pack_changes_no_identity(tmp_path: Path) -> None:
    first = begin(tmp_path, 2)
    path = write_pack(tmp_path, 2)
    path.write_text("# reviewed\n\n" + path.read_text())
    pack = load_pack(path)
    second = plan_run(
        pack, variants=expand_pack(pack), runs_dir=tmp_path / "runs", hosts=1, runtime="memory_runtime"
    )
    assert first.manifest.expected == second.manifest.expected


def test_a_replay_is_the_same_bit_for_bit_and_leaves_a_recording(tmp_path: Path) -> None:
    plan = begin(tmp_path, 3)
    execute(plan)
    result = replay(plan.folder.path, f"pack.yaml::{plan.variants[2].id}")
    assert result.same
    assert (result.folder.path / result.now.artifacts["trace"]).is_file()
    assert len(plan.folder.records()) == 3


def test_a_replay_with_another_model_says_that_it_differs_and_why(tmp_path: Path) -> None:
    plan = begin(tmp_path, 2)
    execute(plan)
    write_model(tmp_path / "model", latency="constant: 99")
    result = replay(plan.folder.path, plan.variants[0].id, hosts=0)
    assert not result.same
    assert any("model sha256" in change for change in result.changes)


def test_a_replay_of_an_unknown_variant_names_the_nearest(tmp_path: Path) -> None:
    plan = begin(tmp_path, 2)
    execute(plan)
    with pytest.raises(CannotReplay, match="did you mean 'door_ahead::v000"):
        replay(plan.folder.path, "door_ahed::v0001")


def test_a_replay_of_a_variant_without_a_record_says_to_finish_the_run(tmp_path: Path) -> None:
    plan = begin(tmp_path, 2)
    with pytest.raises(CannotReplay, match="--resume"):
        replay(plan.folder.path, plan.variants[0].id)


def test_hosts_do_not_outlive_their_parent(tmp_path: Path) -> None:
    """The kernel ends the hosts with their parent, even while they compute."""
    pack = write_pack(tmp_path, count=2, pace_s=120.0)
    command = run_command(tmp_path, str(pack), "--runtime", "memory_runtime", "--workers", "2", "--quiet")
    try:
        assert wait_until(lambda: len(hosts_below(command.pid)) == 2)
        hosts = hosts_below(command.pid)
        time.sleep(1.5)
    finally:
        os.kill(command.pid, signal.SIGKILL)
        command.wait(60.0)
    assert wait_until(lambda: not any(alive(pid) for pid in hosts))
