"""Reads a record in a third of the time: JSON straight into structs that msgspec makes of ``RunRecord``.

The record stays defined once: the structs' fields, types, limits and properties are read from the pydantic
model. They take nothing that the model refuses, and what they take has the model's values; what they do not
take (a word for a number, NaN, damage, a newer version) is the model's to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, ForwardRef, Literal, TypeVar, Union, cast, get_args, get_origin

import annotated_types
import msgspec
from pydantic import BaseModel, Strict
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

Model = TypeVar("Model", bound=BaseModel)
_PLAIN = (int, float, str, bool, type(None))


@cache
def quick_reader(model: type[Model], *names: str) -> Callable[[bytes], Model | None]:
    """Reads JSON of a model into an object with its fields and properties; None where the model must judge.

    Args:
        model: Refuses unknown keys.
        names: The only fields that are wanted; what the others hold is not looked at. All without any.
    """
    decoder = msgspec.json.Decoder(_struct(model, names=names))

    def read(line: bytes) -> Model | None:
        try:
            # It is one in all but its class.
            return cast(Model, decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    return read


def _struct(
    model: type[BaseModel], around: tuple[type[BaseModel], ...] = (), names: Collection[str] = ()
) -> Any:
    """A struct with the fields of a model, which may hold others of its own kind.

    Args:
        model: The model.
        around: Models in whose fields it was met.
        names: The only fields that it has; all without any.
    """
    if model.model_config.get("extra") != "forbid":
        raise TypeError(f"{model.__name__} takes unknown keys")
    wanted = names or model.model_fields
    fields = [_field(name, model.model_fields[name], (*around, model)) for name in wanted]
    struct = msgspec.defstruct(
        model.__name__,
        fields,
        namespace={name: value for name, value in vars(model).items() if isinstance(value, property)},
        forbid_unknown_fields=not names,
        frozen=True,
        kw_only=True,
        gc=False,
    )
    # There msgspec looks for what its fields call by this name.
    setattr(struct, model.__name__, struct)
    return struct


def _field(name: str, field: FieldInfo, around: tuple[type[BaseModel], ...]) -> tuple[Any, ...]:
    limits: dict[str, Any] = {}
    for one in field.metadata:
        if isinstance(one, annotated_types.Ge):
            limits["ge"] = one.ge
        elif not _harmless(one):
            # What only code can check is taken with the value that it surely accepts.
            return name, Literal[field.default], field.default
    kind = _type(field.annotation, around)
    if limits:
        kind = Annotated[kind, msgspec.Meta(**limits)]
    if field.default_factory is not None:
        return name, kind, msgspec.field(default_factory=cast(Callable[[], Any], field.default_factory))
    if field.default is PydanticUndefined:
        return name, kind
    if isinstance(field.default, BaseModel):
        return name, kind, kind(**dict(field.default))
    return name, kind, field.default


def _harmless(metadata: object) -> bool:
    """Whether it refuses nothing that msgspec takes: always strict, and telling a union's types apart."""
    if isinstance(metadata, FieldInfo):
        return all(map(_harmless, metadata.metadata))
    return isinstance(metadata, Strict) or getattr(metadata, "__dict__", None) == {
        "union_mode": "left_to_right"
    }


def _type(annotation: Any, around: tuple[type[BaseModel], ...]) -> Any:
    """What msgspec reads where a model has this annotation."""
    if annotation in _PLAIN:
        return annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation is around[-1]:
            return ForwardRef(annotation.__name__)
        if annotation in around:
            raise TypeError(f"{annotation.__name__} lies in itself by way of {around[-1].__name__}")
        return _struct(annotation, around)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return annotation
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated and all(map(_harmless, inner[1:])):
        return _type(inner[0], around)
    if origin is Literal:
        return annotation
    if origin in (Union, UnionType):
        return Union[tuple(_type(one, around) for one in inner)]  # noqa: UP007 - made of a list of types
    if origin is tuple and inner[1:] == (...,):
        return tuple[_type(inner[0], around), ...]  # type: ignore[misc]
    if origin is dict:
        return dict[_type(inner[0], around), _type(inner[1], around)]  # type: ignore[misc]
    raise TypeError(f"no quick way to read {annotation}")
