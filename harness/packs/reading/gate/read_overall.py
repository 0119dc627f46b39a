"""Reads gate rules over all pictures of data sets: ``{overall: AP50.person, at_least: 0.9}``."""

from __future__ import annotations

import math

from simgate.harness.packs.checks.vocabulary import Vocabulary
from simgate.harness.packs.language.gate import RuleKeys
from simgate.harness.packs.overall import NAMES, Overall, overall_of
from simgate.harness.packs.reading.read_scenario import ReadScenario
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import Written
from simgate.harness.packs.worlds import is_dataset
from simgate.policies.documents.diagnostics import near


def read_overall(
    reader: Reader,
    vocabulary: Vocabulary,
    rule: Written[RuleKeys],
    matching: list[ReadScenario],
    confidence: float | None,
) -> dict[str, object] | None:
    """The rule's numbers; problems are reported and give None.

    Args:
        reader: Typed access to nodes.
        vocabulary: Knows the model's classes.
        rule: As written.
        matching: Scenarios of its scope.
        confidence: As read; None when that is wrong.
    """
    nodes, name = rule.nodes, rule.keys.overall
    if name is None or confidence is None:
        return None
    metric, node = overall_of(name), nodes["overall"]
    if metric is None:
        message = f"'{name}' is no metric over all pictures"
        hint = near(name.partition(".")[0], NAMES) + f"; there are {', '.join(NAMES)}"
        reader.problems.at(node, "unknown-metric", message, hint)
        return None
    if metric.label:
        vocabulary.require_class(node, metric.label, name.index(".") + 1)
    vocabulary.require_output(node, name, metric.output)
    scenarios = [one.scenario for one in matching if one.scenario is not None]
    if len(scenarios) == len(matching) and not all(map(is_dataset, scenarios)):
        other = next(one.id for one in scenarios if not is_dataset(one))
        message = f"the rule speaks of scenario '{other}', whose world is no data set"
        reader.problems.at(node, "gate-metric", message, "add scenario: ID of one with world: {dataset: ...}")
        return None
    if (found := _bound(reader, nodes, name, metric)) is None:
        return None
    key, bound = found
    if key != "not_worse_by":
        return {"metric": name, key: bound, "confidence": confidence}
    better: dict[str, object] = {} if metric.is_better_higher else {"better": "lower"}
    return {
        "kind": "overall_not_worse_by",
        "metric": name,
        "at_most": bound,
        "confidence": confidence,
        **better,
    }


def _bound(reader: Reader, nodes: Fields, name: str, metric: Overall) -> tuple[str, float] | None:
    """The one key that bounds the metric, and its number; problems are reported."""
    own = "at_least" if metric.is_better_higher else "at_most"
    bounds = [key for key in ("at_least", "at_most", "not_worse_by") if key in nodes]
    if len(bounds) != 1 or bounds[0] not in (own, "not_worse_by"):
        code = "wrong-value" if bounds else "missing-key"
        message = f"a rule on {name} has {own} or not_worse_by, one of them"
        reader.problems.at(
            nodes["overall"], code, message, f"for example {own}: {0.9 if own == 'at_least' else 0.1}"
        )
        return None
    most = 1.0 if metric.is_better_higher else math.inf
    bound = reader.number(nodes[bounds[0]], 0.0, most)
    if bound is None:
        return None
    if not 0.0 < bound < most:
        message = f"{bound:g} cannot be proven by any number of pictures, or asks for nothing"
        hint = "write a number between 0 and 1" if metric.is_better_higher else "write a number above 0"
        reader.problems.at(nodes[bounds[0]], "gate-impossible", message, hint)
        return None
    return bounds[0], bound
