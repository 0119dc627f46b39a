"""Reads one scenario and checks it against its world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from simgate.harness.packs.checks.check_absent import report_absent
from simgate.harness.packs.checks.check_rules import report_cycles
from simgate.harness.packs.checks.check_truth import Sight
from simgate.harness.packs.checks.check_world import WorldCheck
from simgate.harness.packs.language.scenario import ScenarioKeys
from simgate.harness.packs.model import (
    Criterion,
    KnownFailure,
    Scenario,
    SimSpec,
)
from simgate.harness.packs.reading.read_criteria import CriterionReader
from simgate.harness.packs.reading.read_pinned import PinnedReader
from simgate.harness.packs.reading.read_place import PlaceReader
from simgate.harness.packs.reading.read_variants import read_variants
from simgate.harness.packs.reading.values.read_value import ReadValue
from simgate.harness.packs.reading.values.read_values import read_value
from simgate.harness.packs.reading.worlds.read_told import report_said, with_told
from simgate.harness.packs.reading.worlds.read_world import WorldReader
from simgate.harness.packs.severity import Severity
from simgate.harness.packs.source.extends import AXES
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.packs.worlds import repeated
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode
from simgate.sim_adapters.worlds.world import TOLD

SUCCESS = "success"
"""What ``accept`` says in place of criteria: the task's own success."""
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
        self._pack_task, self._worlds = task, WorldReader(reader, criteria.vocabulary, sim, task)
        self._reader, self._criteria = reader, criteria
        self._pack_parameters, self._today = pack_parameters, today

    def read(self, key: ScalarNode, node: Node) -> ReadScenario | None:
        """One scenario; problems are reported."""
        scenario_id = self._reader.name(key, "a scenario's id")
        read = read_keys(self._reader, node, ScenarioKeys, f"the scenario '{key.text}'", owner=key)
        if read is None:
            return None
        keys = read.keys
        before, asked = len(self._reader.problems), read.nodes.get("task") or self._pack_task
        found = self._worlds.read(keys.world, keys.accept, read.nodes.get("task"))
        world, native, pictures = found.world, found.native, found.pictures
        is_read = found.task is not None or asked is None or len(self._reader.problems) == before
        sights = (found.sight,) if found.sight is not None else ()
        self._criteria.judge(found.task, is_read=is_read, sights=sights)
        groups = [item.text for item, _ in keys.place] if isinstance(keys.place, MappingNode) else []
        variants = self._variants(key, read.nodes.get("variants"), are_known=pictures is not None)
        seen = world if world is None or variants is None else repeated(world, variants)
        check = WorldCheck(self._reader.problems, seen, lambda name: self._elsewhere(name, groups))
        parameters = self._parameters(keys.parameters, check)
        report_said(self._reader.problems, keys.parameters, world, pictures or ())
        if drawn := pictures and pictures[0].left_out(parameters, places=False):
            message = f"{', '.join(drawn)} would be drawn, and the parts of the log are the variants"
            hint = "give it one value, or leave out parts and draw log.from_s and log.to_s too"
            self._reader.problems.at(keys.parameters or key, "wrong-value", message, hint)
        pins = PinnedReader(self._reader, check, parameters, places=bool(groups))
        wanted, shown = read.nodes.get("pinned"), pictures or ()
        pinned = (*with_told(self._reader.problems, wanted, world, pins.read(wanted), shown), *shown)
        if found.left_out is not None:
            native = found.left_out(parameters, pinned)
        place = PlaceReader(self._reader, check).read(keys.place)
        accept = self._accept(keys.accept)
        data = {
            "id": scenario_id,
            "title": keys.title,
            "severity": keys.severity,
            "requirements": keys.requirements,
            "tags": keys.tags,
            "world": found.name,
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
        scenario = (
            Scenario.model_validate({**data, "native": native, "task": found.task}) if complete else None
        )
        if scenario is not None and found.own_sight is not None and len(self._reader.problems) == before:
            report_absent(self._reader.problems, scenario, found.own_sight, read.nodes)
        count = variants.drawn if variants else None
        if pictures is not None:
            count = len(pictures) or None
        return ReadScenario(key, keys.severity, count, check, scenario, sights)

    def _elsewhere(self, name: str, groups: list[str]) -> str:
        """What a name is that stands in a condition and is no parameter."""
        if self._criteria.is_metric(name):
            return "it is a metric, known after the run: it belongs under accept"
        if name.partition(".")[0] in groups:
            return "it is a group of objects, and conditions speak of parameters alone"
        return ""

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
