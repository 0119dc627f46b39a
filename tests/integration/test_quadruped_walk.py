"""The shipped pack of a legged robot: its gait walks to the mark, the worse one falls, and how it is run
changes no bit."""

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


def run(pack: Path, name: str, variants: int = 2, workers: int = 0) -> RunFolder:
    """A run of some variants into a folder of its own."""
    options = ["--variants", f"{variants}", "--workers", f"{workers}", "--quiet", "--runs-dir", name]
    main(["run", str(pack), *options])
    (path,) = run_dirs(Path(name))
    return RunFolder(path)


def records(folder: RunFolder) -> list[RunRecord]:
    return sorted(folder.records(), key=lambda record: record.variant)


def digests(folder: RunFolder) -> list[tuple[str, str]]:
    return [(record.variant, record.trace_digest) for record in records(folder)]


def test_the_gait_walks_to_the_mark_and_the_copied_one_falls(pack: Path) -> None:
    alone = records(run(pack, "alone"))
    assert [(r.outcome.value, r.end) for r in alone] == [("PASS", "success")] * 2, [r.reason for r in alone]
    pack.write_text(pack.read_text().replace("gait/gait.onnx", "gait/copied.onnx"))
    copied = records(run(pack, "copied"))
    assert (copied[1].outcome.value, copied[1].end) == ("FAIL", "failure")
    assert {r.identity for r in copied}.isdisjoint({r.identity for r in alone})


def test_batches_workers_replay_and_resume_change_no_bit(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The first second holds start, steps and the swing of the bag: all that could come out differently.
    pack.write_text(pack.read_text().replace("time_limit_s: 20", "time_limit_s: 1, batch: 1"))
    alone = run(pack, "alone", 4)
    expected = digests(alone)
    assert len({digest for _, digest in expected}) == 4
    capsys.readouterr()
    assert main(["replay", str(alone.path), expected[1][0]]) == 0
    assert "same trace, bit for bit" in capsys.readouterr().out
    lines = alone.journal_path.read_text().splitlines(keepends=True)
    alone.journal_path.write_text("".join(lines[:2]))
    main(["run", "--resume", str(alone.path), "--quiet", "--workers", "0"])
    assert digests(alone) == expected
    assert digests(run(pack, "two", 4, workers=2)) == expected
    pack.write_text(pack.read_text().replace("batch: 1", "batch: 4"))
    assert digests(run(pack, "four", 4)) == expected
