"""JSON Schema of mappings, made from the definition of their keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from simgate.harness import registry
from simgate.harness.packs.language.definition import (
    LONGEST_NAME,
    ByHand,
    Name,
    Plugin,
    Schema,
    Wanted,
    keys_of,
)
from simgate.harness.packs.language.values import numbers

SCALAR: Schema = {"type": ["number", "string", "boolean"]}
TEXT: Schema = {"type": "string", "pattern": r"\S"}
NAMES: Schema = {"pattern": r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", "maxLength": LONGEST_NAME}
_PLAIN: dict[Any, Schema] = {
    Any: {},
    str: TEXT, int: {"type": "integer"}, float: {"type": "number"}, bool: {"type": "boolean"}
}  # fmt: skip
_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def mapping(
    definition: type[BaseModel],
    types: Mapping[str, Schema] | None = None,
    *,
    without: Collection[str] = (),
    **more: Any,
) -> Schema:
    """A mapping with the keys of a definition and no others.

    Args:
        definition: Gives types, descriptions and what is required.
        types: Key -> schema, where it is not the one of its type.
        without: Keys that cannot stand here.
        more: Further members of the schema.
    """
    keys = {name: key for name, key in keys_of(definition).items() if name not in without}
    given = types or {}
    properties = {
        name: {"description": key.meaning, **(given.get(name) or _of(key.annotation, key.marks))}
        for name, key in keys.items()
    }
    required = [name for name, key in keys.items() if key.required]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    return {**schema, **more}


def plugin(group: str) -> Schema:
    """What names a plugin: an installed one, or where its code is."""
    return {"anyOf": [{"enum": registry.names(group)}, {"type": "string", "pattern": r"^[^:]+:[\w.]+$"}]}


def _of(annotation: Any, marks: tuple[Any, ...] = ()) -> Schema:
    """The schema of a type with its marks."""
    for mark in marks:
        if isinstance(mark, ByHand) and mark.schema is not None:
            return mark.schema()
        if isinstance(mark, Name):
            return {"type": "string", **NAMES}
        if isinstance(mark, Plugin):
            return plugin(mark.group)
        if isinstance(mark, Wanted) and annotation is str:
            return {"type": "string", "pattern": mark.pattern}
    limits = {
        word: getattr(mark, name) for mark in marks for name, word in _LIMITS.items() if hasattr(mark, name)
    }
    return {**_of_type(annotation, marks), **limits}


def _of_type(annotation: Any, marks: tuple[Any, ...]) -> Schema:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(arguments[0], (*marks, *arguments[1:]))
    if origin in (Union, UnionType):
        kinds = [kind for kind in arguments if kind is not NoneType]
        if len(kinds) == 1:
            return _of(kinds[0], marks)
        return {"type": "number"} if set(kinds) == {int, float} else SCALAR
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        repeated = arguments[-1] is Ellipsis
        return {"type": "array", "items": _of(arguments[0])} if repeated else numbers(len(arguments))
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1])}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return mapping(annotation)
    return _PLAIN[annotation]
