"""Conditions that must hold for some time: ``cube_height_m > 0.25 for 0.5 s``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simgate.harness.packs.expressions.conditions import Expression, Symbol, parse
from simgate.harness.packs.expressions.syntax import ExpressionError
from simgate.harness.packs.expressions.three_values import truth_of

_FOR = re.compile(r"^(?P<what>.*\S)\s+for\s+(?P<seconds>\d+(?:\.\d+)?)\s*s$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold for some time.

    Attributes:
        text: As written.
        expression: What must hold.
        seconds: How long, without a break; 0 for one control tick.
    """

    text: str
    expression: Expression
    seconds: float

    @classmethod
    def read(cls, text: str, signals: Sequence[str]) -> Condition:
        """Reads ``<expression over signals> [for <number> s]``.

        Raises:
            ValueError: It is none; the message names what is wrong.
        """
        found = _FOR.match(text.strip())
        what, seconds = (found["what"], float(found["seconds"])) if found else (text, 0.0)
        try:
            expression = parse(what)
        except ExpressionError as error:
            raise ValueError(f"'{text}': {error}") from None
        problems = expression.problems({name: Symbol("number") for name in signals})
        if problems:
            raise ValueError(f"'{text}': {problems[0]}")
        return cls(text, expression, seconds)

    def holds(self, values: Mapping[str, float]) -> bool | None:
        """Whether it holds at one moment; None where that depends on a signal that has no value."""
        return truth_of(self.expression.tree, values)
