"""A YOLO-style table of candidates to boxes (as Ultralytics' models export it), thinned by NMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.boxes import suppress, to_corners
from simgate.policies.perception.decoder_spec import Yolo
from simgate.policies.perception.decoding.decoder import Context, Decoder, Wanted
from simgate.policies.perception.decoding.scores import require_finite, shares, sigmoid
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Boxes

_CANDIDATES = 1000
"""At most so many of the best candidates of a frame enter the suppression."""
_VARIED = 10
"""So many different scores in falling order are no accident."""


def decode_yolo(
    predictions: NDArray[np.float32],
    spec: Yolo,
    *,
    classes: tuple[str, ...],
    thresholds: Sequence[float],
    size: tuple[int, int],
) -> list[Boxes]:
    """Boxes of each frame, best first, in pixels of the model's input.

    A candidate belongs to its best class; suppression works within each class.

    Args:
        predictions: (N, channels, K) or (N, K, channels) as declared; channels are 4 for the box, one for
            objectness when declared, one for each class.
        spec: The package's decoder.
        classes: Names.
        thresholds: Smallest score of a detection, for each class.
        size: (width, height) of the model's input.

    Raises:
        ValueError: The shape does not fit the classes, a value is not finite, a score is no share, or these
            are no candidates.
    """
    table = predictions.transpose(0, 2, 1) if spec.layout == "channels_first" else predictions
    first = 5 if spec.objectness else 4
    if table.ndim != 3 or table.shape[2] != first + len(classes):
        raise ValueError(
            f"predictions {predictions.shape} do not fit {len(classes)} classes: expected "
            f"{first + len(classes)} channels, {spec.layout.replace('_', ' ')}"
        )
    require_finite(table)
    if _is_final(table):
        raise ValueError(
            f"predictions {predictions.shape} hold final detections (scores in order, then whole numbers for "
            "classes), not candidates; declare kind: detections"
        )
    if spec.activation == "none":
        scores = shares(table[:, :, 4:], "declare activation: sigmoid if they are logits")
    else:
        scores = sigmoid(table[:, :, 4:])
    if spec.objectness:
        scores = scores[:, :, :1] * scores[:, :, 1:]
    limits = np.asarray(thresholds, np.float32)
    return [_frame(table[n, :, :4], scores[n], spec, classes, limits, size) for n in range(len(table))]


def _is_final(table: NDArray[np.float32]) -> bool:
    """Whether rows of six are box, score and class: with two classes the shape does not tell them apart."""
    if table.shape[2] != 6:
        return False
    scores, labels = table[:, :, 4], table[:, :, 5]
    varied = all(len(np.unique(row)) >= _VARIED for row in scores)
    return bool(varied and np.isin(labels, (0.0, 1.0)).all() and (np.diff(scores, axis=1) <= 0.0).all())


def _frame(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    spec: Yolo,
    classes: tuple[str, ...],
    limits: NDArray[np.float32],
    size: tuple[int, int],
) -> Boxes:
    label = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), label]
    kept = np.flatnonzero(best >= limits[label])
    kept = kept[np.argsort(-best[kept], kind="stable")][:_CANDIDATES]
    corners = to_corners(boxes[kept], spec.box, spec.box_unit, size)
    if spec.nms_iou < 1.0 and len(kept) > 1:
        stay = suppress(corners, label[kept], spec.nms_iou)
        kept, corners = kept[stay], corners[stay]
    kept, corners = kept[: spec.max_detections], corners[: spec.max_detections]
    return Boxes(corners, best[kept], label[kept].astype(np.int64), classes)


def _tensors(spec: Yolo, classes: int, frames: InputSpec) -> dict[str, Wanted]:
    channels = 4 + spec.objectness + classes
    first = spec.layout == "channels_first"
    return {"predictions": Wanted(((channels, None) if first else (None, channels),))}


def _decode(spec: Yolo, arrays: Mapping[str, NDArray[np.float32]], context: Context) -> list[Boxes]:
    found = decode_yolo(
        arrays["predictions"], spec, classes=context.classes, thresholds=context.thresholds, size=context.size
    )
    return context.boxes_on_frame(found)


DECODER = Decoder(Yolo, _tensors, _decode)
