"""What was last made of a run's files, until they change: verdict and reports follow each other closely."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from simgate.harness.gate.measured_drift import PLACE
from simgate.harness.results.run_folder import RunFolder

Made = TypeVar("Made")
_Stamp = tuple[tuple[str, int, int, int], ...]
_OF_REPORTS: list[LastRead[Any]] = []


class LastRead(Generic[Made]):
    """Remembers one run.

    Args:
        make: Makes something of a run's manifest, journal, hosts and baseline.
        of_reports: Whether it is forgotten once the reports are written.
    """

    def __init__(self, make: Callable[[RunFolder], Made], *, of_reports: bool = False) -> None:
        self._make = make
        if of_reports:
            _OF_REPORTS.append(self)
        self._last: tuple[str, _Stamp, Made] | None = None

    def of(self, folder: RunFolder) -> Made:
        """What is made of a run; raises what making it raises."""
        where, stamp = str(folder.path.absolute()), _stamp(folder)
        if self._last is None or self._last[:2] != (where, stamp):
            self._last = None  # The memory of one run is free before the next is read.
            with _no_search_for_cycles():
                self._last = where, stamp, self._make(folder)
        return self._last[2]


def forget_reports() -> None:
    """Frees what reports have remembered, for those that go on without them."""
    for one in _OF_REPORTS:
        one._last = None


_MANY = 100_000
"""New objects that take a while to look through."""


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """What millions of new objects set off again and again, in vain: none of them points to itself."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > _MANY:
                # Nor need they be searched later, again and again until the process has ended.
                gc.freeze()
            gc.enable()


def _stamp(folder: RunFolder) -> _Stamp:
    """Size, time and place of every file that a verdict rests on."""
    files = [
        folder.manifest_path,
        folder.journal_path,
        *sorted(folder.path.glob("*.json")),
        folder.path / PLACE,
    ]
    files += sorted(folder.hosts_dir.glob("*.json"))
    files += sorted(path for path in (folder.path / "baseline").rglob("*") if path.is_file())
    found = []
    for path in files:
        if path != folder.verdict_path and path.exists():
            stat = path.stat()
            found.append((str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
