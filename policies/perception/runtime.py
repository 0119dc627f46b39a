"""The protocol of a perception runtime: camera frames in, detections out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.inference.availability import Availability
from simgate.policies.perception.outputs import ModelOutput
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.optional_member import OptionalMember


class DeviceFrames(Protocol):
    """Frames that are on a device already: anything that speaks DLPack, uint8, shape (N, H, W, 3), RGB."""

    @property
    def shape(self) -> Any:
        """(N, H, W, 3)."""
        ...

    def __dlpack__(self, *, stream: Any = None) -> Any: ...

    def __dlpack_device__(self) -> tuple[Any, Any]: ...


Frames = NDArray[np.uint8] | DeviceFrames
"""Camera frames in host memory, or on a device."""


@dataclass(frozen=True, slots=True)
class RuntimeInfo:
    """What really ran, for every record.

    Attributes:
        runtime: Entry-point name, for example ``onnxruntime``.
        version: Version of the runtime library.
        device: For example ``cpu`` or ``cuda:0 NVIDIA L4``.
        model: ``name version`` of the package.
        artifact_sha256: Hash of the file that was loaded; with external data, of all of them.
    """

    runtime: str
    version: str
    device: str
    model: str
    artifact_sha256: str


class PerceptionRuntime(Protocol):
    """Runs one model. Constructed by entry point (group ``simgate.runtimes``) as
    ``factory(package: ModelPackage)``; one that can run on several devices also takes ``device=``.

    A model that takes batches of certain sizes only is fed by portions
    (:func:`simgate.policies.perception.inference.portions.infer_in_portions`): ``infer`` takes any number
    of frames. What a runtime need not have is declared below, each with what holds without it.
    """

    classes: tuple[str, ...]

    def describe(self) -> RuntimeInfo:
        """Identity for the record."""
        ...

    def infer(self, frames: NDArray[np.uint8]) -> list[ModelOutput]:
        """What the model says of each frame.

        Of a package whose inputs name further channels (:attr:`ModelPackage.channels`) the runtimes of this
        project take their readings as a second argument, channel -> (N, ...).

        Args:
            frames: Camera frames, uint8, shape (N, H, W, 3), RGB; for a main input that is no frame the
                readings of its channel, (N, ...). The runtimes of this project also take frames on a device
                (:data:`Frames`) and do not copy them to the host. Arrays are its own to work in, and those
                that it answers in may be the same each time; what is on a device is the simulator's.

        Raises:
            RuntimeError: The model could not run, naming the cause.
        """
        ...

    def close(self) -> None:
        """Releases the model."""
        ...


DEVICE_MS: OptionalMember[float | None] = OptionalMember("device_ms", None)
"""Milliseconds that the last ``infer`` spent on the device; None when unknown."""
BATCHES: OptionalMember[Sequence[tuple[int, int]] | None] = OptionalMember("batches", None)
"""Smallest and largest of each range of frames that the model takes at once."""
FRAMES_DEVICE: OptionalMember[tuple[int, int] | None] = OptionalMember("frames_device", None)
"""Device, as DLPack numbers it, on which it takes frames without a copy: those of a simulator on the same
device go in where they were rendered."""
MEMORY_BYTES: OptionalMember[int | None] = OptionalMember("memory_bytes", None)
"""What the model holds on its device."""
TENSOR: OptionalMember[Callable[[str, NDArray[np.uint8]], NDArray[np.float64]] | None] = OptionalMember(
    "tensor", None
)
"""Numbers of each frame, (N, C), from a tensor inside the model, by its name; raises ``NoTensor``
(:mod:`simgate.policies.perception.inference.inner_tensor`)."""
AVAILABILITY: OptionalMember[Callable[[], Availability] | None] = OptionalMember("availability", None)
"""Of the factory: whether the runtime works on this machine."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model that lives through episodes is shown at one moment.

    Attributes:
        step: Physics step at which its main input was read.
        worlds: Those that are asked.
        readings: Channel -> (len(worlds), ...).
        stamps: Channel -> physics step of its reading.
    """

    step: int
    worlds: tuple[int, ...]
    readings: Mapping[str, NDArray[Any]]
    stamps: Mapping[str, int]


class LiveModel(ABC):
    """A model that is a process of its own in each world, begun with the episode and ended with it.

    Attributes:
        channels: What it is given, known once it has begun; it answers for each new reading of the first.
    """

    channels: tuple[str, ...]

    @abstractmethod
    def begin(self, seeds: Sequence[int], embodiment: Embodiment, physics_hz: int) -> None:
        """Starts one episode for each seed."""

    @abstractmethod
    def answer(self, asked: Asked) -> list[tuple[ModelOutput, float]]:
        """For each world that is asked what the model says, and what that took, milliseconds."""

    @abstractmethod
    def ended(self, world: int) -> None:
        """The episode of a world is over."""

    @abstractmethod
    def abandon(self) -> None:
        """An exception has ended the episode of all worlds."""


def answers(
    runtime: PerceptionRuntime, frames: Frames, readings: Mapping[str, NDArray[Any]]
) -> list[ModelOutput]:
    """What a model says; only a runtime whose model has further channels is given readings."""
    model: Any = runtime
    found: list[ModelOutput] = model.infer(frames, readings) if readings else model.infer(frames)
    return found
