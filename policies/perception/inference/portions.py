"""Feeds a model that takes batches of certain sizes: frames go in by portions, the last one filled up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, TypeVar

OfFrame = TypeVar("OfFrame")

Ranges = Sequence[tuple[int, int]]
"""Smallest and largest batch of each range that a model takes."""


ONE_BY_ONE: Ranges = ((1, 1),)
"""How frames go in on a CPU, whatever the model takes: kernels compute several numbers at once and the last
ones of a tensor otherwise, so that in a batch the last bit of an answer depends on the frames beside it. What
runs together must change no result; a batch of 8 saves 5 % with the shipped detector."""


def ranges_on(device: str, batches: Ranges | None) -> Ranges | None:
    """Batches that a model takes on a device.

    Args:
        device: ``cpu`` or another.
        batches: What its own file fixes; None for nothing.

    Returns:
        None for any.
    """
    return batches or (ONE_BY_ONE if device == "cpu" else None)


def infer_in_portions(
    tensor: Any, ranges: Ranges | None, infer: Callable[[Any, Sequence[int]], list[OfFrame]]
) -> list[OfFrame]:
    """What a model says of each frame of a batch of any size.

    Args:
        tensor: The model's input, frames first; anything that is sliced and indexed as numpy's arrays are.
        ranges: Batches that the model takes; None for any.
        infer: Runs the model on a batch in one of the ranges; told which frames these are.

    Raises:
        ValueError: The model answers for another number of frames than it was given.
    """
    rows: Sequence[int]
    found: list[OfFrame] = []
    for first, frames, size in portions(len(tensor), ranges):
        part, rows = tensor[first : first + frames], range(first, first + frames)
        if size > frames:
            # The last frame again; what is found in it is dropped.
            again = [min(k, frames - 1) for k in range(size)]
            part, rows = part[again], [first + k for k in again]
        given = infer(part, rows)
        if len(given) != size:
            raise ValueError(
                f"the model was given {size} frames and answered for {len(given)}; if it was exported for a "
                "batch of one, declare batch: 1 in the package's input"
            )
        # A decoder may give the same arrays for every portion.
        found += given if size == len(tensor) else deepcopy(given[:frames])
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
