"""An MJCF file and everything that it reads: opened once, refused when it is not what was promised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import mujoco

from simgate.sim_adapters.mujoco.mujoco_log import warn_on_stderr
from simgate.sim_adapters.worlds.file_digest import digest
from simgate.sim_adapters.worlds.kept_source import KeptSources
from simgate.sim_adapters.worlds.native_file import NativeError


@dataclass(frozen=True, eq=False)
class Source:
    """A parsed file.

    Attributes:
        path: Absolute path.
        spec: As parsed; never changed, copied for use.
        files: The file and everything that it reads, itself first.
        sha256: Digest over their contents, hex.
    """

    path: Path
    spec: mujoco.MjSpec
    files: tuple[Path, ...]
    sha256: str


def open_source(path: Path) -> Source:
    """Parses a file.

    Raises:
        NativeError: It cannot be read, or a file that it reads is missing.
    """
    files = _files(path)
    warn_on_stderr()
    try:
        spec = mujoco.MjSpec.from_file(str(path))
    except ValueError as error:
        raise NativeError("file", f"MuJoCo cannot read it: {_with_place(error, files)}") from None
    return Source(path, spec, files, digest(files))


_KEPT = KeptSources(open_source)
promised_source = _KEPT.promised
"""The file that a pack was checked with; see :meth:`KeptSources.promised`."""


def _files(path: Path) -> tuple[Path, ...]:
    if not path.is_file():
        raise NativeError("file", f"{path.name} does not exist", f"looked for {path}")
    try:
        listed = mujoco.mju_getXMLDependencies(str(path))
    except (ValueError, RuntimeError, mujoco.FatalError) as error:
        raise NativeError("file", f"MuJoCo cannot read it: {in_one_line(error)}") from None
    found = dict.fromkeys([path, *(Path(path.parent, name).resolve() for name in sorted(listed))])
    missing = [file.name for file in found if not file.is_file()]
    if missing:
        raise NativeError("file", f"it reads what does not exist: {', '.join(missing)}", "copy it next to it")
    return tuple(found)


def _with_place(error: Exception, files: tuple[Path, ...]) -> str:
    """MuJoCo's message as FILE:LINE; it does not say of which file the line is when one includes another."""
    said = in_one_line(error)
    place = re.search(r",? ?\bline (\d+)", said)
    if place is None or sum(file.suffix == files[0].suffix for file in files) > 1:
        return said
    return f"{files[0].name}:{place[1]}: {said[: place.start()]}{said[place.end() :]}"


def in_one_line(error: Exception) -> str:
    """MuJoCo's message without its line breaks."""
    return " ".join(str(error).split())
