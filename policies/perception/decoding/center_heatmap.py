"""Centre-point heatmaps to boxes (after Zhou, Wang, Kraehenbuehl: Objects as Points, 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.boxes import suppress
from simgate.policies.perception.decoder_spec import CenterHeatmap
from simgate.policies.perception.decoding.decoder import Context, Decoder, Wanted
from simgate.policies.perception.decoding.scores import require_finite, shares
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Boxes


def decode_center_heatmap(
    heatmap: NDArray[np.float32],
    box: NDArray[np.float32],
    *,
    classes: tuple[str, ...],
    stride: int,
    thresholds: Sequence[float],
    max_detections: int,
    nms_iou: float = 1.0,
) -> list[Boxes]:
    """Boxes of each frame, best first.

    A peak is a cell that no neighbour of its class exceeds (3 x 3); of equal neighbours the first
    in reading order is the peak. Its box is measured from the cell's centre.

    Args:
        heatmap: Scores 0 to 1, shape (N, C, h, w).
        box: Distances to left, top, right, bottom in strides, shape (N, 4, h, w).
        classes: C names.
        stride: Pixels a cell.
        thresholds: Smallest score of a detection, for each class.
        max_detections: At most so many boxes a frame, over all classes.
        nms_iou: Overlap above which the worse box of a class is dropped.

    Raises:
        ValueError: The shapes do not fit each other, or a value is not finite.
    """
    count, channels, rows, columns = heatmap.shape
    if channels != len(classes) or box.shape != (count, 4, rows, columns):
        raise ValueError(
            f"heatmap {heatmap.shape} and box {box.shape} do not fit {len(classes)} classes: "
            f"expected (N, {len(classes)}, h, w) and (N, 4, h, w)"
        )
    require_finite(heatmap, box)
    heatmap = shares(heatmap, "export the model with the sigmoid in it")
    frame, label, row, column = _peaks(heatmap, np.asarray(thresholds, np.float32))
    scores = heatmap[frame, label, row, column]
    height, width = rows * stride, columns * stride
    near = box[frame, :, row, column] * np.float32(stride)
    x = (column.astype(np.float32) + np.float32(0.5)) * np.float32(stride)
    y = (row.astype(np.float32) + np.float32(0.5)) * np.float32(stride)
    corners = np.stack((x - near[:, 0], y - near[:, 1], x + near[:, 2], y + near[:, 3]), axis=1)
    corners[:, 0::2] = np.clip(corners[:, 0::2], 0, width)
    corners[:, 1::2] = np.clip(corners[:, 1::2], 0, height)
    results = []
    for n in range(count):
        mine = np.flatnonzero(frame == n)
        mine = mine[np.argsort(-scores[mine], kind="stable")]
        if nms_iou < 1.0 and len(mine) > 1:
            mine = mine[suppress(corners[mine], label[mine], nms_iou)]
        mine = mine[:max_detections]
        results.append(Boxes(corners[mine], scores[mine], label[mine].astype(np.int64), classes))
    return results


def _peaks(heatmap: NDArray[np.float32], thresholds: NDArray[np.float32]) -> tuple[NDArray[np.intp], ...]:
    padded = np.pad(heatmap, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-1.0)
    frame, label, row, column = np.nonzero(heatmap >= thresholds[None, :, None, None])
    value = heatmap[frame, label, row, column]
    is_peak = np.ones(len(value), np.bool_)
    for dr in (0, 1, 2):
        for dc in (0, 1, 2):
            if (dr, dc) == (1, 1):
                continue
            neighbour = padded[frame, label, row + dr, column + dc]
            comes_first = (dr, dc) < (1, 1)
            is_peak &= (value > neighbour) if comes_first else (value >= neighbour)
    return frame[is_peak], label[is_peak], row[is_peak], column[is_peak]


def _tensors(spec: CenterHeatmap, classes: int, frames: InputSpec) -> dict[str, Wanted]:
    cells = (frames.height // spec.stride, frames.width // spec.stride)
    return {"heatmap": Wanted(((classes, *cells),)), "box": Wanted(((4, *cells),))}


def _decode(spec: CenterHeatmap, arrays: Mapping[str, NDArray[np.float32]], context: Context) -> list[Boxes]:
    found = decode_center_heatmap(
        arrays["heatmap"],
        arrays["box"],
        classes=context.classes,
        stride=spec.stride,
        thresholds=context.thresholds,
        max_detections=spec.max_detections,
        nms_iou=spec.nms_iou,
    )
    return context.boxes_on_frame(found)


DECODER = Decoder(CenterHeatmap, _tensors, _decode)
