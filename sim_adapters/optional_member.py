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
