"""The files that a plugin reads besides its code: those that it tells of, and those that its options name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.plugin_members import FILES, SAYS, PathsMember

_MOST_FILES = 10_000
_NOT_CONTENT = frozenset({"__pycache__", ".git"})
"""Folders whose files change when nobody has changed anything."""


class BadFiles(Exception):  # noqa: N818 - the name says what is wrong
    """A plugin's list of its files cannot be used; the message says why."""


class NotSaid(Exception):  # noqa: N818 - the name says what happened
    """A plugin that is elsewhere does not say what it is; the message says why."""


def own_words(plugin: Any, options: Mapping[str, object]) -> dict[str, str]:
    """What a policy that runs elsewhere says of itself; nothing of one that does not.

    Args:
        plugin: What its entry point names. It may have ``says(options) -> Mapping[str, str]``.
        options: What a pack gives it.

    Raises:
        NotSaid: It cannot be asked.
    """
    tell = SAYS.of(plugin)
    if not callable(tell):
        return {}
    try:
        return {str(name): str(text) for name, text in tell(dict(options)).items()}
    except Exception as error:
        raise NotSaid(str(error) or type(error).__name__) from error


def paths_told(plugin: Any, question: PathsMember, options: Mapping[str, object]) -> list[Path]:
    """What a policy that runs elsewhere tells of; of one that does not nothing.

    Args:
        plugin: What its entry point names.
        question: One of :mod:`simgate.sim_adapters.plugin_members`.
        options: What a pack gives it.
    """
    tell = question.of(plugin)
    return [Path(path) for path in tell(dict(options))] if callable(tell) else []


def own_files(plugin: Any, options: Mapping[str, object], folder: Path) -> dict[str, Path]:
    """Files of a plugin, by names that stay when all of them are moved together.

    Args:
        plugin: What its entry point names. It may have ``files(options) -> Iterable[Path]``: whatever it
            reads besides its code, such as weights; callable without an instance.
        options: What a pack gives it. A text among them that is the path of a file counts as its file; one
            that is the path of a folder counts with every file in it, unless ``files`` tells of some there,
            or the pack or the current folder lies in it: there runs are written.
        folder: The pack's; such a path may start there or in the current folder.

    Raises:
        BadFiles: ``files`` fails, or names what is no file; an option names a folder with too many files.
    """
    listed = dict.fromkeys(_listed(plugin, options))
    base = Path(os.path.commonpath([path.parent for path in listed])) if listed else Path()
    found = {path.relative_to(base).as_posix(): path for path in listed}
    for option, value in options.items():
        places = [base / value for base in (Path.cwd(), folder)] if isinstance(value, str) and value else []
        for path in dict.fromkeys(absolute(place) for place in places if _is_file(place)):
            if path not in listed:
                name = f"{option}: {path.name}"
                found[name if name not in found else f"{name} in the pack's folder"] = path
        for path in dict.fromkeys(absolute(place) for place in places if _is_folder(place)):
            is_told = any(file.is_relative_to(path) for file in listed)
            if not is_told and not any(
                absolute(place).is_relative_to(path) for place in (Path.cwd(), folder)
            ):
                for file in _files_below(path, option):
                    name = f"{option}: {path.name}/{file.relative_to(path).as_posix()}"
                    found[name if name not in found else f"{name} in the pack's folder"] = file
    return found


def _files_below(folder: Path, option: str) -> list[Path]:
    files: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_CONTENT]
        files += [path for name in names if _is_file(path := Path(place, name))]
        if len(files) > _MOST_FILES:
            raise BadFiles(
                f"the option '{option}' names the folder {folder}, which holds more than {_MOST_FILES:,} "
                "files; give the plugin files(options), which lists those that it reads"
            )
    return sorted(files)


def _listed(plugin: Any, options: Mapping[str, object]) -> Iterable[Path]:
    tell = FILES.of(plugin)
    if not callable(tell):
        return
    who = getattr(plugin, "__name__", type(plugin).__name__)
    try:
        told = [Path(path) for path in tell(dict(options))]
    except Exception as error:
        raise BadFiles(f"{who}.files(options) failed: {type(error).__name__}: {error}") from error
    for path in told:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise BadFiles(f"{who}.files(options) names {path}, which {what}")
        yield absolute(path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False  # Too long for a name, or with a zero byte: text that is no path.


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
