"""Score thresholds, chosen on validation frames."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simgate.policies.perception.outputs import Boxes
from simgate.policies.reference_model.frames import CLASSES, DOORS, FrameSet
from simgate.policies.reference_model.metrics import best_score, closed, match, open_doorway
from simgate.policies.reference_model.requirements import ALLOWED_ALARMS, REQUIRED_RECALL

_RANGE = (0.2, 0.7)
_STEP = 0.01
_ALARMS_OF_OTHERS = 0.006


def choose_thresholds(frames: FrameSet, detections: Sequence[Boxes]) -> dict[str, float]:
    """One threshold for each class.

    A door's must keep clear of two requirements that pull apart: enough shut doors are found, and open
    doorways stay quiet. Both are measured on few frames, so the threshold is the one whose smaller
    distance to a requirement, in standard errors, is the largest; among equals, the middle one. Every other
    class has no requirement: the smallest threshold that gives alarms in 0.6 % of the frames without it.

    Args:
        frames: Validation frames, never the held-out ones.
        detections: For each frame, made with thresholds below 0.2.

    Raises:
        ValueError: The frames show no shut door of a kind within 3 m, or no open doorway.
    """
    return {
        label: _door(frames, detections, label) if label in DOORS else _quiet(frames, detections, label)
        for label in CLASSES
    }


def _door(frames: FrameSet, detections: Sequence[Boxes], label: str) -> float:
    near = frames.counted() & (frames.distances_m <= 3.0) & closed(frames)[:, None]
    found = match(frames, detections, label, near).found_score
    found = found[np.isfinite(found)]
    alarms = best_score(detections, label)[open_doorway(frames)]
    if not len(found) or not len(alarms):
        raise ValueError(f"no threshold for {label}: {len(found)} shut ones, {len(alarms)} open doorways")
    candidates = np.arange(*_RANGE, _STEP)
    margins = [
        sorted(
            (
                _standard_errors(
                    float(np.mean(found >= score)) - REQUIRED_RECALL, REQUIRED_RECALL, len(found)
                ),
                _standard_errors(
                    ALLOWED_ALARMS - float(np.mean(alarms >= score)), ALLOWED_ALARMS, len(alarms)
                ),
            )
        )
        for score in candidates
    ]
    best = [score for score, margin in zip(candidates, margins, strict=True) if margin == max(margins)]
    return float(best[len(best) // 2])


def _standard_errors(margin: float, bound: float, count: int) -> float:
    return float(margin / math.sqrt(bound * (1.0 - bound) / count))


def _quiet(frames: FrameSet, detections: Sequence[Boxes], label: str) -> float:
    absent = ~(frames.class_ids == CLASSES.index(label)).any(axis=1)
    loudest = np.quantile(best_score(detections, label)[absent], 1.0 - _ALARMS_OF_OTHERS)
    return float(np.clip(loudest + 0.01, *_RANGE))
