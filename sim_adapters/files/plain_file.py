"""Files that others name: read only where they are plain files, of a bounded size, in their own folder."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 1 << 28
"""Of a file that is read whole; nothing but weights is larger, and those are read piece by piece."""


class NotPlain(OSError):  # noqa: N818 - the name says what is wrong
    """A file that is not read, whatever is in it; ``strerror`` says why."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(errno.EINVAL, why, str(path))


def read_plain(path: Path, most: int = MOST_BYTES) -> bytes:
    """The content of a file; a device, a pipe or a socket, which may never end, is not even waited for.

    Args:
        path: The file; links are followed.
        most: Bytes that it may have.

    Raises:
        NotPlain: It is something else, or larger.
        OSError: It cannot be read.
    """
    # Opening a pipe without O_NONBLOCK waits for somebody to write.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise NotPlain(path, f"it is {_kind(mode)}, not a file")
        # Of a folder, open() would say "3: Is a directory", by its descriptor.
        with open(handle, "rb", closefd=False) as file:
            content = file.read(most + 1)
    finally:
        os.close(handle)
    if len(content) > most:
        raise NotPlain(path, f"it has more than {most:,} bytes")
    return content


def require_plain(path: Path, most: int | None = None) -> None:
    """The same for what another library opens.

    Raises:
        NotPlain: It is no file, or has more than ``most`` bytes.
        OSError: It does not exist, or cannot be looked at.
    """
    there = path.stat()
    if not stat.S_ISREG(there.st_mode):
        raise NotPlain(path, f"it is {_kind(there.st_mode)}, not a file")
    if most is not None and there.st_size > most:
        raise NotPlain(path, f"it has more than {most:,} bytes")


def inside(folder: Path, name: str | Path) -> Path:
    """The path of a file that a folder's own files name; it lies below the folder, links followed.

    Args:
        folder: The run, package or archive.
        name: As written there.

    Raises:
        NotPlain: It leads out of the folder.
    """
    path = folder / name
    try:
        is_inside = _resolved(path).is_relative_to(folder.resolve())
    except (ValueError, RuntimeError, OSError):  # a zero byte, a loop of links
        is_inside = False
    if not is_inside:
        raise NotPlain(path, f"it leads out of {folder}")
    return path


def absolute(path: Path) -> Path:
    """The whole path of a file.

    Links are not followed: in stores of large files (DVC, Bazel) what a link points at has another name, and
    what a file reads stands beside the link.
    """
    return Path(os.path.normpath(path.absolute()))


def _resolved(path: Path) -> Path:
    """Where a path leads; from Python 3.13 on only a strict look refuses a loop of links."""
    try:
        return path.resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        return path.resolve()


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((name for test, name in kinds if test(mode)), "no plain file")
