"""A lock that the kernel takes back when its holder ends, however that is: nothing stale is left to clear."""

from __future__ import annotations

import fcntl
import os
import socket
import time
import weakref
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from simgate.harness.results.atomic_write import naming

_POLL_S = 0.05
_LONGEST_NOTE = 200


class InUse(Exception):  # noqa: N818 - the name says what happened
    """Somebody else holds it; the message says who."""


class FileLock:
    """Held from its making until :meth:`release`, the end of the object or of the process.

    A child process does not inherit it. The file stays, for one that is removed could be locked twice.

    Args:
        path: The lock's own file, in a folder that exists; nothing else is kept in it.
        what: What is locked, for the message.
        wait_s: So long is waited for another holder to end.

    Raises:
        InUse: Somebody else holds it.
        OSError: The file cannot be opened, or its file system knows no locks.
    """

    def __init__(self, path: Path, what: str, wait_s: float = 0.0) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o644)
        try:
            _take(descriptor, path, what, time.monotonic() + wait_s)
            os.ftruncate(descriptor, 0)
            since = datetime.now(UTC).isoformat(timespec="seconds")
            holder = f"process {os.getpid()} on {socket.gethostname()} since {since}"
            with naming(path):
                os.pwrite(descriptor, holder.encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self._finalizer = weakref.finalize(self, os.close, descriptor)

    def release(self) -> None:
        """Gives the lock back; safe to call twice."""
        self._finalizer()

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _take(descriptor: int, path: Path, what: str, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise InUse(
                    f"{what} is in use by {_holder(descriptor)}; wait until it ends, or end it"
                ) from None
            time.sleep(_POLL_S)
        except OSError as error:
            raise OSError(error.errno, f"cannot be locked ({error.strerror})", str(path)) from None


def holder_of(path: Path) -> str:
    """Who holds the lock of a file, as the holder has noted it; empty when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
    return ""


def _holder(descriptor: int) -> str:
    note = os.pread(descriptor, _LONGEST_NOTE, 0).decode(errors="replace")
    return note if note and note.isprintable() else "another process"
