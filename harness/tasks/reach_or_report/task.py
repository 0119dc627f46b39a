"""The task of a driving robot: reach the goal, or stop before what closes the way and say what it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from simgate.harness.packs.checks.metric_catalog import MetricCatalog
from simgate.harness.packs.model import Scenario, SimSpec
from simgate.harness.results.record import Scalar
from simgate.harness.tasks.reach_or_report.metrics_goal import GOAL_METRICS
from simgate.harness.tasks.reach_or_report.metrics_safety import SAFETY_METRICS
from simgate.harness.tasks.reach_or_report.scene_checks import check_scenes
from simgate.harness.tasks.reach_or_report.signals import SIGNALS
from simgate.harness.tasks.reach_or_report.telling import TELLING
from simgate.harness.tasks.scene_finding import Finding
from simgate.harness.tasks.task import Task, TaskRun
from simgate.policies.driving import Mission
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.scene import Scene

COLLISION_RUN_ON_S = 0.5
"""Simulated time after the first contact until the episode ends, so that the trace shows what follows."""


class ReachOrReport(Task):
    """See :class:`simgate.harness.tasks.task.Task`. Ends: ``done`` (the policy said so), ``goal``,
    ``collision`` and ``time_limit``."""

    name = "reach_or_report"
    signals = SIGNALS
    facts = ("barrier_kind", "has_barrier", "goal_radius_m")
    telling = TELLING
    metrics = (*GOAL_METRICS, *SAFETY_METRICS)
    measured = (
        "success",
        "collisions",
        "min_clearance_m",
        "stop_distance_m",
        "time_to_goal_s",
        "path_length_m",
        "spl",
        "speed_max_mps",
        "reported_door",
    )

    def brief(self, scene: Scene) -> Brief:
        """Goal, hull and top speed; nothing about the barrier."""
        return Mission(
            goal=scene.task.goal,
            goal_radius_m=scene.task.goal_radius_m,
            robot_radius_m=scene.robot.radius_m,
            max_speed_mps=scene.robot.max_speed_mps,
        ).brief()

    def check(
        self,
        scenario: Scenario,
        sim: SimSpec,
        scenes: Sequence[Scene],
        metrics: MetricCatalog,
        reports: Sequence[str] | None,
    ) -> list[Finding]:
        """Criteria without anything to speak of, and ways too long for the time there is."""
        return check_scenes(scenario, sim, scenes, metrics, reports)

    def begin(self, scene: Scene, timing: Timing, time_limit_s: float) -> ReachOrReportRun:
        """Starts the task in one world."""
        return ReachOrReportRun(scene, timing, time_limit_s)


class ReachOrReportRun(TaskRun):
    """One robot on its way; arguments as :meth:`ReachOrReport.begin` has them."""

    def __init__(self, scene: Scene, timing: Timing, time_limit_s: float) -> None:
        self._task = scene.task
        self._persons = scene.labelled("person")
        self._limit_step = round(time_limit_s * timing.physics_hz)
        self._run_on_steps = round(COLLISION_RUN_ON_S * timing.physics_hz)
        self._hit_step: int | None = None
        self._overran = False

    @property
    def facts(self) -> Mapping[str, Scalar | None]:
        """What stands in the way, and how near the goal counts."""
        task = self._task
        return {
            "barrier_kind": task.barrier_kind,
            "has_barrier": task.barrier is not None,
            "goal_radius_m": task.goal_radius_m,
        }

    def row(self, truth: GroundTruth, observation: Observation, world: int, act: Act) -> Sequence[float]:
        """The signals at a control tick."""
        gaps, barrier = truth.clearance_m, self._task.barrier
        x, y, yaw = truth.pose
        return (
            x,
            y,
            yaw,
            truth.twist[0],
            truth.twist[1],
            float(act.values[0]),
            float(act.values[1]),
            min(gaps.values(), default=math.inf),
            gaps.get(barrier, math.nan) if barrier is not None else math.nan,
            self._goal_distance_m(truth),
            float(DriveView(observation).ranges_m[world].min()),
            min((gaps[name] for name in self._persons if name in gaps), default=math.nan),
        )

    def ended(self, step: int, truth: GroundTruth, act: Act) -> str:
        """How the episode has ended; a contact lets it run on for a moment."""
        if self._hit_step is None and truth.contacts:
            self._hit_step = truth.contacts[0].step
        if self._hit_step is not None:
            over = step >= self._hit_step + self._run_on_steps or step >= self._limit_step
            return "collision" if over else ""
        ending = self._ending(step, truth, act)
        if ending and not self._overran and min(truth.clearance_m.values(), default=math.inf) < 0.0:
            # Contact is found while a step is made: what begins in the last one is known a period later.
            self._overran = True
            return ""
        return ending

    def _ending(self, step: int, truth: GroundTruth, act: Act) -> str:
        if act.done:
            return "done"
        if self._goal_distance_m(truth) <= self._task.goal_radius_m:
            return "goal"
        return "time_limit" if step >= self._limit_step else ""

    def _goal_distance_m(self, truth: GroundTruth) -> float:
        goal = self._task.goal
        return math.hypot(goal[0] - truth.pose[0], goal[1] - truth.pose[1])


REACH_OR_REPORT = ReachOrReport()
