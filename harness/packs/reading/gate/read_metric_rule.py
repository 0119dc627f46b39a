"""Reads gate rules on a metric over the variants: its mean, a percentile, or the share within a threshold."""

from __future__ import annotations

from simgate.harness.packs.checks.clean_runs import clean_runs_needed
from simgate.harness.packs.model import Criterion, metric_key
from simgate.harness.packs.reading.gate.read_not_worse import NotWorseReader
from simgate.harness.packs.reading.read_criteria import CriterionReader
from simgate.harness.packs.reading.read_scenario import ReadScenario
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.policies.documents.nodes import MappingNode, ScalarNode

_EXAMPLES = {
    "mean": "{metric: detection.person.recall, mean: {at_least: 0.9}}",
    "percentile": "{metric: min_clearance_m, percentile: 5, within: {at_least: 0.3}}",
    "share": "{metric: min_clearance_m, share: 0.95, within: {at_least: 0.3}}",
}


class MetricRuleReader:
    """Reads what such a rule says of its metric and its threshold.

    Args:
        reader: Typed access to nodes.
        criteria: Knows the metrics.
    """

    def __init__(self, reader: Reader, criteria: CriterionReader) -> None:
        self._reader, self._criteria = reader, criteria

    def read(
        self, fields: Fields, matching: list[ReadScenario], confidence: float | None
    ) -> dict[str, object] | None:
        """The rule's numbers; problems are reported and give None.

        Args:
            fields: Keys of the whole rule.
            matching: Scenarios of its scope.
            confidence: As read; None when that is wrong.
        """
        kind = next(name for name in _EXAMPLES if name in fields)
        if missing := [name for name in ("metric", *_threshold(kind)) if name not in fields]:
            message, hint = f"{kind} needs {missing[0]}", f"for example {_EXAMPLES[kind]}"
            self._reader.problems.at(fields[kind], "missing-key", message, hint)
            return None
        criterion = self._criterion(fields, kind)
        if criterion is None or confidence is None or not self._criteria.is_metric(criterion.metric):
            return None
        reader = NotWorseReader(self._reader, self._criteria)
        key = metric_key(criterion.metric, criterion.options)
        if not reader.is_measured(fields, key, matching):
            return None
        read: dict[str, object] = {
            "metric": criterion.metric,
            "criterion": criterion,
            "confidence": confidence,
        }
        if kind == "mean":
            info = self._criteria.metric(fields["metric"], criterion.metric)
            clip = None if info is None else reader.clip(fields, info)
            return (
                None
                if clip is None or not self._is_inside(fields, criterion, clip)
                else {**read, "clip": clip}
            )
        share = self._demanded(fields, kind, criterion)
        if share is None or not self._is_provable(fields[kind], share, confidence, matching):
            return None
        rank = {"rank": self._reader.number(fields[kind])} if kind == "percentile" else {}
        return {**read, **rank, "at_least": share}

    def _criterion(self, fields: Fields, kind: str) -> Criterion | None:
        """The threshold as a criterion; without a value a variant is in doubt, unless the rule decides it."""
        key, value = fields["metric"], fields[_threshold(kind)[0] if kind != "mean" else kind]
        if self._reader.text(key, "the name of a metric") is None or not isinstance(key, ScalarNode):
            return None
        if isinstance(value, MappingNode):
            for name in ("stl", "signal"):
                if value.find(name):
                    hint = f"write the {name} under accept of the scenarios, and gate their pass_rate"
                    self._reader.problems.at(value.key(name), "unknown-key", f"{kind} bounds a metric", hint)
                    return None
        criterion = self._criteria.read(key, value)
        if criterion is None:
            return None
        if kind != "share" and criterion.op not in ("at_most", "at_least"):
            message = f"a {kind} is held with at_most or at_least, not with {criterion.op}"
            self._reader.problems.at(value, "wrong-value", message)
            return None
        if isinstance(value, MappingNode) and not value.find("if_undefined"):
            criterion = criterion.model_copy(update={"if_undefined": "invalid"})
        return criterion

    def _demanded(self, fields: Fields, kind: str, criterion: Criterion) -> float | None:
        """Share of variants that must meet the threshold."""
        most = 1.0 if kind == "share" else 100.0
        value = self._reader.number(fields[kind], 0, most)
        if value is None:
            return None
        if value in (0.0, most):
            message = f"{kind} must lie between 0 and {most:g}, both excluded, not {value:g}"
            hint = f"for every single variant write every_variant: {{{criterion.op}: {criterion.bound}}}"
            self._reader.problems.at(fields[kind], "wrong-value", message, hint)
            return None
        share = value if kind == "share" else value / 100.0
        # p5 is at least L exactly when a share of 0.95 is at least L.
        return round(1.0 - share, 12) if kind == "percentile" and criterion.op == "at_least" else share

    def _is_inside(self, fields: Fields, criterion: Criterion, clip: tuple[float, float]) -> bool:
        bound = criterion.bound
        if isinstance(bound, int | float) and clip[0] < bound < clip[1]:
            return True
        message = f"the mean's threshold must lie between {clip[0]:g} and {clip[1]:g}, both excluded"
        hint = "on the end of the range every mean keeps it, or no number of variants proves it"
        self._reader.problems.at(fields["mean"], "wrong-value", message, hint)
        return False

    def _is_provable(
        self, node: object, share: float, confidence: float, matching: list[ReadScenario]
    ) -> bool:
        assert isinstance(node, ScalarNode)
        counts = [s.count for s in matching]
        known = sum(count for count in counts if count is not None)
        needed = clean_runs_needed(share, confidence)
        if matching and None not in counts and known < needed:
            message = (
                f"a share of {_below_one(share)} at {confidence:.10g} confidence needs {needed} variants "
                f"that all keep the threshold, the rule's scenarios have {known}"
            )
            self._reader.problems.at(
                node, "gate-impossible", message, f"add {needed - known} variants or ask for less"
            )
            return False
        return True


def _below_one(share: float) -> str:
    words = f"{share:.15g}"
    return "almost 1" if words == "1" else words


def _threshold(kind: str) -> tuple[str, ...]:
    """Keys that such a rule needs besides its metric."""
    return () if kind == "mean" else ("within",)
