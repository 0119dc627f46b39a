"""Checksums of a file's blocks, so that a change can be located and not only noticed.

A SHA-256 over the file says that something was changed. The CRC-32 of each block says where; a single changed
byte is then found by trying, and the SHA-256 proves that it was that one.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

import numpy as np

BLOCK = 1024
"""Bytes of a block."""


@dataclass(frozen=True, slots=True)
class Change:
    """Where a file differs from what was hashed.

    Attributes:
        begin: First byte that may differ.
        end: One past the last byte of the first changed stretch.
        message: What is known about it.
    """

    begin: int
    end: int
    message: str


def block_checksums(content: bytes) -> str:
    """CRC-32 of each block as eight hex digits, one after the other."""
    return "".join(f"{zlib.crc32(content[k : k + BLOCK]):08x}" for k in range(0, len(content), BLOCK))


def locate(content: bytes, size: int, sha256: str, checksums: str) -> Change:
    """Where a file was changed.

    Args:
        content: What it holds now.
        size: Bytes that it had.
        sha256: Hash that it had.
        checksums: From :func:`block_checksums`.
    """
    known = [int(checksums[k : k + 8], 16) for k in range(0, len(checksums), 8)]
    block = next(
        (k for k, crc in enumerate(known) if zlib.crc32(content[k * BLOCK : (k + 1) * BLOCK]) != crc),
        len(known),
    )
    begin = min(block * BLOCK, len(content))
    end = min(begin + BLOCK, max(len(content), size))
    if len(content) != size:
        many = abs(len(content) - size)
        verb = "too many" if len(content) > size else "is missing" if many == 1 else "are missing"
        what = f"{many} {'byte' if many == 1 else 'bytes'} {verb}"
        return Change(begin, end, f"first changed between bytes {begin} and {end - 1}, {what}")
    if block < len(known):
        found = _single_byte(content, begin, end, known[block], sha256)
        if found is not None:
            position, was = found
            message = f"byte {position} is {content[position]:#04x}, was {was:#04x}"
            return Change(position, position + 1, message)
    return Change(begin, end, f"first changed between bytes {begin} and {end - 1}")


def _single_byte(content: bytes, begin: int, end: int, crc: int, sha256: str) -> tuple[int, int] | None:
    """Position and former value when one byte explains the change.

    A CRC is linear: what a changed byte does to it depends on nothing but the difference of the byte and how
    many bytes follow. All 255 differences are followed from the last byte of the block to the first.
    """
    wanted = zlib.crc32(content[begin:end]) ^ crc
    effects = _EFFECTS
    for position in range(end - 1, begin - 1, -1):
        for difference in np.flatnonzero(effects == wanted).tolist():
            value = content[position] ^ difference
            restored = content[:position] + bytes((value,)) + content[position + 1 :]
            if difference and hashlib.sha256(restored).hexdigest() == sha256:
                return position, value
        effects = (effects >> np.uint32(8)) ^ _EFFECTS[effects & np.uint32(0xFF)]
    return None


_EFFECTS = np.array([zlib.crc32(bytes((d,))) ^ zlib.crc32(b"\0") for d in range(256)], dtype=np.uint32)
"""What a difference in the last byte does to the CRC; also the table by which a CRC moves on by one byte."""
