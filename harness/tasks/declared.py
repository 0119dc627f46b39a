"""Tasks by declaration: signals are quantities that the adapter measures, success and failure are conditions.

    signals: {cube_height_m: {position: body/cube, axis: z}, tilt_deg: {tilt: body/trunk}}
    success: cube_height_m > 0.25 for 0.5 s
    failure: tilt_deg > 60

A condition is an expression of the pack's language over the signals. With ``for`` it counts once it has held
at every control tick of so long a time. Where a signal has no value, what depends on it is unknown:
success must be known, and failure or an end that nobody can rule out makes the episode INVALID.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simgate.harness.packs.checks.metric_catalog import MetricCatalog
from simgate.harness.packs.expressions.held import Condition
from simgate.harness.packs.model import Scenario, SimSpec, TaskSpec
from simgate.harness.results.record import Scalar
from simgate.harness.scoring.metric import Metric
from simgate.harness.tasks.scene_finding import Finding
from simgate.harness.trace import Signal
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.quantities import (
    Quantity,
    Return,
    Told,
    kind_of,
    read_quantity,
    unit_of,
    write_quantity,
)
from simgate.sim_adapters.scene.scene import Scene

_ENDS = ("failure", "success", "end")
"""Words of conditions that end an episode, the first one that has held wins: what fails has not succeeded."""
KEYS = ("signals", *_ENDS, "instruction", "facts")
"""What a task by declaration may say."""


@dataclass(frozen=True, slots=True)
class DeclaredTask:
    """See :class:`simgate.harness.tasks.task.Task`. Ends: ``failure``, ``success``, ``end``, what an
    environment says of itself (``terminated``, ``truncated``), ``done`` (the policy said so), ``time_limit``.

    Attributes:
        name: For messages and recordings.
        quantities: What the adapter measures, by the names of the signals.
        conditions: Under ``success``, ``failure`` and ``end``; without ``success`` where rewards are summed.
        instruction: The task in words, for policies that read them.
        told: Facts that the policy is told.
        allow: Pairs of bodies or shapes whose touching is no contact of the robot.
    """

    name: str
    quantities: Mapping[str, Quantity]
    conditions: Mapping[str, Condition]
    instruction: str
    told: Mapping[str, Scalar]
    allow: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, name: str, written: Mapping[str, Any]) -> DeclaredTask:
        """Reads a task as a pack writes it.

        Raises:
            ValueError: It is none; the message names the key and what is wrong with it.
        """
        unknown = sorted(set(written) - set(KEYS))
        if unknown:
            raise ValueError(f"task {name} has no '{unknown[0]}'; it takes {', '.join(KEYS)}")
        quantities: dict[str, Quantity] = {}
        for signal, quantity in (written.get("signals") or {}).items():
            try:
                quantities[signal] = read_quantity(quantity)
            except ValueError as error:
                raise ValueError(f"task {name}, signal {signal}: {error}") from None
        earns = any(isinstance(quantity, Return) for quantity in quantities.values())
        if not written.get("success") and not earns:
            raise ValueError(f"task {name} needs success, for example 'cube_height_m > 0.25 for 0.5 s'")
        flags = [signal for signal, quantity in quantities.items() if isinstance(quantity, Told)]
        conditions: dict[str, Condition] = {}
        for word in _ENDS:
            if word in written:
                try:
                    conditions[word] = Condition.read(str(written[word]), tuple(quantities), flags)
                except ValueError as error:
                    raise ValueError(f"task {name}, {word}: {error}") from None
        return cls(
            name,
            quantities,
            conditions,
            str(written.get("instruction", "")),
            dict(written.get("facts") or {}),
        )

    @classmethod
    def of(cls, name: str, spec: TaskSpec) -> DeclaredTask:
        """The task of a checked pack."""
        read = cls.read(name, spec.model_dump(exclude={"touch"}, exclude_none=True))
        return replace(read, allow=spec.touch.allow)

    @property
    def facts(self) -> tuple[str, ...]:
        """What the policy is told, and ``success`` where the task says what that is."""
        return (*self.told, *(("success",) if "success" in self.conditions else ()))

    @property
    def signals(self) -> tuple[Signal, ...]:
        """One for each quantity, in the order in which they are declared."""
        return tuple(
            Signal(
                name,
                unit_of(quantity),
                f"{quantity.word} of {_things(quantity)}".removesuffix(" of "),
                kind_of(quantity),
            )
            for name, quantity in self.quantities.items()
        )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """None: criteria name the signals."""
        return ()

    @property
    def measured(self) -> tuple[str, ...]:
        """Whether it has succeeded."""
        return ("success",)

    def check(
        self,
        scenario: Scenario,
        sim: SimSpec,
        scenes: Sequence[Scene],
        metrics: MetricCatalog,
        reports: Sequence[str] | None,
    ) -> list[Finding]:
        """Nothing: its conditions are checked where they are read."""
        return []

    def brief(self, scene: Scene) -> Brief:
        """Instruction and facts; the same in every world."""
        return Brief(self.instruction, self.told)

    def begin(self, scene: Scene, timing: Timing, time_limit_s: float) -> DeclaredRun:
        """Starts the task in one world."""
        return DeclaredRun(self, timing, time_limit_s)


class DeclaredRun:
    """One world under a declared task; arguments as :meth:`DeclaredTask.begin` has them."""

    def __init__(self, task: DeclaredTask, timing: Timing, time_limit_s: float) -> None:
        self._task = task
        self._limit_step = round(time_limit_s * timing.physics_hz)
        self._needed = {
            word: round(c.seconds * timing.physics_hz) for word, c in task.conditions.items() if not c.at_end
        }
        self._since: dict[tuple[str, bool], int] = {}
        self._succeeded = False
        self._doubt = ""

    @property
    def facts(self) -> Mapping[str, Scalar | None]:
        """What the policy was told, and whether the task has succeeded, where it says what success is."""
        judged = {"success": self._succeeded} if "success" in self._task.conditions else {}
        return {**self._task.told, **judged}

    @property
    def quiet_until(self) -> int:
        """See :data:`~simgate.harness.tasks.task.QUIET_UNTIL`."""
        return 0 if self._needed else self._limit_step

    @property
    def doubt(self) -> str:
        """The condition that may have ended the episode, and the signals without a value."""
        return self._doubt

    def row(self, truth: GroundTruth, observation: Observation, world: int, act: Act) -> Sequence[float]:
        """The signals at a control tick.

        Raises:
            ValueError: The simulator does not measure one of them.
        """
        try:
            return tuple([truth.values[name] for name in self._task.quantities])
        except KeyError:
            lacking = [name for name in self._task.quantities if name not in truth.values]
        raise ValueError(f"task {self._task.name}: the simulator does not measure {', '.join(lacking)}")

    def ended(self, step: int, truth: GroundTruth, act: Act) -> str:
        """How the episode has ended: the first condition that has held for its time, else what the world says
        of itself, else done or late.
        """
        word = self._ended(step, truth, act)
        last = self._task.conditions.get("success")
        if word and word not in _ENDS and last is not None and last.at_end:
            holds = last.holds(truth.values)
            self._succeeded = bool(holds) and not self._doubt
            if holds is None and not self._doubt:
                self._doubt = self._why_unknown("success", step, truth)
        return word

    def _ended(self, step: int, truth: GroundTruth, act: Act) -> str:
        states = {word: self._has_held(word, step, truth) for word in self._needed}
        for word in _ENDS:
            if states.get(word):
                self._succeeded = word == "success" and not self._doubt
                return word
            if word != "success" and word in states and states[word] is None and not self._doubt:
                self._doubt = self._why_unknown(word, step, truth)
        if truth.over:
            return truth.over
        if act.done:
            return "done"
        return "time_limit" if step >= self._limit_step else ""

    def _has_held(self, word: str, step: int, truth: GroundTruth) -> bool | None:
        """Whether a condition has held for its time; None where it may have."""
        holds = self._task.conditions[word].holds(truth.values)
        surely = self._lasts(word, step, at_all=holds is True, sure=True)
        maybe = self._lasts(word, step, at_all=holds is not False, sure=False)
        return True if surely else None if maybe else False

    def _lasts(self, word: str, step: int, *, at_all: bool, sure: bool) -> bool:
        if not at_all:
            self._since.pop((word, sure), None)
            return False
        return step - self._since.setdefault((word, sure), step) >= self._needed[word]

    def _why_unknown(self, word: str, step: int, truth: GroundTruth) -> str:
        condition = self._task.conditions[word]
        lacking = [name for name in sorted(condition.expression.names) if math.isnan(truth.values[name])]
        cause = (
            f"{', '.join(lacking)} has no value"
            if lacking
            else "its signals did not give it one at every moment"
        )
        what = f"whether {word} ({condition.text}) has come by step {step} is unknown"
        return f"task {self._task.name}: {what}: {cause}"


def _things(quantity: Quantity) -> str:
    """What a quantity is of, as it is written."""
    main = write_quantity(quantity)[quantity.word]
    if isinstance(main, list):
        return " and ".join(main)
    return "" if main is True else str(main)
