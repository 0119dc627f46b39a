"""What has changed of the files that a run reads, since it was planned."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from simgate.harness.results.record import RunRecord
from simgate.sim_adapters.printable import printable

POLL_S = 0.3
"""Between two looks; a change counts when nothing more has changed for so long."""
Stamp = tuple[int, int, int] | None


class Files:
    """Files as they are now, or as they were at a moment that has passed.

    Args:
        paths: Absolute; a file that is not there counts as such.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._stamps = {path: _stamp(path) for path in paths}

    def changed(self) -> list[Path]:
        """Those that are others now."""
        return [path for path, stamp in self._stamps.items() if _stamp(path) != stamp]

    def written_since(self, start_ns: int) -> list[Path]:
        """Those that were written after a moment, nanoseconds since the epoch."""
        now_ns = time.time_ns()
        return [path for path, stamp in self._stamps.items() if stamp and start_ns < stamp[0] <= now_ns]

    def wait(self) -> list[Path]:
        """Waits until something has changed and has come to rest; returns what."""
        while not (found := self.changed()):
            time.sleep(POLL_S)
        at_rest = False
        while not at_rest:
            now = Files(self._stamps)
            time.sleep(POLL_S)
            at_rest = not now.changed()
        return found

    @property
    def paths(self) -> list[Path]:
        """All of them."""
        return list(self._stamps)


class UntilChanged:
    """Ends a run as soon as a file that it reads is another one.

    Args:
        files: As the run was planned with.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._next_s = 0.0
        self._found: list[Path] = []

    def should_stop(self) -> str:
        """Why no further batch should start; empty to go on."""
        if not self._found and time.monotonic() >= self._next_s:
            self._found = self._files.changed()
            self._next_s = time.monotonic() + POLL_S
        return f"{printable(self._found[0].name)} has changed" if self._found else ""

    def observe(self, record: RunRecord) -> None:
        """Nothing to learn."""

    def observe_attempt(self, record: RunRecord) -> None:
        """Nothing to learn."""


def _stamp(path: Path) -> Stamp:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
