"""Messages between simgate and an environment's interpreter: JSON with raw arrays behind it."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

_HEAD = struct.Struct("<II")
_ARRAY = "__array__"


def send(sock: Any, message: Any) -> None:
    """Sends plain data with arrays in it."""
    arrays: list[np.ndarray] = []
    text = json.dumps(_taken_out(message, arrays)).encode()
    body = b"".join(array.tobytes() for array in arrays)
    sock.sendall(_HEAD.pack(len(text), len(body)) + text + body)


def receive(sock: Any) -> Any:
    """The next message.

    Raises:
        EOFError: The other end is gone.
    """
    size, rest = _HEAD.unpack(_exactly(sock, _HEAD.size))
    text, body = _exactly(sock, size), _exactly(sock, rest)
    return _put_back(json.loads(text.decode()), memoryview(body), [0])


def _exactly(sock: Any, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = sock.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise EOFError("the other end is gone")
        parts += part
    return bytes(parts)


def _taken_out(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        whole = np.ascontiguousarray(value)
        arrays.append(whole)
        return {_ARRAY: [whole.dtype.str, list(whole.shape)]}
    if isinstance(value, dict):
        return {key: _taken_out(one, arrays) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_taken_out(one, arrays) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def _put_back(value: Any, body: memoryview, at: list[int]) -> Any:
    if isinstance(value, dict):
        if _ARRAY in value:
            kind, shape = value[_ARRAY]
            count = int(np.prod(shape)) * np.dtype(kind).itemsize
            array = np.frombuffer(body[at[0] : at[0] + count], dtype=kind).reshape(shape)
            at[0] += count
            return array
        return {key: _put_back(one, body, at) for key, one in value.items()}
    if isinstance(value, list):
        return [_put_back(one, body, at) for one in value]
    return value
