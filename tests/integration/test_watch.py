"""``--reuse`` and ``--watch``: what nothing has changed for is not run again, and what has is run with what is now there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simgate.harness.cli import watching as watching_module
from simgate.harness.cli.main import main
from simgate.harness.execution.engine import execute
from simgate.harness.execution.events import VariantStarted
from simgate.harness.execution.hosts.pool.kept_pool import KeptPool
from simgate.harness.execution.hosts.pool.served_again import is_served_by
from simgate.harness.execution.planning.plan import Plan, plan_run, with_manifest
from simgate.harness.execution.worker import Worker
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.frontend.changes import Files, UntilChanged
from simgate.harness.merging.reuse import reuse
from simgate.harness.merging.sources import CannotMerge
from simgate.harness.packs.loader import load_pack
from simgate.harness.results.journal import append_record
from simgate.harness.results.parts import make_part
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from simgate.sim_adapters.traits import AdapterTraits
from tests.integration.test_engine import alive, wait_until
from tests.integration.test_engine_resume import hosts_below
from tests.run_dirs import run_dirs
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_model, write_pack
from tests.unit.execution.memory_plugins import MemoryAdapter

__all__ = ["memory_plugins"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def edit(path: Path, was: str, now: str) -> None:
    text = path.read_text()
    assert was in text
    path.with_suffix(".new").write_text(text.replace(was, now))
    path.with_suffix(".new").replace(path)


def planned(folder: Path) -> Plan:
    pack = load_pack(folder / "pack.yaml")
    return plan_run(
        pack,
        variants=expand_pack(pack),
        runs_dir=folder / "runs",
        hosts=1,
        runtime="memory_runtime",
        record="all",
    )


def begun(plan: Plan, kept: KeptPool | None = None) -> tuple[list[str], list[int]]:
    """The variants that a plan has run, and the processes that have."""
    started: list[str] = []
    pids: list[int] = []

    def note(event: object) -> None:
        if isinstance(event, VariantStarted):
            started.append(event.variant)
            pids.extend(hosts_below(os.getpid()))

    assert execute(plan, [note], kept=kept) == ""
    return started, sorted(set(pids))


def test_only_what_a_change_concerns_is_run_and_the_rest_is_the_earlier_runs(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, 3)
    first = planned(tmp_path)
    begun(first)
    edit(pack, "variants: {count: 3}", "variants: {count: 5}")
    more = reuse(planned(tmp_path), first.folder)
    assert begun(more)[0] == ["door_ahead::v0003", "door_ahead::v0004"]
    kept = first.folder.records()
    assert more.folder.records()[:3] == kept
    for record in kept:
        assert record.artifacts
        for name in record.artifacts.values():
            assert (more.folder.path / name).read_bytes() == (first.folder.path / name).read_bytes()
    reused = more.folder.manifest().reused
    assert reused is not None and (reused.run_id, reused.records) == (first.folder.path.name, 3)
    edit(pack, "collisions: {at_most: 0}", "collisions: {at_most: 1}")
    other = reuse(planned(tmp_path), more.folder)
    assert len(begun(other)[0]) == 5, "a criterion is part of what a record says"
    assert other.folder.manifest().reused is None


def test_what_the_machine_failed_at_is_not_reused(tmp_path: Path) -> None:
    write_pack(tmp_path, 2)
    first = planned(tmp_path)
    begun(first)
    failed, fine = first.folder.records()
    broken = failed.model_copy(update={"outcome": Outcome.INVALID, "infrastructure": True})
    first.folder.journal_path.unlink()
    for record in (broken, fine):
        append_record(first.folder.journal_path, record)
    assert begun(reuse(planned(tmp_path), first.folder))[0] == [failed.variant]


def test_another_model_leaves_nothing_to_reuse(tmp_path: Path) -> None:
    write_pack(tmp_path, 2)
    first = planned(tmp_path)
    begun(first)
    write_model(tmp_path / "model", latency="uniform: {between: [20, 150]}")
    assert len(begun(reuse(planned(tmp_path), first.folder))[0]) == 2


def test_records_of_another_machine_are_refused_by_name(tmp_path: Path) -> None:
    write_pack(tmp_path, 2)
    first = planned(tmp_path)
    elsewhere = first.manifest.fingerprint.model_copy(update={"machine": "a Cray"})
    with_manifest(first, fingerprint=elsewhere)
    begun(first)
    with pytest.raises(CannotMerge, match=r"can be reused: the machine was a Cray, is .*; leave --reuse out"):
        reuse(planned(tmp_path), first.folder)


def test_hosts_stay_for_another_pack_and_are_new_for_what_python_or_the_simulator_keep(
    tmp_path: Path,
) -> None:
    pack = write_pack(tmp_path, 2)
    with KeptPool() as kept:
        _, [pid] = begun(planned(tmp_path), kept)
        edit(pack, "uniform: [3.0, 5.0]", "uniform: [3.0, 4.0]")
        changed = planned(tmp_path)
        assert begun(changed, kept)[1] == [pid]
        assert {0.0 < float(r.parameters["door.distance_m"]) < 4.0 for r in changed.folder.records()} == {
            True
        }
        write_model(tmp_path / "model", latency="constant: 500")
        slower = planned(tmp_path)
        _, [fresh] = begun(slower, kept)
        assert fresh != pid and not alive(pid), "a runtime of a team's own may keep what it has read"
        assert {ms for r in slower.folder.records() if r.latency for ms in r.latency.in_loop_ms} == {500.0}
        assert slower.folder.host_log(0).exists() and slower.folder.hosts()
        edit(pack, "time_limit_s: 10", "time_limit_s: 9")
        _, [other] = begun(planned(tmp_path), kept)
        assert other != fresh and not alive(fresh)
    assert wait_until(lambda: not alive(other))


@pytest.mark.parametrize(
    ("role", "by", "serves"),
    [
        ("model", {"runtime": "simgate.policies.runtimes:Torch"}, True),
        ("model", {"runtime": "acme.fast:Runtime"}, False),
        ("model", {"runtime": "simgate.policies.runtimes:Torch", "model": "decode.py:Decoder"}, False),
        ("policy", {"policy": "simgate.policies.network:Network"}, True),
        ("policy", {"policy": "acme.drive:Policy"}, False),
        ("world", {}, False),
    ],
)
def test_files_that_a_teams_own_code_has_read_may_be_kept_by_it(
    tmp_path: Path, role: str, by: dict[str, str], serves: bool
) -> None:
    write_pack(tmp_path, 2)
    plan = planned(tmp_path)
    before, now = (
        with_manifest(
            plan,
            fingerprint=plan.manifest.fingerprint.model_copy(
                update={
                    "parts": (
                        make_part(role, "it", files={"weights": sha256}, entry=by.get(role, "")),
                        *(make_part(one, one, entry=entry) for one, entry in by.items() if one != role),
                    )
                }
            ),
        )
        for sha256 in ("1" * 64, "2" * 64)
    )
    assert (is_served_by(now, before), is_served_by(before, before)) == (serves, True)


def test_other_numbers_of_workers_are_other_pools(tmp_path: Path) -> None:
    write_pack(tmp_path, 4)
    with KeptPool() as kept:
        for hosts in (1, 2):
            begun(replace(planned(tmp_path), hosts=hosts), kept)
            assert kept._pool is not None and len(kept._pool._slots) == hosts


def test_what_a_criterion_asks_of_a_process_is_told_by_one_of_this_run(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, 2)
    edit(pack, "collisions: {at_most: 0}", "cpu.rss_peak_mb: {at_most: 9000}")
    with KeptPool() as kept:
        _, [pid] = begun(planned(tmp_path), kept)
        edit(pack, "at_most: 9000", "at_most: 8000")
        assert begun(planned(tmp_path), kept)[1] != [pid]


@pytest.mark.parametrize("serves", [True, False])
def test_a_simulator_that_serves_no_further_run_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serves: bool
) -> None:
    closed: list[str] = []
    monkeypatch.setattr(MemoryAdapter, "traits", AdapterTraits(serves_further_runs=serves), raising=False)
    monkeypatch.setattr(MemoryAdapter, "close", lambda _: closed.append("closed"))
    write_pack(tmp_path, 2)
    worker = Worker(planned(tmp_path).setup(0), is_own_process=False)
    worker.describe()
    simulator = worker.without_simulator()
    assert (simulator is not None, len(closed)) == (serves, not serves)


def test_what_was_left_behind_is_told(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, 2)
    first = planned(tmp_path)
    begun(first)
    picture = first.folder.path / next(iter(first.folder.records()[0].artifacts.values()))
    picture.rename(tmp_path / "elsewhere")
    picture.symlink_to(tmp_path / "elsewhere")
    edit(pack, "variants: {count: 2}", "variants: {count: 3}")
    (said,) = reuse(planned(tmp_path), first.folder).folder.manifest().looked_past
    assert picture.name in said and "was left behind" in said


def test_a_command_begins_anew_with_the_run_before_among_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    begun_as: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, words: begun_as.append(words))
    for given in (["--watch", "pack"], ["--watch", "--reuse", "old", "--", "pack"]):
        monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "simgate", "run", *given])
        watching_module._begin_anew(Path("runs/new"))
    python = [sys.executable, "-m", "simgate", "run"]
    assert begun_as == [
        [*python, "--watch", "pack", "--reuse", "runs/new"],
        [*python, "--watch", "--reuse", "runs/new", "--", "pack"],
    ]


def test_the_name_of_a_file_that_has_changed_writes_nothing_into_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[31m.csv"
    rule = UntilChanged(Files([file]))
    file.touch()
    assert rule.should_stop() == r"a\x1b[31m.csv has changed"


def test_a_log_takes_what_is_written_past_the_streams_of_python(tmp_path: Path) -> None:
    log = tmp_path / "1" / "0.log"
    code = (
        "import io, os, sys; from pathlib import Path; sys.stdout = io.StringIO()\n"
        "from simgate.harness.execution.hosts.host_log import log_to\n"
        f"log_to(Path({str(log)!r})); os.write(1, b'one'); os.write(2, b'two')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300.0)
    assert log.read_bytes() == b"onetwo"


def test_what_a_kept_host_says_is_in_its_own_runs_log(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, 2)
    edit(pack, "camera.noise_std: 0.02", "camera.noise_std: 0.02\n      fault: none")
    with KeptPool() as kept:
        begun(planned(tmp_path), kept)
        edit(pack, "fault: none", "fault: raise")
        failing = planned(tmp_path)
        begun(failing, kept)
    assert all("see hosts/0.log" in record.reason for record in failing.folder.records())
    assert "Traceback" in failing.folder.host_log(0).read_text()


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[[int], str]]:
    """Waits for the n-th time that a command which watches ``tmp_path`` has come to rest; gives what it said since."""
    write_pack(tmp_path, 2)
    edit(tmp_path / "pack.yaml", "policy: memory_policy", "policy: own.py:Own")
    (tmp_path / "own.py").write_text(
        "from tests.unit.execution.memory_plugins import MemoryPolicy as Own  # noqa: F401\n"
    )
    log = tmp_path / "log"
    command = [sys.executable, "-m", "simgate.harness.cli.main", "run", ".", "--watch", "--workers", "1"]
    with log.open("wb") as out:
        process = subprocess.Popen([*command, "--runtime", "memory_runtime"], stdout=out, stderr=out)
    seen = 0

    def rest(times: int) -> str:
        nonlocal seen
        assert wait_until(lambda: log.read_text().count("watching") == times or process.poll() is not None)
        said = log.read_text()[seen:]
        assert process.poll() is None, said
        seen += len(said)
        return said

    yield rest
    hosts = hosts_below(process.pid)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30.0) == 128 + signal.SIGTERM
    assert wait_until(lambda: not any(alive(pid) for pid in hosts))


def test_a_watched_pack_is_run_again_when_it_its_model_or_its_policy_is_saved(
    tmp_path: Path, watching: Callable[[int], str]
) -> None:
    pack = tmp_path / "pack.yaml"
    assert "GO" in watching(1)
    edit(pack, "count: 2", "count: 3")
    assert re.search(r"changed: pack.yaml\n.*3 variants on 1 worker, 2 already done", watching(2))
    edit(pack, "count: 3", "cuont: 3")
    assert "did you mean 'count'" in watching(3)
    edit(pack, "cuont: 3", "count: 3")
    assert "3 variants on 1 worker, 3 already done" in watching(4)
    edit(tmp_path / "own.py", "# noqa", "# another policy  # noqa")
    said = watching(5)
    assert "changed: own.py\n" in said and "3 variants on 1 worker, into" in said
    assert len(run_dirs(tmp_path / "runs")) == 4


def test_a_change_during_a_run_begins_it_again_with_what_is_done(
    tmp_path: Path, watching: Callable[[int], str]
) -> None:
    watching(1)
    text = (tmp_path / "pack.yaml").read_text()
    # At once: a run of the first change alone might begin and end before the second.
    edit(
        tmp_path / "pack.yaml",
        text,
        text.replace("count: 2", "count: 6").replace("pace_s: 0.0", "pace_s: 0.005"),
    )
    assert wait_until(lambda: len(run_dirs(tmp_path / "runs")) == 2)
    slow = RunFolder(run_dirs(tmp_path / "runs")[1])
    assert wait_until(slow.journal_path.exists)
    edit(tmp_path / "pack.yaml", "count: 6", "count: 7")
    said = watching(2)
    assert "the run has ended early: pack.yaml has changed" in said
    assert re.search(r"7 variants on 1 worker, [1-5] already done", said)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--shard", "1/2"], "--shard cannot be combined with --watch"),
        (["--resume", "runs/latest"], "--resume cannot be combined with --watch"),
        (["--output", "json"], "--output json cannot be combined with --watch"),
        (["--executor", "ray"], "--executor ray cannot be combined with --watch"),
        (["--until-decided"], "--until-decided cannot be combined with --watch"),
    ],
)
def test_options_that_contradict_watching_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: list[str], message: str
) -> None:
    write_pack(tmp_path)
    assert main(["run", ".", "--watch", *option]) == 2
    assert message in capsys.readouterr().err


def test_reuse_of_nothing_is_an_error_before_there_is_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(tmp_path)
    assert main(["run", ".", "--reuse", "nowhere"]) == 2
    assert "nowhere is not a run folder" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_run_that_may_reuse_nothing_is_not_the_latest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(tmp_path)
    words = ["run", ".", "--runtime", "memory_runtime", "--workers", "0", "--quiet"]
    assert main(words) in (0, 1, 20)
    latest = RunFolder(tmp_path / "runs" / "latest")
    elsewhere = latest.manifest().fingerprint.model_copy(update={"machine": "a Cray"})
    latest.manifest_path.write_text(
        latest.manifest().model_copy(update={"fingerprint": elsewhere}).model_dump_json()
    )
    assert main([*words, "--reuse", "runs/latest"]) == 2
    assert "the machine was a Cray" in capsys.readouterr().err
    assert RunFolder(tmp_path / "runs" / "latest").path == latest.path


def test_a_table_elsewhere_that_a_pack_waits_for_is_waited_for_too(
    tmp_path: Path, watching: Callable[[int], str]
) -> None:
    pack = tmp_path / "pack.yaml"
    watching(1)
    (tmp_path / "field").mkdir()
    edit(pack, "{uniform: [3.0, 5.0]}", "{from_file: {csv: field/log.csv, column: m}}")
    assert "file 'field/log.csv' does not exist" in watching(2)
    (tmp_path / "field" / "log.csv").write_text("m\n3.1\n3.2\n")
    assert "changed: log.csv\n" in (said := watching(3)) and "GO" in said
    (tmp_path / "field" / "log.csv").write_text("m\n3.3\n3.4\n")
    assert "changed: log.csv\n" in (said := watching(4)) and "2 variants on 1 worker, into" in said
