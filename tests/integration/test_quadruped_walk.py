"""The shipped pack of a legged robot: its gait walks to the mark, the worse one falls, batches change nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs

SHIPPED = Path(__file__).parents[2] / "scenarios" / "quadruped_walk"


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pack."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(SHIPPED, tmp_path / "walk")) / "pack.yaml"


def records(pack: Path, name: str) -> list[RunRecord]:
    """What two variants come to."""
    main(["run", str(pack), "--variants", "2", "--workers", "0", "--quiet", "--runs-dir", name])
    (path,) = run_dirs(Path(name))
    return sorted(RunFolder(path).records(), key=lambda record: record.variant)


def test_the_gait_walks_to_the_mark_also_in_a_batch_and_the_copied_one_falls(pack: Path) -> None:
    text = pack.read_text()
    alone = records(pack, "alone")
    assert [(r.outcome.value, r.end) for r in alone] == [("PASS", "success")] * 2, [r.reason for r in alone]
    pack.write_text(text.replace("time_limit_s: 20", "time_limit_s: 20, batch: 2"))
    assert [r.trace_digest for r in records(pack, "together")] == [r.trace_digest for r in alone]
    pack.write_text(text.replace("gait/gait.onnx", "gait/copied.onnx"))
    copied = records(pack, "copied")
    assert [(r.outcome.value, r.end) for r in copied] == [("FAIL", "failure")] * 2
    assert {r.identity for r in copied}.isdisjoint({r.identity for r in alone})
