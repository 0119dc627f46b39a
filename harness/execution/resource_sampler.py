"""What a host spends while it works, for the record of each variant: memory, and the GPU through NVML.

Always on where the extra ``gpu`` and a driver are there, five times a second, in its own thread. Criteria
on ``gpu.*`` have a denser sampler (:mod:`harness.scoring.resources`), which runs only when a pack asks.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from statistics import fmean
from typing import Any

from harness.scoring.resources import MEGABYTE, rss_peak_mb

PERIOD_S = 0.2
BRAKES = ("SwPowerCap", "HwSlowdown", "SwThermalSlowdown", "HwThermalSlowdown", "HwPowerBrakeSlowdown")
"""NVML's reasons for a low clock that slow a model down: power, heat, a brake; being idle is none."""
_SUMMARIES: dict[str, tuple[str, Callable[[list[float]], float]]] = {
    "gpu.memory_peak_mb": ("memory_mb", max),
    "gpu.utilization_mean": ("utilization", fmean),
    "gpu.power_mean_w": ("power_w", fmean),
    "gpu.power_peak_w": ("power_w", max),
    "gpu.clock_min_mhz": ("clock_mhz", min),
    "gpu.throttled_share": ("throttled", fmean),
}


class ResourceSampler:
    """Samples the GPU of this process until :meth:`close`; does nothing where NVML or a GPU is missing.

    Args:
        nvml: The module ``pynvml``; None loads it when it is installed.
    """

    def __init__(self, nvml: Any = None) -> None:
        self._samples: dict[str, list[float]] = defaultdict(list)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._nvml, self._device = _open(nvml)
        if self._device is not None:
            self._thread = threading.Thread(target=self._run, name="simgate-resources", daemon=True)
            self._thread.start()

    def begin(self) -> None:
        """A variant starts: forgets what was sampled before."""
        self._samples = defaultdict(list)
        if self._device is not None:
            self._sample()

    def summary(self) -> dict[str, float]:
        """What was seen since :meth:`begin`, by name; what this machine does not tell is left out.

        ``cpu.rss_peak_mb`` (of the process since it started), ``gpu.memory_peak_mb``,
        ``gpu.utilization_mean`` (percent), ``gpu.power_mean_w``, ``gpu.power_peak_w``, ``gpu.clock_min_mhz``,
        ``gpu.throttled_share``.
        """
        if self._device is not None:
            self._sample()
        found: dict[str, float] = {}
        peak = rss_peak_mb()
        if peak is not None:
            found["cpu.rss_peak_mb"] = peak
        for name, (quantity, reduce) in _SUMMARIES.items():
            values = self._samples.get(quantity)
            if values:
                found[name] = reduce(list(values))
        return {name: round(value, 3) for name, value in found.items()}

    def close(self) -> None:
        """Ends the thread; safe to call twice."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._ended.wait(PERIOD_S):
            self._sample()

    def _sample(self) -> None:
        """One value of each quantity; boards differ in what they tell (Jetson tells less)."""
        nvml, device, samples = self._nvml, self._device, self._samples
        with suppress(nvml.NVMLError):
            samples["memory_mb"].append(nvml.nvmlDeviceGetMemoryInfo(device).used / MEGABYTE)
        with suppress(nvml.NVMLError):
            samples["utilization"].append(float(nvml.nvmlDeviceGetUtilizationRates(device).gpu))
        with suppress(nvml.NVMLError):
            samples["power_w"].append(nvml.nvmlDeviceGetPowerUsage(device) / 1000.0)
        with suppress(nvml.NVMLError):
            samples["clock_mhz"].append(float(nvml.nvmlDeviceGetClockInfo(device, nvml.NVML_CLOCK_SM)))
        with suppress(nvml.NVMLError):
            reasons = nvml.nvmlDeviceGetCurrentClocksThrottleReasons(device)
            brakes = [getattr(nvml, f"nvmlClocksThrottleReason{name}") for name in BRAKES]
            samples["throttled"].append(float(any(reasons & brake for brake in brakes)))


def _open(nvml: Any) -> tuple[Any, Any]:
    """NVML and the GPU that this process was given; None for what is missing."""
    if nvml is None:
        if find_spec("pynvml") is None:
            return None, None
        import pynvml

        nvml = pynvml
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    try:
        nvml.nvmlInit()
        return nvml, nvml.nvmlDeviceGetHandleByIndex(int(first) if first.isdigit() else 0)
    except nvml.NVMLError:
        return nvml, None
