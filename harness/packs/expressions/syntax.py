"""Tokens, tree and parser of conditions such as ``door.distance_m > 4 * robot.radius_m``.

Precedence is Python's. Nothing is ever handed to an interpreter: what is not in this grammar is
an error at its column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_TOKENS = 400
MAX_DEPTH = 40

FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "abs": (1, 1), "min": (2, None), "max": (2, None), "sqrt": (1, 1), "hypot": (2, 2),
    "sin": (1, 1), "cos": (1, 1), "deg": (1, 1), "rad": (1, 1), "clip": (3, 3), "round": (1, 1),
}  # fmt: skip
"""Function -> fewest and most arguments. Angles in radians; ``deg`` and ``rad`` convert to them."""


class ExpressionError(ValueError):
    """A condition cannot be read or does not fit its parameters.

    Attributes:
        offset: Characters before the mistake.
        length: Characters of the mistake.
        message: What is wrong.
        hint: What to do; may be empty.
        unknown: The name that is no parameter, when that is the mistake.
    """

    def __init__(self, offset: int, length: int, message: str, hint: str = "", unknown: str = "") -> None:
        self.offset, self.length, self.message, self.hint = offset, max(1, length), message, hint
        self.unknown = unknown
        super().__init__(f"column {offset + 1}: {message}{f' ({hint})' if hint else ''}")


@dataclass(frozen=True, slots=True)
class Term:
    """Part of an expression; ``offset`` and ``length`` are its place in the text."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Literal(Term):
    """A number, text or true/false."""

    value: bool | float | str


@dataclass(frozen=True, slots=True)
class Name(Term):
    """A parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(Term):
    """``-``, ``+`` or ``not``."""

    operator: str
    operand: Term


@dataclass(frozen=True, slots=True)
class Binary(Term):
    """Arithmetic, ``and``, ``or``."""

    operator: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Comparison(Term):
    """A chain such as ``1 < x <= 2``."""

    first: Term
    rest: tuple[tuple[str, Term], ...]


@dataclass(frozen=True, slots=True)
class Membership(Term):
    """``x in [..]`` or ``x not in [..]``."""

    item: Term
    options: tuple[Term, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Call(Term):
    """A function of the fixed set."""

    function: str
    arguments: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<operator>\*\*|<=|>=|==|!=|[-+*/%<>()\[\],])
    |(?P<end>\Z))""",
    re.VERBOSE | re.ASCII,
)
_WORDS = {"and", "or", "not", "in", "true", "false", "True", "False"}
_COMPARISONS = {"<", "<=", ">", ">=", "==", "!="}
_STRAY_HINTS = {
    "=": "compare with ==", "&": "write and", "|": "write or", "!": "write not, or !=", "^": "powers are **",
    "\u2264": "write <=", "\u2265": "write >=", "\u2260": "write !=", "\u00b0": "write the number alone",
    **dict.fromkeys("\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb", "type straight quotes: ' or \""),
}  # fmt: skip
_STRAY_WORDS = {
    "AND": "write and", "OR": "write or", "NOT": "write not", "IN": "write in", "is": "compare with ==",
    "between": "write low <= name <= high", "if": "conditions are written without if",
}  # fmt: skip


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n\f\v"))
            char = text[at]
            message = "text without an end" if char in "'\"" else f"unexpected {char!r}"
            raise ExpressionError(at, 1, message, _STRAY_HINTS.get(char, ""))
        kind = match.lastgroup or "end"
        word = match.group(kind)
        if kind == "name" and word in _WORDS:
            kind = "operator"
        tokens.append(_Token(kind, word, match.start(match.lastgroup or "end")))
        at = match.end()
        if kind == "end":
            return tokens
        if len(tokens) > MAX_TOKENS:
            hint = "write several conditions"
            raise ExpressionError(tokens[-1].offset, 1, f"more than {MAX_TOKENS} words and signs", hint)


def parse_tree(text: str) -> Term:
    """The tree of an expression.

    Raises:
        ExpressionError: The text is not an expression of the language.
    """
    return _Parser(_tokens(text)).whole()


