"""What a variant cost its host process: memory, and the GPU as NVML sees it.

Measured on the host's clock while the episode runs, so it is never reproducible and no part of a
trace. Nothing is sampled unless a criterion of the pack asks for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

MEGABYTE = 1e6
SAMPLE_PERIOD_S = 0.02
GPU_EXTRA = "GPU use is read through NVML: pip install 'simgate[gpu]'"
NOT_SAMPLED = "GPU use was not sampled"
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """What was measured while a variant ran.

    Attributes:
        rss_peak_mb: Largest resident memory of the host process since it started, megabytes; None where
            the system does not say it.
        gpu_memory_mb: Memory in use on the host's GPU, one value for each sample, megabytes.
        gpu_utilization: Share of time in which the GPU was busy, percent, one value for each sample.
        gpu_absent: Why there are no GPU samples; empty when there are.
    """

    rss_peak_mb: float | None = None
    gpu_memory_mb: tuple[float, ...] = ()
    gpu_utilization: tuple[float, ...] = ()
    gpu_absent: str = NOT_SAMPLED


def rss_peak_mb() -> float | None:
    """Largest resident memory of this process so far, megabytes; None where the system does not say it."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    peak = next((line for line in lines if line.startswith("VmHWM:")), None)
    return float(peak.split()[1]) * 1024 / MEGABYTE if peak else None


class ResourceMonitor:
    """Measures one variant: a context that wraps its episode; :meth:`use` tells afterwards.

    Args:
        metrics: Names of the metrics that the pack's criteria ask for; without any of ``gpu.*`` no GPU is
            touched and no thread started.
    """

    def __init__(self, metrics: Iterable[str] = ()) -> None:
        self._wants_gpu = any(name.startswith("gpu.") for name in metrics)
        self._sampler: _GpuSampler | None = None
        self._gpu_absent = NOT_SAMPLED

    def __enter__(self) -> Self:
        if self._wants_gpu:
            self._sampler, self._gpu_absent = _start_sampler()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sampler is not None:
            self._sampler.stop()

    def use(self) -> ResourceUse:
        """What was measured."""
        sampler = self._sampler
        return ResourceUse(
            rss_peak_mb=rss_peak_mb(),
            gpu_memory_mb=tuple(sampler.memory_mb) if sampler else (),
            gpu_utilization=tuple(sampler.utilization) if sampler else (),
            gpu_absent=self._gpu_absent,
        )


def _start_sampler() -> tuple[_GpuSampler | None, str]:
    """A running sampler, or why there is none."""
    if find_spec("pynvml") is None:
        return None, GPU_EXTRA
    import pynvml

    try:
        pynvml.nvmlInit()
        device = pynvml.nvmlDeviceGetHandleByIndex(_device_index())
    except pynvml.NVMLError as error:
        return None, f"NVML finds no GPU: {error}"
    sampler = _GpuSampler(pynvml, device)
    sampler.start()
    return sampler, ""


def _device_index() -> int:
    """The first GPU that the caller has handed out; identifiers that are no numbers mean the first one."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    return int(first) if first.isdigit() else 0


class _GpuSampler(threading.Thread):
    """Reads memory and utilisation of one GPU every 20 ms, at least once."""

    def __init__(self, nvml: ModuleType, device: Any) -> None:
        super().__init__(name="simgate-gpu", daemon=True)
        self.memory_mb: list[float] = []
        self.utilization: list[float] = []
        self._nvml, self._device = nvml, device
        self._ended = threading.Event()

    def run(self) -> None:
        """Samples until :meth:`stop`."""
        while True:
            self.memory_mb.append(self._nvml.nvmlDeviceGetMemoryInfo(self._device).used / MEGABYTE)
            self.utilization.append(float(self._nvml.nvmlDeviceGetUtilizationRates(self._device).gpu))
            if self._ended.wait(SAMPLE_PERIOD_S):
                return

    def stop(self) -> None:
        """Ends the thread."""
        self._ended.set()
        self.join()
