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
from simgate.harness.packs.language.definition import Schema, keys_of
from simgate.harness.packs.language.gate import BESIDE_METRIC, KINDS, OF_A_METRIC, PassRateKeys, RuleKeys
from simgate.harness.packs.language.native import JointedKeys, NativeKeys
from simgate.harness.packs.language.pack import PackKeys
from simgate.harness.packs.language.scenario import PlaceKeys, ScenarioKeys
from simgate.harness.packs.language.schema_of import NAMES, TEXT, mapping, plugin
from simgate.harness.packs.language.values import POSITIVE, numbers
from simgate.harness.packs.language.worlds import DECLARED
from simgate.harness.packs.model import PinnedObject, PinnedVariant
from simgate.harness.packs.overall import ERRORS
from simgate.harness.packs.reading.read_place import MAX_OBJECTS
from simgate.harness.packs.schema.schema_criteria import (
    accept_schema,
    any_metric_schema,
    gate_metric_schema,
    hard_schema,
)
from simgate.harness.packs.schema.schema_values import (
    exact_schema,
    exactly_one,
    parameters_name,
    parameters_schema,
    union_schema,
    value_definitions,
)

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_HAS_NATIVE: Schema = {"properties": {"world": {"type": "object"}}, "required": ["world"]}
_OF_A_FILE: Schema = {
    "properties": {"world": {"anyOf": [{"type": "object"}, {"type": "string", "pattern": ":"}]}},
    "required": ["world"],
}
"""Of a scenario: its world is a file's, whose parameters the linter alone knows."""
_SHOWS_PICTURES: Schema = {
    "properties": {
        "world": {"type": "object", "anyOf": [{"required": ["dataset"]}, {"required": ["log", "parts"]}]}
    },
    "required": ["world"],
}
"""Of a scenario: its world is a data set, or parts of a log, which are its variants."""
_VALUE: Schema = {"$ref": "#/$defs/value"}
_MOVED: Schema = {
    "type": "object",
    "properties": {"drive": {"not": {"const": "planar"}}},
    "required": ["drive"],
}
_ON_ITS_OWN_JOINTS: Schema = {
    "type": "object",
    "anyOf": [{"properties": {"robot": _MOVED}, "required": ["robot"]}, {"required": ["sensors"]}],
}
"""Of a native world: its robot moves on its own joints."""


def pack_schema(metrics: MetricCatalog) -> Schema:
    """The schema of packs, with everything that is installed here.

    Args:
        metrics: Known metrics.
    """
    worlds = _worlds()
    shared = union_schema({name: world.parameters for name, world in worlds.items()})
    scenarios = {
        "type": "object",
        "propertyNames": NAMES,
        "additionalProperties": {"$ref": "#/$defs/scenario"},
        "minProperties": 1,
    }
    parameters = {**shared, "additionalProperties": _VALUE}
    root = mapping(PackKeys, {"parameters": parameters, "scenarios": scenarios})
    return {
        "$schema": DIALECT,
        "title": "simgate scenario pack",
        **_unless_extended(root),
        "allOf": [_known_parameters_only(shared)],
        "$defs": {
            "scenario": _scenario(worlds),
            "accept": accept_schema(metrics),
            "gate_rule": _gate_rule(metrics),
            **value_definitions(),
            **{parameters_name(name): parameters_schema(name, w.parameters) for name, w in worlds.items()},
            **{f"exact_{name}": exact_schema(w.parameters) for name, w in worlds.items()},
            **{f"place_{name}": _place_in(w) for name, w in worlds.items()},
        },
    }


