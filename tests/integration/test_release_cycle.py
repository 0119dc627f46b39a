"""Baselines, sequential stopping and A/A through the command line, with the in-memory simulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_model, write_pack

__all__ = ["memory_plugins"]

REGRESSION = "  - {regression: {max_drop: 0.4, confidence: 0.8}}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, hosts: int = 1) -> int:
    return main(["run", *arguments, "--runtime", "memory_runtime", "--workers", str(hosts), "--quiet"])


def newest() -> RunFolder:
    folders = [path for path in run_dirs(Path("runs")) if (path / "manifest.json").exists()]
    return RunFolder(max(folders, key=lambda path: (path / "manifest.json").stat().st_mtime_ns))


def verdict(folder: RunFolder) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(folder.verdict_path.read_text())
    return found


def a_pack(folder: Path, gate: str = REGRESSION, **content: Any) -> str:
    path = write_pack(folder, **content)
    path.write_text(path.read_text() + gate)
    return str(path)


def test_a_run_is_held_against_an_older_one_that_it_then_carries(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    assert run(pack) == 20
    old = newest()
    assert main(["baseline", "set", "main", str(old.path)]) == 0
    write_model(tmp_path / "model", latency="constant: 99")
    assert run(pack, "--baseline", "main") == 0
    rule = verdict(newest())["rules"][1]
    assert (rule["paired"]["pairs"], rule["paired"]["broken"]) == (8, 0)
    assert rule["paired"]["baseline"] == old.path.name
    assert (newest().path / "baseline" / "journal.ndjson").exists()


def test_a_baseline_under_other_conditions_is_refused_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = a_pack(tmp_path)
    run(pack)
    old = newest()
    assert run(pack, "--baseline", str(old.path), "--latency-extra-ms", "50") == 2
    assert "in the pack, latency.extra_ms was 0.0, is 50.0" in capsys.readouterr().err
    assert len(run_dirs(Path("runs"))) == 1


def test_a_baseline_needs_a_rule_that_uses_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(write_pack(tmp_path)), "--baseline", "main") == 2
    assert "has no regression rule" in capsys.readouterr().err
    assert not Path("runs").exists()


def test_a_clear_case_ends_long_before_the_pack_does_whatever_the_number_of_hosts(tmp_path: Path) -> None:
    pack = str(write_pack(tmp_path, count=40))
    found = []
    for hosts in (1, 2):
        assert run(pack, "--until-decided", hosts=hosts) == 0
        found.append(verdict(newest()))
        assert len(newest().records()) < 20
    first, second = ({k: v for k, v in one.items() if k != "run_id"} for one in found)
    assert first == second
    assert first["stopped_at"] == 10
    assert first["scenarios"][0]["not_run"] == 30
    assert first["scenarios"][0]["missing"] == 0
    junit = newest().junit_path.read_text()
    assert junit.count("not needed: decided after 10 variants") == 30
    assert 'errors="0"' in junit


def test_a_decided_run_that_is_continued_runs_nothing_more(tmp_path: Path) -> None:
    assert run(str(write_pack(tmp_path, count=40)), "--until-decided") == 0
    folder = newest()
    before, records = verdict(folder), len(folder.records())
    assert main(["run", "--resume", str(folder.path), "--workers", "1", "--quiet"]) == 0
    assert (verdict(folder), len(folder.records())) == (before, records)


def test_reruns_of_the_same_model_are_shown_beside_the_next_regression_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = a_pack(tmp_path)
    words = ["--runtime", "memory_runtime", "--workers", "1", "--quiet"]
    assert main(["aa", pack, "-n", "4", *words]) == 0
    assert "0 of 4 variants flipped on a rerun" in capsys.readouterr().out
    run(pack)
    assert run(pack, "--baseline", str(newest().path)) == 0
    assert "A/A churn: 0 of 4 variants flipped" in verdict(newest())["rules"][1]["reason"]
