"""The shipped pack of an arm: its network finds the brick and lifts it, the worse one does not, and how it is run
changes no bit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.recording import load_trace
from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.policies.grasping.motion import brick_seen
from simgate.policies.perception.outputs import Poses

SHIPPED = Path(__file__).parents[2] / "scenarios" / "tabletop_grasp"
BAD = 2
"""Number of a variant in which the worse network takes another thing for the brick."""


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


def test_the_network_lifts_the_brick_and_the_plain_one_goes_for_something_else(pack: Path) -> None:
    good = records(run(pack, "good", BAD + 1, "--record", "all"))
    assert [(r.outcome.value, r.end) for r in good] == [("PASS", "success")] * (BAD + 1), [
        r.reason for r in good
    ]
    bad = records(run(pack, "bad", BAD + 1, "--model", str(pack.parent / "brick" / "plain.yaml")))
    assert (bad[BAD].outcome.value, bad[BAD].end) == ("FAIL", "time_limit")
    assert bad[BAD].metrics["place_error_m"] > 0.05
    assert {r.identity for r in bad}.isdisjoint({r.identity for r in good})
    # What is judged is what the model said of the first picture.
    trace = load_trace(Path("runs/good") / good[0].artifacts["trace"])
    said = trace.outputs[0]
    assert isinstance(said, Poses)
    brick = brick_seen(said.translations_m[0], said.rotations[0])
    assert (said.frame_step, said.channel) == (0, "top.rgb")
    assert trace.facts["policy.brick_x_m"] == brick.x
    assert abs(brick.x - trace.signals["brick_x_m"][0]) < 0.013
    assert good[0].metrics["place_error_m"] == pytest.approx(
        ((brick.x - trace.signals["brick_x_m"][0]) ** 2 + (brick.y - trace.signals["brick_y_m"][0]) ** 2)
        ** 0.5
    )
    grip = trace.signals["grip_left_n"].max()
    assert 5.0 < grip < 15.0


def test_batches_workers_replay_and_resume_change_no_bit(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # In the first 1.5 s the model is asked eight times, and the arm goes over the brick.
    pack.write_text(pack.read_text().replace("time_limit_s: 7", "time_limit_s: 1.5, batch: 1"))
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
