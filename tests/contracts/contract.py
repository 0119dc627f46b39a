"""What NVIDIA's API looks like: names, parameters, deprecations. Two sources of the same shape.

``../shared/contracts/isaacsim-6.0.1.json`` beside the checkout holds signatures that were read from the open
source of Isaac Sim. It does not belong to this repository, so the tests that need it skip without it.
``isaacsim_facts.json`` is ours: just the signatures that the adapter uses, checked always.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
FACTS_PATH = Path(__file__).with_name("isaacsim_facts.json")
NEWER_PATH = Path(__file__).with_name("isaacsim_facts_6_2.json")
SHARED_PATH = REPOSITORY.parent / "shared" / "contracts" / "isaacsim-6.0.1.json"
CALLABLE_KINDS = ("function", "method", "classmethod", "staticmethod", "constructor")


@dataclass(frozen=True)
class Parameter:
    """One parameter; ``default`` is source text, None when the parameter is required."""

    name: str
    kind: str
    default: str | None

    @property
    def takes_position(self) -> bool:
        return self.kind in ("positional_only", "positional_or_keyword")

    @property
    def takes_name(self) -> bool:
        return self.kind in ("positional_or_keyword", "keyword_only")


@dataclass(frozen=True)
class Symbol:
    """One public name; ``parameters`` is None when only call sites were seen, not the source."""

    name: str
    kind: str
    deprecated: str
    parameters: tuple[Parameter, ...] | None
    bases: tuple[str, ...] = ()
    returns: str = ""
    seen_keywords: frozenset[str] = frozenset()
    seen_positional: int = 0


class Contract:
    """Symbols by name; members of a class are found through its bases."""

    def __init__(self, symbols: Iterable[Symbol], enum_members: Iterable[str] = ()) -> None:
        self.symbols = {symbol.name: symbol for symbol in symbols}
        self._prefixes = {name.rpartition(".")[0] for name in self.symbols}
        self._enum_members = frozenset(enum_members)

    @classmethod
    def read(cls, path: Path) -> Contract:
        content = json.loads(path.read_text())
        symbols = [_symbol(entry) for entry in content["symbols"]]
        symbols += [_observed(entry) for entry in content.get("observed", ())]
        members = [f"{e['name']}.{m}" for e in content.get("enums", ()) for m in e["values"]]
        enums = [Symbol(e["name"], "enum", "", None) for e in content.get("enums", ())]
        return cls([*symbols, *enums], members)

    def with_own(self, other: Contract) -> Contract:
        """This contract, and from another one what this one has only seen from outside or not at all."""
        mine = {
            name: s for name, s in self.symbols.items() if s.kind != "observed" or name not in other.symbols
        }
        return Contract((other.symbols | mine).values(), self._enum_members | other._enum_members)

    def find(self, name: str) -> Symbol | None:
        """The symbol, or the one of a base class that gives the name its meaning."""
        if name in self.symbols:
            return self.symbols[name]
        owner, _, member = name.rpartition(".")
        if name in self._enum_members:
            return Symbol(name, "value", "", None)
        cls = self.symbols.get(owner)
        for base in cls.bases if cls is not None and cls.kind == "class" else ():
            found = self.find(f"{self._class_named(base, owner)}.{member}")
            if found is not None:
                return found
        return None

    def constructor(self, name: str) -> Symbol | None:
        return self.find(f"{name}.__init__")

    def is_class(self, name: str) -> bool:
        return name in self.symbols and self.symbols[name].kind == "class"

    def is_namespace(self, name: str) -> bool:
        """Whether the name is a package or module on the way to a symbol."""
        return any(prefix == name or prefix.startswith(f"{name}.") for prefix in self._prefixes)

    def _class_named(self, short: str, near: str) -> str:
        """The full name of a base class that the source wrote without its module."""
        package = near.rpartition(".")[0]
        if f"{package}.{short}" in self.symbols:
            return f"{package}.{short}"
        found = [s.name for s in self.symbols.values() if s.kind == "class" and s.name.endswith(f".{short}")]
        return found[0] if found else short

    def returned_class(self, symbol: Symbol) -> str:
        """The contract's class that a callable returns, or empty."""
        if symbol.kind == "constructor":
            return symbol.name.rpartition(".")[0]
        candidate = self._class_named(symbol.returns, symbol.name.rpartition(".")[0])
        return candidate if self.is_class(candidate) else ""


