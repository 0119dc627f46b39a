"""What a host spends while it works, for the record of each variant: memory, and the GPU through NVML.

Always on where the extra ``gpu`` and a driver are there, five times a second, in its own thread. Criteria
on ``gpu.*`` have a denser sampler (:mod:`simgate.harness.scoring.resources`), which runs only when a pack
asks.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from statistics import fmean
from typing import Any

from simgate.harness.scoring.gpu_board import open_board
from simgate.harness.scoring.resources import rss_peak_mb

PERIOD_S = 0.2
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
        self._board, _ = open_board(nvml)
        if self._board is not None:
            self._thread = threading.Thread(target=self._run, name="simgate-resources", daemon=True)
            self._thread.start()

    def begin(self) -> None:
        """A variant starts: forgets what was sampled before."""
        self._samples = defaultdict(list)
        self._sample()

    def summary(self) -> dict[str, float]:
        """What was seen since :meth:`begin`, by name; what this machine does not tell is left out.

        ``cpu.rss_peak_mb`` (of the process since it started), ``gpu.memory_peak_mb``,
        ``gpu.utilization_mean`` (percent), ``gpu.power_mean_w``, ``gpu.power_peak_w``, ``gpu.clock_min_mhz``,
        ``gpu.throttled_share``.
        """
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
        """One value of each quantity that the board tells."""
        if self._board is None:
            return
        samples = self._samples
        for name, value in self._board.read().items():
            samples[name].append(value)
