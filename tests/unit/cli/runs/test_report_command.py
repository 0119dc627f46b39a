from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.registry import PLUGINS_VARIABLE, load
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


def test_a_reporter_that_fails_is_named_and_the_others_write_theirs(
    run: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLUGINS_VARIABLE, f"reporters:a_team={__name__}:broken")
    assert main(["report", str(run.path)]) == 70
    said = capsys.readouterr()
    assert said.err == "the a_team report was not written: ZeroDivisionError: nothing to divide by\n"
    assert {str(run.junit_path), str(run.report_path)} <= set(said.out.split())


def broken(folder: RunFolder) -> Path:
    raise ZeroDivisionError("nothing to\ndivide by")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "is not a run folder" in capsys.readouterr().err


def forge(run: RunFolder) -> None:
    """Makes GO of verdict.json, rules and headline included, as attacks do."""
    verdict = json.loads(run.verdict_path.read_text())
    verdict |= {"decision": "GO", "headline": "GO: 4 rules proven"}
    verdict["rules"] = [rule | {"decision": "GO"} for rule in verdict["rules"]]
    run.verdict_path.write_text(json.dumps(verdict))


@pytest.mark.parametrize("attack", ["forged", "damaged", "newer"])
def test_reports_are_what_the_records_give_whatever_the_verdict_file_says(
    run: RunFolder, attack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(run.path)]) == 0
    true = {path: path.read_bytes() for path in (run.verdict_path, run.report_path, run.junit_path)}
    assert json.loads(true[run.verdict_path])["decision"] == "INCONCLUSIVE"
    if attack == "forged":
        forge(run)
    else:
        run.verdict_path.write_text('{"decision": "GO"' + (', "schema": 9}' if attack == "newer" else ""))
    capsys.readouterr()
    assert main(["report", str(run.path)]) == 0
    assert (
        "verdict.json was not what the records give (INCONCLUSIVE); it is written anew"
        in capsys.readouterr().out
    )
    assert {path: path.read_bytes() for path in true} == true


@pytest.mark.parametrize("reporter", ["junit", "html"])
def test_a_reporter_that_is_called_by_itself_believes_no_verdict_file(run: RunFolder, reporter: str) -> None:
    write = load("simgate.reporters", reporter)
    assert main(["gate", str(run.path)]) == 20
    true = write(run).read_bytes()
    forge(run)
    assert write(run).read_bytes() == true


@pytest.mark.parametrize("command", ["gate", "explain"])
def test_commands_that_decide_are_not_moved_by_a_forged_go(
    run: RunFolder, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gate", str(run.path)]) == 20
    forge(run)
    capsys.readouterr()
    assert main([command, str(run.path)]) == 20
    assert "INCONCLUSIVE" in capsys.readouterr().out


def test_baselines_are_listed_with_what_their_records_give(
    run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline", "set", "main", str(run.path)]) == 0
    store = run.path.parent / "baselines.json"
    store.write_text(store.read_text().replace('"decision": "INCONCLUSIVE"', '"decision": "GO"'))
    capsys.readouterr()
    for action in (["list"], ["show", "main"]):
        assert main(["baseline", *action, "--runs-dir", str(run.path.parent)]) == 0
        assert "INCONCLUSIVE" in capsys.readouterr().out
    shutil.rmtree(run.path)
    assert main(["baseline", "list", "--runs-dir", str(run.path.parent)]) == 0
    assert "run is gone" in capsys.readouterr().out
