from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.run_folder import RunFolder
from tests.unit.reports.factory import OFFICE, RunPlan, build_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return build_run(tmp_path / "r1", RunPlan(scenarios=OFFICE[:1], pictures=False, recordings=False))


def test_all_reports_and_the_verdict_are_made_again(
    run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(run.path)]) == 0
    printed = capsys.readouterr().out.split()
    assert {str(run.verdict_path), str(run.junit_path), str(run.report_path)} <= set(printed)
    assert run.report_path.exists() and run.junit_path.exists() and run.verdict_path.exists()


def test_one_format_makes_one_file(run: RunFolder) -> None:
    assert main(["report", str(run.path), "--format", "junit"]) == 0
    assert run.junit_path.exists()
    assert not run.report_path.exists()


def test_an_unknown_format_names_the_known_ones(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run.path), "--format", "htlm"]) == 2
    error = capsys.readouterr().err
    assert "did you mean 'html'?" in error
    assert "junit" in error


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "is not a run folder" in capsys.readouterr().err


def test_a_damaged_verdict_is_not_trusted(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    run.verdict_path.write_text('{"decision": "GO"')
    assert main(["report", str(run.path)]) == 2
    assert "simgate gate" in capsys.readouterr().err
