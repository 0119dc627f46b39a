"""Records that stay in their journal: a few fields in memory, the rest is read again when it is asked for.

A million records do not fit into memory, and the gate looks at most of what they hold only once.
"""

from __future__ import annotations

import os
import struct
import sys
import weakref
from array import array
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from simgate.harness.results.journal import journal_lines, read_line
from simgate.harness.results.reading.quick_record import quick_reader
from simgate.harness.results.record import LatencySamples, RunRecord

MOST_SAMPLES = 12_000_000
"""So many latency samples stay in memory, eight bytes each; of a run with more none does."""


class KeptSamples:
    """Latency samples that somebody is about to ask for, record by record, until they are let go.

    Args:
        kinds: Which: True for those that were measured, False for those that acted in the loop.
    """

    def __init__(self, kinds: Collection[bool]) -> None:
        self._samples: dict[bool, array[float]] = {measured: array("d") for measured in kinds}
        self._where: dict[bool, dict[int, slice]] = {measured: {} for measured in kinds}

    def keep(self, place: int, latency: LatencySamples) -> None:
        """Keeps those of the record at a place of the journal; lets all go when they are too many."""
        for measured, samples in self._samples.items():
            begins = len(samples)
            samples.frombytes(_doubles(latency.measured_ms if measured else latency.in_loop_ms))
            self._where[measured][place] = slice(begins, len(samples))
        if sum(map(len, self._samples.values())) > MOST_SAMPLES:
            self.let_go()

    def of(self, place: int, measured: bool) -> array[float] | None:
        """The samples of the record at a place; None where they were not kept."""
        where = self._where.get(measured, {}).get(place)
        return None if where is None else self._samples[measured][where]

    def let_go(self) -> None:
        """Frees their memory; whoever asks after that reads the records again."""
        self._samples.clear()
        self._where.clear()


def _doubles(samples: Sequence[float]) -> bytes:
    """Samples as an array holds them; it takes five times as long to read them from a tuple."""
    return struct.pack(f"{len(samples)}d", *samples)


def stored_records(
    path: Path, torn: list[int] | None = None, kept: KeptSamples | None = None
) -> Iterator[RunRecord]:
    """Yields the records of a journal as :func:`simgate.harness.results.journal.read_journal` does.

    What is yielded can be kept in any number, as long as nothing of the journal is rewritten. It has every
    attribute of a record; who looks at several takes them from :func:`whole`.

    Args:
        path: The journal.
        torn: Takes the numbers of the torn lines.
        kept: Keeps the latency samples that :func:`latency_samples` will be asked for.

    Raises:
        JournalDamaged: A complete line is not a record, or one of a newer version.
    """
    journal: _Journal | None = None
    quick = quick_reader(RunRecord)
    for number, place, line in journal_lines(path):
        journal = journal or _Journal(path, kept)
        record = quick(line) or read_line(path, number, line, torn)
        if record is not None:
            journal.last = place, record
            if kept is not None:
                kept.keep(place, record.latency)
            # It is a record in all but its class.
            yield cast(RunRecord, StoredRecord(journal, place, len(line), record))


def whole(record: RunRecord) -> RunRecord:
    """All of a record, read again where it has stayed in the journal."""
    return record.whole if isinstance(record, StoredRecord) else record


def as_read(record: RunRecord) -> RunRecord:
    """All of a record, for who looks at it and goes on; read again in half the time of the :func:`whole` one.

    It has a record's fields and properties, but is none: who keeps or changes it takes the whole one.
    """
    return record.as_read if isinstance(record, StoredRecord) else record


def latency_samples(record: RunRecord, measured: bool) -> Sequence[float]:
    """Latency samples of a record, milliseconds: those that were measured, or that acted in the loop."""
    if isinstance(record, StoredRecord):
        return record.samples(measured)
    return record.latency.measured_ms if measured else record.latency.in_loop_ms


def updated(record: RunRecord, **changes: Any) -> RunRecord:
    """The record with other values of some fields; itself where nothing changes."""
    if not changes:
        return record
    if isinstance(record, StoredRecord):
        return cast(RunRecord, record.updated(changes))
    return record.model_copy(update=changes)


class _Journal:
    """Reads single records of a journal again, and remembers the last one.

    Attributes:
        last: Place of the line that was last read quickly, and what was read.
        kept: Latency samples that are in memory.
    """

    def __init__(self, path: Path, kept: KeptSamples | None) -> None:
        self.kept = kept or KeptSamples(())
        self._file = os.open(path, os.O_RDONLY)
        self.last = self._again = -1, cast(RunRecord, None)
        weakref.finalize(self, os.close, self._file)

    def read(self, place: int, length: int) -> RunRecord:
        if place != self._again[0]:
            self._again = place, RunRecord.model_validate_json(os.pread(self._file, length, place))
        return self._again[1]

    def latency(self, place: int, length: int) -> LatencySamples:
        if place == self.last[0]:
            return self.last[1].latency
        found = quick_reader(RunRecord, "latency")(os.pread(self._file, length, place))
        return (found or self.read(place, length)).latency

    def read_quickly(self, place: int, length: int) -> RunRecord:
        if place != self.last[0]:
            found = quick_reader(RunRecord)(os.pread(self._file, length, place))
            self.last = place, found or self.read(place, length)
        return self.last[1]


class StoredRecord:
    """A record of which most has stayed in the journal.

    Args:
        journal: Where it is.
        place: Byte at which its line begins.
        length: Bytes of the line.
        record: All of it.
    """

    __slots__ = (
        "_journal",
        "_length",
        "_place",
        "_update",
        "attempts",
        "known_issue",
        "outcome",
        "runtime",
        "runtime_deployed",
        "violations",
    )

    def __init__(self, journal: _Journal, place: int, length: int, record: RunRecord) -> None:
        self._journal, self._place, self._length = journal, place, length
        self._update: dict[str, Any] | None = None
        self.outcome, self.known_issue, self.attempts = record.outcome, record.known_issue, record.attempts
        self.runtime, self.runtime_deployed = sys.intern(record.runtime), record.runtime_deployed
        self.violations = self.whole.violations if record.violations else ()

    @property
    def whole(self) -> RunRecord:
        """All of it, read again."""
        record = self._journal.read(self._place, self._length)
        return record.model_copy(update=self._update) if self._update else record

    @property
    def as_read(self) -> RunRecord:
        """All of it, as :func:`as_read` gives it."""
        return self.whole if self._update else self._journal.read_quickly(self._place, self._length)

    def samples(self, measured: bool) -> Sequence[float]:
        """As :func:`latency_samples` gives them."""
        kept = None if self._update else self._journal.kept.of(self._place, measured)
        if kept is not None:
            return kept
        return array("d", _doubles(self.latency.measured_ms if measured else self.latency.in_loop_ms))

    @property
    def latency(self) -> LatencySamples:
        """Its latency samples, which alone are read again: in less than half the time of the record."""
        return self.whole.latency if self._update else self._journal.latency(self._place, self._length)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def updated(self, changes: dict[str, Any]) -> StoredRecord:
        """The same with other values of some fields."""
        other = StoredRecord.__new__(StoredRecord)
        for name in self.__slots__:
            setattr(other, name, changes.get(name, getattr(self, name)))
        other._update = (self._update or {}) | changes
        return other
