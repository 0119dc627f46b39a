"""Reads the rules of the release gate and checks that they can be met at all."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import TypeVar

from pydantic import BaseModel

from simgate.harness.packs.checks.clean_runs import clean_runs_needed
from simgate.harness.packs.checks.latency_percentile import OVER_DECLARED, parse_latency_percentile
from simgate.harness.packs.language.gate import (
    BESIDE_METRIC,
    KINDS,
    OF_A_METRIC,
    AttemptsKeys,
    DriftKeys,
    InvalidOrErrorKeys,
    PassRateKeys,
    RegressionKeys,
    RuleKeys,
)
from simgate.harness.packs.model import GateRule
from simgate.harness.packs.reading.gate.read_metric_rule import MetricRuleReader
from simgate.harness.packs.reading.gate.read_not_worse import NotWorseReader
from simgate.harness.packs.reading.gate.read_overall import read_overall
from simgate.harness.packs.reading.read_criteria import CriterionReader
from simgate.harness.packs.reading.read_scenario import ReadScenario
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode

M = TypeVar("M", bound=BaseModel)
_DEFAULT_CONFIDENCE = 0.95
_PERCENTILE_CONFIDENCE = 0.99
"""Of a rule on a latency percentile, as in MLPerf LoadGen's early stopping: samples are many and cheap."""


_OF_METRIC = {
    "metric": ("at_most", "at_least", "confidence", "runtime"),
    "mean": ("confidence", "clip"),
    "percentile": ("confidence", "within"),
    "share": ("confidence", "within"),
    "not_worse_by": ("confidence", "clip"),
    "overall": ("at_least", "at_most", "confidence"),
}
"""Keys that stand beside the metric, by the kind of the rule."""


