"""Reads a merged tree into a pack."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from simgate.harness.packs.checks.check_model import read_models
from simgate.harness.packs.checks.check_policy import INTERPRETER, check_hears, read_policy
from simgate.harness.packs.checks.metric_catalog import MetricCatalog
from simgate.harness.packs.checks.vocabulary import Vocabulary, adapter_options
from simgate.harness.packs.language.pack import PackKeys
from simgate.harness.packs.model import GateRule, Pack, Scenario, SimSpec
from simgate.harness.packs.reading.gate.read_gate import GateReader
from simgate.harness.packs.reading.read_criteria import CriterionReader
from simgate.harness.packs.reading.read_scenario import (
    PackParameters,
    ReadScenario,
    ScenarioReader,
    report_unused,
)
from simgate.harness.packs.reading.values.read_csv import csv_sources
from simgate.harness.packs.reading.values.read_values import read_value
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.packs.source.written_numbers import quantity_of
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SourceFile
from simgate.policies.documents.problems import Problems


class PackReader:
    """Reads and checks a whole pack.

    Args:
        problems: Takes the diagnostics.
        metrics: Known metrics; None skips the checks that need them.
        today: Day against which quarantines are held.
    """

    def __init__(self, problems: Problems, metrics: MetricCatalog | None, today: date) -> None:
        self._problems, self._today = problems, today
        self._reader = Reader(problems)
        self._criteria = CriterionReader(self._reader, metrics)
        self.files: tuple[SourceFile, ...] = ()
        """All that was read: the pack's file first, what it extends, its tables."""

    def read(self, root: MappingNode, sources: Sequence[SourceFile]) -> Pack | None:
        """The pack; None when problems were reported."""
        reader = self._reader
        reader.folder = sources[0].path.parent
        top = ScalarNode(root.source, 1, 1, 1, 2, "the file", value=None, text="")
        read = read_keys(reader, root, PackKeys, "the pack", owner=top)
        if read is None:
            return None
        keys, nodes = read.keys, read.nodes
        self._version(keys.simgate)
        sim = self._sim(nodes.get("sim"))
        models = read_models(reader, nodes.get("model"), nodes.get("models"))
        policy, of_policy = read_policy(reader, nodes.get("policy"))
        if policy == INTERPRETER and (models.model or models.names or models.nodes):
            message = "a policy in an interpreter of its own is told nothing of what a model finds"
            self._problems.at(root.key("policy"), "wrong-value", message, "leave the model out")
        vocabulary = Vocabulary(reader, models.known, nodes.get("policy"), policy, models.names)
        self._criteria.control_hz = sim.control_hz
        self._criteria.vocabulary = vocabulary
        scenarios = self._scenarios(keys, sim, nodes.get("task"))
        own = [read.scenario.native for read in scenarios if read.scenario is not None]
        check_hears(reader, nodes.get("policy"), of_policy, own)
        gate = self._gate(keys.gate, scenarios)
        written = (*sources, *csv_sources(reader.tables))
        self.files = (*written, *_native_sources(reader))
        data = {
            "path": str(sources[0].path),
            "name": keys.pack,
            "description": keys.description,
            "owner": keys.owner,
            "model": models.model,
            "models": models.models,
            "nodes": models.nodes,
            "policy": policy,
            "policy_options": {**vocabulary.policy_options(nodes.get("policy_options")), **of_policy},
            "sim": sim,
            "latency": keys.latency,
            "seed": keys.seed,
            "scenarios": [_with_hard(s.scenario, gate) for s in scenarios],
            "gate": gate,
            "source_sha256": self.source_sha256,
            "sources": {
                Path(os.path.relpath(file.path, reader.folder)).as_posix(): file.sha256 for file in written
            },
        }
        return None if len(self._problems) else Pack.model_validate(data)

    @property
    def source_sha256(self) -> str:
        """SHA-256 over everything that was read."""
        return _digest(self.files)

    def _version(self, node: Node | None) -> None:
        value = self._reader.scalar(node, "the number 1") if node is not None else None
        if node is not None and value is not None and (isinstance(value, bool) or value != 1):
            message = f"version {value} of the scenario language is not known"
            newer = isinstance(value, int) and value > 1
            hint = (
                "upgrade simgate, which reads version 1, or write simgate: 1" if newer else "write simgate: 1"
            )
            self._problems.at(node, "unsupported-version", message, hint)

    def _sim(self, node: Node | None) -> SimSpec:
        """Simulator and rates; what is left out or wrong is as by default."""
        read = read_keys(self._reader, node, SimSpec, "sim")
        if node is None or read is None:
            return SimSpec()
        fields = read.nodes
        options = adapter_options(self._reader, fields.get("options"), read.keys.adapter)
        sim = read.keys.model_copy(update={"options": options})
        if "time_limit_s" in fields and sim.time_limit_s < 1.0 / sim.control_hz:
            period = f"{1.0 / sim.control_hz:g} s at control_hz {sim.control_hz}"
            message = f"time_limit_s {sim.time_limit_s:g} is shorter than a control period ({period})"
            hint = "an episode ends at a control tick; give it as many periods as the task takes"
            self._problems.at(fields["time_limit_s"], "rates", message, hint)
        for name, rate, base_name, base in (
            ("control_hz", sim.control_hz, "physics_hz", sim.physics_hz),
            ("camera_hz", sim.camera_hz, "physics_hz", sim.physics_hz),
        ):
            at = fields.get(name) or fields.get(base_name) or node
            if base % rate:
                message = f"{name} {rate} does not divide {base_name} {base}"
                divisors = [d for d in range(1, base + 1) if base % d == 0]
                nearest = sorted(sorted(divisors, key=lambda d: abs(d - rate))[:4])
                hint = f"possible: {', '.join(map(str, nearest))}"
                if base_name not in fields:
                    hint += f"; or write {base_name}, which is {base} when left out"
                self._problems.at(at, "rates", message, hint)
        return sim

    def _scenarios(self, keys: PackKeys, sim: SimSpec, task: Node | None) -> list[ReadScenario]:
        reader = self._reader
        entries = reader.mapping(keys.parameters, "a mapping of parameters to values")
        parameters: PackParameters = [
            (key, read_value(reader, node, quantity_of(key.text))) for key, node in entries
        ]
        entries = reader.mapping(keys.scenarios, "a mapping of ids to scenarios")
        if isinstance(keys.scenarios, MappingNode) and not entries:
            self._problems.at(keys.scenarios, "wrong-value", "the pack has no scenarios")
        scenario_reader = ScenarioReader(reader, self._criteria, parameters, self._today, sim, task)
        read = [scenario_reader.read(key, node) for key, node in entries]
        scenarios = [scenario for scenario in read if scenario is not None]
        report_unused(reader, parameters, scenarios)
        return scenarios

    def _gate(self, node: Node | None, scenarios: list[ReadScenario]) -> list[GateRule]:
        gate = GateReader(self._reader, self._criteria, scenarios)
        rules = [gate.read(item) for item in self._reader.items(node, "a list of rules")]
        return [rule for rule in rules if rule is not None]


def _with_hard(scenario: Scenario | None, gate: Sequence[GateRule]) -> Scenario | None:
    """A scenario with what the gate's hard rules ask of each of its variants."""
    if scenario is None:
        return None
    own = [rule for rule in gate if rule.speaks_of(scenario.id, scenario.severity)]
    return scenario.model_copy(update={"hard": tuple(r.criterion for r in own if r.criterion is not None)})


def _native_sources(reader: Reader) -> list[SourceFile]:
    if not reader.native:
        return []
    from simgate.harness.packs.reading.worlds.read_native import native_sources

    return native_sources(reader)


def _digest(sources: Sequence[SourceFile]) -> str:
    """SHA-256 over the files' digests, each file once, in order of reading."""
    digests = dict.fromkeys(source.sha256 for source in sources)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
