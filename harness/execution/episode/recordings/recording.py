"""Stores a trace in one compressed archive and reads it back, bit for bit.

Numbers lie in an ``.npz`` archive as arrays; all that is not a number (entities, modes, ends) as one JSON
text in it. No pickles, so that a recording can be opened wherever it came from. The archive is attached to
the MCAP of a recording; it is the whole file where MCAP is not installed, and in runs of older versions.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.recordings.mcap.attached import ENDING, attached_trace
from simgate.harness.execution.episode.recordings.recorded_outputs import (
    output_arrays,
    output_words,
    read_outputs,
)
from simgate.harness.execution.episode.recordings.recorded_truths import (
    read_truths,
    truth_arrays,
    truth_words,
)
from simgate.harness.results.schema_version import NewerSchema, require_known
from simgate.harness.trace import FACTS_OF_SCENE, Actions, FrameTruth, Reading, Signal, Trace
from simgate.policies.perception.outputs import Boxes
from simgate.sim_adapters.files.plain_file import NotPlain, read_plain
from simgate.sim_adapters.observation import Contact, VisibleEntity

_SIGNAL = "signal."
_DEPTH = "truth_depth."
_READING = "reading."
_ACTIONS = "actions"
_FORMAT = 3
"""Raised with each change of what a recording holds; 2: facts and signals by declaration; 3: readings of
channels of numbers."""
_MOST_BYTES, _MOST_UNPACKED = 1 << 28, 1 << 30
"""Of the file, and of all that it unpacks to: an hour's recording is far below."""


