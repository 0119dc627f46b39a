"""A tensor inside a model, as numbers of each frame: what `simgate drift --tensor` compares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_NUMBERS = 4096
"""Of a frame; what has more is no summary of it, and is compared as badly as slowly."""
_GRAPH, _NODE, _NODE_OUTPUT, _GRAPH_OUTPUT, _NAME = 7, 1, 2, 12, 1
"""Numbers of fields in ONNX's ModelProto, GraphProto, NodeProto, GraphProto and ValueInfoProto."""
_LENGTH_DELIMITED = 2


class NoTensor(Exception):  # noqa: N818 - the name says what is wrong
    """The model has no such tensor, or it is not one of numbers of each frame; the message says why."""


def pooled(values: NDArray[Any], frames: int, name: str) -> NDArray[np.float64]:
    """The numbers of each frame, float64, shape (N, C).

    Args:
        values: (N, C) as it is; (N, T, C), of tokens, is averaged over T; (N, C, ...), of maps, over all axes
            but C.
        frames: N.
        name: Of the tensor.

    Raises:
        NoTensor: It is of another shape, has too many numbers, or some that are not finite.
    """
    if values.ndim < 2 or len(values) != frames:
        raise NoTensor(f"tensor '{name}' has the shape {list(values.shape)}: not one row for each frame")
    if not (np.issubdtype(values.dtype, np.number) or values.dtype == np.bool_):
        raise NoTensor(f"tensor '{name}' holds no numbers")
    numbers = values.astype(np.float64)
    if values.ndim > 2:
        numbers = numbers.mean(axis=1 if values.ndim == 3 else tuple(range(2, values.ndim)))
    if numbers.shape[1] > MOST_NUMBERS:
        raise NoTensor(f"tensor '{name}' has {numbers.shape[1]:,} numbers a frame, {MOST_NUMBERS:,} at most")
    if not np.isfinite(numbers).all():
        raise NoTensor(f"tensor '{name}' has numbers that are not finite")
    return numbers


def with_output(name: str) -> bytes:
    """What, after the bytes of an ONNX file, makes a tensor of its graph an output too.

    A message of protobuf that comes twice is merged, and its lists are joined.
    """
    return _field(_GRAPH, _field(_GRAPH_OUTPUT, _field(_NAME, name.encode())))


def tensor_names(model: bytes) -> list[str]:
    """Tensors that the nodes of an ONNX file give, in its order."""
    names: dict[str, None] = {}
    for number, graph in _fields(memoryview(model)):
        for kind, node in _fields(graph) if number == _GRAPH else ():
            for place, value in _fields(node) if kind == _NODE else ():
                if place == _NODE_OUTPUT and len(value):
                    names[bytes(value).decode("utf-8", "replace")] = None
    return list(names)


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | _LENGTH_DELIMITED]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of each length-delimited field of a well-formed message."""
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        kind = tag & 7
        if kind == _LENGTH_DELIMITED:
            size, at = _read_varint(message, at)
            yield tag >> 3, message[at : at + size]
            at += size
        elif kind == 0:
            _, at = _read_varint(message, at)
        else:
            at += 8 if kind == 1 else 4


def _read_varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte, at = message[at], at + 1
        value, shift = value | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            break
    return value, at
