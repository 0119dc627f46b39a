"""How a key of the language is defined: as the field of a class, from which all else is made.

``count: int = key("number of variants", ge=1)`` gives the reading with file, line and column
(``source/read_keys.py``), the linter's messages, the JSON Schema (``language/schema_of.py``) and with it what
editors complete. A value that depends on others (the world, the metrics) is a ``Tree``: it is handed on as it
stands in the file, and what reads it is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from simgate.policies.documents.nodes import Node

Schema = dict[str, Any]
if TYPE_CHECKING:
    Tree = Node
else:
    Tree = Any
"""Type of a key whose value is read by hand."""

LONGEST_NAME = 100
"""Letters of a name, which becomes part of file names."""


class Keys(BaseModel):
    """Base of mappings that are only read; what a run keeps of them are the classes of ``packs/model.py``."""

    model_config = ConfigDict(defer_build=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Marks a value by how a message says what must stand there, and text by a pattern for editors."""

    wanted: str
    pattern: str = r"\S"


@dataclass(frozen=True, slots=True)
class Name:
    """Marks a name, which becomes part of file names: whose it is, with its article."""

    what: str


@dataclass(frozen=True, slots=True)
class Word:
    """Marks one of a fixed set of words: what it is, and the code of a diagnostic for others."""

    what: str
    code: str = "wrong-value"


@dataclass(frozen=True, slots=True)
class Plugin:
    """Marks what names a plugin: group of its entry points."""

    group: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """Marks a value that is read by hand, as every ``Tree`` is: its JSON Schema, if not its type's."""

    schema: Callable[[], Schema] | None = None


def key(meaning: str, default: Any = ..., **limits: Any) -> Any:
    """Defines a key.

    Args:
        meaning: What to write, for a QA engineer.
        default: Its value when left out; a key without one must be there.
        limits: ``ge``, ``gt``, ``le``, ``lt`` of a number; ``alias`` for a key that is a word of Python.
    """
    return Field(default, description=meaning, **limits)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping.

    Attributes:
        field: Its field.
        meaning: What to write, for a QA engineer.
        required: Whether it must be there.
        default: Its value when left out; None where there is none, or where it follows from others.
        annotation: Type of its value.
        marks: Markers and limits.
    """

    field: str
    meaning: str
    required: bool
    default: Any
    annotation: Any
    marks: tuple[Any, ...]


Table = dict[str, Key]


@cache
def keys_of(mapping: type[BaseModel]) -> Table:
    """Every key of a mapping, as it is written in the file; a field without a meaning is no key."""
    return {
        info.alias or field: Key(
            field,
            info.description,
            info.is_required(),
            None if info.is_required() else info.default,
            info.annotation,
            tuple(info.metadata),
        )
        for field, info in mapping.model_fields.items()
        if info.description is not None
    }
