"""Files of a package by their hashes: what lies on disk stays there until it is written into the package."""

from __future__ import annotations

import errno
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simgate.harness.evidence.blocks import BLOCK, block_checksums

_PIECE = 1024 * BLOCK
"""Bytes that are in memory at a time; whole blocks."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file as it was when it was hashed.

    Attributes:
        source: Its content, or where it lies.
        size: Bytes.
        crc: CRC-32.
        sha256: Hex.
        checksums: CRC-32 of its blocks, see :func:`simgate.harness.evidence.blocks.block_checksums`.
    """

    source: bytes | Path
    size: int
    crc: int
    sha256: str
    checksums: str

    def pieces(self) -> Iterator[bytes]:
        """The content, piece by piece.

        Raises:
            OSError: It cannot be read, or is another one than was hashed.
        """
        size, crc = 0, 0
        for piece in _pieces(self.source):
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            yield piece
        if (size, crc) != (self.size, self.crc):
            why = "it has changed while the package was written; build again when nothing writes to it"
            raise OSError(errno.EBUSY, why, str(self.source))


def hashed(source: bytes | Path) -> Hashed:
    """Reads a file once.

    Args:
        source: The content, or the file's path.

    Raises:
        OSError: It cannot be read.
    """
    size, crc, digest, checksums = 0, 0, hashlib.sha256(), []
    for piece in _pieces(source):
        size, crc = size + len(piece), zlib.crc32(piece, crc)
        digest.update(piece)
        checksums.append(block_checksums(piece))
    return Hashed(source, size, crc, digest.hexdigest(), "".join(checksums))


def _pieces(source: bytes | Path) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
