"""Reads one scenario and checks it against its world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from simgate.harness.packs.checks.check_absent import report_absent
from simgate.harness.packs.checks.check_plugin import load_plugin, named_plugin
from simgate.harness.packs.checks.check_rules import report_cycles
from simgate.harness.packs.checks.check_truth import Sight
from simgate.harness.packs.checks.check_world import WorldCheck, check_code
from simgate.harness.packs.language.scenario import ScenarioKeys
from simgate.harness.packs.language.worlds import Kind, kind_of
from simgate.harness.packs.model import (
    CodedTask,
    Criterion,
    KnownFailure,
    PinnedVariant,
    Scenario,
    SimSpec,
    TaskSpec,
)
from simgate.harness.packs.reading.read_criteria import CriterionReader
from simgate.harness.packs.reading.read_pinned import PinnedReader
from simgate.harness.packs.reading.read_place import PlaceReader
from simgate.harness.packs.reading.read_variants import read_variants
from simgate.harness.packs.reading.values.read_value import ReadValue
from simgate.harness.packs.reading.values.read_values import read_value
from simgate.harness.packs.reading.worlds.read_told import report_said, with_told
from simgate.harness.packs.severity import Severity
from simgate.harness.packs.source.extends import AXES
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.packs.worlds import WORLDS, repeated
from simgate.harness.registry import is_there
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode
from simgate.sim_adapters.worlds.declared.log import LogSpec
from simgate.sim_adapters.worlds.world import TOLD

if TYPE_CHECKING:
    from simgate.harness.packs.reading.worlds.read_native import NativeReader
    from simgate.sim_adapters.datasets.world import DatasetSpec
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec
    from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec
    from simgate.sim_adapters.worlds.declared.native import NativeSpec
    from simgate.sim_adapters.worlds.world import World

    _Native = NativeSpec | ArticulatedSpec | EnvironmentSpec | DatasetSpec | LogSpec
    _World = tuple[World | None, _Native | None, str | None, TaskSpec | CodedTask | None]
    _LeftOut = Callable[[dict[str, ValueSpec], Sequence[PinnedVariant]], _Native]

SUCCESS = "success"
"""What ``accept`` says in place of criteria: the task's own success."""
_TASK_HINT = "add task: {signals: {NAME: QUANTITY}, success: CONDITION}"
PackParameters = list[tuple[ScalarNode, ReadValue | None]]


@dataclass(frozen=True, slots=True)
class ReadScenario:
    """A scenario as read, with what the checks of the whole pack need.

    Attributes:
        key: Its id in the file.
        severity: As read, or None.
        count: Sampled variants, or None.
        checked: The world's check, for the pack's parameters.
        scenario: The result; None when something required is missing or wrong.
        sights: What its robot sees; none where that is not known.
    """

    key: ScalarNode
    severity: Severity | None
    count: int | None
    checked: WorldCheck
    scenario: Scenario | None
    sights: tuple[Sight, ...] = ()


