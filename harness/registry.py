"""Finds plugins by name through entry points; nothing concrete is imported by name."""

from __future__ import annotations

import difflib
import os
import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

PLUGINS_VARIABLE = "SIMGATE_PLUGINS"
"""Environment variable for plugins that are not installed: ``group:name=module:attribute``, separated by
commas, the group without ``simgate.``. Host processes inherit it."""


class UnusablePlugins(Exception):  # noqa: N818 - the name says what happened
    """The list of extra plugins in the environment cannot be read."""


class UnknownPlugin(LookupError):  # noqa: N818 - the name says what happened
    """No plugin of that name; the message lists the known names and the nearest match."""

    def __init__(self, group: str, name: str, known: list[str]) -> None:
        self.group, self.name, self.known = group, name, known
        near = difflib.get_close_matches(name, known, n=1)
        what = group.removeprefix("simgate.").replace("_", " ").rstrip("s")
        hint = f" did you mean '{near[0]}'?" if near else ""
        super().__init__(f"unknown {what} '{name}' (known: {', '.join(known) or 'none'});{hint}".rstrip(";"))


@cache
def _installed(group: str, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """The entry points of a group for one search path."""
    return {entry.name: entry for entry in entry_points(group=group)}


def _group(group: str, extra: str) -> dict[str, EntryPoint]:
    found = _installed(group, tuple(sys.path))
    if not found:
        # Something is being installed at this moment; the next look may find it.
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


def origin(group: str, name: str) -> EntryPoint:
    """Where a plugin comes from: its module, its attribute there, and the distribution that registers it.

    Raises:
        UnknownPlugin: No plugin of that name in the group.
    """
    found = _known(group).get(name)
    if found is None:
        raise UnknownPlugin(group, name, names(group))
    return found


def load(group: str, name: str) -> Any:
    """The object that a plugin's entry point names.

    Raises:
        UnknownPlugin: No plugin of that name in the group.
    """
    return origin(group, name).load()
