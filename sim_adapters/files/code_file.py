"""Code in a file that a document names, ``my_policy.py:Reach``; the file need not be installed.

The folder of such a file is a package of its own, under a name that no other folder has: its files import
each other by ``from .helpers import ...``, nothing is added to ``sys.path``, and two folders with a file of
one name are two modules. Files and line numbers are the true ones, for tracebacks and debuggers.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import importlib
import importlib.util
import io
import re
import sys
import tokenize
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from simgate.sim_adapters.files.plain_file import absolute, inside, read_plain
from simgate.sim_adapters.files.unfetched import unfetched

_PREFIX = "simgate_beside_"
_IN_FOLDER = re.compile(rf"\b{_PREFIX}[0-9a-f]{{16}}(?:(/)|\.)")
_FORM = "write file.py:NAME, or package.module:NAME"
TOO_DEEP = "is nested too deeply to be read", "write it in shorter statements"
"""Said of a file that Python's parser gives up: what is wrong, and what to do."""
_MOST_BYTES = 1 << 22
_BODIES = (ast.stmt, ast.ExceptHandler, ast.match_case)


class BadReference(ImportError):  # noqa: N818 - the name says what is wrong
    """Code that is named by file or module cannot be used.

    Attributes:
        problem: What is wrong, one sentence without a full stop.
        remedy: What to do; may be empty.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}; {remedy}" if remedy else problem)


class Refusal(Exception):  # noqa: N818 - the name says what happened
    """Whoever watches imports refuses one; not the fault of the code that is loaded."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where code is.

    Attributes:
        module: Dotted name; for a file one that no other folder's file has.
        attribute: What in it is meant, with dots for what lies deeper.
        path: The file; None for a module that is installed.
        written: As the document names it.
    """

    module: str
    attribute: str
    path: Path | None
    written: str

    @classmethod
    def read(cls, written: str, folder: Path) -> Reference:
        """What a text means; nothing is looked at.

        Args:
            written: ``file.py:NAME`` or ``package.module:NAME``.
            folder: Where the file's path begins.

        Raises:
            BadReference: It is neither.
        """
        place, _, attribute = written.rpartition(":")
        if not all(part.isidentifier() for part in attribute.split(".")):
            raise BadReference(f"'{written}' does not say which object of the file is meant", _FORM)
        if not place.endswith(".py"):
            if not all(part.isidentifier() for part in place.split(".")):
                raise BadReference(f"'{place}' is no Python module", _FORM)
            return cls(place, attribute, None, written)
        path = absolute(folder / place)
        if "." in path.stem or not path.stem:
            raise BadReference(f"'{path.name}' cannot be imported", "name the file with one dot, before py")
        return cls(f"{package_of(path.parent)}.{path.stem}", attribute, path, written)


def is_reference(name: str) -> bool:
    """Whether a name says where code is, and is no plain entry point's."""
    return ":" in name


def package_of(folder: Path) -> str:
    """Name of the package that a folder of code is."""
    return _PREFIX + hashlib.sha256(str(absolute(folder)).encode()).hexdigest()[:16]


def as_shown(text: str) -> str:
    """A text that names modules or their files without the names of folders: ``./my_policy.py``."""
    return _IN_FOLDER.sub(lambda found: "./" if found[1] else "", text)


def check_reference(reference: Reference, folder: Path, *, elsewhere: bool = False) -> None:
    """Looks at the file without running it.

    Args:
        reference: What is named.
        folder: Of the document that names it; the file lies in its repository, without one in the folder.
        elsewhere: Whether another interpreter will run it; what that can import nobody knows here.

    Raises:
        BadReference: It leads out of there, is not there, is no Python, or has no object of that name.
    """
    path = reference.path
    if path is None:
        return
    name = reference.written.rpartition(":")[0]
    tree = _parsed(path, name, folder)
    if not elsewhere and (taken := _found(path)) is not None and taken != path:
        raise BadReference(
            f"Python finds {taken.relative_to(path.parent)} in the place of {name}", "rename one of them"
        )
    known = _bound(tree)
    wanted = reference.attribute.partition(".")[0]
    if known is not None and wanted not in known:
        public = [one for one in known if not one.startswith("_")]
        near = difflib.get_close_matches(wanted, public, n=1)
        hint = f"did you mean '{name}:{near[0]}'?" if near else f"it has {', '.join(public) or 'none'}"
        raise BadReference(f"{name} has no '{wanted}'", hint)
    for node in () if elsewhere else _sure_imports(tree):
        for top in _tops(node):
            if (remedy := _beside(top, path.parent)) and importlib.util.find_spec(top) is None:
                raise BadReference(f"{name}:{node.lineno}: no module named '{top}' is installed", remedy)


