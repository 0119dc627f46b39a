"""Times a runtime: from frames to detections on the host's clock, and on the device where it says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.inference.warm_up import warm_up
from simgate.policies.perception.runtime import DEVICE_MS, PerceptionRuntime

LEAST_RUNS = 20


@dataclass(frozen=True, slots=True)
class Timing:
    """Measurements of one batch size, milliseconds for each call, ascending.

    Attributes:
        batch: Frames a call.
        dropped: Calls of the warm-up.
        host_ms: Frames in host memory to detections.
        device_ms: On the device; empty where the runtime does not time it.
        frames_per_s: Of all calls together.
        cpu_ms_per_frame: Processor time of all threads; what a busy machine takes away is not in it.
    """

    batch: int
    dropped: int
    host_ms: tuple[float, ...]
    device_ms: tuple[float, ...]
    frames_per_s: float
    cpu_ms_per_frame: float


def measure(
    runtime: PerceptionRuntime, frames: NDArray[np.uint8], batches: Sequence[int], seconds: float
) -> list[Timing]:
    """Times each batch size for some seconds, at least 20 calls, after a warm-up that is dropped.

    Args:
        runtime: The model.
        frames: uint8, shape (N, H, W, 3); taken in turn.
        batches: Frames a call.
        seconds: For each batch size.
    """
    return [_measure(runtime, frames, batch, seconds) for batch in batches]


def _measure(runtime: PerceptionRuntime, frames: NDArray[np.uint8], batch: int, seconds: float) -> Timing:
    groups = [np.take(frames, range(k, k + batch), axis=0, mode="wrap") for k in range(0, len(frames), batch)]
    dropped = warm_up(runtime, groups[0])
    host_ms: list[float] = []
    device_ms: list[float] = []
    started, worked = perf_counter(), process_time()
    while len(host_ms) < LEAST_RUNS or perf_counter() - started < seconds:
        group = groups[len(host_ms) % len(groups)]
        before = perf_counter()
        runtime.infer(group)
        host_ms.append((perf_counter() - before) * 1000.0)
        on_device = DEVICE_MS.of(runtime)
        if on_device is not None:
            device_ms.append(float(on_device))
    count = batch * len(host_ms)
    rate, cpu_ms = count / (perf_counter() - started), (process_time() - worked) * 1000.0 / count
    return Timing(batch, dropped, tuple(sorted(host_ms)), tuple(sorted(device_ms)), rate, cpu_ms)
