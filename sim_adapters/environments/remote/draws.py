"""The process's own generators of random numbers, one course of them for each slot."""

from __future__ import annotations

import ctypes
import functools
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from .on_import import once_imported

_WORDS = 625
"""32-bit words of a Mersenne twister: its key, and how far it is used up."""


class Draws:
    """Some environments draw from the generators of ``random``, ``numpy.random`` and torch (on the CPU). What
    one slot draws must neither depend on what ran before nor on what runs beside it.
    """

    def __init__(self) -> None:
        self._slot: int | None = None
        self._seeds: dict[int, int] = {}
        self._torch: dict[int, Any] = {}
        self._twisters = (
            _Twister(random.seed, random.getstate, random.setstate, _place_of_random, 0),
            _Twister(_seed_numpy, np.random.get_state, np.random.set_state, _place_of_numpy, _WORDS - 1),
        )

    @property
    def slot(self) -> int | None:
        """Whose they are now."""
        return self._slot

    def begin(self, slot: int, seed: int) -> None:
        """Seeds them for a new episode of a slot."""
        self._leave()
        self._slot, self._seeds[slot] = slot, seed
        for twister in self._twisters:
            twister.begin(slot, seed)
        self._seed_torch()

    def resume(self, slot: int) -> None:
        """Puts them where a slot has left them; little to do while one slot alone is stepped."""
        if slot == self._slot:
            if slot not in self._torch and "torch" in sys.modules:
                self._seed_torch()
            return
        before, self._slot = self._slot, slot
        for twister in self._twisters:
            twister.change(before, slot)
        if before in self._torch:
            self._torch[before] = sys.modules["torch"].get_rng_state()
        if slot in self._torch:
            sys.modules["torch"].set_rng_state(self._torch[slot])
        else:
            self._seed_torch()

    def end(self, slot: int) -> None:
        """Forgets a slot."""
        self._seeds.pop(slot, None)
        self._torch.pop(slot, None)
        for twister in self._twisters:
            twister.forget(slot)
        if self._slot == slot:
            self._slot = None
            for twister in self._twisters:
                twister.drop()

    def _seed_torch(self) -> None:
        """Now, or as soon as an environment imports it: it may draw from it in the very same step."""
        once_imported("torch", self._seed_this)

    def _seed_this(self, torch: Any) -> None:
        if self._slot is not None and hasattr(torch, "manual_seed"):
            torch.manual_seed(self._seeds[self._slot])
            self._torch[self._slot] = torch.get_rng_state()

    def _leave(self) -> None:
        if self._slot is None:
            return
        for twister in self._twisters:
            twister.leave(self._slot)
        if self._slot in self._torch:
            self._torch[self._slot] = sys.modules["torch"].get_rng_state()


class _Twister:
    """One generator, a Mersenne twister.

    Its own functions take long to read and write its state. Most environments never draw from it, and then
    the bare words of the twister tell that, and are all that there is to be put back. Whoever draws may leave
    half of a pair of normal numbers beside them, and is read and written by the functions from then on.

    Args:
        seed: Seeds it.
        read: Its state.
        write: Puts that back.
        place: Address of its words in this process's memory; None where nobody knows it.
        used: Which of them says how far it is used up.
    """

    def __init__(
        self,
        seed: Callable[[int], None],
        read: Callable[[], Any],
        write: Callable[[Any], None],
        place: Callable[[], int | None],
        used: int,
    ) -> None:
        self._seed, self._read, self._write, self._place = seed, read, write, place
        self._used, self._first = used, 0 if used else 1
        self._states: dict[int, Any] = {}
        self._unused: dict[int, memoryview] = {}
        self._is_clean = False  # Whether what is there now is that of a slot that has drawn nothing.

    def begin(self, slot: int, seed: int) -> None:
        self._seed(seed)
        self._states[slot] = self._read()
        self._unused.pop(slot, None)
        if (place := self._place()) is not None:
            self._unused[slot] = memoryview(_words(place).tobytes()).cast("I")
        self._is_clean = slot in self._unused

    def change(self, before: int | None, slot: int) -> None:
        """Leaves a slot, and enters another one."""
        place, unused = self._place(), self._unused.get(before)  # type: ignore[arg-type]
        if self._is_clean and unused is not None and place is not None and slot in self._unused:
            words, used, key = _words(place), self._used, self._first
            if (
                words[used] == unused[used]
                and words[key] == unused[key]
                and words[key + 1] == unused[key + 1]
            ):
                words[:] = self._unused[slot]
                return
        if before is not None:
            self.leave(before)
        self.enter(slot)

    def leave(self, slot: int) -> None:
        place, unused = self._place(), self._unused.get(slot)
        if unused is not None and place is not None:
            words, used, key = _words(place), self._used, self._first
            # Whoever draws uses words up, or has made others once all were; another seed makes others, too.
            if (
                words[used] == unused[used]
                and words[key] == unused[key]
                and words[key + 1] == unused[key + 1]
            ):
                return
        self._unused.pop(slot, None)
        self._states[slot] = self._read()
        self._is_clean = False

    def enter(self, slot: int) -> None:
        place = self._place() if self._is_clean and slot in self._unused else None
        if place is not None:
            _words(place)[:] = self._unused[slot]
        else:
            self._write(self._states[slot])
            self._is_clean = slot in self._unused

    def drop(self) -> None:
        self._is_clean = False

    def forget(self, slot: int) -> None:
        self._states.pop(slot, None)
        self._unused.pop(slot, None)


