"""Writes a file so that a reader sees the old content or the new, never half of it.

The new content is flushed to disk before it takes the name. The folder entry is not: after a power cut the
old content may be back, which every caller can live with.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomic(path: Path, content: bytes | str, mode: int = 0o644) -> None:
    """Writes ``content`` under the name ``path``; text as UTF-8.

    Args:
        path: The file; a link is replaced, not followed.
        content: All of it.
        mode: Permissions of the file.

    Raises:
        OSError: The file cannot be written; what stood there before is untouched.
    """
    data = content.encode() if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
