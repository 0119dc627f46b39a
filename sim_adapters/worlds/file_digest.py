"""The identity of a native file: what is in it and in everything that it reads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from simgate.sim_adapters.files.unfetched import unfetched
from simgate.sim_adapters.worlds.native_file import NativeError


def digest(files: tuple[Path, ...], read: Callable[[Path], bytes] = Path.read_bytes) -> str:
    """SHA-256 over contents and the names by which the first file reads them, hex.

    Args:
        files: Absolute paths, the first file first.
        read: Content of a file, for one whose files are in memory.
    """
    lines = [f"{hashlib.sha256(read(file)).hexdigest()} {_name(file, files)}" for file in files]
    return hashlib.sha256("\n".join([lines[0], *sorted(lines[1:])]).encode()).hexdigest()


def _name(file: Path, files: tuple[Path, ...]) -> str:
    """A name that does not depend on where the whole lies.

    From the first file's folder, or else the end of its path that no other file shares.
    """
    base = files[0].parent
    if file.is_relative_to(base):
        return file.relative_to(base).as_posix()
    ends = (file.parts[-count:] for count in range(1, len(file.parts)))
    alone = (end for end in ends if sum(other.parts[-len(end) :] == end for other in files) == 1)
    return "/".join(next(alone, file.parts))


def require_fetched(file: Path) -> None:
    """Refuses a file of which version control has left only a pointer.

    Raises:
        NativeError: With the command that fetches it.
    """
    lacking = unfetched(file)
    if lacking is not None:
        raise NativeError("file", f"{file.name} {lacking.message}", lacking.remedy)


def file_hashes(files: tuple[Path, ...]) -> dict[str, str]:
    """SHA-256 of each file, hex, by its path from the folder of the first."""
    base = files[0].parent
    return {
        Path(os.path.relpath(file, base)).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


def stamps(files: tuple[Path, ...]) -> tuple[tuple[str, int, int, int, int], ...]:
    """What tells without reading that nothing was written since; a copied or restored date does not hide it.

    Raises:
        OSError: One of them is gone.
    """
    stats = [(str(file), file.stat()) for file in files]
    return tuple(
        (name, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_size) for name, stat in stats
    )
