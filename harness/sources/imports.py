"""What a Python module imports, read from its text; nothing is run."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_COMPUTED = frozenset(
    {"__import__", "import_module", "iter_modules", "walk_packages", "spec_from_file_location", "run_path",
     "run_module"}
)  # fmt: skip
"""Functions that import what no import statement names."""


@dataclass(frozen=True, slots=True)
class Imports:
    """What one module asks for.

    Attributes:
        names: Dotted names that may be modules; ``from a import b`` gives both ``a`` and ``a.b``.
        is_computed: Whether it also imports by names that only running it can tell.
        functions: Names of the functions and methods that it defines, and what its classes set by ``=``.
    """

    names: tuple[str, ...]
    is_computed: bool
    functions: frozenset[str]


@lru_cache(maxsize=4096)
def imports_of(text: bytes, package: str) -> Imports:
    """The imports of a module, also those inside functions.

    Args:
        text: The module's source; one that Python cannot parse imports nothing, for it never runs.
        package: Dotted name of the package that it lies in, itself for a package.

    Raises:
        RecursionError, MemoryError: It is nested too deeply to tell; Python may yet run it.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return Imports((), False, frozenset())
    names: dict[str, None] = {}
    is_computed = False
    functions = set[str]()
    # Most modules call nothing of the kind: their statements tell all. Other letters may mean the same names.
    calls = not text.isascii() or any(word.encode() in text for word in _COMPUTED)
    nodes = list(ast.walk(tree) if calls else _statements(tree))
    importers = _COMPUTED | _renamed(nodes)
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(dict.fromkeys(alias.name for alias in node.names))
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            names.update(dict.fromkeys([base, *(f"{base}.{alias.name}" for alias in node.names)]))
        elif isinstance(node, ast.FunctionDef):
            functions.add(node.name)
        elif isinstance(node, ast.ClassDef):
            functions.update(_set_in(node))
        elif isinstance(node, ast.Call) and _called(node.func) in importers:
            named = _named(node, package)
            names.update({named: None} if named else {})
            is_computed = is_computed or not named
    return Imports(tuple(name for name in names if name.strip(".")), is_computed, frozenset(functions))


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """A module and its statements, wherever they are, in the order of :func:`ast.walk`."""
    queue: deque[ast.AST] = deque([tree])
    while queue:
        node = queue.popleft()
        yield node
        for part in ("body", "handlers", "orelse", "finalbody", "cases"):
            queue.extend(getattr(node, part, ()))


def _set_in(node: ast.ClassDef) -> Iterator[str]:
    """Names that a class body sets, as in ``files = staticmethod(lambda options: [TABLE])``."""
    for part in node.body:
        targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", None)]
        yield from (one.id for one in targets if isinstance(one, ast.Name))


def _renamed(nodes: Iterable[ast.AST]) -> set[str]:
    """What a module calls the functions that import, by ``from importlib import import_module as load``."""
    froms = (node.names for node in nodes if isinstance(node, ast.ImportFrom))
    return {alias.asname for names in froms for alias in names if alias.name in _COMPUTED and alias.asname}


def _base(node: ast.ImportFrom, package: str) -> str:
    """The module that names are taken from; dots lead up from the package."""
    if not node.level:
        return node.module or ""
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _named(call: ast.Call, package: str) -> str:
    """The module that a call names, also ``import_module(".near", __package__)``; empty where computed."""
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return ""
    name = first.value.lstrip(".")
    if not (level := len(first.value) - len(name)):
        return name
    anchor = next(iter([*call.args[1:], *(given.value for given in call.keywords)]), None)
    if not name or not isinstance(anchor, ast.Name) or anchor.id != "__package__":
        return ""
    return _base(ast.ImportFrom(name, [], level), package)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
