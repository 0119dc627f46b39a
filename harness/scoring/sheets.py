"""What a variant adds to metrics over a whole data set: the detections of each class, matched as COCO's.

Average precision is no mean over pictures: all detections are ranked together. So a record keeps each
detection's score and whether it was right, and the gate ranks them
(``statistics/data_sets/average_precision.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simgate.harness.results.record import DetectionSheet
from simgate.policies.perception.outputs import Boxes
from simgate.sim_adapters.datasets.dataset import Labelled

IOU_THRESHOLDS = tuple(0.5 + 0.05 * k for k in range(10))
"""COCO's; bit k of a sheet's ``hits`` and ``ignored`` is that of the k-th."""
MOST_DETECTIONS = 100
"""Of one class in one picture, the best ones, as COCO counts them."""
_BELOW = tuple(min(one, 1.0 - 1e-10) for one in IOU_THRESHOLDS)


def sheets_of(
    pictures: Sequence[tuple[Sequence[Labelled], Boxes]], classes: Sequence[str]
) -> dict[str, DetectionSheet]:
    """The sheet of each of a model's classes over some pictures.

    Args:
        pictures: What is marked in each, and what the model found.
        classes: Of the model.
    """
    truths = dict.fromkeys(classes, 0)
    rows: dict[str, list[tuple[float, int, int]]] = {label: [] for label in classes}
    for objects, found in pictures:
        for class_id, label in enumerate(classes):
            own = [one for one in objects if one.label in (label, "")]
            truths[label] += sum(not (one.ignore or one.crowd) for one in own)
            mine = np.flatnonzero(found.class_ids == class_id)
            if mine.size:
                best = mine[np.argsort(-found.scores[mine], kind="mergesort")][:MOST_DETECTIONS]
                rows[label] += _matched(found.boxes[best], found.scores[best], own)
    return {
        label: DetectionSheet(
            truths=truths[label],
            scores=tuple(row[0] for row in rows[label]),
            hits=tuple(row[1] for row in rows[label]),
            ignored=tuple(row[2] for row in rows[label]),
        )
        for label in classes
    }


def _matched(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], objects: Sequence[Labelled]
) -> list[tuple[float, int, int]]:
    """Score, overlaps at which it is right, and at which it is not judged, of each detection, best first."""
    # Those that do not count come last: a detection takes one only where none that counts is left.
    ordered = sorted(objects, key=lambda one: one.ignore or one.crowd)
    hits, ignored = [0] * len(scores), [0] * len(scores)
    if ordered:
        overlaps = _overlaps(boxes.astype(np.float64), ordered).tolist()
        for k, least in enumerate(_BELOW):
            taken: set[int] = set()
            for d, overlap in enumerate(overlaps):
                found = _best(overlap, ordered, taken, least)
                if found < 0:
                    continue
                taken.add(found)
                if ordered[found].ignore or ordered[found].crowd:
                    ignored[d] |= 1 << k
                else:
                    hits[d] |= 1 << k
    return list(zip(scores.tolist(), hits, ignored, strict=True))


def _best(overlap: Sequence[float], objects: Sequence[Labelled], taken: set[int], least: float) -> int:
    """The object that a detection finds, as pycocotools chooses it; -1 for none."""
    found, most = -1, least
    for k, one in enumerate(objects):
        if k in taken and not one.crowd:
            continue
        if found >= 0 and (one.ignore or one.crowd) and not (objects[found].ignore or objects[found].crowd):
            break
        if overlap[k] >= most:
            found, most = k, overlap[k]
    return found


def _overlaps(boxes: NDArray[np.float64], objects: Sequence[Labelled]) -> NDArray[np.float64]:
    """IoU of each detection with each object, (K, N); of a crowd the share of the detection in it."""
    others = np.array([one.box for one in objects], np.float64)
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0.0), axis=2)
    own = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)[:, None]
    theirs = np.prod(others[:, 2:] - others[:, :2], axis=1)[None, :]
    crowd = np.array([one.crowd for one in objects])
    union = np.where(crowd[None, :], own, own + theirs - both)
    shares: NDArray[np.float64] = np.divide(both, union, out=np.zeros_like(both), where=union > 0.0)
    return shares
