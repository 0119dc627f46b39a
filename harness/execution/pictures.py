"""Pictures of a run: a frame as the model saw it, with what it found and what was really there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simgate.harness.execution.world_run import Episode
from simgate.harness.results.record import CriterionResult, Outcome

SCALE = 3
"""Edge of a frame's pixel in the picture; nearest neighbour, so that nothing is smoothed over."""
_COMPRESSION = 2
"""Camera noise does not compress; the default level takes three times as long for little."""
TRUTH_COLOR = (60, 220, 90)
FOUND_COLOR = (255, 176, 0)


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
    answered = {found.frame_step for found in episode.trace.detections}
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
    from PIL import Image, ImageDraw

    frame = episode.frames[index]
    if frame is None:
        raise ValueError(f"frame {index} was dropped; there is no picture of it")
    height, width = frame.shape[:2]
    image = Image.fromarray(frame, "RGB").resize((width * SCALE, height * SCALE), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(image)
    truth = episode.trace.frames[index]
    for entity in truth.entities:
        _box(draw, entity.box, TRUTH_COLOR, 1, "")
    for found in episode.trace.detections:
        if found.frame_step == truth.step:
            for k, box in enumerate(found.boxes.tolist()):
                _box(draw, box, FOUND_COLOR, 2, f"{found.label(k)} {found.scores[k]:.2f}")
    image.save(path, "PNG", compress_level=_COMPRESSION)


def _box(draw: Any, box: Any, color: tuple[int, int, int], width: int, text: str) -> None:
    x0, y0, x1, y1 = (SCALE * edge for edge in box)
    draw.rectangle((min(x0, x1), min(y0, y1), max(x0, x1) - 1, max(y0, y1) - 1), outline=color, width=width)
    if text:
        left, top, right, bottom = draw.textbbox((x0 + 2, max(0, y0 - 12)), text)
        draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), fill=(0, 0, 0))
        draw.text((x0 + 2, max(0, y0 - 12)), text, fill=color)
