"""Signal temporal logic: reads a formula into a tree, and says what is wrong with it.

The parser is lark's (LALR). Unknown names and bounds that are no whole control periods are found before it,
so that a message names the word and not what the parser stumbled over. ``iff`` and ``xor`` are refused: under
quantitative semantics they hold only where both sides are exactly at their limits.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from simgate.harness.packs.checks.metric_catalog import FormulaProblem
from simgate.policies.documents.diagnostics import near

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

MOST_NESTED = 100
"""Operators inside each other; no formula that a person reads comes near, and the readers below recurse."""

_CALLED = {"G": "always", "F": "eventually", "O": "once", "H": "historically", "U": "until", "S": "since"}
_CALLED |= {"&": "and", "|": "or", "!": "not", "->": "implies"}
_UNITS = {"s": Fraction(1), "ms": Fraction(1, 1000)}
_OPERATORS = ("always", "eventually", "until", "once", "historically", "since", "not", "and", "or", "implies")
FUNCTIONS = {"abs": 1, "sqrt": 1, "exp": 1, "pow": 2}
"""Function of numbers -> how many it takes."""
_EDGES = ("rise", "fall")
_WORDS = {*_OPERATORS, *FUNCTIONS, *_EDGES, *_UNITS, *(word for word in _CALLED if word.isalpha())}
_REFUSED = {
    "iff": "write (a -> b) and (b -> a)",
    "xor": "write (a or b) and not (a and b)",
}
ARITHMETIC = frozenset({"signal", "number", "negative", "+", "-", "*", "/", *FUNCTIONS})
"""Kinds of node whose value is a number; all others are true or false."""
COMPARISONS = ("<", "<=", ">", ">=", "==", "!==")

_EXAMPLE = "for example always ((barrier_distance_m < 1.5) -> eventually[0:0.8] (speed_mps < 0.25))"
_ARROWS = "of two implications put one in parentheses"

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(
    rf"(?P<space>\s+)|(?P<number>{_NUMBER})|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>->|!==|==|<=|>=|[<>()\[\]:,+*/!&|-])|(?P<other>.)",
    re.DOTALL,
)
_INTERVAL = re.compile(
    rf"\[\s*(?P<begin>{_NUMBER})\s*(?P<begin_unit>[a-z]*)\s*[:,]\s*(?P<end>{_NUMBER})\s*(?P<end_unit>[a-z]*)\s*\]"
)
_GRAMMAR = r"""
?start: implication
?implication: disjunction (IMPLIES disjunction)?
?disjunction: conjunction (OR conjunction)*
?conjunction: bound (AND bound)*
?bound: unary (BINARY INTERVAL? unary)?
?unary: (NOT | UNARY INTERVAL?) unary -> prefixed
      | comparison
?comparison: sum (COMPARE sum)*
?sum: product (ADD product)*
?product: negation (TIMES negation)*
?negation: MINUS negation -> prefixed
         | atom
?atom: NUMBER -> leaf
     | NAME -> leaf
     | CALL "(" implication ("," implication)* ")" -> call
     | "(" implication ")"
