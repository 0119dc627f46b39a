"""Pairs detections with what was really in view, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import numpy as np

from simgate.harness.results.record import Scalar
from simgate.harness.trace import Trace
from simgate.policies.perception.boxes import iou
from simgate.sim_adapters.observation import VisibleEntity

IOU_THRESHOLD = 0.5
"""Overlap from which a box counts as found, as in PASCAL VOC and COCO's AP50."""

COUNTED_FROM = 0.5
"""Light through glass from which what is behind is to be found; below, finding it is no error either."""

Box = Sequence[float]
DetectionBoxes = dict[str, list[tuple[float, Box]]]
"""Class -> (score, box) of one frame, best first."""


class Hit(NamedTuple):
    """A true detection.

    Attributes:
        score: Confidence that the model gave.
        iou: Overlap with the entity's box.
        step: Physics step of the frame.
        distance_m: Distance to the entity.
        centre_error_px: Distance between the centres of the two boxes.
    """

    score: float
    iou: float
    step: int
    distance_m: float
    centre_error_px: float


class Sighting(NamedTuple):
    """An entity that was in view in a frame.

    Attributes:
        step: Physics step of the frame.
        name: The entity's name.
        found: Whether it was detected.
    """

    step: int
    name: str
    found: bool


@dataclass(slots=True)
class ClassMatches:
    """All frames of an episode, judged for one class.

    Attributes:
        truths: How often an entity that counts was in view (entity times frames).
        hits: Each true detection.
        false_alarms: (score, frame's step) of each detection of nothing.
        missed_steps: Frame's step of each entity that was in view and not found.
        sightings: Each entity that counts in each judged frame, in order of time.
        judged_steps: Step of each frame that says something about the model, in order of time.
        in_view: Whether the class was in view at all, counted or not.
    """

    truths: int = 0
    hits: list[Hit] = field(default_factory=list)
    false_alarms: list[tuple[float, int]] = field(default_factory=list)
    missed_steps: list[int] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    judged_steps: list[int] = field(default_factory=list)
    in_view: bool = False


def boxes_by_frame(trace: Trace) -> dict[int, DetectionBoxes]:
    """Boxes as plain numbers, by physics step of their frame and class, best first."""
    frames: dict[int, DetectionBoxes] = {}
    for found in trace.detections:
        by_class = frames.setdefault(found.frame_step, {})
        rows = zip(found.class_ids.tolist(), found.scores.tolist(), found.boxes.tolist(), strict=True)
        for class_id, score, box in rows:
            by_class.setdefault(found.classes[class_id], []).append((score, box))
    for by_class in frames.values():
        for boxes in by_class.values():
            boxes.sort(key=lambda scored: -scored[0])
    return frames


def match_class(
    trace: Trace,
    boxes: Mapping[int, DetectionBoxes],
    label: str,
    options: Mapping[str, Scalar],
    latency_ms: Sequence[float],
) -> ClassMatches:
    """Pairs the detections of a class with the truth.

    A frame that was dropped, or that perception never answered, is a miss for everything in view. A
    frame whose answer was still on its way when the episode ended says nothing and is left out, the first
    ones of an episode too short for any answer among them; so is one of which nobody says what is in it. An
    entity that the options exclude, or of which panes keep back more than half of the light, is neither to
    be found nor an error to find: detections on it are not judged.

    Args:
        trace: The episode.
        boxes: Its detections, from :func:`boxes_by_frame`.
        label: Class.
        options: ``within_m``, ``min_pixels``, ``max_occlusion``.
        latency_ms: Of each frame that the model was given, in order of time.
    """
    result = ClassMatches()
    judged: list[_Judged] = []
    in_flight = _in_flight(trace, boxes, latency_ms)
    for frame in trace.frames:
        if not frame.is_told:
            continue
        entities = [entity for entity in frame.entities if entity.label == label]
        result.in_view = result.in_view or bool(entities)
        answer = boxes.get(frame.step)
        if answer is None and frame.step in in_flight:
            continue
        result.judged_steps.append(frame.step)
        found = answer.get(label, []) if answer else []
        if not (found or entities):
            continue
        counted = [entity for entity in entities if _counts(entity, options)]
        ignored = [entity for entity in entities if not _counts(entity, options)]
        result.truths += len(counted)
        judged.append(_Judged(frame.step, found, counted, ignored))
    for one, overlaps in zip(judged, _overlaps(judged), strict=True):
        _match_frame(result, one, overlaps)
    return result


