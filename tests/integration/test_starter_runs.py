"""The pack that ``simgate init`` writes runs with the real simulator, as its user would run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs


def test_the_starter_pack_runs_and_ends_with_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "doors"]) == 0
    assert main(["run", "doors", "--variants", "1", "--workers", "1", "--quiet"]) in (0, 1, 20)
    (path,) = run_dirs(tmp_path / "runs")
    records = RunFolder(path).records()
    assert len(records) == 2
    assert all(record.outcome in (Outcome.PASS, Outcome.FAIL) for record in records), records
    assert capsys.readouterr().out.splitlines()[-1].startswith(("GO", "NO-GO", "INCONCLUSIVE"))


def test_a_plan_is_measured_by_a_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["init", "doors"])
    capsys.readouterr()
    assert main(["plan", "doors", "--probe", "1", "--workers", "1"]) == 0
    text = capsys.readouterr().out
    assert "times: from 2 variants of a probe on this machine" in text
    assert "must be measured" not in text
    assert not (tmp_path / "runs").exists()
