"""openpi's messages: msgpack, with numpy arrays as mappings of bytes keys."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec
import numpy as np

_ARRAY, _NUMBER = b"__ndarray__", b"__npgeneric__"
_TYPE = re.compile(r"[<>|=]?(?:[iu][1248]|f[248]|b1)")
"""Of arrays that are only numbers; openpi refuses the others as well."""


class NotAMessage(ValueError):  # noqa: N818 - the name says what is wrong
    """Bytes that are no message, or hold an array that is none."""


def packed(message: Any) -> bytes:
    """Plain data with arrays in it as openpi's servers read it."""
    return msgspec.msgpack.encode(message, enc_hook=_told)


def unpacked(data: bytes) -> Any:
    """What a server has sent.

    Raises:
        NotAMessage: It is nothing of the kind. No code of the sender runs, whatever it is.
    """
    try:
        return _restored(msgspec.msgpack.decode(data))
    except (msgspec.DecodeError, RecursionError, TypeError, ValueError, OverflowError) as error:
        raise NotAMessage(str(error).splitlines()[0] if str(error) else type(error).__name__) from None


def _told(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        shape = list(value.shape)
        return {_ARRAY: True, b"data": value.tobytes(), b"dtype": value.dtype.str, b"shape": shape}
    if isinstance(value, np.generic):
        return {_NUMBER: True, b"data": value.item(), b"dtype": value.dtype.str}
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(one) for one in value]
    if not isinstance(value, dict):
        return value
    if _ARRAY in value:
        return _array(value)
    if _NUMBER in value:
        return _kind(value).type(value.get(b"data")).item()
    return {key: _restored(one) for key, one in value.items()}


def _kind(value: dict[Any, Any]) -> np.dtype[Any]:
    written = value.get(b"dtype")
    if not isinstance(written, str) or not _TYPE.fullmatch(written):
        raise NotAMessage(f"an array of type {str(written)[:40]!r}, which is no type of numbers")
    return np.dtype(written)


def _array(value: dict[Any, Any]) -> np.ndarray[Any, Any]:
    kind, shape, data = _kind(value), value.get(b"shape"), value.get(b"data")
    sizes = shape if isinstance(shape, list) else [None]
    if not isinstance(data, bytes) or not all(type(n) is int and n >= 0 for n in sizes):
        raise NotAMessage("an array without its shape or its bytes")
    if math.prod(sizes) * kind.itemsize != len(data):
        raise NotAMessage(f"an array of shape {tuple(sizes)} and type {kind} in {len(data)} bytes")
    return np.frombuffer(data, kind).reshape(sizes)
