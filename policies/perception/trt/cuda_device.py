"""What an engine needs of a device: memory, a stream, frames, a stopwatch. CUDA through torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

from simgate.policies.perception.runtime import Frames


class Device(Protocol):
    """A device with one stream of its own, on which everything below happens; buffers are torch tensors."""

    name: str
    """For the record, for example ``cuda:0 NVIDIA L4``."""
    gpu: str
    """Model of the GPU."""
    compute_capability: str
    """For example ``8.9``."""
    place: Any
    """``torch.device`` of the buffers."""

    @property
    def stream(self) -> int:
        """Handle of the stream."""
        ...

    def scope(self) -> AbstractContextManager[Any]:
        """A context in which torch works on the stream."""
        ...

    def receive(self, frames: Frames) -> Any:
        """Frames as a tensor on the device: copied from the host, or taken as they are (DLPack)."""
        ...

    def empty(self, shape: Sequence[int], dtype: str) -> Any:
        """A buffer; ``dtype`` as numpy names it."""
        ...

    def timed(self, work: Callable[[], None]) -> float:
        """Enqueues work, waits for it, and returns what it took on the device, milliseconds."""
        ...

    def capture(self, work: Callable[[], None]) -> Callable[[], None] | None:
        """Records work as a graph and returns its replay; None when the device cannot."""
        ...


class NoCuda(Exception):  # noqa: N818 - the name says what happened
    """torch or a CUDA device is missing; the message says what to do."""


class CudaDevice:
    """One CUDA device with a stream of its own.

    Args:
        index: Among the visible ones.

    Raises:
        NoCuda: torch is not installed, or sees no such device.
    """

    def __init__(self, index: int = 0) -> None:
        try:
            import torch
        except ImportError:
            raise NoCuda(
                "the tensorrt runtime keeps its buffers in torch: pip install 'simgate[torch]'"
            ) from None
        count = torch.cuda.device_count()
        if index >= count:
            raise NoCuda(
                f"torch {torch.__version__} sees {count} CUDA devices, asked for cuda:{index}; "
                "check `nvidia-smi` and that torch was installed with CUDA"
            )
        self._cuda: Any = torch.cuda
        self._torch: Any = torch
        self.place = torch.device("cuda", index)
        self.gpu = str(self._cuda.get_device_name(index))
        self.name = f"cuda:{index} {self.gpu}"
        self.compute_capability = "{}.{}".format(*self._cuda.get_device_capability(index))
        self._stream = self._cuda.Stream(device=self.place)

    @property
    def stream(self) -> int:
        """Handle of the stream; never the default one, which TensorRT would have to synchronise."""
        return int(self._stream.cuda_stream)

    def scope(self) -> AbstractContextManager[Any]:
        """A context in which torch works on the stream."""
        context: AbstractContextManager[Any] = self._cuda.stream(self._stream)
        return context

    def receive(self, frames: Frames) -> Any:
        """Frames as a tensor on the device.

        Within :meth:`scope` the exchange over DLPack names our stream, so that the producer's work is
        waited for.
        """
        if isinstance(frames, np.ndarray):
            host = self._torch.from_numpy(frames if frames.flags.writeable else frames.copy())
            return host.to(self.place)
        return self._torch.from_dlpack(frames).to(self.place)

    def empty(self, shape: Sequence[int], dtype: str) -> Any:
        """A buffer."""
        return self._torch.empty(tuple(shape), dtype=getattr(self._torch, dtype), device=self.place)

    def timed(self, work: Callable[[], None]) -> float:
        """Two events around the work, on the stream."""
        start, end = (self._cuda.Event(enable_timing=True) for _ in range(2))
        start.record(self._stream)
        work()
        end.record(self._stream)
        end.synchronize()
        return float(start.elapsed_time(end))

    def capture(self, work: Callable[[], None]) -> Callable[[], None] | None:
        """A CUDA graph; None when an operation cannot be captured."""
        graph = self._cuda.CUDAGraph()
        try:
            with self._cuda.graph(graph, stream=self._stream):
                work()
        except RuntimeError:
            self._cuda.synchronize(self.place)
            return None
        replay: Callable[[], None] = graph.replay
        return replay
