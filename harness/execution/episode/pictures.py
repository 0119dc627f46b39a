"""Pictures of a run: a frame as the model saw it, with what it found and what was really there."""

from __future__ import annotations

from pathlib import Path

from simgate.harness.execution.episode.box_picture import picture
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.results.record import CriterionResult, Outcome

SCALE = 3
"""Edge of a frame's pixel in the picture."""
_COMPRESSION = 2
"""Camera noise does not compress; the default level takes three times as long for little."""


def failure_frame(episode: Episode, criteria: tuple[CriterionResult, ...]) -> int | None:
    """Index of the frame to look at first: when the first criterion was lost, else the last one.

    Returns:
        An index into ``episode.frames`` of a frame that the model saw; None when it saw none.
    """
    seen = [index for index, frame in enumerate(episode.frames) if frame is not None]
    if not seen:
        return None
    lost = [c.lost_at_s for c in criteria if c.outcome is not Outcome.PASS and c.lost_at_s is not None]
    if not lost:
        return seen[-1]
    trace = episode.trace
    return min(seen, key=lambda index: abs(trace.frames[index].step / trace.physics_hz - lost[0]))


def end_frame(episode: Episode) -> int | None:
    """Index of the last frame that the model saw and answered; None when it answered none."""
    answered = {found.frame_step for found in episode.trace.answers}
    truth = episode.trace.frames
    found = [
        index
        for index, frame in enumerate(episode.frames)
        if frame is not None and truth[index].step in answered
    ]
    return found[-1] if found else None


def start_frame(episode: Episode) -> int | None:
    """Index of the first frame that the model saw; None when it saw none."""
    return next((index for index, frame in enumerate(episode.frames) if frame is not None), None)


def write_picture(path: Path, episode: Episode, index: int) -> None:
    """Writes a frame as PNG: truth boxes thin, detections thick with class and score.

    Args:
        path: File to write.
        episode: The episode.
        index: Entry of ``episode.frames``; one that was not dropped.

    Raises:
        OSError: The file cannot be written.
    """
    frame = episode.frames[index]
    if frame is None:
        raise ValueError(f"frame {index} was dropped; there is no picture of it")
    truth = episode.trace.frames[index]
    found = [one for one in episode.trace.detections if one.frame_step == truth.step]
    image = picture(frame, found, SCALE, [entity.box for entity in truth.entities])
    image.save(path, "PNG", compress_level=_COMPRESSION)
