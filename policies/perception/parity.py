"""How far two runtimes of one model disagree on the same frames."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simgate.policies.perception.boxes import iou_matrix
from simgate.policies.perception.detections import Detections

SAME_OBJECT_IOU = 0.5
LIMITS = ("box_max_px", "box_p99_px", "score_max", "score_p99", "class_changes", "unmatched")
"""Keys of a package's ``limits`` that parity reads; the last two are 0 when left out."""


@dataclass
class Disagreement:
    """What was seen.

    Attributes:
        frames: Compared.
        box_px: For each pair of detections, the largest distance of one box edge from the other's, pixels.
        score: For each pair the difference of the scores.
        worst_frame: Of the largest value of ``box_px`` and of ``score``.
        class_changes: Pairs whose classes differ.
        unmatched: Detections without a partner in the other runtime.
        borderline: Detections without a partner whose score is so near their threshold that the allowed
            difference explains it.
    """

    frames: int = 0
    box_px: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    worst_frame: dict[str, int] = field(default_factory=dict)
    class_changes: int = 0
    unmatched: int = 0
    borderline: int = 0


def compare(
    reference: Sequence[Detections],
    other: Sequence[Detections],
    thresholds: Sequence[float],
    score_tolerance: float,
) -> Disagreement:
    """Pairs the detections of each frame by overlap, whatever their classes, and measures the differences.

    Args:
        reference: One for each frame.
        other: Of the same frames.
        thresholds: Smallest score of a detection, by class index.
        score_tolerance: A lone detection within this of its threshold is borderline, not unmatched.
    """
    found = Disagreement()
    for index, (first, second) in enumerate(zip(reference, other, strict=True)):
        found.frames += 1
        overlaps = iou_matrix(first.boxes, second.boxes)
        lone = {0: set(range(len(first))), 1: set(range(len(second)))}
        for a, b in sorted(np.ndindex(*overlaps.shape), key=lambda pair: -overlaps[pair]):
            if overlaps[a, b] < SAME_OBJECT_IOU or a not in lone[0] or b not in lone[1]:
                continue
            lone[0].remove(a)
            lone[1].remove(b)
            _add(found, "box_px", float(np.abs(first.boxes[a] - second.boxes[b]).max()), index)
            _add(found, "score", float(abs(first.scores[a] - second.scores[b])), index)
            found.class_changes += int(first.class_ids[a] != second.class_ids[b])
        for side, detections in enumerate((first, second)):
            for k in lone[side]:
                near = detections.scores[k] - thresholds[int(detections.class_ids[k])] <= score_tolerance
                found.borderline += int(near)
                found.unmatched += int(not near)
    return found


def _add(found: Disagreement, name: str, value: float, frame: int) -> None:
    values: list[float] = getattr(found, name)
    if value > max(values, default=-1.0):
        found.worst_frame[name] = frame
    values.append(value)


def measured(found: Disagreement) -> dict[str, float]:
    """The numbers that limits speak of, by the limits' keys."""
    return {
        "box_max_px": max(found.box_px, default=0.0),
        "box_p99_px": percentile(found.box_px, 0.99),
        "score_max": max(found.score, default=0.0),
        "score_p99": percentile(found.score, 0.99),
        "class_changes": float(found.class_changes),
        "unmatched": float(found.unmatched),
    }


def limits_of(declared: Mapping[str, object]) -> dict[str, float]:
    """The limits that a package declares, with no class change and nothing unmatched unless it says more."""
    given = {
        name: float(value)
        for name, value in declared.items()
        if name in LIMITS and isinstance(value, int | float) and not isinstance(value, bool)
    }
    return {"class_changes": 0.0, "unmatched": 0.0} | given


def past_limits(values: Mapping[str, float], limits: Mapping[str, float]) -> list[str]:
    """Names of the values that exceed their limits."""
    return [name for name in LIMITS if name in limits and not values[name] <= limits[name]]


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the smallest value that at least ``share`` of all do not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1] if ordered else 0.0
