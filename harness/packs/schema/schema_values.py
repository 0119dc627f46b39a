"""JSON Schema of values: constants, distributions and rules, with the ranges of a world's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simgate.harness.packs.language.definition import Schema
from simgate.harness.packs.language.schema_of import SCALAR, mapping
from simgate.harness.packs.language.values import (
    POSITIVE,
    Beta,
    Case,
    FromFile,
    GridSteps,
    LogNormal,
    Normal,
    numbers,
)
from simgate.harness.packs.values import FRACTIONAL

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import ParameterSpec

EXPRESSION: Schema = {"type": "string", "minLength": 1}
_SCALARS: Schema = {"type": "array", "items": SCALAR, "minItems": 1}


def exactly_one(names: list[str]) -> list[Schema]:
    """Members of a ``oneOf``: one of these keys is there."""
    return [{"required": [name]} for name in names]


def value_definitions() -> dict[str, Schema]:
    """``$defs`` of values: what a parameter, a branch of ``when`` and an object's size may be."""
    simple = _simple()
    rules = _rules()
    return {
        "distribution": _one_of({**simple, **rules}),
        "value": _scalar_or("distribution"),
        "branch": _scalar_or("branch_distribution"),
        "branch_distribution": _one_of(
            {**simple, **{name: rule for name, rule in rules.items() if name != "grid"}}
        ),
        "simple_distribution": _one_of(simple),
        "simple_number": {
            "if": {"type": "object"},
            "then": {"$ref": "#/$defs/simple_distribution"},
            "else": {"type": "number"},
        },
    }


def _scalar_or(definition: str) -> Schema:
    """Conditions in place of ``anyOf`` let editors name the mistake in the branch that was meant."""
    return {"if": {"type": "object"}, "then": {"$ref": f"#/$defs/{definition}"}, "else": SCALAR}


