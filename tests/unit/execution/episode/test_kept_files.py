"""What of an episode is kept, and that nothing about keeping it changes what was judged."""

from __future__ import annotations

import errno
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgate.harness.execution.episode.recordings.kept_files import keep_files
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.record import CriterionResult, Outcome
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.scoring.score import Score
from tests.unit.execution.test_episode import cast, play

pytest.importorskip("mcap_protobuf", reason="needs simgate[recordings]")

__all__ = ["cast"]


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.frames_dir.mkdir(parents=True)
    folder.recordings_dir.mkdir()
    return folder


def keep(folder, episode, outcome=Outcome.FAIL):
    variant = Variant(id="s::v0007", scenario="s", index=7, parameters={}, seed=1, digest="0")
    return keep_files(folder, "failed", variant, episode, Score(outcome, "", (), {}))


def test_a_failed_variant_leaves_two_pictures_and_a_recording(cast, folder):
    kept, notes = keep(folder, play(cast(), 3.0)[0])
    assert (set(kept), notes) == (
        {"start_picture", "failure_picture", "strip.front.rgb", "trace", "film"},
        (),
    )
    assert all((folder.path / path).is_file() for path in kept.values())
    assert keep(folder, play(cast(), 3.0)[0], Outcome.PASS) == ({}, ())


def test_a_film_shows_the_seconds_around_what_was_lost(cast, folder):
    episode = play(cast(), 3.0)[0]
    lost = CriterionResult(
        metric="collisions", statement="", observed=1, outcome=Outcome.FAIL, lost_at_s=0.25
    )
    variant = Variant(id="s::v0007", scenario="s", index=7, parameters={}, seed=1, digest="0")
    kept, _ = keep_files(folder, "failed", variant, episode, Score(Outcome.FAIL, "", (lost,), {}))
    seen = [one.step / episode.trace.physics_hz for one in episode.trace.frames if not one.dropped]
    with Image.open(folder.path / kept["film"]) as film:
        assert film.n_frames == sum(at <= 0.25 + 1.5 for at in seen) < len(seen)
    assert "film" not in keep_files(folder, "none", variant, episode, Score(Outcome.FAIL, "", (lost,), {}))[0]


def test_a_variant_that_passes_and_violates_a_hard_rule_is_kept_like_a_failed_one(cast, folder):
    variant = Variant(id="s::v0007", scenario="s", index=7, parameters={}, seed=1, digest="0")
    broken = CriterionResult(metric="collisions", statement="", observed=1, outcome=Outcome.FAIL)
    judged = Score(Outcome.PASS, "", (), {}, hard=(broken,))
    kept, _ = keep_files(folder, "failed", variant, play(cast(), 3.0)[0], judged)
    assert set(kept) == {"start_picture", "failure_picture", "strip.front.rgb", "trace", "film"}


def test_a_picture_that_cannot_be_drawn_is_said_and_the_rest_is_kept(cast, folder, capsys):
    """A runtime of a plugin may give what no decoder gives; here a class that has no name."""
    episode = play(cast(), 3.0)[0]
    strange = [replace(one, class_ids=np.full(len(one), 9)) for one in episode.trace.detections]
    kept, notes = keep(folder, replace(episode, trace=replace(episode.trace, detections=tuple(strange))))
    assert "trace" in kept
    assert notes == tuple(
        f"no {what}: IndexError: tuple index out of range"
        for what in ("start picture", "strip of front.rgb", "film")
    )
    assert "IndexError" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_said(cast, folder):
    folder.frames_dir.rmdir()
    folder.frames_dir.write_text("a file where a folder belongs")
    kept, notes = keep(folder, play(cast(), 3.0)[0])
    assert set(kept) == {"trace", "film"}
    assert [note.partition(":")[0] for note in notes] == [
        "no start picture",
        "no failure picture",
        "no strip of front.rgb",
    ]
    assert all("File exists" in note for note in notes)


def test_a_folder_that_somebody_has_cleared_is_made_anew(cast, folder):
    folder.frames_dir.rmdir()
    folder.recordings_dir.rmdir()
    kept, notes = keep(folder, play(cast(), 3.0)[0])
    assert (set(kept), notes) == (
        {"start_picture", "failure_picture", "strip.front.rgb", "trace", "film"},
        (),
    )


def test_no_run_is_made_anew_where_its_folder_has_gone(cast, folder, tmp_path):
    folder.path.rename(tmp_path / "moved")
    kept, notes = keep(folder, play(cast(), 3.0)[0])
    assert (kept, len(notes)) == ({}, 4)
    assert not folder.path.exists()


def test_on_a_full_disk_the_file_is_named_and_a_log_that_is_full_too_takes_nothing_with_it(
    cast, folder, monkeypatch
):
    def full(path, **_):
        raise OSError(errno.ENOSPC, "No space left on device")

    class Full(io.StringIO):
        def write(self, text):
            raise OSError(errno.ENOSPC, "No space left on device")

    room = "simgate.harness.execution.episode.recordings.kept_files"
    monkeypatch.setattr(f"{room}.can_write", lambda: False)
    monkeypatch.setattr(f"{room}.save_trace", full)
    monkeypatch.setattr("sys.stderr", Full())
    kept, notes = keep(folder, play(cast(), 3.0)[0])
    assert set(kept) == {"start_picture", "failure_picture", "strip.front.rgb"}
    assert notes[0].startswith("no trace: OSError: [Errno 28] No space left on device")
    assert "recordings/s.v0007.npz" in notes[0]
