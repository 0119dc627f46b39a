"""Pictures and recordings of variants that someone will want to look at."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from simgate.harness.execution.episode.pictures import end_frame, failure_frame, start_frame, write_picture
from simgate.harness.execution.episode.recording import save_trace
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.execution.hosts.assignment import file_stem
from simgate.harness.execution.hosts.host_log import log_traceback
from simgate.harness.execution.planning.record_mode import RecordMode
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.atomic_write import naming
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.scoring.score import Score

PICTURED_PASSES = 2
"""So many first variants of a scenario leave a start picture even when they pass, for the report."""


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
    wanted = not judged.is_clean or mode == "all"
    stem = file_stem(variant.id)
    files: list[tuple[str, Path, Callable[[Path], None]]] = []

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
        files.append(
            ("trace", folder.recordings_dir / f"{stem}.npz", partial(save_trace, trace=episode.trace))
        )
    kept: dict[str, str] = {}
    notes: list[str] = []
    for name, path, write in files:
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
            notes.append(f"no {name.replace('_', ' ')}: {type(error).__name__}: {what}")
        else:
            kept[name] = path.relative_to(folder.path).as_posix()
    return kept, tuple(notes)