class ScenarioReader:
    """Reads scenarios.

    Args:
        reader: Typed access to nodes.
        criteria: Reads acceptance criteria.
        pack_parameters: Parameters of every scenario.
        today: Day against which quarantines are held.
        sim: The pack's simulator and rates.
        task: The pack's task, for scenarios without one of their own.
    """

    def __init__(
        self,
        reader: Reader,
        criteria: CriterionReader,
        pack_parameters: PackParameters,
        today: date,
        sim: SimSpec,
        task: Node | None = None,
    ) -> None:
        self._sim, self._pack_task = sim, task
        self._reader, self._criteria = reader, criteria
        self._pack_parameters, self._today = pack_parameters, today
        self._readers: dict[Kind, Callable[[MappingNode, Node | None], _World]] = {
            "env": self._environment, "isaaclab": self._environment,
            "log": self._log, "dataset": self._dataset,
        }  # fmt: skip

    def read(self, key: ScalarNode, node: Node) -> ReadScenario | None:
        """One scenario; problems are reported."""
        scenario_id = self._reader.name(key, "a scenario's id")
        read = read_keys(self._reader, node, ScenarioKeys, f"the scenario '{key.text}'", owner=key)
        if read is None:
            return None
        keys = read.keys
        before, asked = len(self._reader.problems), read.nodes.get("task") or self._pack_task
        self._jointed: Sight | None = None
        self._pictures: tuple[PinnedVariant, ...] | None = None
        self._left_out: _LeftOut | None = None
        world, native, name, task = self._world(keys.world, keys.accept, read.nodes.get("task"))
        is_read = task is not None or asked is None or len(self._reader.problems) == before
        known = _sight_of(native)
        sight = self._jointed or (None if world is None else known)
        sights = (sight,) if sight is not None else ()
        self._criteria.judge(task, is_read=is_read, sights=sights)
        groups = [item.text for item, _ in keys.place] if isinstance(keys.place, MappingNode) else []
        variants = self._variants(key, read.nodes.get("variants"), are_known=self._pictures is not None)
        seen = world if world is None or variants is None else repeated(world, variants)
        check = WorldCheck(self._reader.problems, seen, lambda name: self._elsewhere(name, groups))
        parameters = self._parameters(keys.parameters, check)
        report_said(self._reader.problems, keys.parameters, world, self._pictures or ())
        if drawn := self._pictures and self._pictures[0].left_out(parameters, places=False):
            message = f"{', '.join(drawn)} would be drawn, and the parts of the log are the variants"
            hint = "give it one value, or leave out parts and draw log.from_s and log.to_s too"
            self._reader.problems.at(keys.parameters or key, "wrong-value", message, hint)
        pins = PinnedReader(self._reader, check, parameters, places=bool(groups))
        wanted, shown = read.nodes.get("pinned"), self._pictures or ()
        pinned = (*with_told(self._reader.problems, wanted, world, pins.read(wanted), shown), *shown)
        if self._left_out is not None:
            native = self._left_out(parameters, pinned)
        place = PlaceReader(self._reader, check).read(keys.place)
        accept = self._accept(keys.accept)
        data = {
            "id": scenario_id,
            "title": keys.title,
            "severity": keys.severity,
            "requirements": keys.requirements,
            "tags": keys.tags,
            "world": name,
            "parameters": parameters,
            "place": place,
            "where": self._where(keys.where, check),
            "variants": variants,
            "accept": accept,
            "known_failures": self._known_failures(read.nodes.get("known_failures"), check),
            "pinned": pinned,
            "line": key.line,
        }
        complete = all(value is not None for value in data.values())
        scenario = Scenario.model_validate({**data, "native": native, "task": task}) if complete else None
        if scenario is not None and self._jointed is not None and len(self._reader.problems) == before:
            report_absent(self._reader.problems, scenario, self._jointed, read.nodes)
        count = variants.drawn if variants else None
        if self._pictures is not None:
            count = len(self._pictures) or None
        return ReadScenario(key, keys.severity, count, check, scenario, sights)

    def _elsewhere(self, name: str, groups: list[str]) -> str:
        """What a name is that stands in a condition and is no parameter."""
        if self._criteria.is_metric(name):
            return "it is a metric, known after the run: it belongs under accept"
        if name.partition(".")[0] in groups:
            return "it is a group of objects, and conditions speak of parameters alone"
        return ""

    def _world(self, node: Node | None, accept: Node | None, task: Node | None) -> _World:
        """The world that the node names or describes, with what it says of a file, the name under which
        hosts find it, which need not be what it calls itself, and the task; problems are reported."""
        if isinstance(node, MappingNode):
            kind = kind_of(node)
            return self._native(node, accept, task) if kind is None else self._readers[kind](node, task)
        asked = self._driving_task(task)
        name = named_plugin(self._reader, node, WORLDS)
        if node is None or not name or not is_there(WORLDS, name, self._reader.folder):
            return None, None, None, None
        check_code(self._reader.problems, node, name, self._sim.adapter)
        world = load_plugin(self._reader.problems, node, WORLDS, name, self._reader.folder)
        return world, None, name if world is not None else None, asked

    def _native(self, node: MappingNode, accept: Node | None, task: Node | None) -> _World:
        from simgate.harness.packs.reading.worlds.read_axes import seen_alone
        from simgate.harness.packs.reading.worlds.read_jointed import JointedReader, is_jointed
        from simgate.harness.packs.reading.worlds.read_native import NativeReader
        from simgate.sim_adapters.worlds.declared.articulated import ArticulatedWorld
        from simgate.sim_adapters.worlds.declared.native import NativeWorld

        judged = isinstance(accept, MappingNode) and accept.find("report_correct") is not None
        native_reader = NativeReader(self._reader, self._sim, self._criteria.vocabulary)
        described = native_reader.read(node, reports_count=judged)
        asked: TaskSpec | CodedTask | None = None
        if not is_jointed(node):
            asked = self._driving_task(task)
        elif (own := task or self._pack_task) is not None:
            asked = self._task(own, native_reader)
            described = described if asked is not None else None
        else:
            message = "a robot on its own joints needs a task, and there is none"
            self._reader.problems.at(node, "missing-key", message, _TASK_HINT)
            described = None
        spec = described.spec if described is not None else None
        if isinstance(described, ArticulatedWorld) and native_reader.jointed is not None:
            self._jointed = Sight(described.spec.sensors, native_reader.jointed, native_reader.report)
            own_joints = JointedReader(self._reader, self._sim, native_reader.report)
            self._left_out = partial(own_joints.worn_alone, node, described.spec)
        elif isinstance(described, NativeWorld):
            self._left_out = partial(seen_alone, described.spec)
        return described, spec, spec.name if spec is not None else None, asked

    def _dataset(
        self, node: MappingNode, task: Node | None
    ) -> tuple[World | None, DatasetSpec | None, str | None, TaskSpec | None]:
        from simgate.harness.packs.reading.worlds.read_dataset import DatasetReader

        if task is not None:
            message = "a data set has no task: nobody acts in it"
            self._reader.problems.at(task, "wrong-value", message, "leave it out")
        reader = DatasetReader(self._reader, self._sim, self._criteria.vocabulary)
        found = reader.read(node)
        if found is None:
            self._pictures = ()
            return None, None, None, TaskSpec()
        world, self._pictures = found
        return world, world.spec, world.spec.name, TaskSpec()

    def _variants(self, key: ScalarNode, node: Node | None, *, are_known: bool) -> VariantsSpec | None:
        """How many variants are drawn; none of a data set or parts of a log, which are the variants."""
        if are_known:
            if node is not None:
                message = "the pictures of a data set, and the parts of a log, are the variants"
                self._reader.problems.at(node, "wrong-value", message, "leave it out")
            return VariantsSpec(count=0)
        if node is None:
            message = f"the scenario '{key.text}' has no 'variants'"
            hint = "add variants: how many variants, for example {count: 40, method: sobol}"
            self._reader.problems.at(key, "missing-key", message, hint)
        return read_variants(self._reader, node)

    def _environment(
        self, node: MappingNode, task: Node | None
    ) -> tuple[World | None, EnvironmentSpec | None, str | None, TaskSpec | CodedTask | None]:
        from simgate.harness.packs.reading.worlds.read_environment import EnvironmentReader

        reader = EnvironmentReader(self._reader, self._sim)
        found = reader.read(node)
        asked = reader.task(task or self._pack_task, found)
        if found is None or asked is None:
            return None, None, None, asked
        self._left_out = partial(reader.left_out, node, found)
        return found[0], found[0].spec, found[0].spec.name, asked

    def _log(
        self, node: MappingNode, task: Node | None
    ) -> tuple[World | None, LogSpec | None, str | None, TaskSpec | CodedTask | None]:
        from simgate.harness.packs.reading.worlds.read_log import WATCHING, LogReader

        if task is not None:
            message = "a log is replayed as it was: nobody can be given a task in it"
            self._reader.problems.at(task, "wrong-value", message, "leave it out")
        found = LogReader(self._reader, self._sim).read(node)
        if found is None:
            self._pictures = () if node.find("parts") is not None else None
            return None, None, None, WATCHING
        world, self._pictures = found
        return world, world.spec, world.spec.name, WATCHING

    def _task(self, node: Node, world: NativeReader) -> TaskSpec | CodedTask | None:
        from simgate.harness.packs.reading.read_task import TaskReader

        reader = TaskReader(self._reader, world.report, self._sim.adapter, world.traits)
        return reader.read(node, world.jointed)

    def _driving_task(self, own: Node | None) -> CodedTask | None:
        """A driving robot has its task already, and another one only as code; the pack's declaration is for
        other robots."""
        named = [node for node in (own, self._pack_task) if isinstance(node, ScalarNode)]
        if own is not None and not isinstance(own, ScalarNode):
            message = "a task is declared for robots on their own joints; a driving robot reaches its goal, "
            message += "or reports what closes the way"
            hint = "leave it out, name code of your own (task: my_task.py:NAME), or write drive: actuators "
            hint += "under robot"
            self._reader.problems.at(own, "wrong-value", message, hint)
            return None
        if not named:
            return None
        from simgate.harness.packs.reading.read_task import read_driving_task

        return read_driving_task(self._reader, named[0])

    def _parameters(self, written: Node | None, check: WorldCheck) -> dict[str, ValueSpec]:
        own: dict[str, ReadValue | None] = {}
        entries = self._reader.mapping(written, "a mapping of parameters to values")
        for key, node in entries:
            own[key.text] = read_value(self._reader, node, check.quantity(key.text))
            check.parameter(key, own[key.text])
        merged: dict[str, ReadValue] = {}
        for key, shared in self._pack_parameters:
            if key.text not in own and check.has(key.text) and key.text not in TOLD.of(check.world):
                check.parameter(key, shared)
                if shared is not None:
                    merged[key.text] = shared
        merged.update({name: value for name, value in own.items() if value is not None})
        report_cycles(self._reader.problems, merged)
        return {name: value.spec for name, value in merged.items()}

    def _where(self, node: Node | None, check: WorldCheck) -> tuple[str, ...]:
        conditions = []
        for item in self._reader.items(node, "a list of conditions"):
            text = self._reader.text(item, "a condition such as door.distance_m > 2")
            if text is not None and isinstance(item, ScalarNode):
                check.condition(item)
                conditions.append(text)
        return tuple(conditions)

    def _accept(self, node: Node | None) -> tuple[Criterion, ...] | None:
        if isinstance(node, ScalarNode) and node.text == SUCCESS:
            return (Criterion(metric=SUCCESS, op="equals", bound=True, line=node.line),)
        entries = self._reader.mapping(node, "success, or a mapping of metrics to thresholds")
        if node is not None and not entries and not isinstance(node, ScalarNode):
            message = "no acceptance criteria: every run would pass"
            hint = "add one, for example collisions: {at_most: 0}"
            self._reader.problems.at(node, "wrong-value", message, hint)
        read = [self._criteria.read(key, value) for key, value in entries]
        self._criteria.unread.update(
            key.text for (key, _), one in zip(entries, read, strict=True) if one is None
        )
        criteria = tuple(criterion for criterion in read if criterion is not None)
        return criteria if criteria else None

    def _known_failures(self, node: Node | None, check: WorldCheck) -> tuple[KnownFailure, ...]:
        known = []
        for item in self._reader.items(node, "a list of quarantines"):
            read = read_keys(self._reader, item, KnownFailure, "the known failure")
            if read is None:
                continue
            if read.keys.when is not None and isinstance(when := read.nodes["when"], ScalarNode):
                check.condition(when)
            until = self._until(read.nodes["until"], read.keys.until) if read.keys.until is not None else None
            if read.is_whole and until is not None:
                known.append(read.keys.model_copy(update={"until": until}))
        return tuple(known)

    def _until(self, node: Node, text: str) -> str | None:
        try:
            last = date.fromisoformat(text)
        except ValueError:
            message = f"'{text}' is not a date"
            self._reader.problems.at(
                node, "wrong-value", message, "write year-month-day, for example 2027-03-01"
            )
            return None
        if last < self._today:
            message = f"this quarantine ended on {last.isoformat()}"
            hint = "mend the failure and delete the entry, or agree on a new date"
            self._reader.problems.at(node, "expired-known-failure", message, hint)
        return last.isoformat()


