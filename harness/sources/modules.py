"""Finds modules without importing them, and tells who answers for them: a release, or only their content."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
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


def find_spec(name: str) -> ModuleSpec | None:
    """Where a module would be loaded from; no parent is imported for it. None when there is none."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    full = top
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        full = f"{full}.{part}"
        spec = _spec_below(full, list(spec.submodule_search_locations))
    return spec


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


def find_module(name: str) -> Module | None:
    """A module with a file of its own; None for what is built in, a namespace, or not there."""
    spec = find_spec(name)
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
    """Top-level module -> distributions, for one search path."""
    return {name: list(owners) for name, owners in packages_distributions().items()}


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
