"""How good a detector is on a frame set: average precision, recall, alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.boxes import iou_matrix
from simgate.policies.perception.outputs import Boxes
from simgate.policies.reference_model.frames import CLASSES, FrameSet

_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Matches:
    """Detections of one class against the truth.

    Attributes:
        scores: Of each detection, best first, shape (D,).
        correct: It matched an entity that was asked for, shape (D,).
        found_score: Best score that matched each wanted entity, -1 when missed; shape (N, E), nan
            where nothing was wanted.
    """

    scores: NDArray[np.float64]
    correct: NDArray[np.bool_]
    found_score: NDArray[np.float64]


def match(frames: FrameSet, detections: Sequence[Boxes], label: str, wanted: NDArray[np.bool_]) -> Matches:
    """Matches one class at IoU 0.5, best score first, as COCO does.

    Args:
        frames: The truth.
        detections: For each frame.
        label: The class.
        wanted: Entities that count, shape (N, E). A detection on another entity of the class is
            neither right nor wrong.
    """
    class_id = CLASSES.index(label)
    of_class = frames.class_ids == class_id
    wanted = wanted & of_class
    found = np.where(wanted, -1.0, np.nan)
    scores: list[float] = []
    correct: list[bool] = []
    for n, detected in enumerate(detections):
        mine = np.flatnonzero(detected.class_ids == class_id)
        overlaps = iou_matrix(detected.boxes[mine], frames.boxes[n])
        for row, k in enumerate(mine):
            score = float(detected.scores[k])
            free = wanted[n] & (found[n] < 0.0) & (overlaps[row] >= _IOU)
            if free.any():
                best = int(np.argmax(np.where(free, overlaps[row], -1.0)))
                found[n, best] = score
                scores.append(score)
                correct.append(True)
            elif not (of_class[n] & ~wanted[n] & (overlaps[row] >= 0.3)).any():
                scores.append(score)
                correct.append(False)
    order = np.argsort(-np.asarray(scores), kind="stable")
    return Matches(np.asarray(scores)[order], np.asarray(correct, np.bool_)[order], found)


def average_precision(matches: Matches) -> float:
    """Area under the interpolated precision-recall curve at 101 recalls (COCO); nan without truth."""
    total = int(np.isfinite(matches.found_score).sum())
    if total == 0:
        return float("nan")
    right = np.cumsum(matches.correct)
    recall = right / total
    precision = right / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, np.linspace(0.0, 1.0, 101), side="left")
    return float(np.mean([envelope[p] if p < len(envelope) else 0.0 for p in places]))


def recall_at(matches: Matches, threshold: float) -> tuple[int, int]:
    """Wanted entities that were found with at least this score, and how many were wanted."""
    wanted = np.isfinite(matches.found_score)
    return int((matches.found_score[wanted] >= threshold).sum()), int(wanted.sum())


def closed(frames: FrameSet) -> NDArray[np.bool_]:
    """Frames whose door is shut."""
    return np.asarray((kinds(frames) != "none") & (frames.conditions["opening_deg"] == 0.0))


def ajar(frames: FrameSet) -> NDArray[np.bool_]:
    """Frames whose door is neither shut nor out of the way."""
    opening = frames.conditions["opening_deg"]
    return np.asarray((kinds(frames) != "none") & (opening > 0.0) & (opening < 60.0))


def open_doorway(frames: FrameSet) -> NDArray[np.bool_]:
    """Frames before a doorway without a leaf, or with one that is out of the way."""
    free = (kinds(frames) == "none") | (frames.conditions["opening_deg"] >= 80.0)
    return np.asarray(free & (frames.conditions["door_distance_m"] > 0.0))


def kinds(frames: FrameSet) -> NDArray[Any]:
    """Door kind of each frame."""
    return np.char.strip(frames.conditions["kind"])


def best_score(detections: Sequence[Boxes], label: str) -> NDArray[np.float64]:
    """Highest score of a class in each frame, 0 when there is none."""
    class_id = CLASSES.index(label)
    return np.array([float(max(d.scores[d.class_ids == class_id], default=0.0)) for d in detections])
