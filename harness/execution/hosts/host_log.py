"""What a host writes for people: on a full disk it is lost, and nothing else with it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from pathlib import Path
from typing import BinaryIO


def log_traceback() -> None:
    """Writes the exception that is being handled to standard error, which is the host's log."""
    with contextlib.suppress(OSError):
        traceback.print_exc()
        sys.stderr.flush()


def open_log(path: Path) -> BinaryIO:
    """A host's log, to be written on at its end.

    Raises:
        OSError: It cannot be opened, or is no plain file: a link leads elsewhere, a pipe is waited for.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise OSError(errno.EINVAL, "it is no plain file, and is not written to; delete it", str(path))
    return path.open("ab")


def log_to(path: Path) -> None:
    """Lets what this process and its libraries write go to another log from now on.

    Raises:
        OSError: It cannot be opened.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_log(path) as log:
        for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
            stream.flush()
            # Whatever a library has put in the place of Python's stream.
            os.dup2(log.fileno(), descriptor)