IMPLIES.2: /->|implies\b/
OR.2: /\||or\b/
AND.2: /&|and\b/
NOT.2: /!(?!==)|not\b/
BINARY.2: /(until|since|U|S)\b/
UNARY.2: /(always|eventually|once|historically|G|F|O|H)\b/
CALL.2: /(abs|sqrt|exp|pow|rise|fall)\b/
COMPARE: /!==|==|<=|>=|<|>/
ADD: "+" | MINUS
MINUS: "-"
TIMES: "*" | "/"
INTERVAL: /\[[^\]]*\]/
NUMBER: /(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/
NAME: /[A-Za-z_]\w*/
%ignore /\s+/
"""


@dataclass(frozen=True, slots=True)
class Node:
    """An operator of a formula with its operands.

    Attributes:
        kind: The operator by its long name (``always``), its sign (``<``), ``signal`` or ``number``.
        text: As written.
        offset: Character of the formula at which it begins.
        children: Operands.
        value: Of a number.
        interval_s: Time bounds in seconds; None without.
    """

    kind: str
    text: str
    offset: int
    children: tuple[Node, ...] = ()
    value: float = 0.0
    interval_s: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that has been read.

    Attributes:
        text: As written.
        root: Its outermost operator.
        signals: Names of the signals that it uses.
        control_hz: Rows of the trace in one second.
    """

    text: str
    root: Node
    signals: frozenset[str]
    control_hz: int


def check_formula(text: str, control_hz: int, signals: Collection[str]) -> Sequence[FormulaProblem]:
    """What is wrong with a formula over the signals of a trace.

    Args:
        text: The formula.
        control_hz: Rows of the trace in one second; time bounds must be whole rows.
        signals: Names of the task's signals.
    """
    problems = [*_names(text, signals), *_bounds(text, control_hz)]
    if problems:
        return problems
    root = _parsed(text)
    return [root] if isinstance(root, FormulaProblem) else list(_types(root, False, signals))


@lru_cache(maxsize=256)
def read_formula(text: str, control_hz: int, signals: frozenset[str]) -> Formula:
    """Reads a formula that has no problems.

    Raises:
        ValueError: It has some.
    """
    problems = check_formula(text, control_hz, signals)
    root = _parsed(text) if not problems else problems[0]
    if isinstance(root, FormulaProblem):
        raise ValueError(f"{text}: {root.message}; {root.hint}".rstrip("; "))
    return Formula(text, root, frozenset(_signals(root)), control_hz)


def _signals(node: Node) -> Iterator[str]:
    if node.kind == "signal":
        yield node.text
    for child in node.children:
        yield from _signals(child)


def _names(text: str, signals: Collection[str]) -> Iterator[FormulaProblem]:
    """Characters and words that the language does not have."""
    for token in _TOKEN.finditer(text):
        word, start, length = token.group(), token.start(), len(token.group())
        if token.lastgroup == "other":
            yield FormulaProblem(start, length, f"a formula holds no '{word}'", _sign_hint(word))
        elif token.lastgroup != "word" or word in _WORDS or word in signals:
            continue
        elif word in _REFUSED:
            yield FormulaProblem(start, length, f"'{word}' has no usable robustness", _REFUSED[word])
        else:
            yield FormulaProblem(start, length, f"unknown signal '{word}'", near(word, signals))


def _sign_hint(sign: str) -> str:
    return "compare with ==, <, <=, >, >= or !==" if sign == "=" else ""


def _bounds(text: str, control_hz: int) -> Iterator[FormulaProblem]:
    """Time bounds that are no interval of whole control periods."""
    for bracket in re.finditer(r"\[[^\]]*\]?", text):
        start, length = bracket.start(), len(bracket.group())
        interval = _interval_s(bracket.group())
        if interval is None:
            message = f"{bracket.group()} is no time interval"
            yield FormulaProblem(start, length, message, "write [0:0.8], [0:800ms] or [0s:0.8s]")
            continue
        begin, end = interval
        if begin > end:
            message = f"empty interval: {float(begin):g} s is after {float(end):g} s"
            yield FormulaProblem(start, length, message, "write [begin:end]")
        elif (begin * control_hz).denominator != 1 or (end * control_hz).denominator != 1:
            message = f"{bracket.group()} is not in whole control periods"
            hint = f"bounds are multiples of {1 / control_hz:g} s (control_hz {control_hz})"
            yield FormulaProblem(start, length, message, hint)


def _interval_s(bracket: str) -> tuple[Fraction, Fraction] | None:
    """Seconds of ``[begin:end]``; a begin without a unit has that of the end. None when it is none."""
    found = _INTERVAL.fullmatch(bracket)
    if found is None or not {found["begin_unit"], found["end_unit"]} <= {"", *_UNITS}:
        return None
    if found["begin_unit"] and not found["end_unit"]:
        return None
    end_unit = found["end_unit"] or "s"
    begin = Fraction(found["begin"]) * _UNITS[found["begin_unit"] or end_unit]
    return begin, Fraction(found["end"]) * _UNITS[end_unit]


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", propagate_positions=True, maybe_placeholders=False)


def _parsed(text: str) -> Node | FormulaProblem:
    """The tree of a formula whose names and bounds are in order."""
    from lark.exceptions import UnexpectedInput

    try:
        return _Reader(text).node(_parser().parse(text), 0)
    except UnexpectedInput as error:
        at = (
            error.pos_in_stream if error.pos_in_stream is not None and error.pos_in_stream >= 0 else len(text)
        )
        token = getattr(error, "token", None)
        found = "the end of the formula" if token is None or token.type == "$END" else f"'{token}'"
        if token is not None and token.type == "$END":
            at = len(text)
        at = min(at, max(len(text) - 1, 0))
        hint = _ARROWS if token is not None and token.type == "IMPLIES" else _EXAMPLE
        return FormulaProblem(at, 1, f"syntax error: {found} is not expected here", hint)
    except _TooDeep as deep:
        message = f"operators stand more than {MOST_NESTED} deep inside each other"
        return FormulaProblem(deep.offset, 1, message, "make several criteria of it")


class _TooDeep(Exception):  # noqa: N818 - it never leaves this module
    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class _Reader:
    """Turns lark's tree into nodes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def node(self, tree: Tree[Token], depth: int) -> Node:
        """The node of a rule."""
        start, end = tree.meta.start_pos, tree.meta.end_pos
        if depth > MOST_NESTED:
            raise _TooDeep(start)
        text = self._text[start:end]
        if tree.data == "leaf":
            number = tree.children[0].type == "NUMBER"  # type: ignore[union-attr]
            return Node("number" if number else "signal", text, start, value=float(text) if number else 0.0)
        if tree.data in ("prefixed", "call"):
            word, *rest = tree.children
            kind = "negative" if word == "-" else _CALLED.get(str(word), str(word))
            return Node(kind, text, start, self._operands(rest, depth), interval_s=self._interval(rest))
        return self._chain(tree, depth)

    def _operands(self, parts: Sequence[Tree[Token] | Token], depth: int) -> tuple[Node, ...]:
        return tuple(self.node(part, depth + 1) for part in parts if not isinstance(part, str))

    def _interval(self, parts: Sequence[Tree[Token] | Token]) -> tuple[Fraction, Fraction] | None:
        return next((_interval_s(part) for part in parts if isinstance(part, str)), None)

    def _chain(self, tree: Tree[Token], depth: int) -> Node:
        """Operands with operators between them, from the left."""
        first, *rest = tree.children
        assert not isinstance(first, str)
        left = self.node(first, depth + 1)
        while rest:
            taken = 3 if len(rest) > 2 and getattr(rest[1], "type", "") == "INTERVAL" else 2
            sign, *operands = rest[:taken]
            rest = rest[taken:]
            (right,) = self._operands(operands, depth)
            start, end = (
                tree.meta.start_pos,
                tree.meta.end_pos if not rest else right.offset + len(right.text),
            )
            kind = _CALLED.get(str(sign), str(sign))
            left = Node(
                kind, self._text[start:end], start, (left, right), interval_s=self._interval(operands)
            )
        return left


def _types(node: Node, wants_number: bool, signals: Collection[str]) -> Iterator[FormulaProblem]:
    """Numbers where something true or false is needed, the other way round, and a wrong count of them."""
    if (node.kind in ARITHMETIC) != wants_number:
        what, wanted = ("true or false", "a number") if wants_number else ("a number", "a comparison")
        hint = (
            "chains such as 1 < a < 2 are two comparisons" if wants_number else f"for example {node.text} > 0"
        )
        message = f"'{node.text}' is {what}, {wanted} is needed there"
        yield FormulaProblem(node.offset, len(node.text), message, hint)
        return
    if node.kind == "signal" and node.text not in signals:
        yield FormulaProblem(
            node.offset, len(node.text), f"'{node.text}' is no signal", near(node.text, signals)
        )
    takes = FUNCTIONS.get(node.kind, 1 if node.kind in _EDGES else len(node.children))
    if len(node.children) != takes:
        message = f"{node.kind} takes {takes} and not {len(node.children)}"
        yield FormulaProblem(node.offset, len(node.text), message, "pow(base, exponent), abs(number)")
        return
    for child in node.children:
        yield from _types(child, node.kind in ARITHMETIC or node.kind in COMPARISONS, signals)