def class_members(reference: Reference) -> set[str] | None:
    """Names that a class of a file has, from the text alone; None where only running it can tell."""
    if reference.path is None:
        return None
    try:
        body = _statements(ast.parse(read_plain(reference.path, _MOST_BYTES)).body)
    except (RecursionError, MemoryError):
        return None
    found = [node for node in body if isinstance(node, ast.ClassDef) and node.name == reference.attribute]
    if len(found) != 1 or found[0].bases or found[0].keywords or found[0].decorator_list:
        return None
    bound = _bound(ast.Module(found[0].body, []))
    return None if bound is None else set(bound)


def files_of_code(reference: Reference) -> list[Path]:
    """The file that is named and every one that it brings along from its folder by ``from .helpers import``.

    Empty for a module that is installed; what cannot be read brings nothing along.
    """
    found: dict[Path, None] = {}
    todo = [] if reference.path is None else [reference.path]
    top = None if reference.path is None else reference.path.parent
    while todo:
        path = todo.pop()
        if path in found or not path.is_relative_to(str(top)) or not path.is_file():
            continue
        found[path] = None
        try:
            nodes = [*ast.walk(ast.parse(read_plain(path, _MOST_BYTES)))]
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and 0 < node.level <= len(path.parents):
                base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
                for place in (base, *(base / alias.name for alias in node.names)):
                    todo += [Path(f"{place}.py"), place / "__init__.py"]
    return list(found)


