"""Writes a file so that a reader sees the old content or the new, never half of it.

The new content is flushed to disk before it takes the name. The folder entry is not: after a power cut the
old content may be back, which every caller can live with.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomic(path: Path, content: bytes | str | Iterable[bytes], mode: int | None = None) -> None:
    """Writes ``content`` under the name ``path``; text as UTF-8.

    Args:
        path: The file. What is there and is no plain file (a link, a device, a pipe) is neither replaced
            nor written through.
        content: All of it, or its pieces one after the other.
        mode: Permissions of the file; None for those that the umask leaves.

    Raises:
        OSError: The file cannot be written; what stood there before is untouched.
    """
    data = content.encode() if isinstance(content, str) else content
    pieces = [data] if isinstance(data, bytes) else data
    _require_replaceable(path)
    temporary = path.with_name(f".simgate-{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        descriptor = os.open(temporary, flags, 0o666 if mode is None else 0o600)
    except OSError as error:  # of the file that was asked for, not of one that nobody knows
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with naming(path), os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        _require_replaceable(path)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Lets an error of the system say which file it is about: of a write, a full disk, it does not.

    Raises:
        OSError: With the file's name.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def _require_replaceable(path: Path) -> None:
    try:
        there = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(there):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if stat.S_ISLNK(there):
        why = f"it is a link to {path.readlink()}, and is not written through; name that file"
        raise OSError(errno.EINVAL, why, str(path))
    if not stat.S_ISREG(there):
        raise OSError(errno.EINVAL, "it is no plain file, and is not replaced; name another", str(path))