def _sight_of(native: _Native | None) -> Sight:
    """What a robot tells that is not on its own joints."""
    if native is None or native.kind not in ("env", "isaaclab", "dataset", "log"):
        return Sight()
    if native.kind == "dataset":
        from simgate.sim_adapters.datasets.world import DatasetSpec

        assert isinstance(native, DatasetSpec)
        told = native.tells
        return Sight(touches=False, labels="boxes" in told, told=told, points=tuple(native.points))
    if not isinstance(native, LogSpec):
        return Sight(touches=False)
    return Sight(touches=False, is_log=True, labels=native.is_labelled)


def report_unused(reader: Reader, parameters: PackParameters, scenarios: list[ReadScenario]) -> None:
    """Reports parameters of the pack that no scenario's world has."""
    worlds = [s.checked.world for s in scenarios if s.checked.world is not None]
    if not worlds or len(worlds) < len(scenarios):
        return
    known = list(dict.fromkeys(n for world in worlds for n in world.parameters if n not in TOLD.of(world)))
    names = ", ".join(sorted({f"'{world.name}'" for world in worlds}))
    for key, _ in parameters:
        # A set of axes is for every robot: what one does not have is left out.
        if key.text not in known and key.source.path.as_posix() not in AXES:
            message = f"world {names} has no parameter '{key.text}'"
            reader.problems.at(key, "unknown-parameter", message, near(key.text, known))
