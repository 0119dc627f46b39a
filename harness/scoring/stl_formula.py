"""Signal temporal logic: checks a formula and reads it with rtamt.

rtamt (extra ``stl``) does the grammar and the robustness. In front of it stands a check of our own,
because rtamt takes unknown names as new variables, skips characters that it does not know, can import
modules, and defines the robustness of ``iff`` and ``xor`` so that they never hold: these two are refused.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from simgate.harness.packs.metric_catalog import FormulaProblem
from simgate.harness.trace import SIGNALS
from simgate.policies.documents.diagnostics import near

NEEDS_RTAMT = "formulas of temporal logic are read with rtamt, which is not installed"
INSTALL_RTAMT = "pip install 'simgate[stl]' (needs Python below 3.13)"

TEMPORAL = ("always", "G", "eventually", "F", "until", "U", "once", "O", "historically", "H", "since", "S")
BOOLEAN = ("not", "and", "or", "implies")
FUNCTIONS = ("abs", "sqrt", "exp", "pow", "rise", "fall")
UNITS = {"s": Fraction(1), "ms": Fraction(1, 1000)}
_WORDS = (*TEMPORAL, *BOOLEAN, *FUNCTIONS, *UNITS)
_REFUSED = {
    "iff": "write (a -> b) and (b -> a)",
    "xor": "write (a or b) and not (a and b)",
}

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(
    rf"(?P<space>\s+)|(?P<number>{_NUMBER})|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>->|!==|==|<=|>=|[<>()\[\]:,+*/!&|-])|(?P<other>.)",
    re.DOTALL,
)
_INTERVAL = re.compile(
    rf"\[\s*(?P<begin>{_NUMBER})\s*(?P<begin_unit>[a-z]*)\s*[:,]\s*(?P<end>{_NUMBER})\s*(?P<end_unit>[a-z]*)\s*\]"
)
_PLACE = re.compile(r"(?P<line>\d+):(?P<column>\d+): Syntax ERROR, (?P<what>.*)", re.DOTALL)
_ARITHMETIC = frozenset(
    {"Variable", "Constant", "Abs", "Sqrt", "Exp", "Pow"}
    | {"Addition", "Subtraction", "Multiplication", "Division"}
)
"""Nodes of rtamt's tree whose value is a number; all others are true or false."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that has been read.

    Attributes:
        text: As written.
        specification: rtamt's, with its tree.
        signals: Names of the signals that it uses.
    """

    text: str
    specification: Any
    signals: frozenset[str]


def check_formula(text: str, control_hz: int) -> Sequence[FormulaProblem]:
    """What is wrong with a formula over the signals of a trace.

    Args:
        text: The formula.
        control_hz: Rows of the trace in one second; time bounds must be whole rows.
    """
    problems = [*_names(text), *_bounds(text, control_hz)]
    if problems:
        return problems
    if find_spec("rtamt") is None:
        return [FormulaProblem(0, len(text), NEEDS_RTAMT, INSTALL_RTAMT)]
    return _grammar(text)


@lru_cache(maxsize=256)
def read_formula(text: str, control_hz: int) -> Formula:
    """Reads a formula that has no problems.

    Raises:
        ValueError: It has some, or rtamt is not installed.
    """
    problems = check_formula(text, control_hz)
    if problems:
        raise ValueError(f"{text}: {problems[0].message}; {problems[0].hint}".rstrip("; "))
    specification = _parsed(text)
    specification.set_sampling_period(Fraction(1, control_hz), "s")
    used = {name for name in SIGNALS if re.search(rf"\b{name}\b", text)}
    return Formula(text, specification, frozenset(used))


def _names(text: str) -> Iterator[FormulaProblem]:
    """Characters and words that the language does not have."""
    for token in _TOKEN.finditer(text):
        word, start, length = token.group(), token.start(), len(token.group())
        if token.lastgroup == "other":
            yield FormulaProblem(start, length, f"a formula holds no '{word}'", _sign_hint(word))
        elif token.lastgroup != "word" or word in _WORDS or word in SIGNALS:
            continue
        elif word in _REFUSED:
            yield FormulaProblem(start, length, f"'{word}' has no usable robustness", _REFUSED[word])
        else:
            yield FormulaProblem(start, length, f"unknown signal '{word}'", near(word, SIGNALS))


def _sign_hint(sign: str) -> str:
    return "compare with ==, <, <=, >, >= or !==" if sign == "=" else ""


def _bounds(text: str, control_hz: int) -> Iterator[FormulaProblem]:
    """Time bounds that are no interval of whole control periods."""
    for bracket in re.finditer(r"\[[^\]]*\]?", text):
        start, length = bracket.start(), len(bracket.group())
        found = _INTERVAL.fullmatch(bracket.group())
        units = (found["begin_unit"], found["end_unit"]) if found else ("", "")
        if found is None or not set(units) <= {"", *UNITS} or (units[0] and not units[1]):
            message = f"{bracket.group()} is no time interval"
            yield FormulaProblem(start, length, message, "write [0:0.8], [0:800ms] or [0s:0.8s]")
            continue
        end_unit = units[1] or "s"
        begin = Fraction(found["begin"]) * UNITS[units[0] or end_unit]
        end = Fraction(found["end"]) * UNITS[end_unit]
        if begin > end:
            message = f"empty interval: {float(begin):g} s is after {float(end):g} s"
            yield FormulaProblem(start, length, message, "write [begin:end]")
        elif (begin * control_hz).denominator != 1 or (end * control_hz).denominator != 1:
            message = f"{bracket.group()} is not in whole control periods"
            hint = f"bounds are multiples of {1 / control_hz:g} s (control_hz {control_hz})"
            yield FormulaProblem(start, length, message, hint)


def _grammar(text: str) -> list[FormulaProblem]:
    """What rtamt says against the formula, and terms of the wrong type."""
    from rtamt import RTAMTException

    try:
        tree = _parsed(text).ast.specs[0]
    except RTAMTException as error:
        return [_syntax_problem(text, str(error))]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # rtamt walks half a tree after some errors and stumbles over what is not there.
        return [FormulaProblem(0, len(text), f"the formula cannot be read ({type(error).__name__})")]
    return [FormulaProblem(0, len(text), message, hint) for message, hint in _types(tree, wants_number=False)]


def _syntax_problem(text: str, message: str) -> FormulaProblem:
    place = _PLACE.search(message)
    if place is None:
        return FormulaProblem(0, len(text), message.removeprefix("RTAMT Exception: ").strip())
    line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
    offset = line_starts[int(place["line"]) - 1] + int(place["column"])
    what = place["what"].split(" expecting ")[0]
    what = what.replace("input '<EOF>'", "end").replace("'<EOF>'", "the end").strip()
    hint = "for example always ((barrier_distance_m < 1.5) -> eventually[0:0.8] (speed_mps < 0.25))"
    return FormulaProblem(min(offset, max(len(text) - 1, 0)), 1, f"syntax error: {what}", hint)


def _types(node: Any, wants_number: bool) -> Iterator[tuple[str, str]]:
    """Numbers where something true or false is needed, and the other way round."""
    kind = type(node).__name__
    if (kind in _ARITHMETIC) != wants_number:
        what, wanted = ("true or false", "a number") if wants_number else ("a number", "a comparison")
        hint = (
            "chains such as 1 < a < 2 are two comparisons" if wants_number else f"for example {node.name} > 0"
        )
        yield f"'{node.name}' is {what}, {wanted} is needed there", hint
        return
    for child in getattr(node, "children", []):
        yield from _types(child, wants_number=kind in _ARITHMETIC or kind == "Predicate")


def _parsed(text: str) -> Any:
    """rtamt's specification of a formula whose names are known."""
    import rtamt

    specification = rtamt.StlDiscreteTimeOfflineSpecification()
    for name in SIGNALS:
        specification.declare_var(name, "float")
    specification.spec = text
    # rtamt logs to the root logger what its exceptions say as well.
    logging.disable(logging.WARNING)
    try:
        specification.parse()
    finally:
        logging.disable(logging.NOTSET)
    return specification
