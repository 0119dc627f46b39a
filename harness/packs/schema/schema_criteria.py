"""JSON Schema of acceptance criteria: every metric with its meaning, and the thresholds that it can have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simgate.harness.packs.checks.latency_percentile import OVER_DECLARED, parse_latency_percentile
from simgate.harness.packs.checks.metric_catalog import MetricCatalog, MetricInfo
from simgate.harness.packs.language.criteria import (
    CriterionKeys,
    EvidenceKeys,
    OperatorKeys,
    OwnKeys,
    SignalKeys,
    StlKeys,
)
from simgate.harness.packs.language.definition import Schema, keys_of
from simgate.harness.packs.language.schema_of import TEXT, mapping
from simgate.harness.packs.language.values import numbers
from simgate.harness.packs.model import SignalSpec
from simgate.harness.packs.schema.schema_values import exactly_one

_TEMPLATE = re.compile(r"<[^>]*>")
_OPERATORS = list(keys_of(OperatorKeys))


def accept_schema(catalog: MetricCatalog) -> Schema:
    """``accept``: a mapping of metrics to thresholds, or the word ``success``."""
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
        "type": ["object", "string"],
        "if": {"type": "string"},
        "then": {"const": "success"},
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": _own_criterion(catalog),
        "minProperties": 1,
    }


def _own_criterion(catalog: MetricCatalog) -> Schema:
    """A criterion with a name of its own: on a formula, a signal, or a metric of the pack's own."""
    equals: Schema = {"type": ["number", "boolean", "string"]}
    metric: Schema = {"type": "string", "pattern": ":"}
    signal = mapping(SignalSpec, {"name": {"anyOf": [{"enum": list(catalog.signal_quantities())}, TEXT]}})
    return {
        "description": "A criterion of your own: on a formula (stl), a signal or your own metric.",
        "if": {"required": ["stl"]},
        "then": mapping(StlKeys),
        "else": {
            "if": {"required": ["signal"]},
            "then": mapping(SignalKeys, {"signal": signal}, oneOf=exactly_one(_OPERATORS)),
            "else": {
                "if": {"required": ["metric"]},
                "then": mapping(OwnKeys, {"metric": metric, "equals": equals}, oneOf=exactly_one(_OPERATORS)),
                "else": {"enum": [], "errorMessage": "Unknown metric; see `simgate metrics`."},
            },
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


def hard_schema(operators: Sequence[str] = tuple(_OPERATORS)) -> Schema:
    """The threshold of a gate rule on a metric; that it suits the metric stays with the linter.

    Args:
        operators: Those that the rule takes.
    """
    equals: Schema = {"type": ["number", "boolean", "string"]}
    foreign = {*_OPERATORS} - {*operators}
    return mapping(CriterionKeys, {"equals": equals}, without=foreign, oneOf=exactly_one(list(operators)))


def _criterion(info: MetricInfo) -> Schema:
    """A threshold on one metric."""
    bound = _bound(info)
    operators: dict[str, Schema] = {"equals": bound}
    if info.kind in ("number", "count"):
        operators |= {"at_most": bound, "at_least": bound, "between": numbers(2, bound)}
    names = [name for name in _OPERATORS if name in operators]
    foreign = {*_OPERATORS, *keys_of(EvidenceKeys)} - {*names, *info.options}
    unit = f" Unit: {info.unit}." if info.unit else ""
    said = {"description": f"{info.meaning}{unit}"}
    return mapping(CriterionKeys, operators, without=foreign, **said, oneOf=exactly_one(names))


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
