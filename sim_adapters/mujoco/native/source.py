"""An MJCF file and everything that it reads: opened once, refused when it is not what was promised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import mujoco

from simgate.sim_adapters.mujoco.mujoco_log import compiled, rejections, warn_on_stderr
from simgate.sim_adapters.mujoco.native.opened_files import OpenedFiles, plain
from simgate.sim_adapters.worlds.file_digest import digest, require_fetched
from simgate.sim_adapters.worlds.kept_source import KeptSources
from simgate.sim_adapters.worlds.native_file import NativeError


@dataclass(frozen=True, eq=False)
class Source:
    """A parsed file.

    Attributes:
        path: Absolute path.
        spec: As parsed; never changed, copied for use.
        model: As compiled; never changed.
        opened: What MuJoCo read for it, which its copies are compiled of.
        files: The file and everything that it reads, itself first.
        sha256: Digest over their contents, hex.
    """

    path: Path
    spec: mujoco.MjSpec
    model: mujoco.MjModel
    opened: OpenedFiles
    files: tuple[Path, ...]
    sha256: str


def open_source(path: Path) -> Source:
    """Parses and compiles a file.

    Raises:
        NativeError: It cannot be read or compiled, or a file that it reads is missing.
    """
    require_fetched(path)
    if not path.is_file():
        raise NativeError("file", f"{path.name} does not exist", f"looked for {path}")
    warn_on_stderr()
    opened = OpenedFiles(path)
    try:
        with rejections():
            spec = mujoco.MjSpec.from_file(opened.uri)
        # What names the pack uses is not known here, so nothing is merged away.
        spec.compiler.fusestatic = spec.compiler.discardvisual = False
        # Buffers of a fixed size lose contacts.
        spec.memory = spec.nstack = spec.nconmax = spec.njmax = -1
        copied = spec.copy()
        _require_whole(spec, copied)
        model = compiled(copied)
    except ValueError as error:
        for file in (*opened.contents, *opened.missing):
            require_fetched(file)
        message = f"MuJoCo cannot read it: {_with_place(error, path, opened)}"
        raise NativeError("file", message, _lookup_hint(message, opened)) from None
    finally:
        opened.complete()
    files = (path, *sorted(file for file in opened.contents if file != path))
    return Source(path, spec, model, opened, files, digest(files, opened.contents.__getitem__))


_KEPT = KeptSources(open_source)
promised_source = _KEPT.promised
"""The file that a pack was checked with; see :meth:`KeptSources.promised`."""


_REFERRING = ("actuators", "equalities", "excludes", "pairs", "sensors", "skins", "tendons", "tuples")


def _require_whole(spec: mujoco.MjSpec, copied: mujoco.MjSpec) -> None:
    """Refuses a file of which MuJoCo's copy has lost something.

    A copy leaves out, without a word, whatever refers to a name that there is not: a robot would be one motor
    short.

    Raises:
        ValueError: As MuJoCo puts it when it compiles the file itself.
    """
    for kind in _REFERRING:
        count, left = len(getattr(spec, kind)), len(getattr(copied, kind))
        if left < count:
            compiled(spec)
            raise ValueError(f"{count - left} of {count} {kind} refer to something that is not there")


def _with_place(error: Exception, path: Path, opened: OpenedFiles) -> str:
    """MuJoCo's message as FILE:LINE; it does not say of which file the line is when one includes another."""
    said = in_one_line(error)
    place = re.search(r",? ?\bline (\d+)", said)
    if place is None or any(file.suffix == path.suffix for file in opened.contents if file != path):
        return said
    return f"{path.name}:{place[1]}: {said[: place.start()]}{said[place.end() :]}"


def _lookup_hint(message: str, opened: OpenedFiles) -> str:
    """Where a file that is not there was looked for; empty when the message is about something else."""
    asked = re.search(r"Error opening file '([^']+)'", message)
    package = asked and re.match(r"package:/+([^/]+)/", asked[1])
    if package:
        return f"put it in a folder '{package[1]}' beside or above the file, as a ROS package is laid out"
    if asked is None or not opened.missing:
        return ""
    named = [path for path in opened.missing if path.name == Path(asked[1]).name]
    return f"copy it to {(named or opened.missing)[-1]}, or take it out of the file"


def in_one_line(error: Exception) -> str:
    """MuJoCo's message without its line breaks."""
    return plain(" ".join(str(error).split()))
