"""The identity of a native file: what is in it and in everything that it reads."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest(files: tuple[Path, ...]) -> str:
    """SHA-256 over contents and the names by which the first file reads them, hex."""
    base = files[0].parent
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()} "
        f"{file.relative_to(base).as_posix() if file.is_relative_to(base) else file.name}"
        for file in files
    ]
    return hashlib.sha256("\n".join([lines[0], *sorted(lines[1:])]).encode()).hexdigest()


def stamps(files: tuple[Path, ...]) -> tuple[tuple[str, int, int], ...]:
    """What tells without reading that nothing was written since.

    Raises:
        OSError: One of them is gone.
    """
    stats = [(str(file), file.stat()) for file in files]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
