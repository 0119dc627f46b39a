"""One NVIDIA GPU as NVML sees it: memory, load, power, clock, and whether something holds the clock down."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

MEGABYTE = 1e6
GPU_EXTRA = "GPU use is read through NVML: pip install 'simgate[gpu]'"
BRAKES = ("SwPowerCap", "HwSlowdown", "SwThermalSlowdown", "HwThermalSlowdown", "HwPowerBrakeSlowdown")
"""NVML's reasons for a low clock that slow a model down: power, heat, a brake; being idle is none."""


class GpuBoard:
    """A GPU that can be read.

    Args:
        nvml: The module ``pynvml``.
        device: Its handle.
    """

    def __init__(self, nvml: Any, device: Any) -> None:
        self._nvml, self._device = nvml, device

    def read(self) -> dict[str, float]:
        """What it tells now; what it does not tell is left out (boards differ, Jetson tells less).

        ``memory_mb``, ``utilization`` (percent), ``power_w``, ``clock_mhz`` (of the processors) and
        ``throttled`` (1 while power, heat or a brake holds the clock down, else 0).
        """
        nvml, device = self._nvml, self._device
        found: dict[str, float] = {}
        with suppress(nvml.NVMLError):
            found["memory_mb"] = nvml.nvmlDeviceGetMemoryInfo(device).used / MEGABYTE
        with suppress(nvml.NVMLError):
            found["utilization"] = float(nvml.nvmlDeviceGetUtilizationRates(device).gpu)
        with suppress(nvml.NVMLError):
            found["power_w"] = nvml.nvmlDeviceGetPowerUsage(device) / 1000.0
        with suppress(nvml.NVMLError):
            found["clock_mhz"] = float(nvml.nvmlDeviceGetClockInfo(device, nvml.NVML_CLOCK_SM))
        with suppress(nvml.NVMLError):
            reasons = nvml.nvmlDeviceGetCurrentClocksThrottleReasons(device)
            brakes = [getattr(nvml, f"nvmlClocksThrottleReason{name}") for name in BRAKES]
            found["throttled"] = float(any(reasons & brake for brake in brakes))
        return found


def open_board(nvml: Any = None) -> tuple[GpuBoard | None, str]:
    """The first GPU that this process was given, or None and why there is none.

    Args:
        nvml: The module ``pynvml``; None loads it when it is installed.
    """
    if nvml is None:
        if find_spec("pynvml") is None:
            return None, GPU_EXTRA
        import pynvml

        nvml = pynvml
    try:
        nvml.nvmlInit()
        return GpuBoard(nvml, _handle(nvml)), ""
    except nvml.NVMLError as error:
        return None, f"NVML finds no GPU: {error}"


def _handle(nvml: Any) -> Any:
    """``CUDA_VISIBLE_DEVICES`` names the GPU that was handed out, by number or by UUID."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    if first.startswith(("GPU-", "MIG-")):
        return nvml.nvmlDeviceGetHandleByUUID(first)
    return nvml.nvmlDeviceGetHandleByIndex(int(first) if first.isdigit() else 0)
