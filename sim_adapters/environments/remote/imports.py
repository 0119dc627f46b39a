"""What the files of an environment name: modules that they import, files that a model in MJCF is made of."""

from __future__ import annotations

import ast
import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree


def named_by(files: Iterable[str], is_own: Callable[[str], bool]) -> set[str]:
    """Files, those that they name, those that these name, and so on.

    A module may be imported only once an episode runs, so the text is asked and not what is loaded by now.

    Args:
        files: Where it begins.
        is_own: Whether a file counts; what others name is not followed.
    """
    found: set[str] = set()
    waiting = [os.path.realpath(path) for path in files]
    while waiting:
        path = waiting.pop()
        if path in found or not is_own(path):
            continue
        found.add(path)
        if path.endswith(".py"):
            waiting += map(os.path.realpath, _imported(Path(path)))
        elif path.endswith((".xml", ".mjcf")):
            waiting += map(os.path.realpath, _of_mjcf(Path(path)))
    return found


def beside(path: Path) -> dict[str, Path]:
    """Modules and packages in a file's folder that it imports by their plain names, and that these import in
    turn: name -> file or folder.
    """
    found: dict[str, Path] = {}
    waiting = [path]
    while waiting:
        for level, parts in _imports(waiting.pop()):
            name = "" if level else parts[0]
            package, module = path.parent / name, path.parent / f"{name}.py"
            if not name or name in found:
                continue
            if (package / "__init__.py").is_file():
                found[name] = package
                waiting += package.rglob("*.py")
            elif module.is_file():
                found[name] = module
                waiting.append(module)
    return found


def plain_names(files: Iterable[str]) -> set[str]:
    """What files import by plain names: the first part of each."""
    code = (Path(path) for path in files if path.endswith(".py"))
    return {parts[0] for path in code for level, parts in _imports(path) if not level}


def _imports(path: Path) -> Iterator[tuple[int, list[str]]]:
    """What a file imports, wherever in it: dots before the name, and its parts, of which the last may be
    something in a module.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = node.module.split(".") if node.module else []
            yield from ((node.level, [*parts, alias.name]) for alias in node.names)


def _imported(path: Path) -> Iterator[str]:
    """Files of the modules that a file imports, with the packages that they are in."""
    for level, parts in _imports(path):
        if not level:
            yield from _of_module(parts)
        elif level <= len(path.parents):
            yield from _within([str(path.parents[level - 1])], parts)


def _of_module(parts: list[str]) -> Iterator[str]:
    try:
        spec = importlib.util.find_spec(parts[0])
    except (ImportError, ValueError, AttributeError):
        return
    # What simgate is stands in a run's identity on its own.
    if spec is None or parts[0] == "simgate":
        return
    if spec.origin and Path(spec.origin).is_file():
        yield spec.origin
    yield from _within(list(spec.submodule_search_locations or ()), parts[1:])


def _within(folders: list[str], parts: list[str]) -> Iterator[str]:
    """Files of a module in a package's folders; its last parts may be names in it."""
    for folder in folders:
        at = Path(folder)
        if (at / "__init__.py").is_file():
            yield str(at / "__init__.py")
        for part in parts:
            if (at / part).is_dir():
                at = at / part
                if (at / "__init__.py").is_file():
                    yield str(at / "__init__.py")
                continue
            if (at / f"{part}.py").is_file():
                yield str(at / f"{part}.py")
            break


def _of_mjcf(path: Path) -> Iterator[str]:
    """Files that a model in MJCF, with all that it includes, names and that are there: meshes, pictures.

    Where a mesh lies may be said in another file of the model than its name, so all folders are tried.
    """
    folders, named, waiting, seen = {path.parent}, set(), [path], set()
    while waiting:
        one = os.path.realpath(waiting.pop())
        if one in seen:
            continue
        seen.add(one)
        try:
            root = ElementTree.parse(one).getroot()
        except (ElementTree.ParseError, OSError):
            continue
        folders.add(Path(one).parent)
        for element in root.iter():
            for key, said in element.items():
                if element.tag == "compiler" and key.endswith("dir"):
                    folders.add(path.parent / said)
                elif key.startswith("file"):
                    named.add(said)
                    if element.tag == "include":
                        waiting += [path.parent / said, Path(one).parent / said]
    for said in named:
        yield from (str(folder / said) for folder in folders if (folder / said).is_file())
