"""Named random streams: one for each parameter of a scenario, independent of all others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgate.harness.expansion.sequences.philox import philox

_UNIT_32 = 2.0**-32


@dataclass(frozen=True, slots=True)
class Stream:
    """A random function of (index, attempt, lane, try).

    Attributes:
        key: Key of the generator, two 32-bit words.
        scramble: Further 32-bit words of the name's hash, for scrambled sequences.
    """

    key: tuple[int, int]
    scramble: tuple[int, ...]

    def bits(self, index: ArrayLike, attempt: ArrayLike = 0, lane: ArrayLike = 0) -> NDArray[np.uint64]:
        """64 random bits for each element of the broadcast arguments."""
        return _joined(philox((index, attempt, lane, 0), self.key))

    def uniform(self, index: ArrayLike, attempt: ArrayLike = 0, lane: ArrayLike = 0) -> NDArray[np.float64]:
        """Numbers strictly between 0 and 1, 52 random bits each."""
        return to_unit(self.bits(index, attempt, lane))


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one scenario.

    Attributes:
        pack: Name of the pack.
        scenario: Id of the scenario.
        seed: Seed of the pack.
        prefix: Put before every name; pinned variants have their own.
    """

    pack: str
    scenario: str
    seed: int
    prefix: str = ""

    def __getitem__(self, name: str) -> Stream:
        """The stream of a name; the same name is the same stream."""
        text = json.dumps([self.pack, self.scenario, self.seed, self.prefix + name])
        words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype="<u4").tolist()
        return Stream((words[0], words[1]), tuple(words[2:]))


def bits_of_each(streams: Sequence[Stream], index: ArrayLike = 0) -> NDArray[np.uint64]:
    """The 64 random bits that each stream gives for an index, (n,), in one call of the generator."""
    words = np.array([one.key for one in streams], dtype=np.uint64).reshape(-1, 2)
    return _joined(philox((index, 0, 0, 0), (words[:, 0], words[:, 1])))


def to_unit(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """64 random bits as a number strictly between 0 and 1 (the top 52 bits and a half)."""
    return ((bits >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def word_to_unit(word: NDArray[np.uint64]) -> NDArray[np.float64]:
    """A 32-bit word as a number strictly between 0 and 1."""
    return (word.astype(np.float64) + 0.5) * _UNIT_32


def _joined(words: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    return (words[1] << np.uint64(32)) | words[0]
