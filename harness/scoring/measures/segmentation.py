"""Intersection over union of semantic segmentations (Everingham et al., PASCAL VOC, 2010)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def confusion(said: NDArray[np.int64], truth: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """How many pixels of each true class were said to be which.

    Args:
        said: Class of each pixel, -1 for none; any shape.
        truth: The same shape; what is negative is not judged, and ``classes`` stands for none of them,
            where a class that is said is wrong.
        classes: How many there are.

    Returns:
        Shape (classes + 1, classes + 1): true class, and what was said; the last of each is "none".
        Confusions of several frames add up.

    Raises:
        ValueError: The shapes differ, or a class is none.
    """
    if said.shape != truth.shape:
        raise ValueError(f"a mask of {said.shape} cannot be held against a truth of {truth.shape}")
    if said.max(initial=-1) >= classes or truth.max(initial=-1) > classes:
        raise ValueError(f"a mask holds a class from {classes} on")
    judged = truth >= 0
    column = np.where(said[judged] < 0, classes, said[judged])
    counts = np.bincount(truth[judged] * (classes + 1) + column, minlength=(classes + 1) ** 2)
    return counts.reshape(classes + 1, classes + 1).astype(np.int64)


def iou_by_class(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intersection over union of each class, shape (classes,); nan where it is neither true nor said."""
    both = np.diagonal(counts)[:-1].astype(np.float64)
    union = counts.sum(axis=1)[:-1] + counts.sum(axis=0)[:-1] - both
    return np.where(union > 0, both / np.where(union > 0, union, 1), np.nan)


def mean_iou(counts: NDArray[np.int64]) -> float:
    """Mean over the classes that are there or said; nan for none."""
    ious = iou_by_class(counts)
    known = ious[~np.isnan(ious)]
    return float(known.mean()) if len(known) else float("nan")