def centre_distance(first: Box, second: Box) -> float:
    """Distance between the centres of two boxes (x0, y0, x1, y1), in their unit."""
    across = (first[0] + first[2] - second[0] - second[2]) / 2.0
    down = (first[1] + first[3] - second[1] - second[3]) / 2.0
    return math.hypot(across, down)


def _in_flight(trace: Trace, boxes: Mapping[int, DetectionBoxes], latency_ms: Sequence[float]) -> set[int]:
    """Steps of the frames whose answer was to come after the end, by the latency that each one had."""
    if not len(trace.steps):
        return set()
    end_ms = 1000.0 * int(trace.steps[-1]) / trace.physics_hz
    given = [frame.step for frame in trace.frames if not frame.dropped]
    if len(latency_ms) < len(given):
        # Of some frames the model's other camera had lost its picture, so that it was not asked. Answers keep
        # the order of their frames: those without one before the last are of these.
        last = max(boxes, default=-1)
        given = [step for step in given if step in boxes or step > last]
    late = zip(given, latency_ms, strict=False)
    return {step for step, taken in late if 1000.0 * step / trace.physics_hz + taken > end_ms}


def _counts(entity: VisibleEntity, options: Mapping[str, Scalar]) -> bool:
    within, pixels = options.get("within_m"), options.get("min_pixels")
    occlusion = options.get("max_occlusion")
    return (
        entity.transmittance >= COUNTED_FROM
        and (within is None or entity.distance_m <= float(within))
        and (pixels is None or entity.pixels >= float(pixels))
        and (occlusion is None or entity.occlusion <= float(occlusion))
    )


class _Judged(NamedTuple):
    """A frame that says something about the model, and what of one class is in it."""

    step: int
    detections: Sequence[tuple[float, Box]]
    counted: Sequence[VisibleEntity]
    ignored: Sequence[VisibleEntity]


def _overlaps(frames: Sequence[_Judged]) -> list[list[list[float]]]:
    """Frame -> detection -> IoU with each entity, those that count first; one call for the whole episode."""
    present = [[entity.box for entity in (*frame.counted, *frame.ignored)] for frame in frames]
    pairs = [
        (box, other)
        for frame, others in zip(frames, present, strict=True)
        for _, box in frame.detections
        for other in others
    ]
    both = np.array(pairs, np.float64).reshape(-1, 2, 4)
    values = iter(iou(both[:, 0], both[:, 1]).tolist())
    return [
        [list(islice(values, len(others))) for _ in frame.detections]
        for frame, others in zip(frames, present, strict=True)
    ]


def _match_frame(result: ClassMatches, frame: _Judged, overlaps: Sequence[Sequence[float]]) -> None:
    free = dict(enumerate(frame.counted))
    for (score, box), overlap in zip(frame.detections, overlaps, strict=True):
        best, index = max(((overlap[k], k) for k in free), default=(0.0, -1))
        if best >= IOU_THRESHOLD:
            entity = free.pop(index)
            result.hits.append(
                Hit(score, best, frame.step, entity.distance_m, centre_distance(box, entity.box))
            )
        elif not any(value >= IOU_THRESHOLD for value in overlap[len(frame.counted) :]):
            result.false_alarms.append((score, frame.step))
    result.missed_steps.extend([frame.step] * len(free))
    result.sightings += [
        Sighting(frame.step, entity.name, k not in free) for k, entity in enumerate(frame.counted)
    ]
