"""What lies in a run's folder beside manifest and journal is read with care."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.run_folder import NotARun, RunFolder
from tests.unit.reports.factory import OFFICE, RunPlan, build_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    plan = RunPlan(scenarios=OFFICE[:1], pictures=False, recordings=False)
    folder = build_run(tmp_path / "r1", plan)
    folder.hosts_dir.mkdir(exist_ok=True)
    return folder


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"adapter": null}', '{"adapter": {"version": "1"}}']
)
def test_a_damaged_word_of_a_worker_is_named_and_not_a_crash(run, content, capsys):
    path = run.hosts_dir / "0.json"
    path.write_text(content)
    with pytest.raises(NotARun, match=r"0\.json cannot be read: .*; delete it"):
        run.fingerprint()
    assert main(["gate", str(run.path)]) == 2
    assert "0.json cannot be read" in capsys.readouterr().err


def test_other_files_beside_them_are_none_of_theirs(run):
    before = run.fingerprint()
    for name in ("notes.json", "0.json.bak", "-1.json"):
        (run.hosts_dir / name).write_text("{")
    assert run.fingerprint() == before
