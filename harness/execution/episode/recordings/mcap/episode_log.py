"""The recording of an episode: all that it has shown as MCAP, with its trace, bit for bit, attached."""

from __future__ import annotations

import io
import tempfile
from functools import partial
from pathlib import Path
from typing import IO

from simgate.harness.execution.episode.recordings.mcap import messages
from simgate.harness.execution.episode.recordings.mcap.attached import TRACE
from simgate.harness.execution.episode.recordings.mcap.entries import (
    OWN,
    entries,
    latency_topic,
    values_topic,
)
from simgate.harness.execution.episode.recordings.mcap.file import McapFile
from simgate.harness.execution.episode.recordings.recording import save_trace
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.scoring.score import Score

_PIECE, _MOST_IN_MEMORY = 1 << 20, 64 << 20


def write_recording(path: Path, variant: Variant, episode: Episode, judged: Score) -> None:
    """Writes the recording of a variant; the file takes its name when it is whole.

    Args:
        path: The file.
        variant: What ran.
        episode: What happened.
        judged: Its score.

    Raises:
        OSError: The file cannot be written.
    """
    with tempfile.SpooledTemporaryFile(_MOST_IN_MEMORY) as stream:
        _write(stream, variant, episode, judged)
        stream.seek(0)
        write_atomic(path, iter(partial(stream.read, _PIECE), b""))


def _write(stream: IO[bytes], variant: Variant, episode: Episode, judged: Score) -> None:
    trace = episode.trace
    file = McapFile(stream, trace.physics_hz)
    file.words("parameters", variant.parameters)
    file.words("simgate", _said_of(variant, episode, judged))
    _declare(file, episode)
    for entry in entries(episode, judged):
        if entry.make is None:
            file.numbers(entry.topic, entry.step, entry.names, entry.values)
        else:
            file.message(entry.topic, entry.step, entry.make(file.stamp(entry.step)))
    packed = io.BytesIO()
    save_trace(packed, trace)
    file.attach(TRACE, "application/zip", packed.getvalue())
    file.finish()


def _said_of(variant: Variant, episode: Episode, judged: Score) -> dict[str, object]:
    trace = episode.trace
    return {
        "variant": variant.id,
        "variant_digest": variant.digest,
        "seed": variant.seed,
        "outcome": judged.outcome.value,
        "reason": judged.reason,
        "end": trace.end,
        "report": trace.report or "",
        "trace_digest": trace.digest(),
        "time": "simulated, nanoseconds from the start of the episode",
    }


def _declare(file: McapFile, episode: Episode) -> None:
    """The topics of named numbers, each number with its unit."""
    trace, told, robot = episode.trace, episode.told, episode.embodiment
    if trace.declared:
        meanings = {signal.name: (signal.unit, signal.meaning) for signal in trace.declared}
        file.declare(f"{OWN}/signals", "simgate.Signals", meanings)
    if told is not None and robot is not None:
        units = zip(told.names, robot.action.units, strict=True)
        said = {name: (unit, "what the policy has told the robot") for name, unit in units}
        file.declare(f"{OWN}/action", "simgate.Action", said)
    for model in dict.fromkeys(answer.model for answer in trace.answers):
        said = {"latency_ms": ("ms", "from the picture to the policy, in simulated time")}
        file.declare(latency_topic(model), "simgate.Latency", said)
    for reading in trace.readings:
        if reading.kind == "joints" or (reading.kind == "pose" and len(reading.entries) in messages.POSES):
            continue
        said = dict.fromkeys(reading.entries, (reading.unit, f"channel {reading.channel}"))
        file.declare(values_topic(reading.channel), f"simgate.{reading.channel}", said)
