"""A region of the parameters in which failures gather."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scalar = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Condition:
    """One side of a region.

    Attributes:
        parameter: Its name.
        op: ``<`` and ``>=`` for numbers, ``=`` and ``!=`` for words.
        value: Bound or word.
    """

    parameter: str
    op: Literal["<", ">=", "=", "!="]
    value: Scalar

    def holds(self, value: Scalar) -> bool:
        """Whether a value of the parameter lies in the region."""
        if self.op == "=":
            return value == self.value
        if self.op == "!=":
            return value != self.value
        return (float(value) < float(self.value)) == (self.op == "<")

    def __str__(self) -> str:
        shown = str(self.value).lower() if isinstance(self.value, bool) else self.value
        number = isinstance(shown, int | float)
        return f"{self.parameter} {self.op} {f'{shown:.6g}' if number else shown}"


@dataclass(frozen=True, slots=True)
class Slice:
    """A region that holds more failures than chance explains.

    Attributes:
        conditions: All of them hold inside.
        failed_inside: Failed variants inside, of all variants.
        inside: Variants inside.
        failed: Failed variants, inside and outside.
        total: All variants.
        held_out: (failed inside, inside, failed, total) of the variants that took no part in the search.
        p_value: Exact chance of so many held-out failures inside if failing had nothing to do with the
            region, times the number of regions that were looked at (Holm).
    """

    conditions: tuple[Condition, ...]
    failed_inside: int
    inside: int
    failed: int
    total: int
    held_out: tuple[int, int, int, int]
    p_value: float

    def holds(self, parameters: Mapping[str, Scalar]) -> bool:
        """Whether a variant lies inside; one that lacks a parameter does not."""
        return all(c.parameter in parameters and c.holds(parameters[c.parameter]) for c in self.conditions)

    @property
    def region(self) -> str:
        """The region in words, for example ``door.tint < 0.09 and lighting.lux < 130``."""
        return " and ".join(str(condition) for condition in self.conditions)

    @property
    def text(self) -> str:
        """For example ``door.tint < 0.09 and lighting.lux < 130: 31 of 36 failures``."""
        return f"{self.region}: {self.failed_inside} of {self.failed} failures"

    @property
    def detail(self) -> str:
        """How dense the region is, and what the held-out variants say."""
        outside = self.failed - self.failed_inside
        rest = self.total - self.inside
        hits, inside, failed, total = self.held_out
        return (
            f"{self.failed_inside} of {self.inside} variants inside failed, {outside} of {rest} outside; "
            f"held out: {hits} of {inside} inside, {failed - hits} of {total - inside} outside "
            f"(p {p_in_words(self.p_value)})"
        )


def p_in_words(value: float) -> str:
    """A p-value that never rounds to zero."""
    return "< 0.0001" if value < 0.0001 else f"= {value:.4f}" if value < 0.01 else f"= {value:.3f}"