class GateReader:
    """Reads gate rules.

    Args:
        reader: Typed access to nodes.
        criteria: Knows the metrics.
        scenarios: All scenarios of the pack.
    """

    def __init__(self, reader: Reader, criteria: CriterionReader, scenarios: Sequence[ReadScenario]) -> None:
        self._reader, self._criteria, self._scenarios = reader, criteria, scenarios

    def read(self, node: Node) -> GateRule | None:
        """One rule; problems are reported and give None."""
        written = read_keys(self._reader, node, RuleKeys, "the gate rule")
        if written is None or not isinstance(node, MappingNode):
            return None
        rule, fields = written.keys, written.nodes
        kinds = [kind for kind in KINDS if kind in fields]
        if len(kinds) == 2 and kinds[0] == "metric" and kinds[1] in OF_A_METRIC:
            kinds = kinds[1:]
        if sorted(kinds) == ["not_worse_by", "overall"]:
            kinds = ["overall"]
        if len(kinds) != 1:
            self._not_one(node, fields, kinds)
            return None
        kind = kinds[0]
        for name in BESIDE_METRIC:
            if name in fields and name not in _OF_METRIC.get(kind, ()):
                message = f"unknown key '{name}' in a gate rule of kind {kind}"
                inside = f"write it inside of {kind}: {{...}}" if kind not in _OF_METRIC else ""
                self._reader.problems.at(node.key(name), "unknown-key", message, inside)
        matching = self._matching(fields, rule.severity, rule.scenario)
        tasks = [one.scenario.task for one in matching if one.scenario is not None]
        self._criteria.judge(*tasks, sights=[sight for one in matching for sight in one.sights])
        read = {
            "pass_rate": self._pass_rate,
            "metric": self._metric,
            "every_variant": self._every_variant,
            "mean": self._of_variants,
            "percentile": self._of_variants,
            "share": self._of_variants,
            "not_worse_by": self._not_worse_by,
            "overall": self._overall,
            "regression": self._regression,
            "invalid_or_error": self._invalid_or_error,
            "attempts": self._attempts,
            "drift": self._drift,
        }[kind]
        numbers = read(written, matching)
        if numbers is None:
            return None
        scope = {"severity": rule.severity, "scenario": rule.scenario}
        return GateRule.model_validate({"kind": kind, **scope, "line": node.line, **numbers})

    def _not_one(self, node: Node, fields: Fields, kinds: Sequence[str]) -> None:
        """Reports a rule that demands nothing, or several things."""
        every = ", ".join(KINDS)
        if kinds:
            message = f"a gate rule has one of {every}, this one has {' and '.join(kinds)}"
            self._reader.problems.at(
                node, "wrong-value", message, "write a rule for each, with '- ' before it"
            )
            return
        at_least = fields.get("at_least")
        rate = at_least.text if isinstance(at_least, ScalarNode) else "0.9"
        hint = f"for example pass_rate: {{at_least: {rate}, confidence: 0.95}}"
        self._reader.problems.at(node, "missing-key", f"a gate rule needs one of {every}", hint)

    def _matching(self, fields: Fields, severity: str | None, glob: str | None) -> list[ReadScenario]:
        if not self._scenarios:
            return []  # That the pack has none, or none that can be read, is reported there.
        wrong_severity = "severity" in fields and severity is None
        matching = [
            s
            for s in self._scenarios
            if (severity is None or s.severity == severity)
            and (glob is None or fnmatchcase(s.key.text, glob))
        ]
        if matching or wrong_severity or any(s.severity is None for s in self._scenarios):
            return matching
        for name, what in (("scenario", f"id matches '{glob}'"), ("severity", f"severity is {severity}")):
            if name in fields:
                known = ", ".join(f"{s.key.text} ({s.severity})" for s in self._scenarios)
                message = f"the rule speaks of no scenario: there is none whose {what}"
                if "scenario" in fields and "severity" in fields:
                    message += f" and severity is {severity}"
                self._reader.problems.at(fields[name], "gate-matches-nothing", message, f"known: {known}")
                break
        return matching

    def _inner(self, fields: Fields, kind: str, definition: type[M]) -> Written[M] | None:
        read = read_keys(self._reader, fields[kind], definition, kind)
        return read if read is not None and read.is_whole else None

    def _pass_rate(self, rule: Written[RuleKeys], matching: list[ReadScenario]) -> dict[str, float] | None:
        read = self._inner(rule.nodes, "pass_rate", PassRateKeys)
        if read is None:
            return None
        inner, rate, confidence = read.nodes, read.keys.at_least, read.keys.confidence or _DEFAULT_CONFIDENCE
        if rate == 0:
            message = "a pass rate of 0 is met by every run"
            self._reader.problems.at(
                inner["at_least"], "wrong-value", message, "ask for more, for example 0.9"
            )
            return None
        if rate == 1:
            message = "a pass rate of 1 cannot be proven by any number of runs"
            self._reader.problems.at(inner["at_least"], "gate-impossible", message, "ask for 0.99 or less")
            return None
        counts = [s.count for s in matching]
        known = [count for count in counts if count is not None]
        if matching and len(known) == len(counts):
            needed = clean_runs_needed(rate, confidence)
            if sum(known) < needed:
                message = (
                    f"a pass rate of {rate:.15g} at {confidence:.10g} confidence needs {needed} clean runs, "
                    f"the rule's scenarios have {sum(known)} variants"
                )
                hint = f"add {needed - sum(known)} variants or ask for less"
                self._reader.problems.at(inner["at_least"], "gate-impossible", message, hint)
        return {"at_least": rate, "confidence": confidence}

    def _metric(self, rule: Written[RuleKeys], matching: list[ReadScenario]) -> dict[str, float | str] | None:
        fields = rule.nodes
        name = self._reader.text(fields["metric"], "the name of a metric")
        of_variants = name and name not in OVER_DECLARED
        info = self._criteria.metric(fields["metric"], name) if name and of_variants else None
        bounds = [key for key in ("at_most", "at_least") if key in fields]
        if len(bounds) != 1:
            code = "wrong-value" if bounds else "missing-key"
            message = "a metric rule has at_most alone" if bounds else "a metric rule needs at_most"
            self._reader.problems.at(fields["metric"], code, message)
            return None
        bound = self._criteria.number(fields[bounds[0]], info)
        known = name if info is not None or not of_variants else None
        if known and not self._is_gated(fields, known, bounds[0]):
            return None
        if bound is not None and bound <= 0 and not of_variants:
            message = f"{name} is a quotient of two latencies, and above 0"
            self._reader.problems.at(fields[bounds[0]], "threshold-range", message, "1 is as declared")
            return None
        confidence = _confidence(rule, _PERCENTILE_CONFIDENCE)
        if name is None or bound is None or confidence is None:
            return None
        any_runtime = rule.keys.runtime == "any"
        return {"metric": name, bounds[0]: bound, "confidence": confidence, "any_runtime": any_runtime}

    def _every_variant(
        self, rule: Written[RuleKeys], matching: list[ReadScenario]
    ) -> dict[str, object] | None:
        """A hard rule: a criterion as under ``accept``, but what has no value decides nothing."""
        fields, value = rule.nodes, rule.nodes["every_variant"]
        if "metric" not in fields:
            message = "every_variant needs the metric that it bounds"
            hint = "for example {metric: collisions, every_variant: {at_most: 0}}"
            self._reader.problems.at(value, "missing-key", message, hint)
            return None
        node = fields["metric"]
        if self._reader.text(node, "the name of a metric") is None or not isinstance(node, ScalarNode):
            return None
        for name in ("stl", "signal"):
            if isinstance(value, MappingNode) and value.find(name):
                hint = f"write the {name} under accept of the scenarios, and gate their pass_rate"
                self._reader.problems.at(
                    value.key(name), "unknown-key", "every_variant bounds a metric", hint
                )
                return None
        criterion = self._criteria.read(node, value)
        if criterion is None:
            return None
        if isinstance(value, MappingNode) and not value.find("if_undefined"):
            criterion = criterion.model_copy(update={"if_undefined": "invalid"})
        return {"metric": criterion.metric, "criterion": criterion}

    def _is_gated(self, fields: Fields, name: str, operator: str) -> bool:
        """Whether the gate can decide on a metric; one that it cannot is reported."""
        if parse_latency_percentile(name) is None:
            bound = fields[operator]
            written = f"{operator}: {bound.text}" if isinstance(bound, ScalarNode) else "at_most: ..."
            message = f"the gate cannot decide on '{name}' without knowing of how many variants it speaks"
            hint = (
                f"write every_variant: {{{written}}} for each of them, share: 0.95, within: {{{written}}} "
                f"for a share, percentile: 95, within: {{{written}}}, or mean: {{{written}}}"
            )
            self._reader.problems.at(fields["metric"], "gate-metric", message, hint)
            return False
        which = parse_latency_percentile(name)
        if which is not None and which.over_declared and self._criteria.vocabulary.models:
            message = f"{name} speaks of what one model declares, and the pack has several"
            self._reader.problems.at(
                fields["metric"], "gate-metric", message, "bound latency.measured_p95_ms"
            )
            return False
        if operator != "at_most":
            message = f"the gate cannot decide whether {name} is at least something"
            self._reader.problems.at(fields["metric"], "gate-metric", message, "write at_most")
            return False
        return True

    def _not_worse_by(
        self, rule: Written[RuleKeys], matching: list[ReadScenario]
    ) -> dict[str, object] | None:
        reader = NotWorseReader(self._reader, self._criteria)
        confidence = _confidence(rule, _DEFAULT_CONFIDENCE)
        return reader.read(rule.nodes["not_worse_by"], rule.nodes, matching, confidence)

    def _drift(self, rule: Written[RuleKeys], matching: list[ReadScenario]) -> dict[str, object] | None:
        for name in ("severity", "scenario"):
            if name in rule.nodes:
                message = "drift is measured of the whole run, not of some scenarios"
                self._reader.problems.at(rule.nodes[name], "wrong-value", message, "leave it out")
        read = self._inner(rule.nodes, "drift", DriftKeys)
        if read is None:
            return None
        parts = PurePath(read.keys.against or "any").parts
        if not parts or ".." in parts:
            message = f"no whole path ends in '{read.keys.against}'"
            hint = "write the last folders of the path of --against, such as field_logs"
            self._reader.problems.at(read.nodes["against"], "wrong-value", message, hint)
            return None
        return {"at_most": read.keys.at_most, "against": read.keys.against}

    def _overall(self, rule: Written[RuleKeys], matching: list[ReadScenario]) -> dict[str, object] | None:
        confidence = _confidence(rule, _DEFAULT_CONFIDENCE)
        return read_overall(self._reader, self._criteria.vocabulary, rule, matching, confidence)

    def _of_variants(self, rule: Written[RuleKeys], matching: list[ReadScenario]) -> dict[str, object] | None:
        reader = MetricRuleReader(self._reader, self._criteria)
        return reader.read(rule.nodes, matching, _confidence(rule, _DEFAULT_CONFIDENCE))

    def _regression(self, rule: Written[RuleKeys], matching: list[ReadScenario]) -> dict[str, float] | None:
        read = self._inner(rule.nodes, "regression", RegressionKeys)
        if read is None:
            return None
        if read.keys.max_drop == 1:
            message = "a drop of 1 limits nothing"
            self._reader.problems.at(
                read.nodes["max_drop"], "wrong-value", message, "write less, for example 0.02"
            )
            return None
        return {"at_most": read.keys.max_drop, "confidence": read.keys.confidence or _DEFAULT_CONFIDENCE}

    def _invalid_or_error(
        self, rule: Written[RuleKeys], matching: list[ReadScenario]
    ) -> dict[str, float] | None:
        read = self._inner(rule.nodes, "invalid_or_error", InvalidOrErrorKeys)
        if read is None:
            return None
        if read.keys.at_most == 1:
            message = "a share of 1 limits nothing"
            self._reader.problems.at(
                read.nodes["at_most"], "wrong-value", message, "write less, for example 0.02"
            )
            return None
        return {"at_most": read.keys.at_most}

    def _attempts(self, rule: Written[RuleKeys], matching: list[ReadScenario]) -> dict[str, float] | None:
        read = self._inner(rule.nodes, "attempts", AttemptsKeys)
        return None if read is None else {"at_most": float(read.keys.at_most)}


def _confidence(rule: Written[RuleKeys], default: float) -> float | None:
    """Of a rule on a metric; None when it is wrong."""
    return rule.keys.confidence if "confidence" in rule.nodes else default