def _seed_numpy(seed: int) -> None:
    np.random.seed(seed % 2**32)


@functools.lru_cache(maxsize=4)
def _words(place: int) -> memoryview:
    """The words of a twister, to be read and written."""
    return memoryview((ctypes.c_uint32 * _WORDS).from_address(place)).cast("B").cast("I")


def _words_at(place: int) -> list[int]:
    return _words(place).tolist()


def _place_of_numpy() -> int | None:
    return _numpys(np.random.mtrand._rand._bit_generator)


@functools.lru_cache(maxsize=4)
def _numpys(generator: Any) -> int | None:
    """Where the words of the generator behind ``numpy.random`` are; it can be another one at any time."""
    if type(generator).__name__ != "MT19937":
        return None
    place: int = generator.ctypes.state_address
    state: Any = np.random.get_state(legacy=True)
    key, used = state[1:3]
    return place if _words_at(place) == [*key.tolist(), used] else None


def _place_of_random() -> int | None:
    return _RANDOM


def _find_random() -> int | None:
    """CPython has the words of its twister behind an object's head, how far it is used up first."""
    if (
        sys.implementation.name != "cpython"
        or random.Random.__basicsize__ < object.__basicsize__ + 4 * _WORDS
    ):
        return None
    place = id(random.random.__self__) + object.__basicsize__  # type: ignore[attr-defined]
    *key, used = random.getstate()[1]
    return place if _words_at(place) == [used, *key] else None


_RANDOM = _find_random()


def used_up() -> tuple[Any, ...]:
    """How far the generators are used up; equal before and after what has drawn from none of them."""
    torch = sys.modules.get("torch")
    return (
        # Every second number of gauss() is the half of a pair that is kept beside the words.
        getattr(random.random.__self__, "gauss_next", None),  # type: ignore[attr-defined]
        _used(_place_of_random(), (0, 1), random.getstate),
        _used(_place_of_numpy(), (_WORDS - 1, 0), lambda: str(np.random.get_state(legacy=False))),
        torch.get_rng_state().numpy().tobytes()
        if torch is not None and hasattr(torch, "get_rng_state")
        else b"",
    )


def _used(place: int | None, words: tuple[int, int], read: Callable[[], Any]) -> Any:
    """Two words of a twister: its place, and one of the key, which is another once the key was used up."""
    if place is None:
        return read()
    return tuple(ctypes.c_uint32.from_address(place + 4 * word).value for word in words)


def seed_all(seed: int) -> None:
    """Seeds all of them, torch's once somebody has imported it."""
    random.seed(seed)
    _seed_numpy(seed)

    def seed_torch(torch: Any) -> None:
        if hasattr(torch, "manual_seed"):
            torch.manual_seed(seed % 2**63)

    once_imported("torch", seed_torch)


class SharedDraws(ValueError):  # noqa: N818 - the name says what is wrong
    """A policy of several worlds draws from a generator that they share; a worker then plays each alone."""


_UNWATCHED = nullcontext()


def alone(policy: str, worlds: int) -> Any:
    """Around a call of a policy: looks whether it draws from the process's own generators.

    What it draws in one world must not depend on the worlds beside it.

    Args:
        policy: Its name.
        worlds: For how many it is called; one has them for itself, seeded anew in each episode.

    Raises:
        SharedDraws: It does, for several worlds.
    """
    return _UNWATCHED if worlds == 1 else _watched(policy, worlds)


@contextmanager
def _watched(policy: str, worlds: int) -> Iterator[None]:
    before = used_up()
    yield
    check_unused(policy, worlds, before)


def check_unused(policy: str, worlds: int, before: tuple[Any, ...]) -> None:
    """Makes sure that a policy has drawn from none of them; see :func:`alone`.

    Args:
        policy: Its name.
        worlds: For how many it was called.
        before: :func:`used_up` before that.

    Raises:
        SharedDraws: It has.
    """
    if used_up() != before:
        raise SharedDraws(
            f"policy {policy!r} draws from random, numpy.random or torch's "
            f"generator, which the {worlds} worlds of a batch share: what one is told would depend on those "
            "beside it; draw from numpy.random.default_rng(brief.seed) for each, or write sim: {batch: 1}"
        )