def load_reference(reference: Reference, folder: Path) -> Any:
    """The object that is named; runs the file, once in a process: an edit of it is for the next one.

    Raises:
        BadReference: As :func:`check_reference` says, or the code fails while it is imported.
        Refusal: An import is refused.
    """
    path = reference.path
    if path is not None and reference.module not in sys.modules:
        check_reference(reference, folder)
        _FOLDERS.add(path.parent)
    try:
        module = importlib.import_module(reference.module)
    except (Refusal, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise _failed(reference, error) from error
    try:
        return reduce(getattr, reference.attribute.split("."), module)
    except AttributeError as error:
        check_reference(reference, folder)  # Says what is meant, where the text tells.
        name = reference.written.rpartition(":")[0]
        raise BadReference(f"{name} has no '{reference.attribute}'", _FORM) from error


def _parsed(path: Path, name: str, folder: Path) -> ast.Module:
    """The file's syntax tree."""
    there = folder.resolve()
    root = next((place for place in (there, *there.parents) if (place / ".git").exists()), there)
    try:
        inside(root, path)
    except OSError:
        raise BadReference(
            f"{name} leads out of {root}",
            "put the file into that folder, or install it and write package.module:NAME",
        ) from None
    if (lacking := unfetched(path)) is not None:
        raise BadReference(f"{name} {lacking.message}", lacking.remedy)
    content = b""
    try:
        content = read_plain(path, _MOST_BYTES)
        return ast.parse(content, name)
    except FileNotFoundError:
        raise BadReference(f"file '{name}' does not exist", f"looked for {path}") from None
    except OSError as error:
        raise BadReference(f"{name} cannot be read: {error.strerror}") from None
    except (SyntaxError, ValueError) as error:  # Which of them a zero byte is depends on Python's version.
        if problem := _no_text(content):
            raise BadReference(f"{name}{problem}", "save the file as UTF-8 text") from None
        line = getattr(error, "lineno", None) or 1
        raise BadReference(
            f"{name}:{line}: {getattr(error, 'msg', error)}", "mend the file's syntax"
        ) from None
    except (RecursionError, MemoryError):
        raise BadReference(f"{name} {TOO_DEEP[0]}", TOO_DEEP[1]) from None


def _no_text(content: bytes) -> str:
    """Where and why a file's content is no Python text; empty when it is."""
    if (at := content.find(0)) >= 0:
        return f":{content.count(10, 0, at) + 1}: there is a zero byte in it"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return f":{content.count(10, 0, error.start) + 1}: it is not written in {error.encoding}"
    except SyntaxError as error:
        return f": {error.msg}"
    return ""


def _found(path: Path) -> Path | None:
    """The file that Python imports by a file's name from its folder: packages and libraries go first."""
    importlib.invalidate_caches()
    spec = PathFinder.find_spec(path.stem, [str(path.parent)])
    return Path(spec.origin) if spec is not None and spec.origin is not None else None


def _bound(tree: ast.Module) -> list[str] | None:
    """Names that a module binds at its top level, in order; None when only running it can tell."""
    names: dict[str, None] = {}
    for node in _statements(tree.body):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names[name] = None
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update((alias.asname or alias.name.partition(".")[0], None) for alias in aliases)
            case ast.Match():
                return None
            case _:
                heads = (part for part in ast.iter_child_nodes(node) if not isinstance(part, _BODIES))
                stored = (n for part in heads for n in ast.walk(part) if isinstance(n, ast.Name))
                names.update((n.id, None) for n in stored if isinstance(n.ctx, ast.Store))
    return None if {"*", "__getattr__"} & names.keys() else list(names)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, also those inside of ``if``, ``try``, ``with`` and loops."""
    todo = [*reversed(body)]  # No recursion: each elif lies in the one before.
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [one for part in ("body", "orelse", "finalbody") for one in getattr(node, part, ())]
            inner += [one for handler in getattr(node, "handlers", ()) for one in handler.body]
            todo += reversed(inner)


def _sure_imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a module but those below ``if`` and ``try``, which need not run or may fail."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, ast.If | ast.Try | ast.TryStar):
            todo += reversed([*ast.iter_child_nodes(node)])


def _tops(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Top-level packages that a statement imports by their full names."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [] if node.level else [str(node.module).partition(".")[0]]


def _beside(top: str, folder: Path) -> str:
    """What to do about a module that is not installed but lies in a folder; empty when it does not."""
    there = (folder / f"{top}.py", folder / top / "__init__.py")
    found = next((path for path in there if path.is_file()), None)
    return f"{found.relative_to(folder)} lies beside it: write 'from .{top} import ...'" if found else ""


def _failed(reference: Reference, error: BaseException) -> BadReference:
    """Why code cannot be imported, with the place in its own files."""
    name, path = reference.written.rpartition(":")[0], reference.path
    frames = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    lines = [frame.lineno or 1 for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames, lines = [*frames, Path(error.filename)], [*lines, error.lineno or 1]
    place, remedy = name, ""
    for file, line in zip(frames, lines, strict=True):
        if path is not None and file.is_relative_to(path.parent):
            place = f"{Path(name).parent / file.relative_to(path.parent)}:{line}"
            if isinstance(error, ModuleNotFoundError):
                top = str(error.name).partition(".")[0]
                remedy = _beside(top, file.parent) or "install what it imports"
    text = " ".join(str(error).split())
    said = error.msg if isinstance(error, SyntaxError) else f"{type(error).__name__}: {as_shown(text)}"
    return BadReference(f"{place} fails when it is imported: {said}".rstrip(": "), remedy)


class FreshSource(SourceFileLoader):
    """Compiles a file's text each time: a ``.pyc`` that is out of date cannot run, and none is left there."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's code."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _Folders(MetaPathFinder):
    """Finds the packages that folders of code are, and their modules."""

    def __init__(self) -> None:
        self._folders: dict[str, Path] = {}

    def add(self, folder: Path) -> None:
        """Makes a folder importable under the name that :func:`package_of` gives it."""
        self._folders[package_of(folder)] = absolute(folder)
        if self not in sys.meta_path:
            # Behind whoever holds imports against a plan; before Python's own, which would take an old .pyc.
            ours = (k for k, finder in enumerate(sys.meta_path) if finder is PathFinder)
            sys.meta_path.insert(next(ours, len(sys.meta_path)), self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a folder's package or of one of its modules."""
        if not fullname.startswith(_PREFIX):
            return None
        if "." not in fullname:
            if fullname not in self._folders:
                return None
            spec = ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [str(self._folders[fullname])]
            return spec
        found = PathFinder.find_spec(fullname, path, target)
        if found is not None and type(found.loader) is SourceFileLoader:
            found.loader = FreshSource(fullname, str(found.origin))
        return found


_FOLDERS = _Folders()


def make_importable(reference: Reference) -> None:
    """Lets a module of a file be found by its name, for whoever only looks for it."""
    if reference.path is not None:
        _FOLDERS.add(reference.path.parent)
