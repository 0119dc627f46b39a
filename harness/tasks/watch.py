"""What is asked of a log: that it is looked at to its end; it is replayed open loop, and nobody acts."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.harness.tasks.task import Task, TaskRun
from simgate.harness.trace import Signal
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.scene.scene import Scene


class _Watching(TaskRun):
    def __init__(self, limit_step: int) -> None:
        self._limit_step = limit_step

    def row(self, truth: GroundTruth, observation: Observation, world: int, act: Act) -> Sequence[float]:
        """There are no signals."""
        return ()

    def ended(self, step: int, truth: GroundTruth, act: Act) -> str:
        """At the end of what there is to see."""
        return truth.over or ("time_limit" if step >= self._limit_step else "")


class Watch(Task):
    """See :class:`simgate.harness.tasks.task.Task`. Ends: ``end_of_log``, ``time_limit``."""

    name = "watch"
    signals: tuple[Signal, ...] = ()

    def brief(self, scene: Scene) -> Brief:
        """Nothing is told."""
        return Brief()

    def begin(self, scene: Scene, timing: Timing, time_limit_s: float) -> TaskRun:
        """Starts to look."""
        return _Watching(round(time_limit_s * timing.physics_hz))


WATCH = Watch()
