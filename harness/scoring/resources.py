"""What a variant cost its host process: memory, and the GPU as NVML sees it.

Measured on the host's clock while the episode runs, so it is never reproducible and no part of a
trace. Nothing is sampled unless a criterion of the pack asks for it.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from simgate.harness.scoring.gpu_board import MEGABYTE, GpuBoard, open_board

SAMPLE_PERIOD_S = 0.02
NOT_SAMPLED = "GPU use was not sampled"
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """What was measured while a variant ran.

    Attributes:
        rss_peak_mb: Largest resident memory of the host process since it started, megabytes; None where
            the system does not say it.
        gpu: Samples of the host's GPU by what :meth:`simgate.harness.scoring.gpu_board.GpuBoard.read` calls
            them; a quantity that the board does not tell is missing.
        gpu_absent: Why there are no GPU samples; empty when there are.
    """

    rss_peak_mb: float | None = None
    gpu: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
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
        samples = self._sampler.samples if self._sampler else {}
        return ResourceUse(
            rss_peak_mb=rss_peak_mb(),
            gpu={name: tuple(values) for name, values in samples.items()},
            gpu_absent=self._gpu_absent,
        )


def _start_sampler() -> tuple[_GpuSampler | None, str]:
    """A running sampler, or why there is none."""
    board, why_not = open_board()
    if board is None:
        return None, why_not
    sampler = _GpuSampler(board)
    sampler.start()
    return sampler, ""


class _GpuSampler(threading.Thread):
    """Reads one GPU every 20 ms, at least once."""

    def __init__(self, board: GpuBoard) -> None:
        super().__init__(name="simgate-gpu", daemon=True)
        self.samples: dict[str, list[float]] = defaultdict(list)
        self._board = board
        self._ended = threading.Event()

    def run(self) -> None:
        """Samples until :meth:`stop`."""
        while True:
            for name, value in self._board.read().items():
                self.samples[name].append(value)
            if self._ended.wait(SAMPLE_PERIOD_S):
                return

    def stop(self) -> None:
        """Ends the thread."""
        self._ended.set()
        self.join()
