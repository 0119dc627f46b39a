"""JSON Schema of acceptance criteria: every metric with its meaning, and the thresholds that it can have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from simgate.harness.packs.checks.latency_percentile import OVER_DECLARED, parse_latency_percentile
from simgate.harness.packs.checks.metric_catalog import MetricCatalog, MetricInfo
from simgate.harness.packs.model import SignalSpec
from simgate.harness.packs.schema.schema_values import EXPRESSION, Schema, exactly_one, mapping, numbers
from simgate.harness.packs.source.keys import (
    CRITERION,
    EVIDENCE,
    OPERATORS,
    SIGNAL,
    SIGNAL_CRITERION,
    STL_CRITERION,
    Keys,
)

_TEMPLATE = re.compile(r"<[^>]*>")
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_EVIDENCE: dict[str, Schema] = {
    "within_m": {"type": "number", "minimum": 0},
    "min_pixels": {"type": "number", "minimum": 0},
    "max_occlusion": _SHARE,
}
_UNDEFINED: Schema = {"enum": ["fail", "pass", "invalid"]}
_NUMBER: Schema = {"type": "number"}
_BOUNDS = {name: numbers(2) if name == "between" else _NUMBER for name in OPERATORS}


def accept_schema(catalog: MetricCatalog) -> Schema:
    """``accept``: a mapping of metrics to thresholds."""
    properties, patterns = {}, {}
    for name in catalog.metric_names():
        info = catalog.find_metric(_TEMPLATE.sub("x", name))
        if info is None:
            continue
        if _TEMPLATE.search(name):
            patterns[metric_pattern(name)] = _criterion(info)
        else:
            properties[name] = _criterion(info)
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": _own_criterion(catalog),
        "minProperties": 1,
    }


def _own_criterion(catalog: MetricCatalog) -> Schema:
    """A criterion with a name of its own: on a formula, or on a signal."""
    formula = {"stl": EXPRESSION, "at_least": {"type": "number", "minimum": 0}, "if_undefined": _UNDEFINED}
    ways = get_args(SignalSpec.model_fields["reduce"].annotation)
    signal = mapping(SIGNAL, {"name": {"enum": list(catalog.signal_names())}, "reduce": {"enum": list(ways)}})
    reduced = {"signal": signal, **_BOUNDS, "if_undefined": _UNDEFINED}
    return {
        "description": "A criterion of your own on a temporal-logic formula (stl) or on a signal.",
        "if": {"required": ["stl"]},
        "then": mapping(STL_CRITERION, formula),
        "else": {
            "if": {"required": ["signal"]},
            "then": mapping(SIGNAL_CRITERION, reduced, oneOf=exactly_one(list(OPERATORS))),
            "else": {"enum": [], "errorMessage": "Unknown metric; see `simgate metrics`."},
        },
    }


def metric_pattern(template: str) -> str:
    """Regular expression of a metric's name, for example of ``detection.<class>.recall``."""
    literal = _TEMPLATE.split(template)
    return "^" + "[^.]+".join(re.escape(part) for part in literal) + "$"


def gate_metric_schema(catalog: MetricCatalog) -> Schema:
    """The name of a metric that a gate rule decides on all samples of: a latency percentile."""
    known = [name for name in catalog.metric_names() if parse_latency_percentile(name) is not None]
    return {"enum": [*known, *OVER_DECLARED]}


def any_metric_schema(catalog: MetricCatalog) -> Schema:
    """The name of any metric, templates filled in."""
    names = [name for name in catalog.metric_names() if not _TEMPLATE.search(name)]
    patterns = [metric_pattern(name) for name in catalog.metric_names() if _TEMPLATE.search(name)]
    return {"anyOf": [{"enum": names}, *({"type": "string", "pattern": pattern} for pattern in patterns)]}


def hard_schema(operators: Sequence[str] = tuple(OPERATORS)) -> Schema:
    """The threshold of a gate rule on a metric; that it suits the metric stays with the linter.

    Args:
        operators: Those that the rule takes.
    """
    types = {
        **_BOUNDS,
        "equals": {"type": ["number", "boolean", "string"]},
        **_EVIDENCE,
        "if_undefined": _UNDEFINED,
    }
    keys = {name: key for name, key in CRITERION.items() if name in operators or name not in OPERATORS}
    return mapping(keys, types, oneOf=exactly_one(list(operators)))


def _criterion(info: MetricInfo) -> Schema:
    """A threshold on one metric."""
    bound = _bound(info)
    operators: dict[str, Schema] = {"equals": bound}
    if info.kind in ("number", "count"):
        operators |= {"at_most": bound, "at_least": bound, "between": numbers(2, bound)}
    keys: Keys = {
        name: key
        for name, key in CRITERION.items()
        if name in operators or name in info.options or name == "if_undefined"
    }
    types = {**operators, **_EVIDENCE, "if_undefined": _UNDEFINED}
    assert set(EVIDENCE) <= set(types)
    names = [name for name in OPERATORS if name in operators]
    unit = f" Unit: {info.unit}." if info.unit else ""
    return mapping(keys, types, description=f"{info.meaning}{unit}", oneOf=exactly_one(names))


def _bound(info: MetricInfo) -> Schema:
    if info.kind == "bool":
        return {"type": "boolean"}
    if info.kind == "word":
        return {"type": "string"}
    schema: Schema = {"type": "number"}
    if info.low is not None:
        schema["minimum"] = info.low
    if info.high is not None:
        schema["maximum"] = info.high
    return schema
