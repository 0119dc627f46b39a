"""Reads mappings by the definition of their keys: every value at its place, every problem reported."""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

from simgate.harness.packs.checks.check_plugin import named_plugin
from simgate.harness.packs.language.definition import ByHand, Name, Plugin, Wanted, Word, keys_of
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.policies.documents.nodes import Node, SequenceNode

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Written(Generic[M]):
    """A mapping as it was read.

    Attributes:
        keys: What could be read; what is absent or wrong is as when left out, or None where it must be there.
        nodes: The values in the file, by key.
        is_whole: Whether all that must be there is, and nothing is wrong; keys read by hand not counted.
    """

    keys: M
    nodes: Fields
    is_whole: bool


def read_keys(
    reader: Reader, node: Node | None, definition: type[M], what: str, owner: Node | None = None
) -> Written[M] | None:
    """Reads a mapping; values that are read by hand are handed on as nodes.

    Args:
        reader: Typed access to nodes.
        node: Must be a mapping; None where there is none.
        definition: Its keys.
        what: The mapping in words, for messages, for example ``the scenario 'x'``.
        owner: Where a missing key is reported; the mapping itself by default.

    Returns:
        What could be read, or None when the node is no mapping.
    """
    nodes = reader.fields(node, definition, what, owner) if node is not None else None
    if nodes is None:
        return None
    values: dict[str, Any] = {}
    is_whole = True
    for name, key in keys_of(definition).items():
        value = _read(reader, nodes[name], key.annotation, key.marks) if name in nodes else None
        if value is not None:
            values[key.field] = value
        else:
            is_whole = is_whole and name not in nodes and not key.required
            if key.required:
                values[key.field] = None
    return Written(definition.model_construct(**values), nodes, is_whole)


def _read(reader: Reader, node: Node, annotation: Any, marks: tuple[Any, ...]) -> Any:
    """A value of a type; None when it is wrong, which is reported."""
    mark = next((mark for mark in marks if isinstance(mark, ByHand | Name | Plugin | Wanted | Word)), None)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(mark, ByHand) or annotation is Any:
        return node
    if isinstance(mark, Name):
        return reader.name(node, mark.what)
    if isinstance(mark, Plugin):
        return named_plugin(reader, node, mark.group)
    if origin is Annotated:
        return _read(reader, node, arguments[0], (*arguments[1:], *marks))
    if origin in (Union, UnionType):
        kinds = [kind for kind in arguments if kind is not NoneType]
        if len(kinds) == 1:
            return _read(reader, node, kinds[0], marks)
        return _number(reader, node, marks)
    if origin is Literal and isinstance(mark, Word):
        return reader.word(node, arguments, mark.code, mark.what)
    wanted = mark.wanted if isinstance(mark, Wanted) else ""
    if origin is tuple:
        return _row(reader, node, arguments, wanted)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = read_keys(reader, node, annotation, wanted or node.label)
        return inner.keys if inner is not None and inner.is_whole else None
    if annotation is str:
        return reader.text(node, wanted or "text")
    if annotation is bool:
        return _truth(reader, node)
    number = _number(reader, node, marks, whole=annotation is int)
    return float(number) if annotation is float and number is not None else number


def _number(reader: Reader, node: Node, marks: tuple[Any, ...], *, whole: bool = False) -> float | None:
    limits = {
        name: getattr(mark, name)
        for mark in marks
        for name in ("ge", "gt", "le", "lt")
        if hasattr(mark, name)
    }
    if whole:
        return reader.integer(node, limits["ge"], limits["le"])
    low, high, above, below = (limits.get(name) for name in ("ge", "le", "gt", "lt"))
    if below is None:
        return reader.number(node, low, high, above=above)
    value = reader.number(node, above if low is None else low, below)
    if value is None or (value < below and value != above):
        return value
    within = f"be below {below}" if above is None else f"lie between {above} and {below}, both excluded"
    reader.problems.at(node, "wrong-value", f"{node.label} must {within}, not {value:g}")
    return None


def _row(reader: Reader, node: Node, kinds: tuple[Any, ...], wanted: str) -> tuple[Any, ...] | None:
    """A list of any length, or of one value for each of several types."""
    items = reader.items(node, wanted)
    if not isinstance(node, SequenceNode):
        return None
    repeated = kinds[-1] is Ellipsis
    read = [_read(reader, item, kinds[0], ()) for item in items]
    if repeated:
        return tuple(value for value in read if value is not None)
    if len(read) != len(kinds) or None in read:
        reader.wrong(node, wanted)
        return None
    return tuple(read)


def _truth(reader: Reader, node: Node) -> bool | None:
    value = reader.scalar(node, "true or false")
    if isinstance(value, bool | None):
        return value
    reader.wrong(node, "true or false")
    return None
