"""JSON Schema of native worlds: the keys, and which parameters are free because only the file knows them."""

from __future__ import annotations

from simgate.harness.packs.schema.schema_values import POSITIVE, SCALAR, Schema, exactly_one, mapping, numbers
from simgate.harness.packs.source import keys

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_WORDS: Schema = {"type": "object", "additionalProperties": _TEXT}
_HAS_NATIVE: Schema = {"properties": {"world": {"type": "object"}}, "required": ["world"]}
_OF_A_FILE: Schema = {
    "properties": {"world": {"anyOf": [{"type": "object"}, {"type": "string", "pattern": ":"}]}},
    "required": ["world"],
}
"""Of a scenario: its world is a file's, whose parameters the linter alone knows."""
_VALUE: Schema = {"$ref": "#/$defs/value"}

IN_NATIVE: Schema = {
    "if": _HAS_NATIVE,
    "then": {
        "properties": {"parameters": {"additionalProperties": _VALUE}, "place": {"maxProperties": 0}},
    },
}
"""Of a scenario: what its file lets it set is known to the linter alone; values have their usual shape."""


def native_schema() -> Schema:
    """A native world: one file, and what of it means what."""
    lidar = mapping(
        keys.NATIVE_LIDAR,
        {
            "height_m": POSITIVE,
            "range_m": POSITIVE,
            "beams": {"type": "integer", "minimum": 2, "maximum": 10_000},
            "fov_deg": {**POSITIVE, "maximum": 360},
        },
    )
    pixels: Schema = {"type": "integer", "minimum": 16, "maximum": 4096}
    mounted = mapping(
        keys.NATIVE_CAMERA,
        {
            "position": numbers(3),
            "pitch_deg": {"type": "number", "minimum": -90, "maximum": 90},
            "fovy_deg": {**POSITIVE, "maximum": 170},
            "width": pixels,
            "height": pixels,
        },
    )
    known = {
        "body": _TEXT,
        "pose": _TEXT,
        "camera": {"if": {"type": "object"}, "then": mounted, "else": _TEXT},
        "lidar": lidar,
    }
    robot = mapping(keys.NATIVE_ROBOT, {**dict.fromkeys(keys.NATIVE_ROBOT, POSITIVE), **known})
    return mapping(
        keys.NATIVE,
        {
            "mjcf": _TEXT,
            "usd": _TEXT,
            "robot": robot,
            "goal": {"anyOf": [_TEXT, numbers(2)]},
            "goal_radius_m": POSITIVE,
            "labels": _WORDS,
            "barrier": _WORDS,
            "open_from": {"type": "object", "additionalProperties": {"type": "number"}},
            "set": {"type": "object", "additionalProperties": _set_schema()},
        },
        oneOf=exactly_one(["mjcf", "usd"]),
    )


def _set_schema() -> Schema:
    targets: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
    named: Schema = {"anyOf": [SCALAR, {"type": "array", "items": {"type": "number"}}]}
    described = mapping(
        keys.NATIVE_SET,
        {
            "target": targets,
            "between": numbers(2),
            "choices": {"type": "object", "additionalProperties": named, "minProperties": 1},
            "unit": _TEXT,
            "meaning": _TEXT,
            "appearance": {"type": "boolean"},
        },
    )
    return {"if": {"type": "object"}, "then": described, "else": targets}


def with_native_parameters(shared: Schema) -> Schema:
    """Parameters of the whole pack: those of installed worlds, and any others in the shape of values."""
    return {**shared, "additionalProperties": _VALUE}


def known_parameters_only(shared: Schema) -> Schema:
    """A condition on the pack: without a world of a file there are only ``shared`` parameters."""
    # Draft 7 has no word for "some property": not every scenario is without one.
    some: Schema = {"properties": {"scenarios": {"not": {"additionalProperties": {"not": _OF_A_FILE}}}}}
    known: Schema = {"properties": {"parameters": {"propertyNames": {"enum": sorted(shared["properties"])}}}}
    return {"if": {"allOf": [{"required": ["scenarios"]}, some]}, "else": known}
