"""Final detections to boxes: the model's file itself has thinned them (end-to-end YOLO, NMS in the graph)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.boxes import to_corners
from simgate.policies.perception.decoder_spec import Final
from simgate.policies.perception.decoding.decoder import NUMBERS, Context, Decoder, Wanted
from simgate.policies.perception.decoding.scores import require_finite, shares, whole
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Boxes

_COLUMNS = {
    "box_score_class": ([0, 1, 2, 3], 4, 5),
    "box_class_score": ([0, 1, 2, 3], 5, 4),
    "class_score_box": ([2, 3, 4, 5], 1, 0),
}
"""Of the boxes, the score and the class in a table."""
_REMEDY = "check columns of the package's decoder"
Rows = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Boxes (K, 4), scores (K,) and classes (K,) of one frame."""


def decode_detections(
    arrays: Mapping[str, NDArray[np.float32]],
    spec: Final,
    *,
    classes: tuple[str, ...],
    thresholds: Sequence[float],
    size: tuple[int, int],
) -> list[Boxes]:
    """Boxes of each frame, best first.

    Rows whose score is 0 or less are padding. Nothing is suppressed.

    Args:
        arrays: By key of ``spec.outputs``.
        spec: The package's decoder.
        classes: Names.
        thresholds: Smallest score of a detection, for each class.
        size: (width, height) of what ``spec.box_unit`` speaks of: the model's input, or the camera frame.

    Raises:
        ValueError: The shapes do not fit, a value is not finite, a count is not whole, a score is no
            share, or a class has no name.
    """
    limits = np.asarray(thresholds, np.float32)
    return [_frame(rows, spec, classes, limits, size) for rows in _frames(arrays, spec)]


def _frames(arrays: Mapping[str, NDArray[np.float32]], spec: Final) -> list[Rows]:
    """The rows of each frame that count."""
    counts = whole(arrays["count"].reshape(-1), "count") if "count" in arrays else None
    rows = _table(arrays["detections"], counts, spec) if "detections" in arrays else _tensors(arrays)
    if counts is None:
        return rows
    if len(counts) != len(rows) or (counts < 0).any():
        raise ValueError(f"count is {counts.tolist()} for {len(rows)} frames")
    return [(b[:n], s[:n], c[:n]) for (b, s, c), n in zip(rows, counts, strict=True)]


def _tensors(arrays: Mapping[str, NDArray[np.float32]]) -> list[Rows]:
    boxes, scores, labels = arrays["boxes"], arrays["scores"], arrays["classes"]
    if boxes.ndim != 3 or boxes.shape[2] != 4 or not boxes.shape[:2] == scores.shape == labels.shape:
        shapes = f"boxes {boxes.shape}, scores {scores.shape} and classes {labels.shape}"
        raise ValueError(f"{shapes} do not fit: expected (N, K, 4), (N, K) and (N, K)")
    return list(zip(boxes, scores, labels, strict=True))


def _table(table: NDArray[np.float32], counts: NDArray[np.int64] | None, spec: Final) -> list[Rows]:
    """One table a frame: of a batch, or cut from the rows of all frames by their counts."""
    tables: list[NDArray[np.float32]] = []
    if table.ndim == 3:
        tables = list(table.transpose(0, 2, 1) if spec.layout == "channels_first" else table)
    elif table.ndim == 2 and counts is not None and 0 <= counts.sum() <= len(table):
        tables = np.split(table[: counts.sum()], np.cumsum(counts)[:-1])
    if not tables or any(one.shape[1] != 6 for one in tables):
        columns = spec.layout.replace("_", " ")
        given = "" if counts is None else f" with counts {counts.tolist()}"
        raise ValueError(f"detections {table.shape}{given} do not fit: expected 6 columns, {columns}")
    box, score, label = _COLUMNS[spec.columns]
    return [(one[:, box], one[:, score], one[:, label]) for one in tables]


def _frame(
    rows: Rows, spec: Final, classes: tuple[str, ...], limits: NDArray[np.float32], size: tuple[int, int]
) -> Boxes:
    require_finite(*rows)
    boxes, scores, numbers = (part[rows[1] > 0.0] for part in rows)
    scores = shares(scores, _REMEDY)
    label = numbers.clip(-1e6, 1e6).astype(np.int64) - spec.first_class
    strange = (label < 0) | (label >= len(classes)) | (numbers != np.rint(numbers))
    # Rows that fill up a table may have any class, with a score near 0.
    strange &= scores >= limits.min()
    if strange.any():
        last = spec.first_class + len(classes) - 1
        raise ValueError(
            f"the model found class {numbers[strange][0]:g}, the package names {len(classes)} "
            f"({spec.first_class} to {last}); name all classes of the model, or {_REMEDY} and first_class"
        )
    known = np.flatnonzero((label >= 0) & (label < len(classes)))
    kept = known[scores[known] >= limits[label[known]]]
    kept = kept[np.argsort(-scores[kept], kind="stable")][: spec.max_detections]
    corners = to_corners(boxes[kept], spec.box, spec.box_unit, size)
    return Boxes(corners, scores[kept], label[kept], classes)


def _wanted(spec: Final, classes: int, frames: InputSpec) -> dict[str, Wanted]:
    table = (6, None) if spec.layout == "channels_first" else (None, 6)
    return {
        "detections": Wanted((table, (6,)) if spec.outputs.count else (table,)),
        "boxes": Wanted(((None, 4),)),
        "scores": Wanted(((None,),)),
        "classes": Wanted(((None,),), NUMBERS),
        "count": Wanted(((), (1,)), NUMBERS),
    }


def _decode(spec: Final, arrays: Mapping[str, NDArray[np.float32]], context: Context) -> list[Boxes]:
    of_frame = spec.box_unit == "frame_pixel"
    size = context.frame if of_frame else context.size
    found = decode_detections(arrays, spec, classes=context.classes, thresholds=context.thresholds, size=size)
    return found if of_frame else context.boxes_on_frame(found)


DECODER = Decoder(Final, _wanted, _decode)
