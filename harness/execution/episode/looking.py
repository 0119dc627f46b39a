"""What the models of one world have seen and said so far: frames of its cameras, answers on their way."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.models.inference_time import InferenceTime
from simgate.harness.execution.episode.models.latency import LatencyQueue
from simgate.harness.execution.pictures.kept_frames import KeptFrames
from simgate.harness.results.record import LatencySamples
from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.runtime import LiveModel, PerceptionRuntime
from simgate.sim_adapters.scene.sensor import CameraEffects
from simgate.sim_adapters.sensors.effects import apply_effects

Frame = NDArray[np.uint8]


class LatencySource(Protocol):
    """Says how long perception takes for a frame, in simulated time."""

    def sample_ms(self, seed: int, frame_index: int) -> float:
        """Milliseconds for a frame; a pure function of its arguments."""
        ...


@dataclass(frozen=True, slots=True)
class LoopModel:
    """A model in the loop.

    Attributes:
        runtime: Runs it.
        latency: In simulated time; None takes the inference just measured, of each frame alone, as on a
            robot, and without the time during which this machine stood still.
        name: As the pack calls it; empty for the only one of a pack that gives it no name.
        package: What its inputs are; None for frames of the robot's first colour camera alone.
    """

    runtime: PerceptionRuntime
    latency: LatencySource | None
    name: str = ""
    package: ModelPackage | None = None

    @property
    def live(self) -> LiveModel | None:
        """The model, where it is a process of its own in each world."""
        return self.runtime if isinstance(self.runtime, LiveModel) else None

    @property
    def channel(self) -> str:
        """What it answers for; empty for the robot's first colour camera."""
        if self.live is not None:
            return self.live.channels[0]
        return (self.package.spec.input.channel or "") if self.package else ""

    @property
    def channels(self) -> tuple[str, ...]:
        """What else it is given."""
        if self.live is not None:
            return self.live.channels[1:]
        return self.package.channels if self.package else ()


def seed_of(seed: int, name: str) -> int:
    """The seed of a camera or model besides the first one, 63 bits; the first one has the variant's own."""
    if not name:
        return seed
    word = hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8, key=b"simgate channel").digest()
    return int.from_bytes(word, "little") >> 1


class WorldCamera:
    """Frames of one camera of one world.

    Args:
        effects: What the camera does to its frames.
        seed: Of all that is random in them.
        exact: Whether all its frames are kept as they were.
    """

    def __init__(self, effects: CameraEffects, seed: int, *, exact: bool = False) -> None:
        self.frames = KeptFrames(exact=exact)
        """Every frame as the model saw it; None where it was dropped."""
        self.steps: list[int] = []
        """Physics step of each."""
        self._effects, self._seed = effects, seed

    def take(self, raw: Frame) -> Frame | None:
        """Applies the camera's effects to a new frame; None when it is dropped."""
        return apply_effects(raw, self._effects, self._seed, len(self.frames))


class WorldAnswers:
    """Answers and latencies of one model in one world.

    Args:
        seed: Of its latencies.
        physics_hz: Physics steps a second.
    """

    def __init__(self, seed: int, physics_hz: int) -> None:
        self.queue = LatencyQueue(physics_hz)
        self.readings = 0
        """Frames or readings that there were so far, the lost ones too."""
        self._seed = seed
        self._in_loop_ms: list[float] = []
        self._measured_ms: list[float] = []
        self._device_ms: list[float] = []
        self._stalls = 0
        self._mode: Literal["simulated", "measured"] = "simulated"

    def latency_of(self, source: LatencySource | None, took: InferenceTime, extra_ms: float) -> float:
        """Books what was measured, and returns the latency that acts in the loop, milliseconds."""
        self._measured_ms.append(took.wall_ms)
        if took.device_ms is not None:
            self._device_ms.append(took.device_ms)
        self._stalls += took.stalled
        if source is None:
            self._mode = "measured"
            own_ms = took.felt_ms
        else:
            own_ms = source.sample_ms(self._seed, self.readings - 1)
        self._in_loop_ms.append(own_ms + extra_ms)
        return own_ms + extra_ms

    def samples(self) -> LatencySamples:
        """All latencies so far."""
        return LatencySamples(
            in_loop_ms=tuple(self._in_loop_ms),
            measured_ms=tuple(self._measured_ms),
            device_ms=tuple(self._device_ms),
            mode=self._mode,
            stalls=self._stalls,
        )


def all_samples(models: Sequence[LoopModel], answers: Sequence[WorldAnswers]) -> LatencySamples:
    """The latencies of one world; of several models those of all, one model after the other, and of each."""
    own = {model.name: one.samples() for model, one in zip(models, answers, strict=True)}
    if len(own) == 1 and "" in own:
        return own[""]
    found = list(own.values())
    return LatencySamples(
        in_loop_ms=tuple(ms for one in found for ms in one.in_loop_ms),
        measured_ms=tuple(ms for one in found for ms in one.measured_ms),
        device_ms=tuple(ms for one in found for ms in one.device_ms),
        mode="measured" if any(one.mode == "measured" for one in found) else "simulated",
        stalls=sum(one.stalls for one in found),
        models=own,
    )
