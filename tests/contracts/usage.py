"""Finds what a source file uses of a foreign API, without importing either.

Follows imports, constructors, annotations, ``self.x = ...`` and returned classes, so that
``self._robot.get_world_poses()`` is known to be a call of the class that was put into ``self._robot``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.contracts.contract import Contract, binding_problem

ROOTS = ("isaacsim", "omni", "carb")


@dataclass(frozen=True)
class Value:
    """What an expression stands for: a name of the API, or an instance of one of its classes."""

    path: str
    is_instance: bool = False


@dataclass(frozen=True)
class Use:
    """One place at which a name of the API is used; ``positional`` is -1 where it is not called."""

    path: str
    line: int
    positional: int = -1
    keywords: tuple[str, ...] = ()
    starred: bool = False


@dataclass
class Scope:
    """Names that are visible at a place, the innermost first."""

    names: dict[str, Value] = field(default_factory=dict)
    parent: Scope | None = None

    def look_up(self, name: str) -> Value | None:
        if name in self.names:
            return self.names[name]
        return self.parent.look_up(name) if self.parent else None


class _Finder(ast.NodeVisitor):
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.uses: list[Use] = []
        self._scope = Scope()
        self._attributes: dict[str, Value] = {}

    # -- what names mean

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name.split(".")[0] in ROOTS:
                path = alias.name if alias.asname else alias.name.split(".")[0]
                self._scope.names[alias.asname or path] = Value(path)
                self.uses.append(Use(alias.name, node.lineno))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or not node.module or node.module.split(".")[0] not in ROOTS:
            return
        for alias in node.names:
            path = f"{node.module}.{alias.name}"
            self._scope.names[alias.asname or alias.name] = Value(path)
            self.uses.append(Use(path, node.lineno))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        kept = self._attributes
        self._attributes = dict(_class_attributes(node, self._annotated_in(self._scope)))
        # A method may read what a later one has written: the first round only learns.
        counted = len(self.uses)
        self._visit_all(node.body)
        del self.uses[counted:]
        self._visit_all(node.body)
        self._attributes = kept

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._scope = Scope(parent=self._scope)
        arguments = node.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            found = self._annotated(argument.annotation)
            if found:
                self._scope.names[argument.arg] = found
        self._visit_all(node.body)
        assert self._scope.parent is not None
        self._scope = self._scope.parent

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind(target, self._value(node.value))
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        self._bind(node.target, self._annotated(node.annotation) or self._value(node.value))

    def _bind(self, target: ast.expr, value: Value | None) -> None:
        if value is None:
            return
        if isinstance(target, ast.Name):
            self._scope.names[target.id] = value
        elif _is_self(target):
            self._attributes[target.attr] = value  # type: ignore[attr-defined]

    def _annotated_in(self, scope: Scope) -> Mapping[str, Value]:
        found: dict[str, Value] = {}
        walker: Scope | None = scope
        while walker:
            found = walker.names | found
            walker = walker.parent
        return found

    def _annotated(self, node: ast.expr | None) -> Value | None:
        """The instance that an annotation promises: ``X``, ``"X"``, ``X | None``."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._annotated(ast.parse(node.value, mode="eval").body)
        if isinstance(node, ast.BinOp):
            return self._annotated(node.left) or self._annotated(node.right)
        found = self._value(node) if isinstance(node, ast.Name | ast.Attribute) else None
        return Value(found.path, True) if found and self._contract.is_class(found.path) else None

    def _value(self, node: ast.expr | None) -> Value | None:
        if isinstance(node, ast.Name):
            return self._scope.look_up(node.id)
        if isinstance(node, ast.Attribute):
            if _is_self(node):
                return self._attributes.get(node.attr)
            owner = self._value(node.value)
            return self._member(owner, node.attr) if owner else None
        if isinstance(node, ast.Call):
            return self._result(self._value(node.func))
        return None

    def _member(self, owner: Value, name: str) -> Value | None:
        path = f"{owner.path}.{name}"
        symbol = self._contract.find(path)
        if symbol is not None and symbol.kind in ("property", "value"):
            cls = self._contract.returned_class(symbol)
            return Value(cls, True) if cls else None
        return Value(path)

    def _result(self, called: Value | None) -> Value | None:
        if called is None or called.is_instance:
            return None
        if self._contract.is_class(called.path):
            return Value(called.path, True)
        symbol = self._contract.find(called.path)
        cls = self._contract.returned_class(symbol) if symbol else ""
        return Value(cls, True) if cls else None

    # -- what is used

    def visit_Call(self, node: ast.Call) -> None:
        called = self._value(node.func)
        if called is not None and not called.is_instance:
            starred = any(isinstance(a, ast.Starred) for a in node.args)
            starred = starred or any(k.arg is None for k in node.keywords)
            names = tuple(k.arg for k in node.keywords if k.arg is not None)
            self.uses.append(Use(called.path, node.lineno, len(node.args), names, starred))
            if isinstance(node.func, ast.Attribute):
                self.visit(node.func.value)
        else:
            self.visit(node.func)
        self._visit_all([*node.args, *(keyword.value for keyword in node.keywords)])

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = None if _is_self(node) else self._value(node.value)
        if owner is not None:
            self.uses.append(Use(f"{owner.path}.{node.attr}", node.lineno))
        self.visit(node.value)

    def _visit_all(self, nodes: Sequence[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _class_attributes(node: ast.ClassDef, known: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """Fields of a dataclass that are annotated with a class of the API."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = ast.unparse(statement.annotation).split("|")[0].strip(" '\"")
            if name in known:
                yield statement.target.id, Value(known[name].path, True)


def find_uses(source: str, contract: Contract) -> list[Use]:
    """Every use of the API in a source text, in order."""
    finder = _Finder(contract)
    tree = ast.parse(source)
    # Imports inside functions and under TYPE_CHECKING are met on the way; module-level ones come first.
    finder.visit(tree)
    return finder.uses


def problems(source: str, contract: Contract, file: str = "snippet") -> list[str]:
    """What a source text does against the contract, one line each."""
    found = []
    for use in find_uses(source, contract):
        problem = _problem(use, contract)
        line = f"{file}:{use.line}: {use.path} {problem}"
        if problem and line not in found:
            found.append(line)
    return found


def _problem(use: Use, contract: Contract) -> str:
    symbol = contract.find(use.path)
    if symbol is None:
        if use.positional < 0 and contract.is_namespace(use.path):
            return ""
        return "is unknown to the contract"
    if symbol.deprecated:
        return f"is deprecated: {symbol.deprecated}"
    if use.positional < 0:
        return ""
    if symbol.kind == "class":
        symbol = contract.constructor(use.path)
        if symbol is None:
            return "has no constructor that the contract knows"
    return binding_problem(symbol, use.positional, use.keywords, use.starred)


def problems_below(folder: Path, contract: Contract) -> list[str]:
    """Problems of all modules of a package."""
    return [
        problem
        for path in sorted(folder.rglob("*.py"))
        for problem in problems(path.read_text(), contract, path.relative_to(folder.parent).as_posix())
    ]