def _unless_extended(root: Schema) -> Schema:
    """What must be there may come from the file that a pack extends, so it is asked of other packs only."""
    required = root.pop("required")
    whole = [name for name, key in keys_of(ScenarioKeys).items() if key.required]
    return {
        **root,
        "if": {"not": {"required": ["extends"]}},
        "then": {
            "required": required,
            "properties": {
                "scenarios": {
                    "additionalProperties": {
                        "required": whole,
                        "if": {"not": _SHOWS_PICTURES},
                        "then": {"required": ["variants"]},
                    }
                }
            },
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


def _known_parameters_only(shared: Schema) -> Schema:
    """A condition on the pack: without a world of a file there are only ``shared`` parameters."""
    # Draft 7 has no word for "some property": not every scenario is without one.
    some: Schema = {"properties": {"scenarios": {"not": {"additionalProperties": {"not": _OF_A_FILE}}}}}
    known: Schema = {"properties": {"parameters": {"propertyNames": {"enum": sorted(shared["properties"])}}}}
    return {"if": {"allOf": [{"required": ["scenarios"]}, some]}, "else": known}


def _scenario(worlds: Mapping[str, World]) -> Schema:
    sides = [("length_m", "width_m"), ("width_m", "length_m")]  # whoever gives one gives both
    both = [{"if": {"required": [one]}, "then": {"required": [other]}} for one, other in sides]
    placed: Schema = {"type": "array", "items": mapping(PinnedObject, allOf=both)}
    schema = mapping(
        ScenarioKeys,
        {
            "world": {"anyOf": [*plugin("simgate.worlds")["anyOf"], _declared()]},
            "place": {"type": "object", "propertyNames": NAMES},
            "pinned": {"type": "array", "items": mapping(PinnedVariant, {"placed": placed})},
        },
    )
    del schema["required"]
    return {**schema, "allOf": [*(_in_world(name, world) for name, world in worlds.items()), _in_native()]}


def _declared() -> Schema:
    """A world that is no code: told by its word, as the linter tells it, for one message about one kind."""
    one_file = exactly_one(["mjcf", "usd"])
    found: Schema = {
        "if": _ON_ITS_OWN_JOINTS,
        "then": mapping(JointedKeys, oneOf=one_file),
        "else": mapping(NativeKeys, oneOf=one_file),
    }
    for word, keys in reversed(DECLARED.items()):
        found = {"if": {"type": "object", "required": [word]}, "then": mapping(keys), "else": found}
    return found


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


def _in_native() -> Schema:
    """What depends on its being a native world: its names are known to the linter alone."""
    return {
        "if": _HAS_NATIVE,
        "then": {
            "properties": {
                "parameters": {"additionalProperties": _VALUE},
                "place": {"additionalProperties": _place(TEXT, TEXT, TEXT)},
            }
        },
    }


def _place_in(world: World) -> Schema:
    names = sorted(world.object_kinds), list(world.region_names), list(world.keep_clear_names)
    return _place(*({"enum": known} for known in names))


def _place(kinds: Schema, region: Schema, clear: Schema) -> Schema:
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
    return mapping(
        PlaceKeys,
        {
            "count": _object_count(),
            "kinds": {"anyOf": [kinds, drawn]},
            "region": region,
            "keep_clear": {"type": "array", "items": clear},
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


_OVERALL = ("overall", "at_least", "at_most", "not_worse_by", "confidence")
"""Keys of a gate rule over all pictures, beside its scope."""
_OF_A_THRESHOLD = ("percentile", "share")
"""Kinds of gate rules with a threshold beside them."""


def _gate_rule(metrics: MetricCatalog) -> Schema:
    metric = {
        "anyOf": [
            any_metric_schema(metrics),
            gate_metric_schema(metrics),
            {"type": "string", "pattern": r"\{.*\}$"},
        ]
    }
    below_one = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}  # 1 cannot be proven
    rate = mapping(PassRateKeys, {"at_least": below_one})
    rule = mapping(
        RuleKeys,
        {
            "pass_rate": rate,
            "metric": metric,
            "mean": hard_schema(("at_most", "at_least")),
            **dict.fromkeys(("every_variant", "within"), hard_schema()),
        },
    )
    kinds: Schema = {
        "oneOf": exactly_one([kind for kind in KINDS if kind not in OF_A_METRIC]),
        "dependentRequired": {
            key: ["metric", "within"] if key in _OF_A_THRESHOLD else ["metric"] for key in OF_A_METRIC
        },
        "dependentSchemas": {"every_variant": {"properties": {"metric": any_metric_schema(metrics)}}},
        **_beside_metric(metrics),
    }
    return {**rule, "if": {"required": ["overall"]}, "then": _over_all_pictures(), "else": kinds}


def _over_all_pictures() -> Schema:
    """What stands beside a metric over all pictures of data sets."""
    share: Schema = {"exclusiveMinimum": 0, "exclusiveMaximum": 1}
    error: Schema = {"exclusiveMinimum": 0}
    others = [name for name in (*KINDS, *BESIDE_METRIC) if name not in _OVERALL]
    return {
        "properties": {
            **dict.fromkeys(others, False),
            "at_least": share,
            "at_most": error,
            "not_worse_by": error,
        },
        "oneOf": exactly_one(["at_least", "at_most", "not_worse_by"]),
        "if": {"properties": {"overall": {"pattern": rf"^(depth|poses)\..*({'|'.join(ERRORS)})$"}}},
        "then": {"properties": {"at_least": False}},
        "else": {"properties": {"at_most": False}},
    }


def _beside_metric(metrics: MetricCatalog) -> Schema:
    """What may stand beside the metric of a rule of another kind."""
    loose = {"anyOf": [{"required": [name]} for name in BESIDE_METRIC]}
    return {
        "if": {"required": ["metric"], "not": {"anyOf": exactly_one(list(OF_A_METRIC))}},
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
            "if": {"anyOf": [{"required": [kind]} for kind in OF_A_METRIC if kind != "every_variant"]},
            "then": {
                "properties": dict.fromkeys(("at_most", "at_least", "runtime"), False),
                "if": {"anyOf": [{"required": [kind]} for kind in _OF_A_THRESHOLD]},
                "then": {"properties": {"clip": False}},
                "else": {"properties": {"within": False}},
            },
            "else": {"not": loose},
        },
    }
