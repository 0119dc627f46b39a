"""What a model gave for scores and classes: activations, and the checks that they are shares and numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 0.01
"""By so much a score of a quantised model may lie outside of 0 to 1; it is clipped."""


def sigmoid(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 / (1 + exp(-x)) without overflow."""
    half = np.float32(0.5)
    result: NDArray[np.float32] = half * (np.tanh(half * values) + np.float32(1))
    return result


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: NDArray[np.float32] = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def require_finite(*arrays: NDArray[np.float32]) -> None:
    """Raises ValueError unless every value is finite."""
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError("the model's output holds values that are not finite")


def shares(scores: NDArray[np.float32], remedy: str) -> NDArray[np.float32]:
    """The scores, clipped to 0 to 1.

    Args:
        scores: Any shape.
        remedy: What to do when they are no shares.

    Raises:
        ValueError: A score is far outside, so it is something else (a logit, a column of a box).
    """
    low, high = (float(scores.min()), float(scores.max())) if scores.size else (0.0, 0.0)
    if low >= 0.0 and high <= 1.0:
        return scores
    if low < -_ROUNDING or high > 1.0 + _ROUNDING:
        raise ValueError(f"the model's scores go from {low:.4g} to {high:.4g}, not from 0 to 1; {remedy}")
    return scores.clip(0.0, 1.0)


def whole(values: NDArray[np.float32], output: str) -> NDArray[np.int64]:
    """Whole numbers, for example classes; what is far outside of any count or class stays outside.

    Args:
        values: Any shape.
        output: Key of the output that they are of, for the message.

    Raises:
        ValueError: A value is not finite or not whole.
    """
    require_finite(values)
    strange = values != np.rint(values)
    if strange.any():
        raise ValueError(
            f"output '{output}' holds {values[strange][0]:g} where only whole numbers make sense"
        )
    return values.clip(-1e6, 1e6).astype(np.int64)
