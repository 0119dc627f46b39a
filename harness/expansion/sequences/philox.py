"""Philox4x32-10: random words as a pure function of a key and a counter, over arrays.

Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011). Nothing is
drawn "after" anything else, so variant k needs no variant before it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (np.uint64(0x9E3779B9), np.uint64(0xBB67AE85))
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ROUNDS = 10
_BLOCK = 8_192
"""Counters that go through all rounds together; the six arrays of a block stay in the cache."""

Words = NDArray[np.uint64]


def philox(counter: tuple[ArrayLike, ...], key: tuple[ArrayLike, ...]) -> tuple[Words, Words, Words, Words]:
    """Four random 32-bit words for each counter and key.

    Args:
        counter: Four arrays of 32-bit words; shapes broadcast with each other and the key.
        key: Two arrays of 32-bit words.

    Returns:
        Four uint64 arrays of the broadcast shape, each value below 2**32.
    """
    inputs = [np.asarray(word, dtype=np.uint64) for word in (*counter, *key)]
    shape = np.broadcast_shapes(*(word.shape for word in inputs))
    flat = [word if word.ndim == 0 else np.broadcast_to(word, shape).reshape(-1) for word in inputs]
    size = int(np.prod(shape, dtype=np.int64))
    words = np.empty((4, size), dtype=np.uint64)
    for start in range(0, size, _BLOCK):
        part = slice(start, min(start + _BLOCK, size))
        _rounds([word if word.ndim == 0 else word[part] for word in flat], words[:, part])
    w0, w1, w2, w3 = (word.reshape(shape) for word in words)
    return w0, w1, w2, w3


def _rounds(inputs: list[Words], words: Words) -> None:
    """Runs all rounds on one block; ``words`` (4, n) takes the result."""
    c0, c1, c2, c3 = words
    for word, value in zip(words, inputs, strict=False):
        word[:] = value
    k0, k1 = inputs[4], inputs[5]
    p0, p1 = np.empty_like(c0), np.empty_like(c0)
    for _ in range(_ROUNDS):
        np.multiply(c0, _MULTIPLIERS[0], out=p0)
        np.multiply(c2, _MULTIPLIERS[1], out=p1)
        np.right_shift(p1, _HALF, out=c0)
        np.bitwise_xor(c0, c1, out=c0)
        np.bitwise_xor(c0, k0, out=c0)
        np.bitwise_and(p1, _MASK, out=c1)
        np.right_shift(p0, _HALF, out=c2)
        np.bitwise_xor(c2, c3, out=c2)
        np.bitwise_xor(c2, k1, out=c2)
        np.bitwise_and(p0, _MASK, out=c3)
        k0, k1 = (k0 + _WEYL[0]) & _MASK, (k1 + _WEYL[1]) & _MASK
