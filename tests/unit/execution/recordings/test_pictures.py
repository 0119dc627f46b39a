from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgate.harness.execution.episode.recordings.pictures import failure_frame, start_frame, write_picture
from simgate.harness.execution.pictures.overlay import FOUND_COLOR, TRUTH_COLOR, scale_for
from simgate.harness.execution.pictures.views import View
from simgate.harness.results.record import CriterionResult, Outcome
from simgate.sim_adapters.embodiment import Channel, Intrinsics
from tests.unit.execution.memory_plugins import HEIGHT, WIDTH
from tests.unit.execution.test_episode import cast, play

__all__ = ["cast"]


def colors(path: Path) -> set[tuple[int, ...]]:
    with Image.open(path) as image:
        assert image.size == (WIDTH * scale_for(WIDTH), HEIGHT * scale_for(WIDTH))
        return {tuple(pixel) for row in np.asarray(image.convert("RGB")).tolist() for pixel in row}


def lost(at_s: float | None, outcome: Outcome = Outcome.FAIL) -> CriterionResult:
    return CriterionResult(metric="m", statement="m at most 0", observed=1, outcome=outcome, lost_at_s=at_s)


def test_a_picture_shows_the_frame_enlarged_with_truth_and_detections(cast, tmp_path: Path) -> None:
    episode = play(cast(), 3.0)[0]
    write_picture(tmp_path / "seen.png", episode, 10)
    write_picture(tmp_path / "undelivered.png", episode, len(episode.frames) - 1)
    seen, undelivered = colors(tmp_path / "seen.png"), colors(tmp_path / "undelivered.png")
    assert FOUND_COLOR in seen
    assert TRUTH_COLOR in undelivered
    assert FOUND_COLOR not in undelivered


@pytest.mark.parametrize(("at_s", "frame"), [(0.0, 0), (0.52, 5), (0.58, 6), (99.0, -1)])
def test_the_failure_picture_is_the_frame_nearest_the_moment_of_loss(cast, at_s: float, frame: int) -> None:
    episode = play(cast(), 3.0)[0]
    expected = frame if frame >= 0 else len(episode.frames) - 1
    assert failure_frame(episode, (lost(None, Outcome.PASS), lost(at_s))) == expected


def test_without_a_moment_of_loss_it_is_the_last_frame(cast) -> None:
    episode = play(cast(), 3.0)[0]
    assert failure_frame(episode, (lost(None),)) == len(episode.frames) - 1
    assert start_frame(episode) == 0


def test_what_other_colour_cameras_saw_nearest_to_the_moment_stands_beside_the_frame(
    cast, tmp_path: Path
) -> None:
    episode = play(cast(), 3.0)[0]
    hz, size = episode.trace.physics_hz, (24, 32)
    lens = Intrinsics(size[1], size[0], 60.0)
    wrist = Channel("wrist.rgb", "rgb", (*size, 3), "uint8", "", 10, intrinsics=lens)
    shown, later = (np.full((*size, 3), gray, np.uint8) for gray in (90, 170))
    ranges = View(Channel("scan", "ranges", (3,), "float64", "m", 10), (0,), (np.ones(3),))
    views = (ranges, View(wrist, (hz, 2 * hz), (shown, later)))
    write_picture(tmp_path / "both.png", replace(episode, views=views), 10)
    write_picture(tmp_path / "alone.png", replace(episode, views=(ranges,)), 10)
    assert len(colors(tmp_path / "alone.png")) > 1
    with Image.open(tmp_path / "both.png") as image, Image.open(tmp_path / "alone.png") as alone:
        both = np.asarray(image.convert("RGB"))
        assert image.width >= alone.width + 32 * scale_for(32)
    assert (both == 90).all(axis=2).sum() == 24 * 32 * scale_for(32) ** 2
    assert not (both == 170).all(axis=2).any()
