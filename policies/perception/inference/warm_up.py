"""The warm-up rule: caches, lazy allocations and clocks settle before anything is timed."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from numpy.typing import NDArray

from simgate.policies.perception.runtime import Frames, PerceptionRuntime, answers

WARM_UP_S = 0.2
WARM_UP_RUNS = 3


def warm_up(
    runtime: PerceptionRuntime,
    frames: Frames,
    readings: Mapping[str, NDArray[Any]] | None = None,
    seconds: float = WARM_UP_S,
) -> int:
    """Runs a model for at least ``seconds`` and three times, and drops what it measures.

    Args:
        runtime: The model.
        frames: A batch of the size that will be timed, as the model's main input takes it.
        readings: Of the further channels that it takes.
        seconds: By time, not by count: a GPU raises its clock in milliseconds, not in calls.

    Returns:
        How many runs were dropped.
    """
    until, runs = perf_counter() + seconds, 0
    while runs < WARM_UP_RUNS or perf_counter() < until:
        answers(runtime, frames, readings or {})
        runs += 1
    return runs
