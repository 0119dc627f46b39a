"""Feeds a model that takes batches of certain sizes: frames go in by portions, the last one filled up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from simgate.policies.perception.outputs import ModelOutput

Ranges = Sequence[tuple[int, int]]
"""Smallest and largest batch of each range that a model takes."""


def infer_in_portions(
    tensor: Any, ranges: Ranges | None, infer: Callable[[Any], list[ModelOutput]]
) -> list[ModelOutput]:
    """Detections of each frame of a batch of any size.

    Args:
        tensor: The model's input, frames first; anything that is sliced and indexed as numpy's arrays are.
        ranges: Batches that the model takes; None for any.
        infer: Runs the model on a batch in one of the ranges.

    Raises:
        ValueError: The model answers for another number of frames than it was given.
    """
    found: list[ModelOutput] = []
    for first, frames, size in portions(len(tensor), ranges):
        part = tensor[first : first + frames]
        if size > frames:
            # The last frame again; what is found in it is dropped.
            part = part[[min(k, frames - 1) for k in range(size)]]
        given = infer(part)
        if len(given) != size:
            raise ValueError(
                f"the model was given {size} frames and answered for {len(given)}; if it was exported for a "
                "batch of one, declare batch: 1 in the package's input"
            )
        found += given[:frames]
    return found


def portions(count: int, ranges: Ranges | None) -> list[tuple[int, int, int]]:
    """How ``count`` frames go in: first frame, number of frames and size of the batch of each portion."""
    found: list[tuple[int, int, int]] = []
    first = 0
    while first < count:
        left = count - first
        size = left
        if ranges is not None and not any(low <= left <= high for low, high in ranges):
            smaller = [high for _, high in ranges if high < left]
            size = max(smaller) if smaller else min(low for low, _ in ranges)
        found.append((first, min(left, size), size))
        first += size
    return found
