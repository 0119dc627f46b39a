"""The task of a driving robot: reach the goal, or stop before what closes the way and say what it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from simgate.harness.results.record import Scalar
from simgate.harness.trace import Signal
from simgate.policies.driving import Mission
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.scene import Scene

SIGNALS = (
    Signal("x_m", "m", "position of the robot"),
    Signal("y_m", "m", "position of the robot"),
    Signal("yaw_rad", "rad", "heading of the robot"),
    Signal("speed_mps", "m/s", "forward speed"),
    Signal("yaw_rate_rps", "rad/s", "turn rate"),
    Signal("command_speed_mps", "m/s", "forward speed that the policy asked for"),
    Signal("command_yaw_rate_rps", "rad/s", "turn rate that the policy asked for"),
    Signal("clearance_m", "m", "gap between hull and the nearest body that it could hit"),
    Signal("barrier_distance_m", "m", "gap between hull and the barrier; nan without a barrier"),
    Signal("goal_distance_m", "m", "distance from the robot's centre to the goal"),
    Signal("lidar_min_m", "m", "shortest range of the lidar"),
    Signal("person_distance_m", "m", "gap between hull and the nearest person; nan without a person"),
)
"""In the order in which a row of a recording holds them."""
COLLISION_RUN_ON_S = 0.5
"""Simulated time after the first contact until the episode ends, so that the trace shows what follows."""


class ReachOrReport:
    """See :class:`simgate.harness.tasks.task.Task`. Ends: ``done`` (the policy said so), ``goal``,
    ``collision`` and ``time_limit``."""

    name = "reach_or_report"
    signals = SIGNALS

    def brief(self, scene: Scene) -> Brief:
        """Goal, hull and top speed; nothing about the barrier."""
        return Mission(
            goal=scene.task.goal,
            goal_radius_m=scene.task.goal_radius_m,
            robot_radius_m=scene.robot.radius_m,
            max_speed_mps=scene.robot.max_speed_mps,
        ).brief()

    def begin(self, scene: Scene, timing: Timing, time_limit_s: float) -> ReachOrReportRun:
        """Starts the task in one world."""
        return ReachOrReportRun(scene, timing, time_limit_s)


class ReachOrReportRun:
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

    @property
    def doubt(self) -> str:
        """None: how near robot and goal are is always known."""
        return ""

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
