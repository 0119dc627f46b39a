"""Files that version control has not fetched: a note lies in their place, or only beside it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LARGEST_POINTER = 1024
"""Bytes; what Git LFS itself takes for a pointer."""
_LFS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
_ANNEX, _ANNEX_LINK = b"/annex/objects/", "/annex/objects/"


@dataclass(frozen=True, slots=True)
class Unfetched:
    """Why a file is not there.

    Attributes:
        message: What lies in its place, to be put behind the file's name.
        remedy: The command that fetches it.
    """

    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class DvcOutput:
    """A file as DVC tracks it.

    Attributes:
        record: The ``.dvc`` file or ``dvc.lock`` that says so.
        md5: Of its content, hex.
        is_of_bytes: Whether that is the plain MD5 of the bytes (DVC 3); before, line ends of texts were
            changed first.
    """

    record: Path
    md5: str
    is_of_bytes: bool


def unfetched(path: Path) -> Unfetched | None:
    """What to do about a file of which only a pointer is there; None for one that is there or just missing.

    Knows pointers of Git LFS and git-annex, links of git-annex, and files that DVC tracks.
    """
    try:
        if path.is_file():
            return _pointer(path)
    except OSError:
        return None
    if path.is_symlink() and _ANNEX_LINK in str(path.readlink()):
        return _of_annex(path)
    record = next((output.record for output in _tracked(path)), None)
    if record is None:
        return None
    target = record if record.suffix == ".dvc" else path
    return Unfetched(
        f"is tracked by DVC ({record.name}) and has not been fetched",
        _command("dvc --cd", "dvc", "pull", target),
    )


def empty(path: Path) -> Unfetched | None:
    """What to do about a file without a byte, for files that always have some; None for any other."""
    if not path.is_file() or path.stat().st_size:
        return None
    record = next((output.record for output in _tracked(path)), None)
    if record is not None:
        target = record if record.suffix == ".dvc" else path
        return Unfetched("is empty", _command("dvc --cd", "dvc", "pull --force", target))
    again = "copy it again, or export the model again"
    if _above(path, ".git") is not None:
        again = f"{_command('git -C', 'git', 'checkout --', path)}, or {again}"
    return Unfetched("is empty", again)


def dvc_output(path: Path) -> DvcOutput | None:
    """What DVC says about exactly this file, in ``<file>.dvc`` or ``dvc.lock``; None when it says nothing."""
    return next((output for output in _tracked(path) if output.md5 and not output.md5.endswith(".dir")), None)


def _pointer(path: Path) -> Unfetched | None:
    if path.stat().st_size >= _LARGEST_POINTER:
        return None
    content = _without_mark(path.read_bytes())
    if content.startswith(_LFS):
        what = "is a git-lfs pointer, not the file itself"
        root = _above(path, ".git")
        if root is None:
            return Unfetched(what, "get the file itself: this copy was made without git-lfs")
        inside = os.path.relpath(path.absolute(), root)
        # Patterns of --include count from the root of the repository, wherever git is called.
        at = "" if Path.cwd().is_relative_to(root) else f"-C {shlex.quote(str(root))} "
        return Unfetched(what, f"run: git {at}lfs pull --include {shlex.quote(inside)}")
    return _of_annex(path) if content.startswith(_ANNEX) else None


def _without_mark(content: bytes) -> bytes:
    """A text that an editor or a shell of Windows has written again, as it was."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode()
    return content.removeprefix(b"\xef\xbb\xbf")


def _of_annex(path: Path) -> Unfetched:
    return Unfetched("is in git-annex and has not been fetched", _command("git -C", "git", "annex get", path))


def _command(elsewhere: str, here: str, verb: str, target: Path) -> str:
    """A command as it is typed in the current folder, with the file's folder when that is elsewhere."""
    if target.absolute().is_relative_to(Path.cwd()):
        return f"run: {here} {verb} {shlex.quote(os.path.relpath(target))}"
    return f"run: {elsewhere} {shlex.quote(str(target.absolute().parent))} {verb} {shlex.quote(target.name)}"


def _above(path: Path, mark: str) -> Path | None:
    """The nearest folder above a file that holds ``mark``."""
    return next((folder for folder in path.absolute().parents if (folder / mark).exists()), None)


def _tracked(path: Path) -> Iterator[DvcOutput]:
    """DVC's records of a file, or of a folder that it is in."""
    root, parts = _above(path, ".dvc"), [path.absolute()]
    while (part := parts[-1]).name:
        yield from _outputs(part.with_name(f"{part.name}.dvc"), parts)
        yield from _outputs(part.with_name("dvc.lock"), parts)
        if root is None or part.parent == root:
            return
        parts.append(part.parent)


def _outputs(record: Path, wanted: Sequence[Path]) -> Iterator[DvcOutput]:
    if not record.is_file():
        return
    import yaml

    try:
        # All values as text: an MD5 may look like a number.
        content: Any = yaml.load(record.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        stages = content.get("stages", {}).values() if record.name == "dvc.lock" else [content]
        for output in (output for stage in stages for output in stage.get("outs", ())):
            place = record.parent / str(content.get("wdir", "")) / output["path"]
            if Path(os.path.normpath(place)) in wanted:
                yield DvcOutput(record, str(output.get("md5", "")), output.get("hash") == "md5")
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError, RecursionError):
        return
