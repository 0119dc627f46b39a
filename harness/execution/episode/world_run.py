"""One world during its episode: rows of the trace, when it ends, and the trace at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgate.harness.execution.episode.latency import Delivery
from simgate.harness.execution.episode.perception_stage import Frame, WorldCamera
from simgate.harness.execution.episode.validity import ValidityMonitor
from simgate.harness.results.record import LatencySamples
from simgate.harness.trace import SIGNALS, FrameTruth, Trace
from simgate.policies.perception.outputs import Boxes
from simgate.policies.policy import Decision, Mission
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import Contact, GroundTruth, Observation
from simgate.sim_adapters.scene.scene import Scene

COLLISION_RUN_ON_S = 0.5
"""Simulated time after the first contact until the episode ends, so that the trace shows what follows."""


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


def mission_of(scene: Scene) -> Mission:
    """What the robot of a scene is told; nothing about the barrier."""
    return Mission(
        goal=scene.task.goal,
        goal_radius_m=scene.task.goal_radius_m,
        robot_radius_m=scene.robot.radius_m,
        max_speed_mps=scene.robot.max_speed_mps,
    )


class WorldRun:
    """Records one world tick by tick, and decides when it ends.

    Args:
        scene: The world's scene.
        camera: Its frames and latencies.
        timing: Rates of the loop.
        time_limit_s: Simulated seconds after which the episode ends.
    """

    def __init__(self, scene: Scene, camera: WorldCamera, timing: Timing, time_limit_s: float) -> None:
        self.monitor = ValidityMonitor(timing)
        self.decision = Decision(0.0, 0.0, "start")
        self._scene = scene
        self._camera = camera
        self._timing = timing
        self._goal = scene.task.goal
        self._barrier = scene.task.barrier
        self._persons = scene.labelled("person")
        self._limit_step = round(time_limit_s * timing.physics_hz)
        self._run_on_steps = round(COLLISION_RUN_ON_S * timing.physics_hz)
        self._steps: list[int] = []
        self._rows: list[tuple[float, ...]] = []
        self._modes: list[str] = []
        self._frame_truths: list[FrameTruth] = []
        self._detections: list[Boxes] = []
        self._delivered_steps: list[int] = []
        self._latency_ms: list[float] = []
        self._contacts: list[Contact] = []
        self._report: str | None = None
        self._end = ""
        self._overran = False

    def tick(
        self,
        world: int,
        observation: Observation,
        truth: GroundTruth,
        decision: Decision,
        arrived: Sequence[Delivery],
    ) -> bool:
        """Records a control tick; returns whether the episode goes on."""
        self.decision = decision
        self._record(observation.step, float(observation.ranges_m[world].min()), truth, decision)
        if observation.has_new_frame:
            dropped = self._camera.frames[-1] is None
            self._frame_truths.append(FrameTruth(truth.frame_step, truth.entities, dropped))
        for delivery in arrived:
            self._detections.append(delivery.detections)
            self._delivered_steps.append(observation.step)
            self._latency_ms.append(delivery.latency_ms)
        sound = self.monitor.check(observation, truth, world)
        self._end = self._ended(observation.step, truth, decision) if sound else "invalid"
        return not self._end

    def _record(self, step: int, lidar_min_m: float, truth: GroundTruth, decision: Decision) -> None:
        gaps = truth.clearance_m
        x, y, yaw = truth.pose
        self._steps.append(step)
        self._modes.append(decision.mode)
        self._rows.append(
            (
                x,
                y,
                yaw,
                truth.twist[0],
                truth.twist[1],
                decision.forward_mps,
                decision.yaw_rate_rps,
                min(gaps.values(), default=math.inf),
                gaps.get(self._barrier, math.nan) if self._barrier is not None else math.nan,
                math.hypot(self._goal[0] - x, self._goal[1] - y),
                lidar_min_m,
                min((gaps[name] for name in self._persons if name in gaps), default=math.nan),
            )
        )
        self._contacts.extend(truth.contacts)
        if decision.report is not None:
            self._report = decision.report

    def _ended(self, step: int, truth: GroundTruth, decision: Decision) -> str:
        if self._contacts:
            if step >= self._contacts[0].step + self._run_on_steps or step >= self._limit_step:
                return "collision"
            return ""
        ending = self._ending(step, truth, decision)
        if ending and not self._overran and min(truth.clearance_m.values(), default=math.inf) < 0.0:
            # Contact is found while a step is made: what begins in the last one is known a period later.
            self._overran = True
            return ""
        return ending

    def _ending(self, step: int, truth: GroundTruth, decision: Decision) -> str:
        if decision.done:
            return "done"
        goal_distance = math.hypot(self._goal[0] - truth.pose[0], self._goal[1] - truth.pose[1])
        if goal_distance <= self._scene.task.goal_radius_m:
            return "goal"
        return "time_limit" if step >= self._limit_step else ""

    def finish(self, health: Sequence[str]) -> Episode:
        """Closes the episode.

        Args:
            health: What the simulator itself says against this world.
        """
        for reason in health:
            self.monitor.add(reason)
        table = np.array(self._rows, dtype=np.float64)
        task, camera = self._scene.task, self._scene.camera
        trace = Trace(
            physics_hz=self._timing.physics_hz,
            steps=np.array(self._steps, dtype=np.int64),
            signals={name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(SIGNALS)},
            modes=tuple(self._modes),
            frames=tuple(self._frame_truths),
            detections=tuple(self._detections),
            delivered_steps=tuple(self._delivered_steps),
            latency_ms=np.array(self._latency_ms, dtype=np.float64),
            contacts=tuple(self._contacts),
            report=self._report,
            end=self._end,
            barrier_kind=task.barrier_kind,
            has_barrier=task.barrier is not None,
            goal_radius_m=task.goal_radius_m,
            image_size=(camera.width, camera.height),
            invalid_reasons=tuple(self.monitor.reasons),
            doubt_step=self.monitor.doubt_step,
        )
        return Episode(
            trace,
            tuple(self._camera.frames),
            self._camera.latency_samples(),
            self.monitor.renderer_failed,
        )
