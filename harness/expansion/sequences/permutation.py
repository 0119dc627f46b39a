"""Random permutations of 0..n-1 as pure functions: where one number goes needs no other number.

Rounds of multiplication, addition and xor-shift permute the numbers below the next power of two, each
invertible (in the manner of Kensler: Correlated multi-jittered sampling, 2013); a number that leaves the
range walks on until it is back (Black, Rogaway: Ciphers with arbitrary finite domains, 2002).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.sequences.philox import philox
from simgate.harness.expansion.sequences.streams import Stream

_ROUNDS = 6
_ONE = np.uint64(1)


def permuted(
    stream: Stream, lane: int, number: NDArray[np.int64], size: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Places of numbers under a random permutation.

    Args:
        stream: Gives the key.
        lane: Another lane is another permutation.
        number: From 0 to ``size`` - 1.
        size: How many numbers are permuted among themselves, from 1, below 2**32; same shape.

    Returns:
        Array of the same shape, from 0 to ``size`` - 1.
    """
    bits = np.ceil(np.log2(np.maximum(size, 2).astype(np.float64))).astype(np.int64)
    multipliers, summands = _factors(stream.key, lane)
    result = number.astype(np.uint64)
    limit = size.astype(np.uint64)
    walking = np.arange(result.size)
    while walking.size:
        result[walking] = _mixed(result[walking], bits[walking], multipliers, summands)
        walking = walking[result[walking] >= limit[walking]]
    return result.astype(np.int64)


@lru_cache(maxsize=1024)
def _factors(key: tuple[int, int], lane: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Odd multipliers and summands, shape (32, rounds): others for every number of bits."""
    row, turn = np.meshgrid(np.arange(33), np.arange(_ROUNDS), indexing="ij")
    multiplier, summand, _, _ = philox((row, turn, 0, lane), key)
    return multiplier | _ONE, summand


def _mixed(
    number: NDArray[np.uint64],
    bits: NDArray[np.int64],
    multipliers: NDArray[np.uint64],
    summands: NDArray[np.uint64],
) -> NDArray[np.uint64]:
    """One walk of the permutation of 2**bits numbers."""
    mask = (_ONE << bits.astype(np.uint64)) - _ONE
    shift = np.maximum(bits // 2, 1).astype(np.uint64)
    x = number
    for turn in range(_ROUNDS):
        x = (x * multipliers[bits, turn] + summands[bits, turn]) & mask
        x = x ^ (x >> shift)
    return x
