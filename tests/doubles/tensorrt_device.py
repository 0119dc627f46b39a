"""The tensorrt runtime on the double: everything of ours is real, below it ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from typing import Any

import numpy as np
import torch

from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.runtimes.tensorrt_runtime import TensorRtRuntime
from tests.doubles.engines import CAPABILITY, GPU


class CpuDevice:
    """A device of :mod:`simgate.policies.perception.trt.cuda_device` whose memory is the host's."""

    def __init__(self, index: int = 0) -> None:
        self.name, self.gpu, self.compute_capability = f"cuda:{index} {GPU}", GPU, CAPABILITY
        self.place = torch.device("cpu")
        self.stream = 1
        self.replays = 0

    def scope(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def receive(self, frames: Any) -> Any:
        if isinstance(frames, np.ndarray):
            return torch.from_numpy(frames if frames.flags.writeable else frames.copy())
        return torch.from_dlpack(frames)

    def empty(self, shape: Sequence[int], dtype: str) -> Any:
        return torch.empty(tuple(shape), dtype=getattr(torch, dtype))

    def timed(self, work: Callable[[], None]) -> float:
        start = perf_counter()
        work()
        return (perf_counter() - start) * 1000.0

    def capture(self, work: Callable[[], None]) -> Callable[[], None] | None:
        def replay() -> None:
            self.replays += 1
            work()

        return replay


def tensorrt_on_double(package: ModelPackage) -> TensorRtRuntime:
    """Entry point for hosts: ``SIMGATE_PLUGINS=runtimes:tensorrt=tests.doubles.tensorrt_device:...``."""
    return TensorRtRuntime(package, CpuDevice())
