"""JSON Schema (draft 2020-12) of packs, so that editors complete and explain every key.

It says what a schema can say: keys, types, fixed words, ranges of constants. What needs thought (ranges of
distributions, conditions, gates that cannot be met) stays with the linter. Only members that editors built
for draft 7 understand as well are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simgate.harness import registry
from simgate.harness.packs.checks.latency_percentile import OVER_DECLARED
from simgate.harness.packs.checks.metric_catalog import MetricCatalog
from simgate.harness.packs.reading.read_gate import MOST_ATTEMPTS
from simgate.harness.packs.reading.read_place import MAX_OBJECTS
from simgate.harness.packs.reading.read_variants import MAX_STRENGTH, MAX_VARIANTS, METHODS
from simgate.harness.packs.schema.schema_criteria import (
    accept_schema,
    any_metric_schema,
    gate_metric_schema,
    hard_schema,
)
from simgate.harness.packs.schema.schema_native import (
    IN_NATIVE,
    known_parameters_only,
    native_schema,
    with_native_parameters,
)
from simgate.harness.packs.schema.schema_values import (
    EXPRESSION,
    POSITIVE,
    SCALAR,
    Schema,
    exact_schema,
    exactly_one,
    mapping,
    numbers,
    parameters_name,
    parameters_schema,
    union_schema,
    value_definitions,
)
from simgate.harness.packs.severity import SEVERITIES
from simgate.harness.packs.source import keys
from simgate.harness.packs.source.fields import LONGEST_NAME

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_NAMES: Schema = {"pattern": r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", "maxLength": LONGEST_NAME}
_NAME: Schema = {"type": "string", **_NAMES}
_OPTIONS: Schema = {"type": "object", "additionalProperties": SCALAR}
_RATE: Schema = {"type": "integer", "minimum": 1, "maximum": 100_000}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_INNER_SHARE: Schema = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
_DATE: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


def pack_schema(metrics: MetricCatalog) -> Schema:
    """The schema of packs, with everything that is installed here.

    Args:
        metrics: Known metrics.
    """
    worlds = _worlds()
    shared = union_schema({name: world.parameters for name, world in worlds.items()})
    root = mapping(
        keys.PACK,
        {
            "simgate": {"const": 1},
            "pack": _NAME,
            "description": _TEXT,
            "owner": _TEXT,
            "extends": {"anyOf": [_TEXT, _TEXTS]},
            "model": _TEXT,
            "policy": _plugin("simgate.policies"),
            "policy_options": _OPTIONS,
            "sim": _sim(),
            "latency": mapping(
                keys.LATENCY,
                {"mode": {"enum": ["simulated", "measured"]}, "extra_ms": {"type": "number", "minimum": 0}},
            ),
            "seed": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
            "parameters": with_native_parameters(shared),
            "scenarios": {
                "type": "object",
                "propertyNames": _NAMES,
                "additionalProperties": {"$ref": "#/$defs/scenario"},
                "minProperties": 1,
            },
            "gate": {"type": "array", "items": {"$ref": "#/$defs/gate_rule"}},
        },
    )
    return {
        "$schema": DIALECT,
        "title": "simgate scenario pack",
        **_unless_extended(root),
        "allOf": [known_parameters_only(shared)],
        "$defs": {
            "scenario": _scenario(worlds),
            "accept": accept_schema(metrics),
            "gate_rule": _gate_rule(metrics),
            **value_definitions(),
            **{parameters_name(name): parameters_schema(name, w.parameters) for name, w in worlds.items()},
            **{f"exact_{name}": exact_schema(w.parameters) for name, w in worlds.items()},
            **{f"place_{name}": _place(w) for name, w in worlds.items()},
        },
    }


def _unless_extended(root: Schema) -> Schema:
    """What must be there may come from the file that a pack extends, so it is asked of other packs only."""
    required = root.pop("required")
    whole = [name for name, key in keys.SCENARIO.items() if key.required]
    return {
        **root,
        "if": {"not": {"required": ["extends"]}},
        "then": {
            "required": required,
            "properties": {"scenarios": {"additionalProperties": {"required": whole}}},
        },
    }


def _worlds() -> dict[str, World]:
    """Every installed world that can be loaded."""
    worlds = {}
    for name in registry.names("simgate.worlds"):
        try:
            worlds[name] = registry.load("simgate.worlds", name)
        except (ImportError, AttributeError):
            continue  # The linter reports it when a pack names it.
    return worlds


def _plugin(group: str) -> Schema:
    """What names a plugin: an installed one, or where its code is."""
    return {"anyOf": [{"enum": registry.names(group)}, {"type": "string", "pattern": r"^[^:]+:[\w.]+$"}]}


def _sim() -> Schema:
    return mapping(
        keys.SIM,
        {
            "adapter": _plugin("simgate.sim_adapters"),
            "physics_hz": _RATE,
            "control_hz": _RATE,
            "camera_hz": _RATE,
            "time_limit_s": POSITIVE,
            "batch": _RATE,
            "options": _OPTIONS,
        },
    )


def _scenario(worlds: Mapping[str, World]) -> Schema:
    twise = mapping(keys.TWISE, {"t": {"type": "integer", "minimum": 2, "maximum": MAX_STRENGTH}})
    twise_method: Schema = {
        "type": "object",
        "properties": {"twise": twise},
        "required": ["twise"],
        "additionalProperties": False,
    }
    variants = mapping(
        keys.VARIANTS,
        {
            "count": {"type": "integer", "minimum": 1, "maximum": MAX_VARIANTS},
            "method": {"anyOf": [{"enum": [name for name in METHODS if name != "twise"]}, twise_method]},
        },
    )
    known = mapping(keys.KNOWN_FAILURE, {"when": EXPRESSION, "issue": _TEXT, "until": _DATE})
    pinned = mapping(
        keys.PINNED,
        {
            "id": _NAME,
            "parameters": {"type": "object", "additionalProperties": SCALAR},
            "placed": {"type": "array", "items": _pinned_object()},
            "seed": {"type": "integer", "minimum": 0, "exclusiveMaximum": 2**63},
        },
    )
    schema = mapping(
        keys.SCENARIO,
        {
            "title": _TEXT,
            "severity": {"enum": list(SEVERITIES)},
            "requirements": _TEXTS,
            "tags": _TEXTS,
            "world": {"anyOf": [*_plugin("simgate.worlds")["anyOf"], native_schema()]},
            "parameters": {"type": "object"},
            "place": {"type": "object", "propertyNames": _NAMES},
            "where": {"type": "array", "items": EXPRESSION},
            "variants": variants,
            "accept": {"$ref": "#/$defs/accept"},
            "known_failures": {"type": "array", "items": known},
            "pinned": {"type": "array", "items": pinned},
        },
    )
    del schema["required"]
    return {**schema, "allOf": [*(_in_world(name, world) for name, world in worlds.items()), IN_NATIVE]}


def _pinned_object() -> Schema:
    """An object of a pinned variant; whoever gives one side gives both."""
    place: Schema = {"type": "number"}
    types = {
        "group": _NAME,
        "kind": _TEXT,
        **dict.fromkeys(("x_m", "y_m", "yaw_rad"), place),
        **dict.fromkeys(("length_m", "width_m"), POSITIVE),
    }
    sides = [("length_m", "width_m"), ("width_m", "length_m")]
    both = [{"if": {"required": [one]}, "then": {"required": [other]}} for one, other in sides]
    return mapping(keys.PINNED_OBJECT, types, allOf=both)


def _in_world(name: str, world: World) -> Schema:
    """What depends on the world of a scenario."""
    kind: Schema = {"enum": sorted(world.object_kinds)}
    pinned = {
        "properties": {
            "parameters": {"$ref": f"#/$defs/exact_{name}"},
            "placed": {"items": {"properties": {"kind": kind}}},
        }
    }
    return {
        "if": {"properties": {"world": {"const": name}}, "required": ["world"]},
        "then": {
            "properties": {
                "parameters": {"$ref": f"#/$defs/{parameters_name(name)}"},
                "place": {"additionalProperties": {"$ref": f"#/$defs/place_{name}"}},
                "pinned": {"items": pinned},
            }
        },
    }


def _place(world: World) -> Schema:
    kinds: Schema = {"enum": sorted(world.object_kinds)}
    weighted: Schema = {
        "type": "object",
        "propertyNames": kinds,
        "additionalProperties": POSITIVE,
        "minProperties": 1,
    }
    choice: Schema = {"anyOf": [{"type": "array", "items": kinds, "minItems": 1}, weighted]}
    drawn: Schema = {
        "type": "object",
        "properties": {"choice": choice},
        "required": ["choice"],
        "additionalProperties": False,
    }
    size: Schema = {"$ref": "#/$defs/simple_number"}
    return mapping(
        keys.PLACE,
        {
            "count": _object_count(),
            "kinds": {"anyOf": [kinds, drawn]},
            "region": {"enum": list(world.region_names)},
            "length_m": size,
            "width_m": size,
            "diameter_m": size,
            "yaw_deg": {"$ref": "#/$defs/simple_number"},
            "clearance_m": {"type": "number", "minimum": 0},
            "keep_clear": {"type": "array", "items": {"enum": list(world.keep_clear_names)}},
        },
    )


def _object_count() -> Schema:
    number: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_OBJECTS}
    weighted: Schema = {"type": "object", "additionalProperties": POSITIVE, "minProperties": 1}
    drawn: Schema = {
        "type": "object",
        "properties": {
            "integers": numbers(2, number),
            "choice": {"anyOf": [{"type": "array", "items": number, "minItems": 1}, weighted]},
        },
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [number, drawn]}


_OF_A_THRESHOLD = ("percentile", "share")
"""Kinds of gate rules with a threshold beside them."""


def _gate_rule(metrics: MetricCatalog) -> Schema:
    number: Schema = {"type": "number"}
    confidence = {"confidence": _INNER_SHARE}
    rate: Schema = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
    rule = mapping(
        {**keys.GATE_SCOPE, **keys.GATE_KINDS, **keys.GATE_METRIC},
        {
            "severity": {"enum": list(SEVERITIES)},
            "scenario": _TEXT,
            "pass_rate": mapping(keys.PASS_RATE, {"at_least": rate, **confidence}),
            "metric": {
                "anyOf": [
                    any_metric_schema(metrics),
                    gate_metric_schema(metrics),
                    {"type": "string", "pattern": r"\{.*\}$"},
                ]
            },
            "not_worse_by": {"type": "number", "exclusiveMinimum": 0},
            "mean": hard_schema(("at_most", "at_least")),
            "percentile": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 100},
            "share": _INNER_SHARE,
            "within": hard_schema(),
            "regression": mapping(keys.REGRESSION, {"max_drop": _SHARE, **confidence}),
            "every_variant": hard_schema(),
            "invalid_or_error": mapping(keys.INVALID_OR_ERROR, {"at_most": _SHARE}),
            "attempts": mapping(
                keys.ATTEMPTS, {"at_most": {"type": "integer", "minimum": 1, "maximum": MOST_ATTEMPTS}}
            ),
            "at_most": number,
            "at_least": number,
            "clip": numbers(2),
            "confidence": _INNER_SHARE,
            "runtime": {"enum": ["deployed", "any"]},
        },
        oneOf=exactly_one([kind for kind in keys.GATE_KINDS if kind not in keys.OF_A_METRIC]),
        dependentRequired={
            key: ["metric", "within"] if key in _OF_A_THRESHOLD else ["metric"] for key in keys.OF_A_METRIC
        },
        dependentSchemas={"every_variant": {"properties": {"metric": any_metric_schema(metrics)}}},
    )
    loose = {"anyOf": [{"required": [name]} for name in keys.GATE_METRIC]}
    return {
        **rule,
        "if": {"required": ["metric"], "not": {"anyOf": exactly_one(list(keys.OF_A_METRIC))}},
        "then": {
            "required": ["at_most"],
            "properties": {
                "metric": gate_metric_schema(metrics),
                "at_least": False,
                "clip": False,
                "within": False,
            },
            "if": {"properties": {"metric": {"enum": list(OVER_DECLARED)}}},
            "then": {"properties": {"at_most": {"exclusiveMinimum": 0}}},
        },
        "else": {
            "if": {"anyOf": [{"required": [kind]} for kind in keys.OF_A_METRIC if kind != "every_variant"]},
            "then": {
                "properties": dict.fromkeys(("at_most", "at_least", "runtime"), False),
                "if": {"anyOf": [{"required": [kind]} for kind in _OF_A_THRESHOLD]},
                "then": {"properties": {"clip": False}},
                "else": {"properties": {"within": False}},
            },
            "else": {"not": loose},
        },
    }
