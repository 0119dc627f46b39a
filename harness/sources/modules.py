"""Finds modules without importing them, and tells who answers for them: a release, or only their content."""

from __future__ import annotations

import csv
import importlib.util
import inspect
import json
import os
import re
import sys
import sysconfig
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Module:
    """A module as it lies on the disk.

    Attributes:
        name: Dotted.
        path: Its file.
        content: What is in the file.
        is_package: Whether it is the ``__init__`` of a package.
        folders: Where the modules of a package lie; empty for a plain module.
    """

    name: str
    path: Path
    content: bytes
    is_package: bool
    folders: tuple[str, ...]

    @property
    def file(self) -> str:
        """Its name as a file, the same wherever it is installed: ``acme/policies/door.py``."""
        stem = self.name.replace(".", "/") + ("/__init__" if self.is_package else "")
        # Extension modules carry the platform in their suffix; it belongs to the name.
        return stem + "".join(self.path.suffixes if not self.is_source else [self.path.suffix])

    @property
    def is_source(self) -> bool:
        """Whether it is Python text, which can be asked for its imports."""
        return self.path.suffix == ".py"

    @property
    def package(self) -> str:
        """Where its relative imports begin."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


def find_spec(name: str, above: dict[str, ModuleSpec | None] | None = None) -> ModuleSpec | None:
    """Where a module would be loaded from; no parent is imported for it. None when there is none.

    Args:
        name: Dotted.
        above: What was found before, by name, where nothing changes in between; it grows.
    """
    above = {} if above is None else above
    parts, full = name.split("."), ""
    spec: ModuleSpec | None = None
    for part in parts:
        parent, full = spec, f"{full}.{part}" if full else part
        if full not in above:
            above[full] = _top(part) if parent is None else _below(parent, full)
        if (spec := above[full]) is None:
            return None
    return spec


def _top(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _below(parent: ModuleSpec, name: str) -> ModuleSpec | None:
    places = parent.submodule_search_locations
    return None if places is None else _spec_below(name, list(places))


def _spec_below(name: str, folders: list[str]) -> ModuleSpec | None:
    try:
        return PathFinder.find_spec(name, folders)
    except KeyError:  # A folder without an __init__ asks its parent for its places, which was not imported.
        found = PathFinder.find_spec(name.rpartition(".")[2], folders)
    if found is None:
        return None
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = list(found.submodule_search_locations or ())
    return spec


def find_module(name: str, above: dict[str, ModuleSpec | None] | None = None) -> Module | None:
    """A module with a file of its own; None for what is built in, a namespace, or not there. See
    :func:`find_spec` for the arguments."""
    spec = find_spec(name, above)
    if spec is None or spec.origin is None or not spec.has_location:
        return None
    read: Callable[[str], bytes] | None = getattr(spec.loader, "get_data", None)
    try:
        # The loader's own reading also opens modules inside a zip file.
        content = read(spec.origin) if read else Path(spec.origin).read_bytes()
    except OSError:
        return None
    folders = spec.submodule_search_locations
    return Module(name, Path(spec.origin), content, folders is not None, tuple(folders or ()))


def modules_below(top: str) -> Iterator[str]:
    """Dotted names of all modules of a package, from its folders."""
    module = find_module(top)
    for folder in module.folders if module else ():
        for path in sorted(Path(folder).rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            if all(part.isidentifier() for part in parts):
                yield ".".join([top, *(parts[:-1] if parts[-1] == "__init__" else parts)])


def released_by(top: str, own: str) -> dict[str, str] | None:
    """The releases that answer for a top-level module: distribution -> version.

    A release is a distribution that was installed from an index or an archive, so that name and version (and
    the archive's hash) say what is in it. None where only the content can say it: code on ``PYTHONPATH``,
    installed in place (editable), or from a folder or a repository.

    Args:
        top: Name of a top-level module.
        own: Distribution whose content counts in any case; empty for none.
    """
    spec = find_spec(top)
    if top in sys.stdlib_module_names or spec is None:
        return {}
    places = (
        [spec.origin] if spec.has_location and spec.origin else list(spec.submodule_search_locations or ())
    )
    if not places:
        return {}
    found: dict[str, str] = {}
    for name in set(_owners(tuple(sys.path)).get(top, ())):
        release = None if _same(name, own) else _release(name, Path(places[0]))
        if release is None:
            return None
        found[name] = release
    return found or None


def owner_of(module: str) -> tuple[str, str]:
    """Name and version of a distribution that brings a module's top-level package along; empty for none."""
    owners = sorted(_owners(tuple(sys.path)).get(module.partition(".")[0], ()))
    return (owners[0], distribution(owners[0]).version) if owners else ("", "")


def is_answered_for(top: str, place: Path) -> bool:
    """Whether a module that was found at a place comes with Python, a release or a simulator's installation.

    Args:
        top: Name of its top-level package.
        place: Its file.
    """
    if top in sys.stdlib_module_names:
        return True
    if owners := set(_owners(tuple(sys.path)).get(top, ())):
        return all(_release(name, place) is not None for name in owners)
    # Isaac Sim's own modules lie in folders of its folder, and no distribution says that they are its own.
    site = Path(sysconfig.get_path("purelib"))
    if place.is_relative_to(site):
        return not any((site / name).exists() for name in (top, f"{top}.py", place.name))
    isaac = os.environ.get("ISAAC_PATH")
    return bool(isaac) and place.is_relative_to(Path(str(isaac)).absolute())


@cache
def _owners(path: tuple[str, ...]) -> dict[str, list[str]]:
    """Top-level module -> distributions, for one search path: ``importlib.metadata.packages_distributions``
    in a fifth of its time."""
    found: dict[str, list[str]] = {}
    for one in distributions():
        tops = _tops(one)
        if tops:
            name = _name(one)
            for top in tops:
                found.setdefault(top, []).append(name)
    return found


def _tops(one: Distribution) -> Collection[str]:
    """The top-level modules of a distribution, by what Python of this version takes for them."""
    if declared := (one.read_text("top_level.txt") or "").split():
        return declared
    record = one.read_text("RECORD")
    files = map(str, one.files or ()) if not record else (row[0] for row in csv.reader(record.splitlines()))
    if sys.version_info < (3, 12):
        files = (file for file in files if file.endswith(".py"))
    tops = {file.partition("/")[0] if "/" in file else inspect.getmodulename(file) or file for file in files}
    return {top for top in tops if "." not in top}


def _name(one: Distribution) -> str:
    """Its name; reading all of its metadata takes fifty times as long as finding the line."""
    head = (one.read_text("METADATA") or "").partition("\n\n")[0]
    line = re.search(r"^Name:[ \t]*(\S+)[ \t]*$", head, re.MULTILINE)
    return line[1] if line else one.metadata["Name"]


def _same(name: str, other: str) -> bool:
    return name.lower().replace("_", "-") == other.lower().replace("_", "-")


def _release(name: str, place: Path) -> str | None:
    """The version of a distribution; None when it says nothing about what is at a place."""
    try:
        found: Distribution = distribution(name)
    except PackageNotFoundError:
        return None
    if not place.is_relative_to(Path(str(found.locate_file(""))).absolute()):
        return None
    # PEP 610: written when it was not installed from an index. Conda builds from folders, but by version.
    origin = found.read_text("direct_url.json")
    if origin is None or (found.read_text("INSTALLER") or "").strip() == "conda":
        return found.version
    archive = json.loads(origin).get("archive_info")
    if archive is None:
        return None
    sha256 = archive.get("hashes", {}).get("sha256", "")
    return f"{found.version} sha256:{sha256}" if sha256 else None
