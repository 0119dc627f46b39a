"""One world during its episode: the rows that its task gives, and the trace at the end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.camera_truth import CameraTruths
from simgate.harness.execution.episode.looking import Frame
from simgate.harness.execution.episode.models.latency import Delivery
from simgate.harness.execution.episode.readings import ReadingKeeper
from simgate.harness.execution.episode.validity import ValidityMonitor
from simgate.harness.execution.pictures.kept_frames import KeptFrames
from simgate.harness.execution.pictures.views import FLAT_SCANS, MOST_SCANS, View, ViewKeeper
from simgate.harness.packs.checks.metric_catalog import Record
from simgate.harness.results.record import LatencySamples, Scalar
from simgate.harness.tasks.task import QUIET_UNTIL, TaskRun
from simgate.harness.trace import Actions, FrameTruth, Signal, Trace, places_of_boxes
from simgate.policies.perception.outputs import Boxes, Depth, ModelOutput
from simgate.policies.policy import Act
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import Channel, Embodiment, eye_of, sensor_of
from simgate.sim_adapters.observation import Contact, GroundTruth, Observation
from simgate.sim_adapters.optional_member import speaks_for


@dataclass(frozen=True, slots=True)
class Episode:
    """What one world leaves behind.

    Attributes:
        trace: What happened, in simulated time.
        frames: Each camera frame as the model saw it, by entry of ``trace.frames``; None where dropped.
        latency: What acted in the loop, and what the inference took on this machine.
        renderer_failed: Whether nothing but the pictures speaks against the episode.
        eye: The camera of ``frames``; None for a robot without one.
        views: What the other cameras and scanners have read, thinned.
        told: What the policy has told the robot, whether a criterion asks for it or not.
        scans: What flat scanners have read, thinned.
        embodiment: The robot; None where nobody says.
    """

    trace: Trace
    frames: Sequence[Frame | None]
    latency: LatencySamples
    renderer_failed: bool = False
    eye: Channel | None = None
    views: tuple[View, ...] = ()
    told: Actions | None = None
    scans: tuple[View, ...] = ()
    embodiment: Embodiment | None = None


class WorldRun:
    """Records one world tick by tick, and decides when it ends.

    Args:
        task: What the robot has to do in it.
        signals: What the task's rows hold.
        frames: Each frame of the robot's first colour camera as the model sees it; grows as they come.
        timing: Rates of the loop.
        embodiment: The robot that acts in it.
        time_limit_s: Simulated seconds after which the task has to have ended.
        records: What else its criteria need.
    """

    def __init__(
        self,
        task: TaskRun,
        signals: tuple[Signal, ...],
        frames: KeptFrames,
        timing: Timing,
        embodiment: Embodiment,
        time_limit_s: float,
        records: Collection[Record] = (),
    ) -> None:
        # Some tasks take a look at what the last step began, one period later.
        self._last_step = round(time_limit_s * timing.physics_hz) + timing.physics_hz // timing.control_hz
        self.monitor = ValidityMonitor(timing, embodiment)
        self._task, self._signals = task, signals
        says_all = speaks_for(task, QUIET_UNTIL.name, "row", "ended", "doubt")
        self._quiet_until = QUIET_UNTIL.of(task) if says_all else 0
        if any(channel.kind != "vector" for channel in embodiment.channels):
            self._quiet_until = 0  # Whoever looks at something is asked at each moment.
        self._readings = ReadingKeeper(embodiment)
        self._frames_seen = frames
        self._truths = CameraTruths(embodiment, records)
        self._timing = timing
        self._eye_channel = eye = eye_of(embodiment)
        self._eye = eye.name if eye else ""
        self._views = ViewKeeper(embodiment, but=(self._eye,))
        self._scans = ViewKeeper(embodiment, kinds=FLAT_SCANS, most=MOST_SCANS)
        self._embodiment = embodiment
        self._depth = _depth_of(embodiment, eye)
        self._image_size = (eye.shape[1], eye.shape[0]) if eye else (0, 0)
        self._action, self._records = embodiment.action, records
        self._told: list[Sequence[float]] = []
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
        self._tells_contacts = True
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
        if not self._end and observation.step > self._last_step:
            raise ValueError(
                f"the task gave no word for its end at the time limit, nor by step {observation.step}"
            )
        return not self._end

    def quiet_tick(self, world: int, observation: Observation, row: Sequence[float], act: Act) -> bool:
        """Records a control tick of which a simulator says that nothing has happened.

        Args:
            world: Index of this world.
            observation: Of all worlds.
            row: The quantities of the task.
            act: What the policy has decided.

        Returns:
            Whether it was recorded; else :meth:`tick` has to.
        """
        if observation.step >= self._quiet_until or act.done or not self.monitor.passes(observation.step):
            return False
        self._note(observation, world, row, act)
        return True

    def quiet_ticks(self, step: int) -> int:
        """So many control ticks from a step on may be kept by :meth:`take_fragment`, if nothing happens."""
        period = self._timing.control_steps
        if self._timing.camera_steps % period or not self.monitor.is_due(step):
            return 0
        return max(0, -((step - self._quiet_until) // period))

    def take_fragment(
        self,
        first: int,
        rows: Sequence[Sequence[float]],
        modes: Sequence[str],
        told: Sequence[Sequence[float]],
        channels: Mapping[str, NDArray[Any]],
    ) -> None:
        """Records control ticks that followed one another, each as :meth:`quiet_tick` does.

        Args:
            first: Physics step of the first of N, N not 0.
            rows: Of each the quantities of the task.
            modes: Of each that of the policy.
            told: Of each what the policy has decided.
            channels: What was sensed, by name, each of shape (N, ...).
        """
        period = self._timing.control_steps
        steps = range(first, first + len(rows) * period, period)
        self.monitor.pass_until(steps[-1])
        self._steps.extend(steps)
        self._modes.extend(modes)
        self._rows.extend(rows)
        self._told.extend(told)
        self._readings.ticks(channels)

    def glimpse(self, world: int, observation: Observation, truth: GroundTruth) -> bool:
        """Takes in what happened since the last observation, also between control ticks.

        Returns:
            Whether the episode can be believed so far as to go on.
        """
        self._met.extend(truth.contacts)
        self._tells_contacts = truth.tells_contacts
        self._views.look(observation, world)
        self._scans.look(observation, world)
        if self._eye and observation.stamps[self._eye] > self._seen_step:
            self._seen_step = observation.stamps[self._eye]
            dropped = self._frames_seen[-1] is None
            depth = self._depth_of_frame(observation, world, truth.far_m)
            told = FrameTruth(truth.frame_step, truth.entities, dropped, depth, truth.tells_entities)
            self._frame_truths.append(told)
        self._truths.glimpse(world, observation, truth)
        self._sound = self.monitor.check(observation, truth, world) and self._sound
        return self._sound

    def _depth_of_frame(
        self, observation: Observation, world: int, far_m: float
    ) -> NDArray[np.float32] | None:
        """The true depth of the newest frame, ``inf`` where nothing is; None where none was rendered at its
        moment."""
        if not self._depth or observation.stamps[self._depth] != self._seen_step:
            return None
        depth: NDArray[np.float32] = observation.channels[self._depth][world]
        # The far plane is where nothing is, up to the rounding of what is drawn in 32 bits.
        return np.where(depth < far_m * (1.0 - 1e-5), depth, np.inf).astype(np.float32)

    def _record(self, observation: Observation, truth: GroundTruth, world: int, act: Act) -> None:
        row = self._task.row(truth, observation, world, act)
        if len(row) != len(self._signals):
            raise ValueError(f"the task gave {len(row)} values for its {len(self._signals)} signals")
        if truth.course:
            self._said["world.course"] = truth.course
        self._contacts.extend(truth.contacts)
        # As it is now: a task may give the same list at every tick.
        self._note(observation, world, np.array(row, np.float64).tolist(), act)

    def _note(self, observation: Observation, world: int, row: Sequence[float], act: Act) -> None:
        self._steps.append(observation.step)
        self._modes.append(act.mode)
        self._rows.append(row)
        self._readings.tick(observation, world)
        self._told.append(tuple(act.values))
        if act.facts:
            if act.report is not None:
                self._report = act.report
            self._said |= {f"policy.{name}": value for name, value in act.facts.items() if name != "report"}

    def _frames(self) -> list[FrameTruth]:
        """Truth of the frames; that of depth only where the model says something of it."""
        if any(isinstance(one, Depth) for one in self._outputs):
            return self._frame_truths
        return [replace(one, depth_m=None) if one.depth_m is not None else one for one in self._frame_truths]

    def _actions(self) -> Actions:
        low, high = (np.array(bound, np.float64) for bound in (self._action.low, self._action.high))
        return Actions(self._action.names, low, high, np.array(self._told, np.float64))

    def finish(
        self, health: Sequence[str], latency: LatencySamples, seen: Mapping[str, View] = MappingProxyType({})
    ) -> Episode:
        """Closes the episode.

        Args:
            health: What the simulator itself says against this world.
            latency: Of its perception.
            seen: Frames of colour cameras as models see them, in place of those that the simulator drew.
        """
        for reason in health:
            self.monitor.add(reason)
        table, told = np.array(self._rows, dtype=np.float64), self._actions()
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
            boxes_at=places_of_boxes(self._outputs),
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
            readings=self._readings.readings(),
            actions=told if "actions" in self._records else None,
            truths=self._truths.truths(),
            eye=self._eye,
            tells_entities=not self._frame_truths or any(one.is_told for one in self._frame_truths),
            tells_contacts=self._tells_contacts,
        )
        return Episode(
            trace,
            self._frames_seen.settled(),
            latency,
            self.monitor.renderer_failed,
            self._eye_channel,
            tuple(seen.get(view.channel.name, view) for view in self._views.views()),
            told,
            self._scans.views(),
            self._embodiment,
        )


def _depth_of(embodiment: Embodiment, eye: Channel | None) -> str:
    """The channel that tells the true depth of each pixel of a camera's pictures; empty without one.

    Another sensor at the same camera tells it only through the same lens; the camera's own goes first.
    """
    depths = [
        channel
        for channel in embodiment.of_kind("depth")
        if eye and (channel.frame, channel.intrinsics) == (eye.frame, eye.intrinsics)
    ]
    own = [one for one in depths if eye and sensor_of(one.name) == sensor_of(eye.name)]
    return next((one.name for one in (*own, *depths)), "")
