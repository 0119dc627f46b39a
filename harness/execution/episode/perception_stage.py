"""From the simulator's frames to what the policy is given: effects, inference, latency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.device_frames import FrameSource, frames_for
from simgate.harness.execution.episode.inference_time import InferenceTime, Stopwatch
from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.latency import Delivery, LatencyQueue
from simgate.harness.results.record import LatencySamples
from simgate.policies.perception.outputs import require_sound
from simgate.policies.perception.runtime import Frames, PerceptionRuntime
from simgate.sim_adapters.embodiment import Channel
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.sensor import CameraEffects
from simgate.sim_adapters.sensors.effects import apply_effects

Frame = NDArray[np.uint8]


class LatencySource(Protocol):
    """Says how long perception takes for a frame, in simulated time."""

    def sample_ms(self, seed: int, frame_index: int) -> float:
        """Milliseconds for a frame; a pure function of its arguments."""
        ...


class WorldCamera:
    """Frames, results and latencies of one world.

    Args:
        effects: What the camera does to its frames.
        seed: The variant's seed.
        physics_hz: Physics steps a second.
    """

    def __init__(self, effects: CameraEffects, seed: int, physics_hz: int) -> None:
        self.seed = seed
        self.frames: list[Frame | None] = []
        """Every frame as the model saw it; None where it was dropped."""
        self.in_loop_ms: list[float] = []
        self.measured_ms: list[float] = []
        self.device_ms: list[float] = []
        self.stalls = 0
        self.mode: Literal["simulated", "measured"] = "simulated"
        self.queue = LatencyQueue(physics_hz)
        self._effects = effects

    def take(self, raw: Frame) -> Frame | None:
        """Applies the camera's effects to a new frame; None when it is dropped."""
        return apply_effects(raw, self._effects, self.seed, len(self.frames))

    def latency_samples(self) -> LatencySamples:
        """All latencies so far."""
        return LatencySamples(
            in_loop_ms=tuple(self.in_loop_ms),
            measured_ms=tuple(self.measured_ms),
            device_ms=tuple(self.device_ms),
            mode=self.mode,
            stalls=self.stalls,
        )


class PerceptionStage:
    """Perception of N worlds, one batched inference per camera frame.

    Args:
        runtime: The model, or None for a policy that uses none.
        latency: Latency in simulated time; None takes the inference just measured, of each frame alone, as
            on a robot, and without the time during which this machine stood still.
        extra_ms: Added to every latency, milliseconds.
        cameras: One for each world.
        clock: Books the phases ``effects`` and ``inference``.
        eye: The channel that the model looks at; None where the robot has no camera.
        on_device: Gives the simulator's frames where they were rendered. They go to a runtime on that device
            when no camera effect has changed or lost one; all others go through host memory.
    """

    def __init__(
        self,
        runtime: PerceptionRuntime | None,
        latency: LatencySource | None,
        extra_ms: float,
        cameras: Sequence[WorldCamera],
        clock: LapClock,
        eye: Channel | None,
        on_device: FrameSource | None = None,
    ) -> None:
        self.cameras = tuple(cameras)
        self._eye = eye.name if eye else ""
        self._seen_step = -1
        self._on_device = on_device
        self._runtime = runtime
        self._latency = latency
        self._extra_ms = extra_ms
        self._clock = clock

    def sense(self, observation: Observation, active: Sequence[int]) -> None:
        """Takes the new frames of the active worlds, if there are any, and runs the model on them."""
        if not self._eye or observation.stamps[self._eye] <= self._seen_step:
            return
        self._seen_step = observation.stamps[self._eye]
        seen: list[WorldCamera] = []
        taken: list[Frame] = []
        untouched = len(active) == len(self.cameras)
        for world in active:
            camera = self.cameras[world]
            raw = observation.channels[self._eye][world]
            frame = camera.take(raw)
            untouched = untouched and frame is raw
            if frame is None:
                camera.frames.append(None)
            else:
                seen.append(camera)
                taken.append(frame)
        if not taken:
            self._clock.lap("effects")
            return
        batch = np.stack(taken)
        for camera, frame in zip(seen, batch, strict=True):
            camera.frames.append(frame)
        self._clock.lap("effects")
        if self._runtime is not None:
            # Measured latency is that of each frame alone; frames on a device go in together.
            together = untouched and (self._latency is not None or len(batch) == 1)
            frames = frames_for(self._runtime, self._on_device, len(batch)) if together else None
            self._infer(self._runtime, seen, batch if frames is None else frames, self._seen_step)

    def deliver(self, step: int, active: Sequence[int]) -> list[list[Delivery]]:
        """For each world what reaches its policy at this control tick; nothing for inactive ones."""
        arrived: list[list[Delivery]] = [[] for _ in self.cameras]
        for world in active:
            arrived[world] = self.cameras[world].queue.deliver(step)
        return arrived

    def _infer(
        self, runtime: PerceptionRuntime, seen: Sequence[WorldCamera], batch: Frames, frame_step: int
    ) -> None:
        if self._latency is None and isinstance(batch, np.ndarray):
            for index, camera in enumerate(seen):
                self._infer_together(runtime, [camera], batch[index : index + 1], frame_step)
        else:
            self._infer_together(runtime, seen, batch, frame_step)

    def _infer_together(
        self, runtime: PerceptionRuntime, seen: Sequence[WorldCamera], batch: Frames, frame_step: int
    ) -> None:
        watch = Stopwatch()
        # Others than arrays only get to runtimes that take them (``frames_device``).
        found = runtime.infer(cast(Frame, batch))
        wall_ms = self._clock.lap("inference") * 1000.0
        took = watch.stop(wall_ms, getattr(runtime, "device_ms", None))
        require_sound(found, len(seen), (int(batch.shape[1]), int(batch.shape[2])))
        for camera, detections in zip(seen, found, strict=True):
            latency_ms = self._latency_of(camera, took) + self._extra_ms
            camera.in_loop_ms.append(latency_ms)
            camera.queue.push(replace(detections, frame_step=frame_step), latency_ms)

    def _latency_of(self, camera: WorldCamera, took: InferenceTime) -> float:
        """Books what was measured, and returns the latency that acts in the loop, milliseconds."""
        camera.measured_ms.append(took.wall_ms)
        if took.device_ms is not None:
            camera.device_ms.append(took.device_ms)
        camera.stalls += took.stalled
        if self._latency is not None:
            return self._latency.sample_ms(camera.seed, len(camera.frames) - 1)
        camera.mode = "measured"
        return took.felt_ms
