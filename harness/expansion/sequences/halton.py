"""A scrambled Halton sequence for each parameter: stratified alone, independent in pairs.

Every parameter gets the radical inverse (Halton 1960) in one of the bases 2, 3, 5, 7, by its name, with its
own order of the points and nested random digits (Owen 1995, by hashing). So the first b**m variants hit each
of b**m equal parts of a parameter's distribution exactly once, variant k needs no other variant, and adding
a parameter changes no other.

Why not the textbook's bases by position: then adding a parameter would change the bases of others, and bases
that two names share would put all points on a diagonal if each did not have its own order.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgate.harness.expansion.sequences.permutation import permuted
from simgate.harness.expansion.sequences.philox import philox
from simgate.harness.expansion.sequences.streams import Stream, to_unit

_DIGITS = {2: 20, 3: 13, 5: 9, 7: 8}
"""Base -> digits that are reversed, enough for a million points; what lies below them is random."""
_MOST_IN_TABLE = 2**16
_MOST_AT_ALL = 2**20
_WORTH_A_TABLE = 4_096
"""Points from which shifts of digits are looked up instead of drawn."""
_DIGIT_LANE = 4
_INSIDE_LANE = 5
_ORDER_LANE = 8


def halton_base(stream: Stream) -> int:
    """The base of a stream's sequence."""
    return list(_DIGITS)[stream.scramble[-1] % len(_DIGITS)]


def halton_point(stream: Stream, index: ArrayLike) -> NDArray[np.float64]:
    """Point ``index`` of the stream's sequence, strictly between 0 and 1.

    Args:
        stream: Gives base and key.
        index: Whole numbers from 0, below 2**32.
    """
    base = halton_base(stream)
    number = np.asarray(index, dtype=np.int64)
    digits = _ordered(stream, number.reshape(-1), base)
    value = _reversed(stream.key, digits, base)
    inside = to_unit(stream.bits(number.reshape(-1), 0, _INSIDE_LANE))
    points = (value + inside) / base ** _DIGITS[base]
    shaped: NDArray[np.float64] = np.minimum(points, 1.0 - 2.0**-53).reshape(number.shape)
    return shaped


def _reversed(key: tuple[int, int], digits: NDArray[np.int64], base: int) -> NDArray[np.int64]:
    """Whole numbers with their lowest digits first, each turned by the digits before it."""
    if digits.size < _WORTH_A_TABLE:
        zero = np.zeros_like(digits)
        return _turned_from(key, digits, base, 0, zero, zero, _DIGITS[base])[0]
    known = _places_in_table(base)
    higher = digits // base**known
    lowest = digits - higher * base**known
    values, paths = _head_table(key, base)
    # Tables as large as the scenario pay for themselves over its blocks.
    most = max(_MOST_IN_TABLE, min(int(digits.max()), _MOST_AT_ALL))
    return _turned_from(key, higher, base, known, values[lowest], paths[lowest], _DIGITS[base], most)[0]


def _turned_from(
    key: tuple[int, int],
    digits: NDArray[np.int64],
    base: int,
    first: int,
    value: NDArray[np.int64],
    path: NDArray[np.int64],
    end: int,
    most: int = _MOST_IN_TABLE,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Appends turned digits to values, and the digits themselves to paths, from a place on."""
    for place in range(first, end):
        # A division and a product are three times faster than divmod.
        higher = digits // base
        digits, digit = higher, digits - higher * base
        value = value * base + (digit + _turns(key, path, place, base, most)) % base
        path = path * base + digit
    return value, path


def _places_in_table(base: int) -> int:
    return max(m for m in range(1, _DIGITS[base] + 1) if base**m <= _MOST_IN_TABLE)


@lru_cache(maxsize=256)
def _head_table(key: tuple[int, int], base: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Value and path of the lowest digits, for everything that they can be."""
    places = _places_in_table(base)
    lowest = np.arange(base**places)
    zero = np.zeros_like(lowest)
    return _turned_from(key, lowest, base, 0, zero, zero, places)


def _turns(
    key: tuple[int, int], path: NDArray[np.int64], place: int, base: int, most: int
) -> NDArray[np.int64]:
    """A random shift of the digit at a place, another one for every path of digits before it."""
    if path.size >= _WORTH_A_TABLE and base**place <= most:
        return _turn_table(key, place, base)[path].astype(np.int64)
    turn, _, _, _ = philox((path, place, 0, _DIGIT_LANE), key)
    return turn.astype(np.int64) % base


@lru_cache(maxsize=1024)
def _turn_table(key: tuple[int, int], place: int, base: int) -> NDArray[np.uint8]:
    """The shifts of every path; blocks of many variants meet the same few paths again and again."""
    turn, _, _, _ = philox((np.arange(base**place), place, 0, _DIGIT_LANE), key)
    return (turn % np.uint64(base)).astype(np.uint8)


def _digits_of(base: int) -> int:
    """Digits of the largest index."""
    return math.ceil(32 / math.log2(base))


def _ordered(stream: Stream, number: NDArray[np.int64], base: int) -> NDArray[np.int64]:
    """Permutes the numbers of each block [d * b**m, (d + 1) * b**m) with first digit d among themselves."""
    powers = base ** np.arange(_digits_of(base))
    block = powers[np.maximum(np.searchsorted(powers, number, "right") - 1, 0)]
    first = number // block
    ordered = first * block
    rest = number - ordered
    for digit in range(1, base):
        at = np.flatnonzero(first == digit)
        ordered[at] += permuted(stream, _ORDER_LANE + digit, rest[at], block[at])
    return ordered
