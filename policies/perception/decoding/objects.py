"""What poses and keypoints of K objects share: which of them count, and of which class they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoding.decoder import NUMBERS, Context, Wanted
from simgate.policies.perception.decoding.scores import require_finite, shares, whole

SCORES: dict[str, Wanted] = {"scores": Wanted(((None,),)), "classes": Wanted(((None,),), NUMBERS)}
"""Tensors of scores and classes."""
Kept = tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.int64]]
"""Rows of one frame that count, best first, with their scores and classes, each of shape (K,)."""


def kept_objects(
    arrays: Mapping[str, NDArray[np.float32]], shape: tuple[int, ...], context: Context, row_is_class: bool
) -> Iterator[Kept]:
    """The objects of each frame that reach the threshold of their class.

    Args:
        arrays: With ``scores`` and ``classes`` where the package declares them.
        shape: (frames, objects of each frame).
        context: Classes and thresholds.
        row_is_class: Whether without ``classes`` row k is class k; otherwise all are of the first.

    Raises:
        ValueError: Shapes do not fit, a score is no share, or a class is not whole or has no name.
    """
    count, rows = wanted = tuple(shape)
    scores = arrays.get("scores", np.ones(wanted, np.float32))
    default = np.tile(np.arange(rows) if row_is_class else np.zeros(rows), (count, 1)).astype(np.float32)
    numbers = arrays.get("classes", default)
    if scores.shape != wanted or numbers.shape != wanted:
        raise ValueError(f"scores {scores.shape} and classes {numbers.shape} do not fit: expected {wanted}")
    require_finite(scores)
    scores = shares(scores, "export the model with the activation in it")
    labels = whole(numbers, "classes")
    strange = (labels < 0) | (labels >= len(context.classes))
    if strange.any():
        raise ValueError(
            f"the model found class {labels[strange][0]}, the package names {len(context.classes)}"
        )
    enough = scores >= np.asarray(context.thresholds, np.float32)[labels]
    for score, label, good in zip(scores, labels, enough, strict=True):
        order = np.argsort(-score, kind="stable")
        order = order[good[order]]
        yield order, score[order], label[order]
