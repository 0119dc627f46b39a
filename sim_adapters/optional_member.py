"""Members that a plugin need not have, each declared once beside its protocol, with what holds without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OptionalMember(Generic[T]):
    """One of them; :meth:`of` is the only place that looks whether somebody's object has it.

    Attributes:
        name: As the object has it.
        default: What an object without it has.
    """

    name: str
    default: T

    def of(self, plugin: object) -> T:
        """The object's own, or the default."""
        found: T = getattr(plugin, self.name, self.default)
        return found


def speaks_for(plugin: object, short: str, *whole: str) -> bool:
    """Whether what an object says in short is said by whoever says the whole.

    A class that derives from another, or hands on to it what it does not have, and has a part of the whole
    for itself, says nothing in short: what it has inherited knows nothing of that part.

    Args:
        plugin: The object.
        short: Name of the member that says it in short.
        whole: Names of those in whose place that is taken.
    """
    named = [getattr(plugin, "__dict__", {}), *map(vars, type(plugin).__mro__)]

    def place(name: str) -> int:
        return next((k for k, names in enumerate(named) if name in names), len(named))

    return place(short) < len(named) and all(place(short) <= place(name) for name in whole)
