"""The shipped pack of an arm: its network finds the brick and lifts it, the worse one does not, and how it is run
changes no bit."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.policies.grasping.motion import brick_seen
from simgate.policies.perception.outputs import Poses

SHIPPED = Path(__file__).parents[2] / "scenarios" / "tabletop_grasp"
BAD = 2
"""Number of a variant in which the worse network misses the brick."""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pack."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(SHIPPED, tmp_path / "grasp")) / "pack.yaml"


def run(pack: Path, name: str, variants: int, *options: str) -> RunFolder:
    """A run of some variants into a folder of its own."""
    asked = ["--variants", f"{variants}", "--quiet", "--run-name", name, *options]
    main(["run", str(pack), *(asked if "--workers" in options else [*asked, "--workers", "0"])])
    return RunFolder(Path("runs") / name)


def records(folder: RunFolder) -> list[RunRecord]:
    return sorted(folder.records(), key=lambda record: record.variant)


def digests(folder: RunFolder) -> list[tuple[str, str]]:
    return [(record.variant, record.trace_digest) for record in records(folder)]


def off_by(record: RunRecord) -> float:
    """How far from the brick the model saw it, metres."""
    (found,) = [c.observed for c in record.criteria if c.metric == "poses.brick.translation_error_m"]
    assert isinstance(found, float)
    return found


def test_the_network_lifts_the_brick_and_the_plain_one_misses_it(pack: Path) -> None:
    good = records(run(pack, "good", 1, "--record", "all"))
    assert [(r.outcome.value, r.end) for r in good] == [("PASS", "success")], good[0].reason
    bad = records(run(pack, "bad", BAD + 1, "--model", str(pack.parent / "brick" / "plain.yaml")))
    assert (bad[BAD].outcome.value, bad[BAD].end) == ("FAIL", "time_limit")
    assert off_by(bad[BAD]) > 0.013
    assert good[0].variant == bad[0].variant
    assert good[0].identity != bad[0].identity
    # What is judged is what the model said of the first pictures, of which the policy goes by the first.
    trace = load_trace(Path("runs/good") / good[0].artifacts["trace"])
    said = trace.outputs[0]
    assert isinstance(said, Poses)
    assert (said.frame_step, said.channel) == (0, "top.rgb")
    brick = brick_seen(said.translations_m[0], said.rotations[0])
    assert (trace.facts["policy.brick_x_m"], trace.facts["policy.brick_y_m"]) == (brick.x, brick.y)
    true = [trace.signals[f"brick_{axis}_m"][0] for axis in "xy"]
    assert off_by(good[0]) == pytest.approx(np.hypot(brick.x - true[0], brick.y - true[1]), abs=2e-3)
    grip = trace.signals["grip_left_n"].max()
    assert 5.0 < grip < 15.0


@pytest.mark.slow
def test_batches_workers_replay_and_resume_change_no_bit(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # In the first half second the model is asked three times, and the arm sets out.
    pack.write_text(pack.read_text().replace("time_limit_s: 7", "time_limit_s: 0.5, batch: 1"))
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
    assert digests(run(pack, "two", 4, "--workers", "2")) == expected
    pack.write_text(pack.read_text().replace("batch: 1", "batch: 4"))
    assert digests(run(pack, "four", 4)) == expected
