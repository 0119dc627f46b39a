"""What the loop needs to know of a task: its signals, what the robot is told, rows of the trace, the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from simgate.harness.packs.checks.metric_catalog import MetricCatalog
from simgate.harness.packs.model import Scenario, SimSpec
from simgate.harness.results.record import Scalar
from simgate.harness.scoring.metric import Metric
from simgate.harness.tasks.scene_finding import Finding
from simgate.harness.trace import Signal
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.optional_member import OptionalMember
from simgate.sim_adapters.quantities import Quantity
from simgate.sim_adapters.scene.scene import Scene


class TaskRun(Protocol):
    """A task in one world, during one episode. A class that derives from it need not say what has a
    default."""

    @property
    def facts(self) -> Mapping[str, Scalar | None]:
        """What is true of this world from start to end, by the names of :attr:`Task.facts`, for metrics; the
        policy is not told."""
        return {}

    @property
    def doubt(self) -> str:
        """Why nobody can tell whether the episode has ended, for example a failure that depends on a signal
        without a value; empty while one can. Asked after every :meth:`ended`; the episode is INVALID from
        there on.
        """
        return ""

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
        """One word for how the episode has ended, empty while it goes on; asked after every :meth:`row`.

        Args:
            step: Physics steps since the start.
            truth: Of this world.
            act: What the policy has decided.
        """
        ...


QUIET_UNTIL: OptionalMember[int] = OptionalMember("quiet_until", 0)
"""Of a :class:`TaskRun` whose signals are the quantities of its task, in their order: the physics step before
which nothing but the world itself, or the policy, ends the episode."""


class Task(Protocol):
    """What robots are asked to do; the same object for every world, and nothing of an episode stays in it. A
    class that derives from it need not say what has a default."""

    @property
    def name(self) -> str:
        """For messages and recordings."""
        ...

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What every trace of this task holds."""
        ...

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of the facts of its runs; the metric ``success`` is the fact of that name."""
        return ()

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """What the simulator measures for it of a robot on its own joints, by the names under which
        ``truth.values`` holds it."""
        return {}

    @property
    def allow(self) -> tuple[tuple[str, str], ...]:
        """Pairs of bodies or shapes whose touching is no contact of a robot on its own joints."""
        return ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Those of its own: that speak of its signals and facts, or of what it takes for success."""
        return ()

    @property
    def measured(self) -> tuple[str, ...]:
        """Metrics that every record holds, whatever the criteria ask."""
        return ()

    def check(
        self,
        scenario: Scenario,
        sim: SimSpec,
        scenes: Sequence[Scene],
        metrics: MetricCatalog,
        reports: Sequence[str] | None,
    ) -> list[Finding]:
        """What is wrong with a scenario's criteria in these scenes: what can never be met, however the robot
        moves.

        Args:
            scenario: Of the pack.
            sim: Of the pack.
            scenes: Those of the first variants that the world can build.
            metrics: All that criteria can speak of.
            reports: Words that the policy can report; None when it does not say.
        """
        return []

    def brief(self, scene: Scene) -> Brief:
        """What the robot of a scene is told before it starts; nothing of the truth."""
        ...

    def begin(self, scene: Scene, timing: Timing, time_limit_s: float) -> TaskRun:
        """Starts the task in one world.

        Args:
            scene: What is there.
            timing: Rates of the loop.
            time_limit_s: Simulated seconds after which :meth:`TaskRun.ended` has to give a word.
        """
        ...
