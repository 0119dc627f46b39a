"""A set of predictions to boxes (Carion et al., End-to-End Object Detection with Transformers, 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.boxes import to_corners
from simgate.policies.perception.decoder_spec import Detr
from simgate.policies.perception.decoding.decoder import Context, Decoder, Wanted
from simgate.policies.perception.decoding.scores import require_finite, sigmoid, softmax
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Boxes


def decode_detr(
    logits: NDArray[np.float32],
    boxes: NDArray[np.float32],
    spec: Detr,
    *,
    classes: tuple[str, ...],
    thresholds: Sequence[float],
    size: tuple[int, int],
) -> list[Boxes]:
    """Boxes of each frame, best first, in pixels of the model's input.

    A query belongs to its best class, the background left out; nothing is suppressed.

    Args:
        logits: (N, Q, classes), for ``softmax`` with the background first or last.
        boxes: (N, Q, 4).
        spec: The package's decoder.
        classes: Names.
        thresholds: Smallest score of a detection, for each class.
        size: (width, height) of the model's input.

    Raises:
        ValueError: The shapes do not fit, or a value is not finite.
    """
    wanted = len(classes) + (spec.activation == "softmax")
    if logits.ndim != 3 or logits.shape[2] != wanted or boxes.shape != (*logits.shape[:2], 4):
        raise ValueError(
            f"logits {logits.shape} and boxes {boxes.shape} do not fit {len(classes)} classes: expected "
            f"(N, Q, {wanted}) and (N, Q, 4)"
        )
    require_finite(logits, boxes)
    named = slice(1, None) if spec.background == "first" else slice(-1)
    scores = sigmoid(logits) if spec.activation == "sigmoid" else softmax(logits)[:, :, named]
    limits = np.asarray(thresholds, np.float32)
    found = []
    for score, box in zip(scores, boxes, strict=True):
        label = score.argmax(axis=1)
        best = score[np.arange(len(score)), label]
        kept = np.flatnonzero(best >= limits[label])
        kept = kept[np.argsort(-best[kept], kind="stable")][: spec.max_detections]
        corners = to_corners(box[kept], spec.box, spec.box_unit, size)
        found.append(Boxes(corners, best[kept], label[kept].astype(np.int64), classes))
    return found


def _tensors(spec: Detr, classes: int, frames: InputSpec) -> dict[str, Wanted]:
    return {
        "logits": Wanted(((None, classes + (spec.activation == "softmax")),)),
        "boxes": Wanted(((None, 4),)),
    }


def _decode(spec: Detr, arrays: Mapping[str, NDArray[np.float32]], context: Context) -> list[Boxes]:
    found = decode_detr(
        arrays["logits"],
        arrays["boxes"],
        spec,
        classes=context.classes,
        thresholds=context.thresholds,
        size=context.size,
    )
    return context.boxes_on_frame(found)


DECODER = Decoder(Detr, _tensors, _decode)
