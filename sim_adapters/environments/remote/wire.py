"""Messages between simgate and an environment's interpreter: JSON with raw arrays behind it."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

_HEAD = struct.Struct("<II")
_ARRAY = "__array__"


_MOST_AT_ONCE = 1 << 20


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
    at = begin

    def put_back(value: Any) -> Any:
        nonlocal at
        if _ARRAY not in value:
            return value
        kind, shape, length = value[_ARRAY]
        array = np.frombuffer(data[at : at + length], dtype=kind).reshape(shape)
        at += length
        return array

    return json.loads(data[_HEAD.size : begin].decode(), object_hook=put_back)


def _more(sock: Any, missing: int) -> bytes:
    part: bytes = sock.recv(max(1 << 16, min(missing, _MOST_AT_ONCE)))
    if not part:
        raise EOFError("the other end is gone")
    return part
