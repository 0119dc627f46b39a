"""Zip files of which every byte is determined by the names and contents of their files.

Entries are sorted, stored without compression, and carry one fixed time, so that the same files always
give the same bytes, whatever the version of a compression library. A reader can therefore rebuild every
header and say which byte of the archive is not as it must be. Format: PKWARE APPNOTE 6.3.3, without
extensions.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from simgate.harness.evidence.hashed import Hashed

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _MADE_BY, _UTF8, _STORED = 20, 0x0314, 0x0800, 0
_TIME, _DATE = 0, 0x21
"""1980-01-01 00:00, the first moment that the format knows."""
_MODE = 0o100644 << 16
MOST_BYTES, _MAX_ENTRIES = 0xFFFFFFFF, 0xFFFF
"""What the plain zip format can hold."""


class TooLarge(ValueError):  # noqa: N818 - the name says what happened
    """More than the plain zip format can hold."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the archive.

    Attributes:
        name: Path inside the archive.
        crc: CRC-32 that the archive states.
        content: What is really there.
        offset: Where the content begins in the archive.
    """

    name: str
    crc: int
    content: bytes
    offset: int

    @property
    def is_whole(self) -> bool:
        """Whether the content has the stated CRC-32."""
        return zlib.crc32(self.content) == self.crc


@dataclass(frozen=True, slots=True)
class Damage:
    """The first byte of the archive's own structure that is not as it must be.

    Attributes:
        offset: In the archive.
        where: For example ``local header of run/verdict.json``.
        message: What is wrong.
    """

    offset: int
    where: str
    message: str


def zip_pieces(files: Mapping[str, Hashed]) -> Iterator[bytes]:
    """The archive of these files, piece by piece.

    Raises:
        TooLarge: More than 65,535 files or 2 GB.
        OSError: A file cannot be read, or has changed since it was hashed.
    """
    names = sorted(files)
    total = sum(_LOCAL.size + len(name.encode()) + files[name].size for name in names)
    if len(names) > _MAX_ENTRIES or total > MOST_BYTES // 2:
        raise TooLarge(f"{len(names)} files of {total:,} bytes do not fit into one evidence package")
    structure = _structure((name, files[name].crc, files[name].size) for name in names)
    for name in names:
        yield next(structure)[1]
        yield from files[name].pieces()
    yield from (piece for _, piece in structure)


def read_zip(
    data: bytes, doubts: Callable[[Sequence[Entry]], int] = lambda entries: 0
) -> tuple[list[Entry], Damage | None]:
    """The files of an archive, and the first damage of its structure.

    Headers and central directory say the same thing twice; the archive is rebuilt from either, and the one
    that agrees with more of the bytes is believed. Contents are not judged here.

    Args:
        data: The archive.
        doubts: How much speaks against a reading; decides between two that agree with as many bytes.
    """
    readings = [found for found in (_from_headers(data), _from_directory(data)) if found is not None]
    if not readings:
        return [], Damage(
            0, "archive", "is no zip file, or neither its headers nor its directory can be read"
        )
    compared = [(_differences(entries, data), entries) for entries in readings]
    (_, damage), entries = min(compared, key=lambda item: (item[0][0], _broken(item[1]), doubts(item[1])))
    names = [entry.name for entry in entries]
    if damage is None and names != sorted(set(names)):
        damage = Damage(0, "archive", "its files are not sorted, or a name comes twice")
    return entries, damage


def _broken(entries: Sequence[Entry]) -> int:
    return sum(not entry.is_whole for entry in entries)


def _parts(entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """Every piece of the archive, in order, with what it is; contents have an empty name."""
    structure = _structure((entry.name, entry.crc, len(entry.content)) for entry in entries)
    for entry in entries:
        yield next(structure)
        yield "", entry.content
    yield from structure


def _structure(files: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, bytes]]:
    """Every piece that is no content, in order, with what it is: headers, the directory, the end.

    Args:
        files: Name, CRC-32 and size of each.
    """
    directory: list[tuple[str, bytes]] = []
    offset = 0
    for name, crc, size in files:
        raw = name.encode()
        common = (_VERSION, _UTF8, _STORED, _TIME, _DATE, crc, size, size, len(raw), 0)
        local = _LOCAL.pack(_LOCAL_MARK, *common) + raw
        central = _CENTRAL.pack(_CENTRAL_MARK, _MADE_BY, *common, 0, 0, 0, _MODE, offset) + raw
        yield f"local header of {name}", local
        directory.append((f"directory entry of {name}", central))
        offset += len(local) + size
    yield from directory
    length = sum(len(piece) for _, piece in directory)
    yield "end record", _END.pack(_END_MARK, 0, 0, len(directory), len(directory), length, offset, 0)


def _differences(entries: Sequence[Entry], data: bytes) -> tuple[int, Damage | None]:
    """How many bytes differ from a rebuilt archive, and where the first one is."""
    count, position, first = 0, 0, None
    for where, piece in _parts(entries):
        found = data[position : position + len(piece)]
        if found != piece:
            wrong = [k for k in range(len(piece)) if found[k : k + 1] != piece[k : k + 1]]
            count += len(wrong)
            if first is None:
                first = Damage(position + wrong[0], where or "archive", _byte(found, piece, wrong[0]))
        position += len(piece)
    if position != len(data):
        more = len(data) - position
        count += abs(more)
        message = f"{more} bytes follow the end" if more > 0 else f"{-more} bytes are missing at the end"
        first = first or Damage(min(position, len(data)), "archive", message)
    return count, first


def _byte(found: bytes, wanted: bytes, index: int) -> str:
    is_now = f"is {found[index]:#04x}" if index < len(found) else "is missing"
    return f"{is_now}, must be {wanted[index]:#04x}"


def _from_headers(data: bytes) -> list[Entry] | None:
    """Entries as the local headers tell them; None when a header leads nowhere."""
    entries, position = [], 0
    while data[position : position + 4] == _LOCAL_MARK:
        if position + _LOCAL.size > len(data):
            return None
        fields = _LOCAL.unpack_from(data, position)
        crc, size, name_length = fields[6], fields[7], fields[9]
        start = position + _LOCAL.size + name_length
        name = _text(data[position + _LOCAL.size : start])
        if start + size > len(data) or name is None:
            return None
        entries.append(Entry(name, crc, data[start : start + size], start))
        position = start + size
    return entries or None


def _from_directory(data: bytes) -> list[Entry] | None:
    """Entries as the central directory tells them; None when it cannot be read."""
    if len(data) < _END.size:
        return None
    mark, *_, count, _, begin, _ = _END.unpack_from(data, len(data) - _END.size)
    if mark != _END_MARK:
        return None
    entries: list[Entry] = []
    position, offset = begin, 0
    for _ in range(count):
        if position + _CENTRAL.size > len(data):
            return None
        fields = _CENTRAL.unpack_from(data, position)
        crc, size, name_length = fields[7], fields[8], fields[10]
        position += _CENTRAL.size
        name = _text(data[position : position + name_length])
        start = offset + _LOCAL.size + name_length
        if name is None or start + size > len(data):
            return None
        entries.append(Entry(name, crc, data[start : start + size], start))
        position, offset = position + name_length, start + size
    return entries or None


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def contents(entries: Iterable[Entry]) -> dict[str, bytes]:
    """Contents by name."""
    return {entry.name: entry.content for entry in entries}
