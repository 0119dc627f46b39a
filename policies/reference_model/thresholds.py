"""Score thresholds, chosen on validation frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.perception.detections import Detections
from policies.reference_model.frames import CLASSES, DOORS, FrameSet
from policies.reference_model.metrics import best_score, open_doorway

_ALLOWED_ALARMS = 0.006
_RANGE = (0.2, 0.7)


def choose_thresholds(frames: FrameSet, detections: Sequence[Detections]) -> dict[str, float]:
    """For each class the smallest threshold at which frames without it stay quiet.

    A missed door is worse than a false alarm of one frame, which the controller outlives; so the
    threshold goes as low as false alarms in 0.6 % of those frames allow. For a door they are the open
    doorways: in front of a door of the other kind hardly any detector errs, which would hide where it does.

    Args:
        frames: Validation frames, never the held-out ones.
        detections: For each frame, made with thresholds below 0.2.
    """
    chosen = {}
    for class_id, label in enumerate(CLASSES):
        absent = ~(frames.class_ids == class_id).any(axis=1)
        if label in DOORS:
            absent &= open_doorway(frames)
        quiet = np.quantile(best_score(detections, label)[absent], 1.0 - _ALLOWED_ALARMS)
        chosen[label] = float(np.clip(quiet + 0.01, *_RANGE))
    return chosen
