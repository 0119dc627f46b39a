"""The journal: append-only, one JSON record a line, one system call a record.

A killed writer leaves at most a torn last line, which the reader skips and the next append
terminates. Appending with O_APPEND and a single ``write`` lets several processes share a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from simgate.harness.results.atomic_write import naming
from simgate.harness.results.damage import RESTORE, damage
from simgate.harness.results.record import RunRecord
from simgate.harness.results.schema_version import NewerSchema

_BUFFER = 1 << 20


class JournalDamaged(Exception):  # noqa: N818 - the name says what happened
    """A complete line is no record, or one of a newer version; the message names file and line."""


def is_a_file(path: Path) -> bool:
    """Whether evidence is there at all, as a file.

    Raises:
        ValueError: Something else has its name: a pipe would be waited for, a device never ends, and a link
            that leads nowhere is evidence that was not brought along.
    """
    if path.is_file():
        return True
    if path.exists():
        raise ValueError("it is no plain file")
    if path.is_symlink():
        raise ValueError("it is a link that leads to no file")
    return False


def append_record(path: Path, record: RunRecord) -> None:
    """Appends a record and flushes it to the file system.

    Raises:
        OSError: The file cannot be written (disk full, permissions).
    """
    data = record.model_dump_json().encode() + b"\n"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        with naming(path):
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                data = b"\n" + data
            while data:
                # More than once only where the disk is full: the next call says so.
                data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)


def read_journal(path: Path, torn: list[int] | None = None) -> Iterator[RunRecord]:
    """Yields the records of a journal; a missing file holds none.

    Torn lines (a writer was killed in the middle) are skipped: they do not parse as JSON. A line that
    is JSON but no record is damage.

    Args:
        path: The journal.
        torn: Takes the numbers of the torn lines, but for a last one without its end: that was being
            written when its writer ended, which loses nothing that was said to be there.

    Raises:
        JournalDamaged: A complete line is not a record, or one of a newer version.
    """
    for number, _, line in journal_lines(path):
        record = read_line(path, number, line, torn)
        if record is not None:
            yield record


def journal_lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Number, first byte and content of every line that is not blank; one at a time is in memory.

    Raises:
        JournalDamaged: It is no file.
    """
    try:
        if not is_a_file(path):
            return
    except ValueError as error:
        raise JournalDamaged(f"{path} cannot be read: {error}") from None
    place = 0
    with path.open("rb", buffering=_BUFFER) as file:
        for number, line in enumerate(file, start=1):
            if not line.isspace():
                yield number, place, line
            place += len(line)


def read_line(path: Path, number: int, line: bytes, torn: list[int] | None = None) -> RunRecord | None:
    """The record of a journal's line; None for a torn one. Arguments and errors as for read_journal."""
    try:
        return RunRecord.model_validate_json(line)
    except NewerSchema as error:
        raise JournalDamaged(f"{path}:{number}: the record {error}") from None
    except ValidationError as error:
        if any(detail["type"] == "json_invalid" for detail in error.errors()):
            if torn is not None and line.endswith(b"\n"):
                torn.append(number)
            return None
        raise JournalDamaged(f"{path}:{number}: not a run record: {damage(error)}; {RESTORE}") from None