def _one_of(kinds: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(kinds),
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _simple() -> dict[str, Schema]:
    interval, positive = numbers(2), numbers(2, POSITIVE)
    weighted: Schema = {"type": "object", "additionalProperties": POSITIVE, "minProperties": 1}
    return {
        "uniform": _said("Any number between the two, all alike: [lowest, highest]", interval),
        "log_uniform": _said(
            "Between two positive numbers, each doubling alike (light, distances): [lowest, highest]",
            positive,
        ),
        "normal": _said("Bell curve, cut at both ends", mapping(Normal)),
        "log_normal": _said(
            "Bell curve of the logarithm, cut at both ends",
            mapping(LogNormal),
        ),
        "beta": _said(
            "A curve between two ends; alpha 2, beta 5 leans to the lower one",
            mapping(Beta),
        ),
        "triangular": _said("[lowest, most likely, highest]", numbers(3)),
        "integers": _said(
            "Whole numbers, both ends included: [lowest, highest]", numbers(2, {"type": "integer"})
        ),
        "choice": _said(
            "One of a list, or of a mapping of values to weights",
            {"anyOf": [{**_SCALARS, "uniqueItems": True}, weighted]},
        ),
        "bool": _said("true with this probability", {"type": "number", "minimum": 0, "maximum": 1}),
    }


def _rules() -> dict[str, Schema]:
    case = mapping(
        Case,
        oneOf=[{"required": ["if", "then"], "maxProperties": 2}, {"required": ["else"], "maxProperties": 1}],
    )
    return {
        "grid": _said(
            "Every value of a list in turn, crossed with the other grids",
            {"anyOf": [{**_SCALARS, "uniqueItems": True}, mapping(GridSteps)]},
        ),
        "expr": _said('Computed from other parameters, for example "door.distance_m - 1.0"', EXPRESSION),
        "from_file": _said(
            "A column of field data; columns of the same file stay together row by row",
            mapping(FromFile),
        ),
        "when": _said(
            "Depends on other parameters: the first case that holds counts",
            {"type": "array", "items": case, "minItems": 1},
        ),
    }


def _said(description: str, schema: Schema) -> Schema:
    return {"description": description, **schema}


def parameters_schema(world: str, specs: Mapping[str, ParameterSpec]) -> Schema:
    """Values for the parameters of a world, and for no others."""
    return {
        "type": "object",
        "properties": {
            name: parameter_schema(spec, f"#/$defs/{parameters_name(world)}/properties/{name}")
            for name, spec in specs.items()
        },
        "additionalProperties": False,
    }


def union_schema(worlds: Mapping[str, Mapping[str, ParameterSpec]]) -> Schema:
    """Values for the parameters of any of these worlds."""
    found: dict[str, dict[str, Schema]] = {}
    for world, specs in worlds.items():
        for name, spec in specs.items():
            reference = {"$ref": f"#/$defs/{parameters_name(world)}/properties/{name}"}
            found.setdefault(name, {}).setdefault(described(spec), reference)
    properties: dict[str, Schema] = {}
    for name, by_meaning in found.items():
        references = list(by_meaning.values())
        said = "; ".join(by_meaning)
        properties[name] = (
            references[0] if len(references) == 1 else {"description": said, "anyOf": references}
        )
    return {"type": "object", "properties": properties, "additionalProperties": False}


def parameters_name(world: str) -> str:
    """Name of the definition of a world's parameters."""
    return f"parameters_{world}"


def exact_schema(specs: Mapping[str, ParameterSpec]) -> Schema:
    """Exact values for the parameters of a world, as pinned variants give them."""
    return {
        "type": "object",
        "properties": {
            name: {"description": described(spec), **_constant(spec)} for name, spec in specs.items()
        },
        "additionalProperties": False,
    }


def parameter_schema(spec: ParameterSpec, own: str) -> Schema:
    """A constant that the world allows, or a distribution.

    Args:
        spec: The parameter.
        own: Where this schema will stand; branches of ``when`` refer to it.
    """
    constant = _constant(spec)
    drawn: Schema = {"allOf": [_drawn(spec, constant, own), {"$ref": "#/$defs/distribution"}]}
    schema: Schema = {"description": described(spec), "default": spec.default}
    if spec.kind in ("choice", "bool"):
        # Editors list the words of an `anyOf`; in conditions they do not see them before one is written.
        return {**schema, "anyOf": [constant, drawn]}
    return {**schema, "if": {"type": "object"}, "then": drawn, "else": constant}


def _drawn(spec: ParameterSpec, constant: Schema, own: str) -> Schema:
    """What distributions of a parameter may draw: their ends and options are values that the world allows.

    Every kind is listed with its description, because editors complete from the first mapping that they find.
    """
    options: Schema = {"items": constant}
    steps: Schema = {"items": constant, "properties": {"from": constant, "to": constant}}
    cases: Schema = {"items": {"properties": {"then": {"$ref": own}, "else": {"$ref": own}}}}
    bounds: dict[str, Schema] = {"choice": options, "grid": steps, "when": cases}
    if spec.kind == "choice":
        bounds["choice"] = {**options, "propertyNames": constant}
    if spec.kind in ("number", "integer"):
        ends: Schema = {"items": {k: v for k, v in constant.items() if k in ("minimum", "maximum")}}
        between: Schema = {"properties": {"between": ends}}
        bounds |= dict.fromkeys(("uniform", "log_uniform", "integers", "triangular"), ends)
        bounds |= dict.fromkeys(("normal", "log_normal", "beta"), between)
    if spec.kind == "integer":
        bounds |= {name: {"not": {}} for name in FRACTIONAL}
        steps["properties"]["step"] = {"type": "integer"}
    kinds = {**_simple(), **_rules()}
    return {
        "properties": {
            name: {"description": kind["description"], **bounds.get(name, {})} for name, kind in kinds.items()
        }
    }


def described(spec: ParameterSpec) -> str:
    """Meaning, range, unit and default in one line."""
    unit = f" {spec.unit}" if spec.unit else ""
    if spec.kind == "choice":
        facts = f"One of {', '.join(spec.choices)}"
    elif spec.kind == "bool":
        facts = "true or false"
    else:
        whole = "Whole number, " if spec.kind == "integer" else ""
        low = "any" if spec.low is None else f"{spec.low:g}"
        high = "any" if spec.high is None else f"{spec.high:g}"
        facts = f"{whole}{low} to {high}{unit}"
    default = str(spec.default).lower() if isinstance(spec.default, bool) else f"{spec.default}"
    return f"{spec.meaning} {facts}; {default}{unit} when left out."


def _constant(spec: ParameterSpec) -> Schema:
    if spec.kind == "bool":
        return {"type": "boolean"}
    if spec.kind == "choice":
        return {"enum": list(spec.choices)}
    schema: Schema = {"type": spec.kind}
    if spec.low is not None:
        schema["minimum"] = spec.low
    if spec.high is not None:
        schema["maximum"] = spec.high
    return schema
