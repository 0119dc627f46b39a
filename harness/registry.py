"""Finds plugins by what a pack calls them; nothing concrete is imported by name.

A plugin is called by an entry point's name, by ``package.module:attribute``, or by ``file.py:attribute``, a
file in the folder of whatever names it (:mod:`simgate.sim_adapters.files.code_file`).
"""

from __future__ import annotations

import difflib
import os
import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from simgate.sim_adapters.files.code_file import (
    BadReference,
    Reference,
    check_reference,
    is_reference,
    load_reference,
    make_importable,
)

PLUGINS_VARIABLE = "SIMGATE_PLUGINS"
"""Environment variable for plugins that are not installed: ``group:name=module:attribute``, separated by
commas, the group without ``simgate.``. Host processes inherit it."""


_PREFIX = "simgate."
_INSTALLING_S = 60.0
"""After a folder of the search path has changed, so long something may still be being written into it."""


class UnusablePlugins(Exception):  # noqa: N818 - the name says what happened
    """The list of extra plugins in the environment cannot be read."""


class UnknownPlugin(LookupError):  # noqa: N818 - the name says what happened
    """No plugin of that name; the message lists the known names and the nearest match."""

    def __init__(self, group: str, name: str, known: list[str]) -> None:
        self.group, self.name, self.known = group, name, known
        near = difflib.get_close_matches(name, known, n=1)
        what = group.removeprefix("simgate.").replace("_", " ").rstrip("s")
        what = f"{what[:-2]}y" if what.endswith("ie") else what
        hint = f" did you mean '{near[0]}'?" if near else ""
        super().__init__(f"unknown {what} '{name}' (known: {', '.join(known) or 'none'});{hint}".rstrip(";"))


@lru_cache(maxsize=8)
def _installed(path: tuple[str, ...], changed: tuple[float, ...]) -> dict[str, dict[str, EntryPoint]]:
    """Our entry points by group and name, for a search path whose folders have changed at these times.

    To look for all of them takes as long as to look for one.
    """
    found = entry_points()
    ours = (group for group in found.groups if group.startswith(_PREFIX))
    return {group: {entry.name: entry for entry in found.select(group=group)} for group in ours}


def _changed_s(folder: str) -> float:
    try:
        return Path(folder).stat().st_mtime
    except OSError:
        return 0.0


def _group(group: str, extra: str) -> dict[str, EntryPoint]:
    changed = tuple(map(_changed_s, sys.path))
    found = _installed(tuple(sys.path), changed).get(group, {})
    if not found and time.time() - max(changed, default=0.0) < _INSTALLING_S:
        # Something may be being installed at this moment; the next look may find it.
        _installed.cache_clear()
    return found | {entry.name: entry for entry in _listed(extra) if entry.group == group}


def _listed(extra: str) -> list[EntryPoint]:
    """The entry points that the environment variable lists."""
    listed = []
    for item in filter(None, map(str.strip, extra.split(","))):
        key, _, value = item.partition("=")
        group, _, name = key.partition(":")
        if not (name and ":" in value):
            raise UnusablePlugins(f"{PLUGINS_VARIABLE}: '{item}' is not group:name=module:attribute")
        listed.append(EntryPoint(name=name, value=value, group=f"simgate.{group}"))
    return listed


def _known(group: str) -> dict[str, EntryPoint]:
    return _group(group, os.environ.get(PLUGINS_VARIABLE, ""))


def names(group: str) -> list[str]:
    """Names registered in an entry-point group, sorted."""
    return sorted(_known(group))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plugin comes from.

    Attributes:
        module: Dotted name.
        entry: ``module:attribute``, or what the pack has written; the same on every machine.
        distribution: Who registers it; empty for nobody.
        version: Of that distribution.
    """

    module: str
    entry: str
    distribution: str = ""
    version: str = ""


def require(group: str, name: str, folder: Path) -> None:
    """Asks whether there is such a plugin; none of its code is run.

    Args:
        group: Entry-point group.
        name: What a pack calls it.
        folder: Where files begin, the pack's.

    Raises:
        UnknownPlugin: No entry point of that name.
        BadReference: A file or module cannot be what is named.
    """
    if is_reference(name):
        check_reference(Reference.read(name, folder), folder)
    elif name not in (known := names(group)):
        raise UnknownPlugin(group, name, known)


def is_there(group: str, name: str, folder: Path) -> bool:
    """Whether something of that name can be loaded, for all that can be said without running it."""
    try:
        require(group, name, folder)
    except (UnknownPlugin, BadReference):
        return False
    return True


def origin(group: str, name: str, folder: Path) -> Origin:
    """Where a plugin comes from; see :func:`require` for the arguments.

    Raises:
        UnknownPlugin: No entry point of that name.
        BadReference: A file or module cannot be what is named.
    """
    if is_reference(name):
        require(group, name, folder)
        reference = Reference.read(name, folder)
        make_importable(reference)
        return Origin(reference.module, name)
    entry = _entry(group, name)
    owner = entry.dist
    return Origin(
        entry.module,
        f"{entry.module}:{entry.attr}",
        owner.name if owner else "",
        owner.version if owner else "",
    )


def load(group: str, name: str, folder: Path | None = None) -> Any:
    """The object that a plugin's name means; see :func:`require` for the arguments.

    Raises:
        UnknownPlugin: No entry point of that name.
        BadReference: A file or module cannot be what is named, or fails when it is imported.
    """
    if not is_reference(name):
        return _entry(group, name).load()
    if folder is None:
        raise BadReference(f"'{name}' stands for no installed plugin", "name an installed one here")
    return load_reference(Reference.read(name, folder), folder)


def _entry(group: str, name: str) -> EntryPoint:
    found = _known(group).get(name)
    if found is None:
        raise UnknownPlugin(group, name, names(group))
    return found
