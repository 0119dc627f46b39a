"""Folders for a while on the nodes of a cluster: held by a lock, and gone soon after whoever held them.

Runs also as a program, which outlives the process that started it by as long as it takes to clear away after
it; the standard library is all it needs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_LOCK = ".lock"
_UNFINISHED = ".unfinished"
_TREE, _OWN = "tree-", "own-"
_POLL_S = 0.05
_PAUSES_S = (0.0, 0.5, 5.0)
"""Before each time that is swept after a process."""


class Held:
    """A folder of the scratch that nobody clears away before :meth:`release` or the end of this process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def release(self) -> None:
        """Others may clear it away now."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def scratch_of(user: int) -> Path:
    """The folder of all of a user's scratch on this machine, made where it is not there.

    Raises:
        OSError: It cannot be made, or is somebody else's.
    """
    path = Path(tempfile.gettempdir()) / f"simgate-cluster-{user}"
    _make_own(path, user)
    return path


def _make_own(path: Path, user: int) -> None:
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    try:
        stat = path.lstat()
    except FileNotFoundError:  # Swept away at once; who puts something into it makes it again.
        return
    if stat.st_uid != user or stat.st_mode & 0o077 or not path.is_dir() or path.is_symlink():
        raise PermissionError(f"{path} is not this user's own folder: remove it")


def own_folder(scratch: Path) -> Held:
    """A new folder for one process."""
    path = scratch / f"{_OWN}{secrets.token_hex(8)}"
    descriptor = _lock(path, fcntl.LOCK_EX)
    path.mkdir()
    return Held(path, descriptor)


def shared_folder(scratch: Path, name: str, fill: Callable[[Path], None]) -> Held:
    """A folder that several processes use and the first of them fills.

    Args:
        scratch: The folder of all scratch.
        name: Names what is in it, so that the same name is the same content.
        fill: Writes the content; what it has not finished is not used.
    """
    path = scratch / f"{_TREE}{name}"
    while True:
        descriptor = _lock(path, fcntl.LOCK_SH)
        if path.is_dir():
            return Held(path, descriptor)
        os.close(descriptor)
        try:
            descriptor = _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_POLL_S)  # Somebody fills it, or is about to look too.
            continue
        try:
            if not path.is_dir():
                unfinished = path.with_name(f"{path.name}{_UNFINISHED}")
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                fill(unfinished)
                unfinished.rename(path)
        finally:
            os.close(descriptor)


def sweep(scratch: Path) -> None:
    """Clears away every folder that nobody holds."""
    for lock in scratch.glob(f"*{_LOCK}"):
        path = lock.with_name(lock.name.removesuffix(_LOCK))
        try:
            descriptor = _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        for folder in (path, path.with_name(f"{path.name}{_UNFINISHED}")):
            shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)
        os.close(descriptor)
    with contextlib.suppress(OSError):
        scratch.rmdir()


def start_sweeper(scratch: Path) -> int:
    """Starts a process that sweeps once this one has ended, however that is.

    Returns:
        A descriptor; closed, it tells the sweeper that this process has ended.
    """
    reading, writing = os.pipe()
    command = [sys.executable, "-I", "-S", __file__, str(scratch)]
    subprocess.run(command, stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    os.close(reading)
    return writing


def _lock(path: Path, how: int) -> int:
    """Locks a folder by the file beside it. Both that and the scratch are made again where they were cleared
    away meanwhile: a sweeper of a process that has ended takes the scratch with it while nothing is in it.

    Raises:
        BlockingIOError: Somebody holds it.
    """
    lock = path.with_name(f"{path.name}{_LOCK}")
    while True:
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:
            _make_own(lock.parent, os.getuid())
            continue
        try:
            fcntl.flock(descriptor, how)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), lock.stat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def main() -> int:
    """Waits in a process of its own, of which nobody is the parent, for the end of its standard input."""
    scratch = Path(sys.argv[1])
    if os.fork():
        return 0
    os.setsid()
    os.chdir("/")
    while os.read(0, 1):
        pass
    # The kernel closes what a process had open one after the other: its locks may be held a moment longer.
    for pause in _PAUSES_S:
        time.sleep(pause)
        sweep(scratch)
        if not scratch.exists():
            break
    return 0


if __name__ == "__main__":
    sys.exit(main())
