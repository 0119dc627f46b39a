from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.frontend.status import status_of
from simgate.harness.results.journal import append_record
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from tests.unit.cli.small_runs import write_pack, write_run


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """Fifty of 150 variants of two seconds each have run, four of them again on two nodes, the fourth first."""
    outcomes = dict.fromkeys(range(50), Outcome.PASS)
    folder = write_run(tmp_path / "run", write_pack(tmp_path), outcomes)
    for number, record in reversed([*enumerate(folder.records()[:4])]):
        again = {"node": f"node{number % 2}", "host": number, "wall_s": 2.0 + number}
        changed = record.model_copy(update={**again, "outcome": Outcome.FAIL, "reason": f"reason {number}"})
        append_record(folder.journal_path, changed)
    return folder


def test_a_run_that_nobody_runs_says_how_to_go_on(
    folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(folder.path)]) == 0
    out = capsys.readouterr().out
    assert "run: 50 of 150 (33 %), nobody runs it: go on with simgate run --resume" in out
    assert "46 pass, 4 fail, 0 invalid, 0 error; 4 attempts tried again" in out
    assert "2 workers on node0" in out
    assert "2 workers on node1" in out
    assert "1 worker on the machine that began the run" in out
    assert "slowest: closed::v0003 5.0 s, closed::v0002 4.0 s" in out
    assert out.index("closed::v0000  reason 0") < out.index("closed::v0003  reason 3"), "the last first"
    assert "left" not in out


def test_a_run_under_way_says_who_runs_it_and_how_long_it_takes(
    folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = folder.lock()
    try:
        assert main(["status", str(folder.path)]) == 0
        status = status_of(folder)
    finally:
        lock.release()
    out = capsys.readouterr().out
    assert "run by process" in out
    assert "in nine of ten cases" in out
    least, likely, most = status.left_s or (0.0, 0.0, 0.0)
    # 100 variants of 2.12 s on five workers.
    assert likely == pytest.approx(100 * (46 * 2 + 2 + 3 + 4 + 5) / 50 / 5)
    assert least < likely < most
    assert status.rate == pytest.approx(5 / ((46 * 2 + 2 + 3 + 4 + 5) / 50))


def test_asking_leaves_the_run_to_who_runs_it(folder: RunFolder) -> None:
    before = sorted(path.name for path in folder.path.iterdir())
    status_of(folder)
    assert sorted(path.name for path in folder.path.iterdir()) == before
    lock = folder.lock()
    assert folder.runner().startswith("process ")
    lock.release()
    assert not folder.runner()


def test_programs_read_the_same(folder: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(folder.path), "--output", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["expected"], said["done"], said["running"]) == (150, 50, False)
    assert said["outcomes"] == {"PASS": 46, "FAIL": 4}
    assert said["workers"] == {"": 1, "node0": 2, "node1": 2}
    assert said["failures"][0]["reason"] == "reason 0"


def test_what_is_no_run_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(tmp_path)]) == 2
    assert "is not a run folder" in capsys.readouterr().err
