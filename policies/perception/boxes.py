"""Arithmetic of axis-aligned boxes (x0, y0, x1, y1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def iou(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Intersection over union, pair by pair.

    Args:
        first: Shape (..., 4).
        second: Shape (..., 4), that broadcasts with the other.

    Returns:
        Shape (...), 0 to 1; 0 where both boxes are empty.
    """
    a, b = first.astype(np.float64), second.astype(np.float64)
    overlap = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    inner = np.prod(np.clip(overlap, 0.0, None), axis=-1)
    area_a = np.prod(np.clip(a[..., 2:] - a[..., :2], 0.0, None), axis=-1)
    area_b = np.prod(np.clip(b[..., 2:] - b[..., :2], 0.0, None), axis=-1)
    union = area_a + area_b - inner
    return np.where(union > 0.0, inner / np.where(union > 0.0, union, 1.0), 0.0)


def iou_matrix(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Intersection over union of every box of shape (A, 4) with every one of (B, 4): shape (A, B)."""
    return iou(first[:, None], second[None])


def suppress(boxes: NDArray[np.float32], class_ids: NDArray[np.int64], most: float) -> list[int]:
    """Greedy non-maximum suppression within each class.

    Args:
        boxes: Shape (K, 4), best first.
        class_ids: Shape (K,).
        most: A box that overlaps a better one of its class by a larger IoU is dropped.

    Returns:
        Indices of the boxes that stay, best first.
    """
    overlaps = iou_matrix(boxes, boxes)
    kept: list[int] = []
    for k in range(len(boxes)):
        if all(class_ids[j] != class_ids[k] or overlaps[j, k] <= most for j in kept):
            kept.append(k)
    return kept


def to_corners(
    boxes: NDArray[np.float32], form: str, unit: str, size: tuple[int, int]
) -> NDArray[np.float32]:
    """Boxes as corners in pixels, clipped to the image.

    Args:
        boxes: Shape (K, 4).
        form: xyxy, cxcywh, xywh (corner at the top left) or yxyx.
        unit: ``share`` of the image's size, anything else is pixels.
        size: (width, height) of the image.
    """
    corners = boxes.astype(np.float32)
    if form == "cxcywh":
        half = corners[:, 2:] / np.float32(2)
        corners = np.concatenate((corners[:, :2] - half, corners[:, :2] + half), axis=1)
    elif form == "xywh":
        corners = np.concatenate((corners[:, :2], corners[:, :2] + corners[:, 2:]), axis=1)
    elif form == "yxyx":
        corners = corners[:, [1, 0, 3, 2]]
    limits = np.array(size * 2, np.float32)
    if unit == "share":
        corners = corners * limits
    return np.clip(corners, np.float32(0), limits)