def save_trace(path: Path | IO[bytes], trace: Trace) -> None:
    """Writes a trace as an archive of its own.

    Raises:
        OSError: The file cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {
        "steps": trace.steps,
        "latency_ms": trace.latency_ms,
        "delivered_steps": np.array(trace.delivered_steps, dtype=np.int64),
        "detection_counts": np.array([len(found) for found in trace.detections], dtype=np.int64),
        "detection_steps": np.array([found.frame_step for found in trace.detections], dtype=np.int64),
    }
    arrays |= {_SIGNAL + name: values for name, values in trace.signals.items()}
    if trace.detections:
        arrays["boxes"] = np.concatenate([found.boxes for found in trace.detections])
        arrays["scores"] = np.concatenate([found.scores for found in trace.detections])
        arrays["class_ids"] = np.concatenate([found.class_ids for found in trace.detections])
    arrays |= output_arrays(trace.outputs)
    depths = {f"{_DEPTH}{k}": f.depth_m for k, f in enumerate(trace.frames) if f.depth_m is not None}
    arrays |= depths | truth_arrays(trace.truths)
    arrays |= {f"{_READING}{k}": reading.values for k, reading in enumerate(trace.readings)}
    if (told := trace.actions) is not None:
        arrays |= {_ACTIONS: told.values, f"{_ACTIONS}.low": told.low, f"{_ACTIONS}.high": told.high}
    text = json.dumps(_words(trace), separators=(",", ":"))
    np.savez_compressed(path, words=np.frombuffer(text.encode(), dtype=np.uint8), **arrays)  # type: ignore[arg-type]


def _words(trace: Trace) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "physics_hz": trace.physics_hz,
        "modes": trace.modes,
        "frames": [
            {"step": f.step, "dropped": f.dropped, "entities": [asdict(entity) for entity in f.entities]}
            | ({} if f.is_told else {"told": False})
            for f in trace.frames
        ],
        "classes": trace.detections[0].classes if trace.detections else (),
        "contacts": [asdict(contact) for contact in trace.contacts],
        "report": trace.report,
        "end": trace.end,
        "facts": dict(trace.facts),
        "signals": [asdict(signal) for signal in trace.declared],
        "image_size": trace.image_size,
        "invalid_reasons": trace.invalid_reasons,
        "doubt_step": trace.doubt_step,
        "outputs": output_words(trace.outputs),
        "truths": truth_words(trace.truths),
        "eye": trace.eye,
        "tells_entities": trace.tells_entities,
        "tells_contacts": trace.tells_contacts,
        "readings": [
            {"channel": one.channel, "kind": one.kind, "unit": one.unit, "entries": one.entries}
            for one in trace.readings
        ],
        "actions": trace.actions.names if trace.actions is not None else (),
        "boxes_at": trace.boxes_at,
        "boxes_by": [
            [one.model, one.channel, one.classes] for one in trace.detections if one.model or one.channel
        ],
    }


def load_trace(path: Path) -> Trace:
    """Reads the trace of a recording: one in MCAP, or an archive that :func:`save_trace` has written.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no recording, damaged, cut off, or one of a newer format.
    """
    packed = attached_trace(path, _MOST_BYTES) if path.suffix == ENDING else read_plain(path, _MOST_BYTES)
    try:
        return _unpacked(packed, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error}") from None


def _unpacked(packed: bytes, path: Path) -> Trace:
    with zipfile.ZipFile(io.BytesIO(packed)) as entries:
        if sum(entry.file_size for entry in entries.infolist()) > _MOST_UNPACKED:
            raise NotPlain(path, f"it unpacks to more than {_MOST_UNPACKED:,} bytes")
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    if "words" not in arrays:
        raise ValueError(f"{path} is not a recording of simgate")
    words = json.loads(arrays["words"].tobytes())
    try:
        require_known(words.get("format"), _FORMAT)
    except NewerSchema as error:
        raise ValueError(f"{path} {error}") from None
    return Trace(
        physics_hz=words["physics_hz"],
        steps=arrays["steps"],
        signals={
            name.removeprefix(_SIGNAL): values for name, values in arrays.items() if name.startswith(_SIGNAL)
        },
        modes=tuple(words["modes"]),
        frames=tuple(_frame(frame, arrays.get(f"{_DEPTH}{k}")) for k, frame in enumerate(words["frames"])),
        detections=_detections(arrays, words),
        delivered_steps=tuple(int(step) for step in arrays["delivered_steps"]),
        latency_ms=arrays["latency_ms"],
        contacts=tuple(
            Contact(**{**contact, "touched": tuple(contact.get("touched", ()))})
            for contact in words["contacts"]
        ),
        report=words["report"],
        end=words["end"],
        facts=words["facts"] if words["format"] > 1 else {name: words[name] for name in FACTS_OF_SCENE},
        image_size=(words["image_size"][0], words["image_size"][1]),
        invalid_reasons=tuple(words["invalid_reasons"]),
        doubt_step=words.get("doubt_step"),
        declared=tuple(Signal(**signal) for signal in words.get("signals", ())),
        outputs=read_outputs(words.get("outputs", ()), arrays),
        readings=tuple(
            Reading(**{**said, "entries": tuple(said["entries"])}, values=arrays[f"{_READING}{k}"])
            for k, said in enumerate(words.get("readings", ()))
        ),
        eye=words.get("eye", ""),
        tells_entities=words.get("tells_entities", True),
        tells_contacts=words.get("tells_contacts", True),
        truths=read_truths(words.get("truths", ()), arrays),
        actions=_actions(arrays, tuple(words.get("actions", ()))),
        boxes_at=tuple(words.get("boxes_at", ())),
    )


def _actions(arrays: dict[str, NDArray[Any]], names: tuple[str, ...]) -> Actions | None:
    if _ACTIONS not in arrays:
        return None
    return Actions(names, arrays[f"{_ACTIONS}.low"], arrays[f"{_ACTIONS}.high"], arrays[_ACTIONS])


def _frame(words: dict[str, Any], depth_m: NDArray[np.float32] | None) -> FrameTruth:
    entities = []
    for entity in words["entities"]:
        x0, y0, x1, y1 = entity.pop("box")
        entities.append(VisibleEntity(box=(x0, y0, x1, y1), **entity))
    return FrameTruth(words["step"], tuple(entities), words["dropped"], depth_m, words.get("told", True))


def _detections(arrays: dict[str, NDArray[Any]], words: dict[str, Any]) -> tuple[Boxes, ...]:
    found: list[Boxes] = []
    first = 0
    counts, steps = arrays["detection_counts"], arrays["detection_steps"]
    said_by = words.get("boxes_by") or [("", "", words["classes"])] * len(counts)
    for count, step, (model, channel, classes) in zip(counts, steps, said_by, strict=True):
        rows = slice(first, first + int(count))
        boxes, scores, ids = arrays["boxes"][rows], arrays["scores"][rows], arrays["class_ids"][rows]
        found.append(Boxes(boxes, scores, ids, tuple(classes), int(step), model=model, channel=channel))
        first = rows.stop
    return tuple(found)
