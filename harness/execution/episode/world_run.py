"""One world during its episode: the rows that its task gives, and the trace at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.latency import Delivery
from simgate.harness.execution.episode.perception_stage import Frame, WorldCamera
from simgate.harness.execution.episode.validity import ValidityMonitor
from simgate.harness.results.record import LatencySamples, Scalar
from simgate.harness.tasks.task import TaskRun
from simgate.harness.trace import FrameTruth, Signal, Trace
from simgate.policies.perception.outputs import Boxes, Depth, ModelOutput
from simgate.policies.policy import Act
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import Embodiment, eye_of
from simgate.sim_adapters.observation import Contact, GroundTruth, Observation


@dataclass(frozen=True, slots=True)
class Episode:
    """What one world leaves behind.

    Attributes:
        trace: What happened, in simulated time.
        frames: Each camera frame as the model saw it, by entry of ``trace.frames``; None where dropped.
        latency: What acted in the loop, and what the inference took on this machine.
        renderer_failed: Whether nothing but the pictures speaks against the episode.
    """

    trace: Trace
    frames: tuple[Frame | None, ...]
    latency: LatencySamples
    renderer_failed: bool = False


class WorldRun:
    """Records one world tick by tick, and decides when it ends.

    Args:
        task: What the robot has to do in it.
        signals: What the task's rows hold.
        camera: Its frames and latencies.
        timing: Rates of the loop.
        embodiment: The robot that acts in it.
    """

    def __init__(
        self,
        task: TaskRun,
        signals: tuple[Signal, ...],
        camera: WorldCamera,
        timing: Timing,
        embodiment: Embodiment,
    ) -> None:
        self.monitor = ValidityMonitor(timing, embodiment)
        self._task = task
        self._signals = signals
        self._camera = camera
        self._timing = timing
        eye = eye_of(embodiment)
        self._eye = eye.name if eye else ""
        # The depth of what the model looks at is that of the same camera.
        depths = [c.name for c in embodiment.of_kind("depth") if eye and c.frame == eye.frame]
        self._depth = depths[0] if depths else ""
        self._image_size = (eye.shape[1], eye.shape[0]) if eye else (0, 0)
        self._steps: list[int] = []
        self._rows: list[Sequence[float]] = []
        self._modes: list[str] = []
        self._frame_truths: list[FrameTruth] = []
        self._outputs: list[ModelOutput] = []
        self._delivered_steps: list[int] = []
        self._latency_ms: list[float] = []
        self._contacts: list[Contact] = []
        self._met: list[Contact] = []
        self._seen_step = -1
        self._sound = True
        self._report: str | None = None
        self._said: dict[str, Scalar | None] = {}
        self._end = ""

    def tick(
        self,
        world: int,
        observation: Observation,
        truth: GroundTruth,
        act: Act,
        arrived: Sequence[Delivery],
    ) -> bool:
        """Records a control tick; returns whether the episode goes on."""
        sound = self.glimpse(world, observation, truth)
        between = len(self._met) > len(truth.contacts)
        met = replace(truth, contacts=tuple(self._met)) if between else truth
        self._met.clear()
        self._record(observation, met, world, act)
        for delivery in arrived:
            self._outputs.append(delivery.answer)
            self._delivered_steps.append(observation.step)
            self._latency_ms.append(delivery.latency_ms)
        self._end = self._task.ended(observation.step, met, act) if sound else "invalid"
        if doubt := self._task.doubt:
            self.monitor.add(doubt, observation.step)
        return not self._end

    def glimpse(self, world: int, observation: Observation, truth: GroundTruth) -> bool:
        """Takes in what happened since the last observation, also between control ticks.

        Returns:
            Whether the episode can be believed so far as to go on.
        """
        self._met.extend(truth.contacts)
        if self._eye and observation.stamps[self._eye] > self._seen_step:
            self._seen_step = observation.stamps[self._eye]
            dropped = self._camera.frames[-1] is None
            depth = self._depth_of_frame(observation, world)
            self._frame_truths.append(FrameTruth(truth.frame_step, truth.entities, dropped, depth))
        self._sound = self.monitor.check(observation, truth, world) and self._sound
        return self._sound

    def _depth_of_frame(self, observation: Observation, world: int) -> NDArray[np.float32] | None:
        """The true depth of the newest frame; None where none was rendered at its moment."""
        if not self._depth or observation.stamps[self._depth] != self._seen_step:
            return None
        depth: NDArray[np.float32] = observation.channels[self._depth][world].copy()
        return depth

    def _record(self, observation: Observation, truth: GroundTruth, world: int, act: Act) -> None:
        self._steps.append(observation.step)
        self._modes.append(act.mode)
        self._rows.append(self._task.row(truth, observation, world, act))
        self._contacts.extend(truth.contacts)
        if act.report is not None:
            self._report = act.report
        self._said |= {f"policy.{name}": value for name, value in act.facts.items() if name != "report"}

    def _frames(self) -> list[FrameTruth]:
        """Truth of the frames; that of depth only where the model says something of it."""
        if any(isinstance(one, Depth) for one in self._outputs):
            return self._frame_truths
        return [replace(one, depth_m=None) if one.depth_m is not None else one for one in self._frame_truths]

    def finish(self, health: Sequence[str]) -> Episode:
        """Closes the episode.

        Args:
            health: What the simulator itself says against this world.
        """
        for reason in health:
            self.monitor.add(reason)
        table = np.array(self._rows, dtype=np.float64)
        trace = Trace(
            physics_hz=self._timing.physics_hz,
            steps=np.array(self._steps, dtype=np.int64),
            signals={
                signal.name: np.ascontiguousarray(table[:, k]) for k, signal in enumerate(self._signals)
            },
            modes=tuple(self._modes),
            frames=tuple(self._frames()),
            detections=tuple(one for one in self._outputs if isinstance(one, Boxes)),
            outputs=tuple(one for one in self._outputs if not isinstance(one, Boxes)),
            delivered_steps=tuple(self._delivered_steps),
            latency_ms=np.array(self._latency_ms, dtype=np.float64),
            contacts=tuple(self._contacts),
            report=self._report,
            end=self._end,
            facts={**self._task.facts, **self._said},
            image_size=self._image_size,
            invalid_reasons=tuple(self.monitor.reasons),
            doubt_step=self.monitor.doubt_step,
            declared=self._signals,
        )
        return Episode(
            trace,
            tuple(self._camera.frames),
            self._camera.latency_samples(),
            self.monitor.renderer_failed,
        )
