"""Messages between simgate and an environment's interpreter: JSON with raw arrays behind it.

Steps, which are most of them, are numbers alone once both ends have seen one: nothing of their text is
written or read again.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
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


class Steps:
    """Steps of the same slots one after the other, packed: numbers in places that both ends know.

    Args:
        slots: S of them.
        actions: What the first step was told, shape (S, A).
        answer: What it led to, as ``Session.steps`` says it.
    """

    def __init__(self, slots: Sequence[int], actions: np.ndarray, answer: Mapping[str, Any]) -> None:
        self._slots, self._asked, count = list(slots), actions.shape, len(slots)
        self._told = [len(row) for row in answer["info"]]
        self._numbers = struct.Struct(f"<{count + sum(self._told)}d{2 * count}?{-2 * count % 8}x")
        self._arrays, begin = [], self._numbers.size
        for name, array in answer["observation"].items():
            self._arrays.append((name, array.dtype, array.shape, array.size, begin))
            begin += array.nbytes

    def fits(self, slots: Sequence[int], actions: np.ndarray) -> bool:
        """Whether a further step is of the same slots."""
        return slots == self._slots and actions.shape == self._asked and actions.dtype == np.float64

    def ask(self, sock: Any, actions: np.ndarray) -> None:
        """Sends what the next step is told."""
        _send_packed(sock, actions.tobytes())

    def asked(self, body: bytes) -> tuple[list[int], np.ndarray]:
        """Slots and actions that were sent."""
        return self._slots, np.frombuffer(body, dtype=np.float64).reshape(self._asked)

    def answer(self, sock: Any, stepped: Mapping[str, Any]) -> bool:
        """Sends what it led to; False where that has other shapes than the first."""
        seen, info = stepped["observation"], stepped["info"]
        if [len(row) for row in info] != self._told or len(seen) != len(self._arrays):
            return False
        body = [b""]
        for name, kind, shape, _, _ in self._arrays:
            array = seen[name]
            if array.dtype != kind or array.shape != shape:
                return False
            body.append(array.tobytes())
        told = [number for row in info for number in row]
        body[0] = self._numbers.pack(*stepped["reward"], *told, *stepped["terminated"], *stepped["truncated"])
        _send_packed(sock, b"".join(body))
        return True

    def answered(self, body: bytes) -> dict[str, Any]:
        """What was sent."""
        numbers, count, info = self._numbers.unpack_from(body), len(self._slots), []
        at = count
        for size in self._told:
            info.append(list(numbers[at : at + size]))
            at += size
        return {
            "observation": {
                name: np.frombuffer(body, kind, size, begin).reshape(shape)
                for name, kind, shape, size, begin in self._arrays
            },
            "reward": list(numbers[:count]),
            "terminated": list(numbers[at : at + count]),
            "truncated": list(numbers[at + count :]),
            "info": info,
        }


def _send_packed(sock: Any, body: bytes) -> None:
    sock.sendall(_HEAD.pack(0, len(body)) + body)


def receive(sock: Any) -> Any:
    """The next message, of :class:`Steps` its bytes; each end speaks only when it is its turn.

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
    if not size:
        return data[begin:]
    text, at = data[_HEAD.size : begin], begin

    def put_back(value: Any) -> Any:
        nonlocal at
        if _ARRAY not in value:
            return value
        kind, shape, length = value[_ARRAY]
        array = np.frombuffer(data[at : at + length], dtype=kind).reshape(shape)
        at += length
        return array

    return json.loads(text.decode(), object_hook=put_back)


def _more(sock: Any, missing: int) -> bytes:
    part: bytes = sock.recv(max(1 << 16, min(missing, _MOST_AT_ONCE)))
    if not part:
        raise EOFError("the other end is gone")
    return part
