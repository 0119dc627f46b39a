"""Pictures of a run: a frame as the model saw it, with what it found and what was really there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.execution.pictures.kept_frames import seen_places
from simgate.harness.execution.pictures.overlay import picture, scale_for
from simgate.harness.execution.pictures.strip import said_of, sheet
from simgate.harness.execution.pictures.views import View, view_of
from simgate.harness.results.record import CriterionResult, Outcome
from simgate.harness.trace import Trace

if TYPE_CHECKING:
    from PIL.Image import Image

_COMPRESSION = 2
"""Camera noise does not compress; the default level takes three times as long for little."""


def lost_s(criteria: tuple[CriterionResult, ...]) -> float | None:
    """Simulated time at which the first criterion that was not met was lost; None where none has a moment."""
    times = [c.lost_at_s for c in criteria if c.outcome is not Outcome.PASS and c.lost_at_s is not None]
    return times[0] if times else None


def failure_frame(episode: Episode, criteria: tuple[CriterionResult, ...]) -> int | None:
    """Index of the frame to look at first: when the first criterion was lost, else the last one.

    Returns:
        An index into ``episode.frames`` of a frame that the model saw; None when it saw none.
    """
    seen = seen_places(episode.frames)
    if not seen:
        return None
    lost = lost_s(criteria)
    if lost is None:
        return seen[-1]
    trace = episode.trace
    return min(seen, key=lambda index: abs(trace.frames[index].step / trace.physics_hz - lost))


def end_frame(episode: Episode) -> int | None:
    """Index of the last frame that the model saw and answered; None when it answered none."""
    eye = episode.eye.name if episode.eye is not None else ""
    answered = {one.frame_step for one in episode.trace.answers if one.channel in ("", eye)}
    truth = episode.trace.frames
    found = [index for index in seen_places(episode.frames) if truth[index].step in answered]
    return found[-1] if found else None


def start_frame(episode: Episode) -> int | None:
    """Index of the first frame that the model saw; None when it saw none."""
    return next(iter(seen_places(episode.frames)), None)


def eye_view(episode: Episode) -> View | None:
    """The frames that reached the model, with their moments; None when none did."""
    steps = [truth.step for truth in episode.trace.frames]
    seen = [index for index in seen_places(episode.frames) if index < len(steps)]
    return view_of(episode.eye, steps, episode.frames, seen) if episode.eye is not None and seen else None


def write_picture(path: Path, episode: Episode, index: int) -> None:
    """Writes a frame as PNG: truth boxes thin, what the models said of it on it, and depths beside it.

    What the robot's other colour cameras saw at that moment stands beside it.

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
    eye = episode.eye.name if episode.eye is not None else ""
    found = said_of(episode.trace, eye, True, truth.step)
    boxes = [entity.box for entity in truth.entities]
    lens = episode.eye.intrinsics if episode.eye is not None else None
    image = picture(frame, found, scale_for(frame.shape[1]), boxes, lens, truth.depth_m)
    others = [view for view in episode.views if view.channel.kind == "rgb"]
    if others:
        image = _with_others(image, eye, others, episode.trace, truth.step)
    image.save(path, "PNG", compress_level=_COMPRESSION)


def _with_others(image: Image, eye: str, others: Sequence[View], trace: Trace, step: int) -> Image:
    """A picture beside those that other cameras took nearest to its moment."""
    tiles, labels = [image], [eye]
    for view in others:
        k = view.nearest(step)
        pixels, name, taken = view.readings[k], view.channel.name, view.steps[k]
        found = said_of(trace, name, False, taken)
        tiles.append(picture(pixels, found, scale_for(pixels.shape[1]), lens=view.channel.intrinsics))
        labels.append(name if taken == step else f"{name} at {taken / trace.physics_hz:.2f} s")
    return sheet(f"{step / trace.physics_hz:.2f} s", (), tiles, labels)
