"""Films of recordings: each picture at its time, with the signal that was lost, also beside another run's."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.recordings.reel import NoFilm, Reel, write_film
from simgate.harness.results.record import CriterionResult, Outcome, RunRecord
from tests.unit.execution.test_episode import cast
from tests.unit.execution.test_mcap_recording import episode, keep

pytest.importorskip("mcap_protobuf", reason="needs simgate[recordings]")

__all__ = ["cast", "episode"]

LOST = CriterionResult(
    metric="collisions", statement="collisions at most 0", observed=1, outcome=Outcome.FAIL, lost_at_s=0.5
)
RECORD = RunRecord(
    variant="s::v0007", scenario="s", severity="critical", variant_digest="0", identity="0",
    outcome=Outcome.FAIL, criteria=(LOST,),
)  # fmt: skip


def of_metric(metric: str) -> RunRecord:
    return RECORD.model_copy(update={"criteria": (LOST.model_copy(update={"metric": metric}),)})


def read(path: Path) -> tuple[int, list[int], list[Image.Image]]:
    shown, lasts = [], []
    with Image.open(path) as film:
        for k in range(film.n_frames):
            film.seek(k)
            shown.append(film.convert("RGB"))
            lasts.append(film.info["duration"])
        return film.n_frames, lasts, shown


def test_a_film_shows_each_picture_for_as_long_as_it_was_the_newest(episode, tmp_path) -> None:
    out = tmp_path / "a.webp"
    count = write_film(out, [Reel(keep(tmp_path, episode), RECORD, "s::v0007")])
    seen = [
        f.step for f, frame in zip(episode.trace.frames, episode.frames, strict=True) if frame is not None
    ]
    frames, lasts, shown = read(out)
    assert frames == count == len(seen)
    assert lasts == [100] * (count - 1) + [1000]
    # What the model saw, three times as large, below a line of text; WebP is not exact.
    floor = np.asarray(shown[0])[16 + 3 * 21 : 16 + 3 * 24]
    assert floor.mean() == pytest.approx(float(episode.frames[0][21:24].mean()), abs=8.0)


def test_below_the_pictures_is_a_signal_of_the_criterion_that_was_lost(episode, tmp_path) -> None:
    path = keep(tmp_path, episode)
    with_lane = next(Reel(path, of_metric("speed_max_mps"), "t").frames()).image
    without = next(Reel(path, of_metric("latency.p95_ms"), "t").frames()).image
    assert with_lane.height == without.height + 60
    named = next(Reel(path, of_metric("latency.p95_ms"), "t", "clearance_m").frames()).image
    assert named.height == with_lane.height
    with pytest.raises(NoFilm, match="has no signal 'zz'; it has x_m, y_m"):
        Reel(path, RECORD, "t", "zz")


def test_two_runs_stand_side_by_side_and_the_shorter_one_waits(episode, tmp_path) -> None:
    path = keep(tmp_path, episode)
    short = dataclasses.replace(
        episode, trace=episode.trace.before(81), frames=episode.frames[: len(episode.trace.before(81).frames)]
    )
    (tmp_path / "other").mkdir()
    other = keep(tmp_path / "other", short)
    out = tmp_path / "b.webp"
    write_film(out, [Reel(path, RECORD, "one"), Reel(other, RECORD, "two")])
    frames, _, shown = read(out)
    assert frames == len(episode.frames)
    alone = next(Reel(path, RECORD, "one").frames()).image
    assert shown[0].width == 2 * alone.width + 4


def test_what_holds_no_pictures_is_told(episode, tmp_path) -> None:
    path = keep(tmp_path, episode)
    path.write_bytes(path.read_bytes()[:-100])
    for file, said in ((tmp_path / "a.npz", "holds no pictures"), (path, "cut off or damaged")):
        with pytest.raises(NoFilm, match=said):
            Reel(file, RECORD, "t")


def test_the_command_tells_what_it_cannot_show(tmp_path, capsys) -> None:
    assert main(["video", str(tmp_path), "s::v0000"]) == 2
    assert "is not a run folder" in capsys.readouterr().err
    assert main(["video", str(tmp_path), "s::v0000", "--out", "a.mp4"]) == 2
    assert "call it a.webp" in capsys.readouterr().err
