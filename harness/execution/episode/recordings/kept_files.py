"""Pictures and recordings of variants that someone will want to look at."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from simgate.harness.execution.episode.recordings.mcap.attached import ENDING, can_write
from simgate.harness.execution.episode.recordings.pictures import (
    end_frame,
    eye_view,
    failure_frame,
    lost_s,
    start_frame,
    write_picture,
)
from simgate.harness.execution.episode.recordings.recording import save_trace
from simgate.harness.execution.episode.recordings.reel import write_failure
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.execution.hosts.assignment import file_stem
from simgate.harness.execution.hosts.host_log import log_traceback
from simgate.harness.execution.pictures.strip import moments, write_strip
from simgate.harness.execution.planning.record_mode import RecordMode
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.atomic_write import naming
from simgate.harness.results.record import FILM, STRIP
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.scoring.score import Score

PICTURED_PASSES = 2
"""So many first variants of a scenario leave a start picture even when they pass, for the report."""


Write = Callable[[Path], None]


def keep_files(
    folder: RunFolder, mode: RecordMode, variant: Variant, episode: Episode, judged: Score
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Writes what of an episode is kept.

    What cannot be drawn or written is left out and said, with its traceback on stderr: the variant has been
    judged, and a picture changes nothing about that.

    Args:
        folder: Of the run.
        mode: Which variants leave pictures and a recording.
        variant: What ran.
        episode: What happened.
        judged: Its score.

    Returns:
        Name -> path relative to the run's folder, and a sentence for each file that is missing.
    """
    kept: dict[str, str] = {}
    notes: list[str] = []
    for name, path, write in _files(folder, mode, variant, episode, judged):
        if name == FILM and "trace" not in kept:
            continue  # Why there is no recording is said already.
        try:
            # Made anew when somebody has cleared it; the run's own folder is not, for then there is no run.
            path.parent.mkdir(exist_ok=True)
            with naming(path):
                write(path)
        except Exception as error:
            log_traceback()
            with contextlib.suppress(OSError):
                path.unlink()
            what = " ".join(str(error).split())
            said = name.replace(STRIP, "strip of ").replace("_", " ")
            notes.append(f"no {said}: {type(error).__name__}: {what}")
        else:
            kept[name] = path.relative_to(folder.path).as_posix()
    return kept, tuple(notes)


def _files(
    folder: RunFolder, mode: RecordMode, variant: Variant, episode: Episode, judged: Score
) -> list[tuple[str, Path, Write]]:
    """Name, place and writer of each file that is kept, in the order in which they are written."""
    wanted = not judged.is_clean or mode == "all"
    stem = file_stem(variant.id)
    files: list[tuple[str, Path, Write]] = []

    def add_picture(name: str, index: int | None) -> None:
        if index is not None:
            path = folder.frames_dir / f"{stem}-{name}.png"
            files.append((f"{name}_picture", path, partial(write_picture, episode=episode, index=index)))

    if wanted or variant.index < PICTURED_PASSES:
        add_picture("start", start_frame(episode))
    if not judged.is_clean:
        add_picture("failure", failure_frame(episode, (*judged.criteria, *judged.hard)))
    elif wanted:
        add_picture("end", end_frame(episode))
    if wanted:
        files += _strips(folder, stem, episode, judged)
    if wanted and mode != "none":
        files.append(("trace", *_recording(folder.recordings_dir / stem, variant, episode, judged)))
        recording = files[-1][1]
        if not judged.is_clean and recording.suffix == ENDING and eye_view(episode) is not None:
            title = f"{variant.id} {judged.outcome.value}"
            film = partial(write_failure, recording=recording, judged=judged, title=title)
            files.append((FILM, recording.with_suffix(".webp"), film))
    return files


def _recording(stem: Path, variant: Variant, episode: Episode, judged: Score) -> tuple[Path, Write]:
    """All that the episode has shown, in MCAP; its trace alone where that is not installed."""
    if not can_write():
        return stem.with_name(f"{stem.name}.npz"), partial(save_trace, trace=episode.trace)
    from simgate.harness.execution.episode.recordings.mcap.episode_log import write_recording

    write = partial(write_recording, variant=variant, episode=episode, judged=judged)
    return stem.with_name(f"{stem.name}{ENDING}"), write


def _strips(
    folder: RunFolder, stem: str, episode: Episode, judged: Score
) -> Iterator[tuple[str, Path, Write]]:
    """For each camera and scanner its readings over the episode, up to what went wrong."""
    trace = episode.trace
    lost = None if judged.is_clean else lost_s((*judged.criteria, *judged.hard))
    times_s = moments(float(trace.times_s[-1]), lost)
    views = [(eye, True)] if (eye := eye_view(episode)) is not None else []
    views += [(view, False) for view in episode.views]
    for k, (view, is_eye) in enumerate(views):
        name = "".join(c if c.isalnum() or c in "-_." else "." for c in view.channel.name)
        ending = (
            "jpg" if view.channel.kind == "rgb" else "png"
        )  # Noise and what is drawn on it compress badly.
        path = folder.frames_dir / f"{stem}-strip{k}-{name}.{ending}"
        write = partial(write_strip, view=view, trace=trace, times_s=times_s, is_eye=is_eye)
        yield f"{STRIP}{view.channel.name}", path, write
