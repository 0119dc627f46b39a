"""Conditions over parameters: checked against a world, evaluated over arrays, never by ``eval``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from simgate.harness.packs.expressions.syntax import (
    Binary,
    Call,
    Comparison,
    ExpressionError,
    Membership,
    Name,
    Term,
    Unary,
    parse_tree,
)
from simgate.harness.packs.expressions.syntax import Literal as LiteralTerm
from simgate.policies.documents.diagnostics import near

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simgate.sim_adapters.worlds.world import World

Kind = Literal["number", "bool", "text"]
_KIND_WORDS = {"number": "a number", "bool": "true or false", "text": "text"}


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a condition may know about a parameter.

    Attributes:
        kind: Type of its values.
        choices: All its words, for text with a fixed set.
    """

    kind: Kind
    choices: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {"number": "number", "integer": "number", "bool": "bool", "choice": "text"}
"""Kind of a world's parameter -> type of its values in an expression."""


def symbols_of(world: World) -> dict[str, Symbol]:
    """What expressions may know of a world's parameters."""
    return {name: Symbol(KINDS[p.kind], p.choices) for name, p in world.parameters.items()}


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that has been read.

    Attributes:
        text: As written.
        tree: Its tree.
    """

    text: str
    tree: Term

    @property
    def range_in_brackets(self) -> str:
        """What ``x in [2, 4]`` was meant as, if anything: two numbers in brackets are no range."""
        for term in _walk(self.tree):
            if isinstance(term, Membership) and isinstance(term.item, Name) and len(term.options) == 2:
                ends = [
                    o.value for o in term.options if isinstance(o, LiteralTerm) and type(o.value) is float
                ]
                if len(ends) == 2:
                    return f"{ends[0]:g} <= {term.item.name} <= {ends[1]:g}"
        return ""

    @property
    def names(self) -> frozenset[str]:
        """Parameters that it uses."""
        return frozenset(term.name for term in _walk(self.tree) if isinstance(term, Name))

    def problems(
        self, symbols: Mapping[str, Symbol], wanted: Kind = "bool", what: str = "parameter"
    ) -> list[ExpressionError]:
        """Unknown names and type mistakes, in reading order; empty when it is sound.

        Args:
            symbols: Every parameter that exists.
            wanted: Type that the whole must have; a condition is true or false.
            what: What the names are of.
        """
        check = _Check(symbols, what)
        kind = check.kind(self.tree)
        if kind not in (None, wanted):
            message = f"this must be {_KIND_WORDS[wanted]}, not {_KIND_WORDS[kind]}"
            hint = ""
            if wanted == "bool":
                message = f"a condition must be true or false, this is {_KIND_WORDS[kind]}"
                hint = "compare it with something"
            check.found.append(ExpressionError(self.tree.offset, self.tree.length, message, hint))
        return sorted(check.found, key=lambda problem: problem.offset)

    def evaluate(self, values: Mapping[str, Any]) -> NDArray[Any]:
        """The expression's value, elementwise.

        Args:
            values: Name -> scalar or array; shapes broadcast.

        Returns:
            Array of the broadcast shape. Where arithmetic is undefined (division by zero) the
            value is inf or nan, and comparisons with nan are false, except ``!=``.

        Raises:
            KeyError: A name that ``values`` does not hold.
        """
        from simgate.harness.packs.expressions.arrays import value_of

        return value_of(self.tree, values)


@cache
def parse(text: str) -> Expression:
    """Reads a condition.

    Raises:
        ExpressionError: It is not one, with the column of the mistake.
    """
    return Expression(text, parse_tree(text))


def holds(text: str, values: Mapping[str, Any]) -> bool:
    """Whether a condition holds for one set of parameters, for example ``known_failures.when``."""
    return bool(parse(text).evaluate(values))


def _is_quoted_number(*terms: Term) -> bool:
    return any(isinstance(t, LiteralTerm) and str(t.value)[:1].isdigit() for t in terms)


def _walk(term: Term) -> Iterator[Term]:
    yield term
    children: tuple[Term, ...] = ()
    match term:
        case Unary():
            children = (term.operand,)
        case Binary():
            children = (term.left, term.right)
        case Comparison():
            children = (term.first, *(operand for _, operand in term.rest))
        case Membership():
            children = (term.item, *term.options)
        case Call():
            children = term.arguments
    for child in children:
        yield from _walk(child)


class _Check:
    """Infers types; None where a mistake below has been reported already."""

    def __init__(self, symbols: Mapping[str, Symbol], what: str) -> None:
        self._symbols, self._what = symbols, what
        self.found: list[ExpressionError] = []

    def kind(self, term: Term) -> Kind | None:
        match term:
            case LiteralTerm():
                return (
                    "bool"
                    if isinstance(term.value, bool)
                    else "text"
                    if isinstance(term.value, str)
                    else "number"
                )
            case Name():
                return self._name(term)
            case Unary(operator="not"):
                self._want(term.operand, "bool", "not")
                return "bool"
            case Unary():
                self._want(term.operand, "number", term.operator)
                return "number"
            case Binary(operator="and" | "or"):
                self._want(term.left, "bool", term.operator)
                self._want(term.right, "bool", term.operator)
                return "bool"
            case Binary():
                self._want(term.left, "number", term.operator)
                self._want(term.right, "number", term.operator)
                return "number"
            case Comparison():
                self._comparison(term)
                return "bool"
            case Membership():
                for option in term.options:
                    self._comparable("in", term.item, option)
                return "bool"
            case Call():
                for argument in term.arguments:
                    self._want(argument, "number", term.function)
                return "number"
        raise TypeError(f"no such term: {term!r}")

    def _name(self, term: Name) -> Kind | None:
        symbol = self._symbols.get(term.name)
        if symbol is None:
            hint = near(term.name, self._symbols)
            if any(term.name in other.choices for other in self._symbols.values()):
                hint = f"words need quotes: '{term.name}'"
            self._add(term, f"unknown {self._what} '{term.name}'", hint, term.name)
            return None
        return symbol.kind

    def _add(self, term: Term, message: str, hint: str = "", unknown: str = "") -> None:
        problem = ExpressionError(term.offset, term.length, message, hint, unknown)
        if not any(p.offset == problem.offset and p.message == message for p in self.found):
            self.found.append(problem)

    def _want(self, term: Term, wanted: Kind, operator: str) -> None:
        kind = self.kind(term)
        if kind not in (None, wanted):
            hint = ""
            if kind == "bool" and wanted == "number":
                hint = "write the name alone, or not before it"
            elif isinstance(term, LiteralTerm) and wanted == "number" and str(term.value)[:1].isdigit():
                hint = f"write it without quotes: {term.value}"
            message = f"'{operator}' needs {_KIND_WORDS[wanted]} here, not {_KIND_WORDS[kind or wanted]}"
            self._add(term, message, hint)

    def _comparison(self, term: Comparison) -> None:
        left = term.first
        for operator, right in term.rest:
            if operator in ("==", "!="):
                self._comparable(operator, left, right)
            else:
                self._want(left, "number", operator)
                self._want(right, "number", operator)
            left = right

    def _comparable(self, operator: str, left: Term, right: Term) -> None:
        kinds = self.kind(left), self.kind(right)
        if None in kinds:
            return
        if kinds[0] != kinds[1]:
            words = [_KIND_WORDS[kind] for kind in kinds if kind]
            hint = "put quotes around words" if "text" in kinds else ""
            if set(kinds) == {"bool", "text"}:
                hint = "write true or false, without quotes"
            elif set(kinds) == {"number", "text"} and _is_quoted_number(left, right):
                hint = "write the number without quotes"
            self._add(right, f"'{operator}' compares {words[0]} with {words[1]}", hint)
        for name, word in ((left, right), (right, left)):
            if isinstance(name, Name) and isinstance(word, LiteralTerm) and isinstance(word.value, str):
                choices = self._symbols[name.name].choices
                if choices and word.value not in choices:
                    self._add(word, f"'{name.name}' is never '{word.value}'", near(word.value, choices))
