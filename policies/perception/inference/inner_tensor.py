"""A tensor inside a model, as numbers of each frame: what `simgate drift --tensor` compares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.files.protobuf import fields

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
    graphs = _parts(memoryview(model), _GRAPH)
    nodes = (node for graph in graphs for node in _parts(graph, _NODE))
    outputs = (bytes(output) for node in nodes for output in _parts(node, _NODE_OUTPUT))
    return list(dict.fromkeys(output.decode("utf-8", "replace") for output in outputs if output))


def _parts(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for number, value in fields(message) if number == wanted and isinstance(value, memoryview))


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | _LENGTH_DELIMITED]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