def _symbol(entry: dict[str, Any]) -> Symbol:
    parameters = entry.get("params")
    return Symbol(
        name=entry["name"],
        kind=entry["kind"],
        deprecated=entry.get("deprecation", "deprecated") if entry.get("deprecated") else "",
        parameters=None if parameters is None else tuple(_parameter(p) for p in parameters),
        bases=tuple(entry.get("bases", ())),
        returns=entry.get("returns_annotation") or "",
    )


def _parameter(entry: dict[str, Any]) -> Parameter:
    return Parameter(
        entry["name"], entry["kind"], entry.get("default") if not entry.get("required") else None
    )


def _observed(entry: dict[str, Any]) -> Symbol:
    positional = max((int(count) for count in entry["positional_counts"]), default=0)
    return Symbol(
        name=entry["name"],
        kind="observed",
        deprecated="",
        parameters=None,
        seen_keywords=frozenset(entry["keywords_seen"]),
        seen_positional=positional,
    )


def binding_problem(symbol: Symbol, positional: int, keywords: Sequence[str], starred: bool) -> str:
    """Why a call does not fit a signature; empty when it does.

    Args:
        symbol: What is called.
        positional: Number of positional arguments.
        keywords: Names of the keyword arguments.
        starred: Whether the call unpacks arguments, which cannot be judged.
    """
    if starred:
        return "unpacks arguments, so the call cannot be checked"
    if symbol.kind == "observed":
        unseen = sorted(set(keywords) - symbol.seen_keywords)
        if unseen:
            return f"keyword '{unseen[0]}' was never seen in a call"
        return "" if positional <= symbol.seen_positional else f"{positional} positional arguments never seen"
    if symbol.parameters is None:
        return f"is a {symbol.kind} and cannot be called"
    slots = [p for p in symbol.parameters if p.takes_position]
    takes_any = {p.kind for p in symbol.parameters}
    if positional > len(slots) and "var_positional" not in takes_any:
        by_name = [p.name for p in symbol.parameters if p.kind == "keyword_only"]
        hint = f"; '{by_name[0]}' is keyword-only" if by_name else ""
        return f"takes {len(slots)} positional arguments, given {positional}{hint}"
    filled = {p.name for p in slots[:positional]}
    for keyword in keywords:
        if keyword in filled:
            return f"argument '{keyword}' is given twice"
        known = any(p.takes_name and p.name == keyword for p in symbol.parameters)
        if not known and "var_keyword" not in takes_any:
            return f"has no parameter '{keyword}'"
    filled |= set(keywords)
    missing = [p.name for p in symbol.parameters if _required(p) and p.name not in filled]
    return f"misses the argument '{missing[0]}'" if missing else ""


def _required(parameter: Parameter) -> bool:
    return parameter.default is None and not parameter.kind.startswith("var_")


def parameters_of(function: ast.FunctionDef, bound: bool) -> tuple[Parameter, ...]:
    """The parameters of a function in source, as the contract writes them.

    Args:
        function: The definition.
        bound: Whether the first parameter is ``self`` or ``cls``.
    """
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    defaults += arguments.defaults
    found = [_written(a, "positional_or_keyword", d) for a, d in zip(plain, defaults, strict=True)]
    if bound:
        found = found[1:]
    if arguments.vararg:
        found.append(Parameter(arguments.vararg.arg, "var_positional", None))
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [_written(a, "keyword_only", d) for a, d in pairs]
    if arguments.kwarg:
        found.append(Parameter(arguments.kwarg.arg, "var_keyword", None))
    return tuple(found)


def _written(argument: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
    return Parameter(argument.arg, kind, None if default is None else ast.unparse(default))


def same_default(ours: str | None, theirs: str | None) -> bool:
    """Whether two defaults are the same value, however they are spelled."""
    if ours is None or theirs is None:
        return ours is theirs
    try:
        return bool(ast.literal_eval(ours) == ast.literal_eval(theirs))
    except ValueError:
        return ours.replace(" ", "") == theirs.replace(" ", "")
