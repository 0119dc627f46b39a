"""Protobuf messages as they are written: their fields one after another, nothing copied.

The core reads a few fields of ``onnx.proto`` so, without an ONNX library; everything else, weights above all,
is skipped by its length.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path


class NotProtobuf(ValueError):  # noqa: N818 - the name says what it is
    """The bytes are no protobuf message."""


def mapped(path: Path) -> memoryview:
    """The bytes of a file, mapped into memory for as long as somebody holds a part of them.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        # An empty file cannot be mapped.
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if file.read(1) else b"")


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field: a memoryview where it has a length, a number where it is a varint.

    Raises:
        NotProtobuf: The bytes are no message.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(message, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise NotProtobuf(f"wire type {wire}")
        if number == 0 or at + size > len(message):
            raise NotProtobuf(f"field {number} of {size} bytes")
        if wire == 2:
            yield number, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise NotProtobuf("a number without its end")
