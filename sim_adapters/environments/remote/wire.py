"""Messages between simgate and an environment's interpreter: JSON with raw arrays behind it.

Steps, which are most of them, are a word and arrays by name alone: their text is the same at each step, and
neither written nor read again.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

_HEAD = struct.Struct("<II")
_ARRAY = "__array__"


_MOST_AT_ONCE = 1 << 20
_TEXTS: dict[tuple[Any, ...], bytes] = {}
"""Word, names, types and shapes -> the text that says them."""
_LAYOUTS: dict[bytes, tuple[str, list[tuple[str, Any, Any, int, int]]]] = {}
"""Such a text -> the word, and of each array its name, type, shape, entries and place in the body."""
_MOST_KNOWN = 64
"""So many texts: batches shrink as their worlds end, and a link has not many shapes."""


def send(sock: Any, message: Any) -> None:
    """Sends plain data with arrays in it."""
    body: list[bytes] = []

    def taken_out(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            body.append(value.tobytes())
            return {_ARRAY: [value.dtype.str, value.shape, len(body[-1])]}
        return value.item()

    text = json.dumps(message, default=taken_out).encode()
    sock.sendall(b"".join((_HEAD.pack(len(text), sum(map(len, body))), text, *body)))


def send_arrays(sock: Any, word: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Sends ``[word, arrays]`` with arrays by name alone."""
    key = (word, *[(name, array.dtype, array.shape) for name, array in arrays.items()])
    text = _TEXTS.get(key)
    if text is None:
        told = [[name, array.dtype.str, array.shape] for name, array in arrays.items()]
        text = json.dumps({word: told}).encode()
        # So that arrays begin where their numbers may.
        text = _remember(_TEXTS, key, text + b" " * (-(_HEAD.size + len(text)) % 8))
    body = b"".join([array.tobytes() for array in arrays.values()])
    sock.sendall(b"".join((_HEAD.pack(len(text), len(body)), text, body)))


def _remember(known: dict[Any, Any], key: Any, value: Any) -> Any:
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[key] = value
    return value


def _layout_of(text: bytes) -> tuple[str, list[tuple[str, Any, Any, int, int]]]:
    ((word, told),) = json.loads(text.decode()).items()
    layout, begin = [], 0
    for name, kind, shape in told:
        dtype, count = np.dtype(kind), int(np.prod(shape, dtype=np.int64))
        layout.append((name, dtype, tuple(shape), count, begin))
        begin += count * dtype.itemsize
    return word, layout


def receive(sock: Any) -> Any:
    """The next message; each end speaks only when it is its turn, so nothing comes after it.

    Raises:
        EOFError: The other end is gone.
    """
    data = _more(sock, _HEAD.size)
    while len(data) < _HEAD.size:
        data += _more(sock, _HEAD.size)
    size, rest = _HEAD.unpack_from(data)
    begin, whole = _HEAD.size + size, _HEAD.size + size + rest
    if len(data) < whole:
        parts, count = [data], len(data)
        while count < whole:
            parts.append(_more(sock, whole - count))
            count += len(parts[-1])
        data = b"".join(parts)
    text, at = data[_HEAD.size : begin], begin
    if text[:1] == b"{":
        word, layout = _LAYOUTS.get(text) or _remember(_LAYOUTS, text, _layout_of(text))
        return word, {
            name: np.frombuffer(data, dtype, count, begin + offset).reshape(shape)
            for name, dtype, shape, count, offset in layout
        }

    def put_back(value: Any) -> Any:
        nonlocal at
        if _ARRAY not in value:
            return value
        kind, shape, length = value[_ARRAY]
        array = np.frombuffer(data[at : at + length], dtype=kind).reshape(shape)
        at += length
        return array

    return json.loads(text.decode(), object_hook=put_back)


def arrays_of(stepped: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """What ``Session.steps`` answers, as arrays alone; observations are named ``obs...``, ``render...``."""
    told = stepped["info"]
    return {
        "reward": np.array(stepped["reward"], dtype=np.float64),
        "info": np.array([value for row in told for value in row], dtype=np.float64),
        "asked": np.array([len(row) for row in told], dtype=np.int64),
        **stepped["observation"],
        "terminated": np.array(stepped["terminated"], dtype=np.bool_),
        "truncated": np.array(stepped["truncated"], dtype=np.bool_),
    }


def stepped_of(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """The answer of which :func:`arrays_of` made these; they are emptied."""
    info = iter(arrays.pop("info").tolist())
    return {
        "info": [[next(info) for _ in range(count)] for count in arrays.pop("asked").tolist()],
        "reward": arrays.pop("reward").tolist(),
        "terminated": arrays.pop("terminated").tolist(),
        "truncated": arrays.pop("truncated").tolist(),
        "observation": arrays,
    }


def _more(sock: Any, missing: int) -> bytes:
    part: bytes = sock.recv(max(1 << 16, min(missing, _MOST_AT_ONCE)))
    if not part:
        raise EOFError("the other end is gone")
    return part
