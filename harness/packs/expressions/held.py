"""Conditions that must hold for some time, ``height_m > 0.25 for 0.5 s``, or once, ``return > 9 at end``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simgate.harness.packs.expressions.conditions import Expression, Symbol, parse
from simgate.harness.packs.expressions.syntax import ExpressionError
from simgate.harness.packs.expressions.three_values import truth_of

_AT_END = re.compile(r"^(?P<what>.*\S)\s+at\s+end$", re.DOTALL)
_HELD_OTHERWISE = re.compile(r"\s+(?:for|during|holds)\s+(?P<time>[^<>=]*)$", re.IGNORECASE)
_FOR = re.compile(r"^(?P<what>.*\S)\s+for\s+(?P<seconds>\d+(?:\.\d+)?)\s*s$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold for some time.

    Attributes:
        text: As written.
        expression: What must hold.
        seconds: How long, without a break; 0 for one control tick.
        at_end: Whether it is asked once, when the episode is over.
    """

    text: str
    expression: Expression
    seconds: float
    at_end: bool = False

    @classmethod
    def read(cls, text: str, signals: Sequence[str], flags: Sequence[str] = ()) -> Condition:
        """Reads ``<expression over signals> [for <number> s | at end]``.

        Args:
            text: As written.
            signals: Names that it may speak of.
            flags: Those among them that may stand for true and false by themselves.

        Raises:
            ValueError: It is none; the message names what is wrong.
        """
        last, found = _AT_END.match(text.strip()), _FOR.match(text.strip())
        what, seconds = (found["what"], float(found["seconds"])) if found else (text, 0.0)
        what = last["what"] if last else what
        try:
            expression = parse(what)
        except ExpressionError as error:
            held = _HELD_OTHERWISE.search(what)
            if held is not None:
                message = (
                    f"'{text}': '{held['time']}' is no time to be held; write seconds, for example for 0.5 s"
                )
                raise ValueError(message) from None
            raise ValueError(f"'{text}': {error}") from None
        symbols = {name: Symbol("number") for name in signals}
        problems = expression.problems(symbols, what="signal")
        for name in flags:
            fewer = expression.problems(symbols | {name: Symbol("bool")}, what="signal")
            if len(fewer) < len(problems):
                problems, symbols[name] = fewer, Symbol("bool")
        if problems:
            raise ValueError(f"'{text}': {problems[0]}")
        return cls(text, expression, seconds, last is not None)

    def holds(self, values: Mapping[str, float]) -> bool | None:
        """Whether it holds at one moment; None where that depends on a signal that has no value."""
        return truth_of(self.expression.tree, values)