class _Parser:
    """Recursive descent, one method for each level of precedence."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, *operators: str) -> bool:
        return self._next.kind == "operator" and self._next.text in operators

    def _expect(self, operator: str) -> _Token:
        if not self._is(operator):
            raise self._unexpected(f"'{operator}' is missing")
        return self._take()

    def _unexpected(self, otherwise: str = "the expression ends too early") -> ExpressionError:
        token = self._next
        shown = token.text if token.kind == "text" else f"'{token.text}'"
        message = otherwise if token.kind == "end" else f"unexpected {shown}"
        return ExpressionError(token.offset, len(token.text), message, self._meant(token))

    def _meant(self, token: _Token) -> str:
        """What a word at the wrong place was meant as; empty for no idea."""
        before = self._tokens[self._at - 1] if self._at else None
        if before is not None and before.text == "%":
            return "write the number alone: % is the remainder of a division"
        if before is None or token.kind != "name":
            return ""
        if before.kind == "number" and before.offset + len(before.text) == token.offset:
            return "write the number alone: units are part of the parameters' names"
        return _STRAY_WORDS.get(token.text, "")

    def _since(self, first: Term) -> tuple[int, int]:
        last = self._tokens[self._at - 1]
        return first.offset, last.offset + len(last.text) - first.offset

    def whole(self) -> Term:
        tree = self._or()
        if self._next.kind != "end":
            raise self._unexpected()
        return tree

    def _or(self) -> Term:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(self._next.offset, 1, f"nested more than {MAX_DEPTH} deep")
        left = self._and()
        while self._is("or"):
            self._take()
            right = self._and()
            left = Binary(*self._since(left), "or", left, right)
        self._depth -= 1
        return left

    def _and(self) -> Term:
        left = self._not()
        while self._is("and"):
            self._take()
            right = self._not()
            left = Binary(*self._since(left), "and", left, right)
        return left

    def _not(self) -> Term:
        signs = []
        while self._is("not"):
            signs.append(self._take())
        return self._signed(signs, self._comparison())

    def _signed(self, signs: list[_Token], term: Term) -> Term:
        for sign in reversed(signs):
            length = term.offset + term.length - sign.offset
            term = Unary(sign.offset, length, sign.text, term)
        if len(signs) > MAX_DEPTH:
            raise ExpressionError(signs[0].offset, 1, f"nested more than {MAX_DEPTH} deep")
        return term

    def _comparison(self) -> Term:
        first = self._sum()
        if self._is("in", "not"):
            return self._membership(first)
        rest: list[tuple[str, Term]] = []
        while self._is(*_COMPARISONS):
            operator = self._take().text
            rest.append((operator, self._sum()))
        return Comparison(*self._since(first), first, tuple(rest)) if rest else first

    def _membership(self, item: Term) -> Term:
        negated = self._is("not")
        if negated:
            self._take()
        self._expect("in")
        close = {"[": "]", "(": ")"}.get(self._next.text)
        if close is None:
            token = self._next
            hint = f"write in [{token.text}]" if token.kind in ("text", "number") else "write in ['a', 'b']"
            message = "after 'in' stands a list"
            raise ExpressionError(token.offset, len(token.text), message, hint)
        self._take()
        options = self._list(close)
        return Membership(*self._since(item), item, options, negated)

    def _list(self, close: str) -> tuple[Term, ...]:
        items = [self._or()]
        while self._is(","):
            self._take()
            if self._is(close):
                break
            items.append(self._or())
        self._expect(close)
        return tuple(items)

    def _sum(self) -> Term:
        left = self._product()
        while self._is("+", "-"):
            operator = self._take().text
            right = self._product()
            left = Binary(*self._since(left), operator, left, right)
        return left

    def _product(self) -> Term:
        left = self._sign()
        while self._is("*", "/", "%"):
            operator = self._take().text
            right = self._sign()
            left = Binary(*self._since(left), operator, left, right)
        return left

    def _sign(self) -> Term:
        signs = []
        while self._is("-", "+"):
            signs.append(self._take())
        return self._signed(signs, self._power())

    def _power(self) -> Term:
        base = self._primary()
        if not self._is("**"):
            return base
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(self._next.offset, 1, f"nested more than {MAX_DEPTH} deep")
        self._take()
        exponent = self._sign()
        self._depth -= 1
        return Binary(*self._since(base), "**", base, exponent)

    def _primary(self) -> Term:
        token = self._next
        place = (token.offset, len(token.text))
        if token.kind == "number":
            self._take()
            return Literal(*place, float(token.text))
        if token.kind == "text":
            self._take()
            return Literal(*place, token.text[1:-1])
        if self._is("true", "false", "True", "False"):
            self._take()
            return Literal(*place, token.text.lower() == "true")
        if token.kind == "name":
            self._take()
            return self._call(token) if self._is("(") else Name(*place, token.text)
        if self._is("("):
            self._take()
            inside = self._or()
            self._expect(")")
            return inside
        raise self._unexpected()

    def _call(self, function: _Token) -> Term:
        if function.text not in FUNCTIONS:
            message = f"unknown function '{function.text}'"
            hint = f"known: {', '.join(FUNCTIONS)}"
            raise ExpressionError(function.offset, len(function.text), message, hint)
        self._take()
        arguments = () if self._is(")") else self._list(")")
        if not arguments:
            self._take()
        fewest, most = FUNCTIONS[function.text]
        if len(arguments) < fewest or (most is not None and len(arguments) > most):
            wanted = f"{fewest}" if fewest == most else f"at least {fewest}"
            message = f"{function.text} takes {wanted} arguments, not {len(arguments)}"
            raise ExpressionError(function.offset, len(function.text), message)
        last = self._tokens[self._at - 1]
        return Call(function.offset, last.offset + 1 - function.offset, function.text, arguments)
