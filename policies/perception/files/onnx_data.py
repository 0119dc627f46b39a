"""Which further files an ONNX file reads its weights from.

Only the few fields of ``onnx.proto`` that lead to a tensor are followed, so that the core needs no ONNX
library; everything else, weights above all, is skipped by its length.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

_EXTERNAL = 1
"""``TensorProto.DataLocation.EXTERNAL``."""
_INSIDE: dict[str, dict[int, str]] = {
    "Model": {7: "Graph", 20: "Training", 25: "Function"},
    "Graph": {1: "Node", 5: "Tensor", 15: "Sparse"},
    "Training": {1: "Graph", 2: "Graph"},
    "Function": {7: "Node", 11: "Attribute"},
    "Node": {5: "Attribute"},
    "Attribute": {5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "Sparse", 23: "Sparse"},
    "Sparse": {1: "Tensor", 2: "Tensor"},
}
"""Message -> field number -> message in it, for all that can hold a tensor."""
_ENTRY, _LOCATION = 13, 14
"""``TensorProto.external_data`` and ``data_location``."""


class NotProtobuf(ValueError):  # noqa: N818 - the name says what it is
    """The bytes are no protobuf message."""


def external_locations(path: Path) -> tuple[str, ...]:
    """Where the tensors of a model lie that are not in its own file, as written in it, each once.

    Subgraphs, functions and attributes are looked into as well. A file that is no ONNX names none: the
    runtime says what is wrong with it.

    Raises:
        OSError: It cannot be read.
    """
    if not path.stat().st_size:
        return ()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return tuple(dict.fromkeys(_locations(memoryview(content))))
        except NotProtobuf:
            return ()


def _locations(content: memoryview) -> list[str]:
    found: list[str] = []
    left = [("Model", content)]
    while left:
        kind, message = left.pop()
        if kind == "Tensor":
            found += _of_tensor(message)
            continue
        inside = _INSIDE[kind]
        left += [
            (inside[number], value)
            for number, value in _fields(message)
            if number in inside and isinstance(value, memoryview)
        ]
    return found


def _of_tensor(message: memoryview) -> list[str]:
    is_external, names = False, []
    for number, value in _fields(message):
        if number == _LOCATION:
            is_external = value == _EXTERNAL
        elif number == _ENTRY and isinstance(value, memoryview):
            entry = {key: bytes(part) for key, part in _fields(value) if isinstance(part, memoryview)}
            if entry.get(1) == b"location":
                names.append(entry.get(2, b"").decode("utf-8", "backslashreplace"))
    return names if is_external else []


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field: a memoryview where it has a length, a number where it is a varint."""
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
