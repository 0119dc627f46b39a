"""What the loop needs to know of a task: its signals, what the robot is told, rows of the trace, the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from simgate.harness.results.record import Scalar
from simgate.harness.trace import Signal
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.scene.scene import Scene


class TaskRun(Protocol):
    """A task in one world, during one episode."""

    @property
    def facts(self) -> Mapping[str, Scalar | None]:
        """What is true of this world from start to end, for metrics; the policy is not told."""
        ...

    @property
    def doubt(self) -> str:
        """Why nobody can tell whether the episode has ended, for example a failure that depends on a signal
        without a value; empty while one can. Asked after every :meth:`ended`; the episode is INVALID from
        there on.
        """
        ...

    def row(self, truth: GroundTruth, observation: Observation, world: int, act: Act) -> Sequence[float]:
        """The signals at a control tick, in the order of :attr:`Task.signals`; ``nan`` where there is none.

        Args:
            truth: Of this world.
            observation: Of all worlds.
            world: Index of this world in the observation.
            act: What the policy has decided on this observation.
        """
        ...

    def ended(self, step: int, truth: GroundTruth, act: Act) -> str:
        """One word for how the episode has ended, empty while it goes on; asked after every :meth:`row`."""
        ...


class Task(Protocol):
    """What robots are asked to do; the same object for every world."""

    @property
    def name(self) -> str:
        """For messages and recordings."""
        ...

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What every trace of this task holds."""
        ...

    def brief(self, scene: Scene) -> Brief:
        """What the robot of a scene is told before it starts; nothing of the truth."""
        ...

    def begin(self, scene: Scene, timing: Timing, time_limit_s: float) -> TaskRun:
        """Starts the task in one world."""
        ...
