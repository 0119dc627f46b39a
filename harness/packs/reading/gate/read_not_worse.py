"""Reads gate rules that hold a metric against a baseline: ``{metric: ..., not_worse_by: 0.02}``."""

from __future__ import annotations

from collections.abc import Iterable

from simgate.harness.packs.checks.clean_runs import clean_runs_needed
from simgate.harness.packs.checks.metric_catalog import MetricInfo
from simgate.harness.packs.model import metric_key
from simgate.harness.packs.reading.read_criteria import CriterionReader
from simgate.harness.packs.reading.read_scenario import ReadScenario
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.policies.documents.nodes import Node, SequenceNode


class NotWorseReader:
    """Reads what such a rule says of its metric, its margin and the values that count.

    Args:
        reader: Typed access to nodes.
        criteria: Knows the metrics.
    """

    def __init__(self, reader: Reader, criteria: CriterionReader) -> None:
        self._reader, self._criteria = reader, criteria

    def read(
        self, node: Node, fields: Fields, matching: list[ReadScenario], confidence: float | None
    ) -> dict[str, object] | None:
        """The rule's numbers; problems are reported and give None.

        Args:
            node: The whole rule.
            fields: Its keys.
            matching: Scenarios of its scope.
            confidence: As read; None when that is wrong.
        """
        if "metric" not in fields:
            message, hint = "not_worse_by needs the metric", "for example metric: detection.person.recall"
            self._reader.problems.at(node, "missing-key", message, hint)
            return None
        name = self._reader.text(fields["metric"], "the name of a metric")
        margin = self._reader.number(fields["not_worse_by"], 0)
        info = self._criteria.metric(fields["metric"], name.partition("{")[0]) if name else None
        if name is None or margin is None or info is None or confidence is None:
            return None
        if not (self._has_direction(fields["metric"], info) and self.is_measured(fields, name, matching)):
            return None
        clip = self.clip(fields, info)
        if clip is None or not self._is_provable(fields, margin, clip, confidence, matching):
            return None
        return {
            "metric": name,
            "at_most": margin,
            "better": info.direction,
            "clip": clip,
            "confidence": confidence,
        }

    def _has_direction(self, node: Node, info: MetricInfo) -> bool:
        if info.direction == "none" or info.kind == "word":
            message = f"the gate cannot decide on '{info.name}': neither more nor less of it is better"
            self._reader.problems.at(
                node, "gate-metric", message, "`simgate metrics` says which way is better"
            )
            return False
        return True

    def is_measured(self, fields: Fields, name: str, matching: list[ReadScenario]) -> bool:
        """Whether the scope's records hold the metric; a rule on one that they do not decides nothing."""
        accepted = {
            metric_key(criterion.metric, criterion.options)
            for read in matching
            if read.scenario is not None
            for criterion in read.scenario.accept
        }
        if not matching or any(s.scenario is None for s in matching):
            return True  # What is wrong with them is reported there.
        if name in accepted or self._criteria.is_always_measured(name):
            return True
        if name.partition("{")[0] in self._criteria.unread:
            return True
        message = f"the gate cannot decide on '{name}': none of the rule's scenarios measures it"
        hint = f"name it under accept of a scenario{_near(name, accepted)}"
        self._reader.problems.at(fields["metric"], "gate-metric", message, hint)
        return False

    def clip(self, fields: Fields, info: MetricInfo) -> tuple[float, float] | None:
        """Between which values the metric counts as it is."""
        low, high = (0.0, 1.0) if info.kind == "bool" else (info.low, info.high)
        node = fields.get("clip")
        if node is None:
            if low is not None and high is not None:
                return low, high
            message = f"the gate cannot decide on '{info.name}': without bounds nothing proves its mean"
            hint = (
                "say which values count as they are, for example clip: [0, 5]; values beyond count as these"
            )
            self._reader.problems.at(fields["metric"], "gate-metric", message, hint)
            return None
        items = node.items if isinstance(node, SequenceNode) else ()
        read = [self._reader.number(item, low, high) for item in items]
        ends = [float(end) for end in read if end is not None]
        if len(ends) < len(read):
            return None
        if len(ends) != 2:
            self._reader.problems.at(node, "wrong-type", "clip is [lowest, highest]", "for example [0, 5]")
            return None
        first, last = ends
        if first >= last:
            self._reader.problems.at(node, "wrong-value", f"clip from {first:g} to {last:g} leaves no value")
            return None
        return first, last

    def _is_provable(
        self,
        fields: Fields,
        margin: float,
        clip: tuple[float, float],
        confidence: float,
        matching: list[ReadScenario],
    ) -> bool:
        node, span = fields["not_worse_by"], clip[1] - clip[0]
        if not 0 < margin < span:
            message = f"a margin must lie between 0 and {span:g}, both excluded, not {margin:g}"
            hint = "no number of pairs proves that nothing at all is lost" if not margin else ""
            self._reader.problems.at(node, "wrong-value", message, hint)
            return False
        counts = [s.count for s in matching]
        needed = clean_runs_needed(1.0 - margin / span, confidence)
        known = sum(count for count in counts if count is not None)
        if matching and None not in counts and known < needed:
            message = (
                f"a margin of {margin:g} at {confidence:.10g} confidence needs at least {needed} pairs "
                f"without any change, the rule's scenarios have {known} variants"
            )
            self._reader.problems.at(
                node, "gate-impossible", message, f"add {needed - known} variants or allow more"
            )
            return False
        return True


def _near(name: str, accepted: Iterable[str]) -> str:
    same = sorted(key for key in accepted if key.partition("{")[0] == name.partition("{")[0])
    return f"; measured are {', '.join(same)}" if same else ""
