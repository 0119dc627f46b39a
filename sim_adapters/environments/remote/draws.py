"""The process's own generators of random numbers, one course of them for each slot."""

from __future__ import annotations

import random
from typing import Any

import numpy as np


class Draws:
    """Some environments draw from the generators of ``random`` and ``numpy.random``. What one slot draws must
    neither depend on what ran before nor on what runs beside it.
    """

    def __init__(self) -> None:
        self._slot: int | None = None
        self._states: dict[int, tuple[Any, Any]] = {}

    def begin(self, slot: int, seed: int) -> None:
        """Seeds them for a new episode of a slot."""
        self._leave()
        random.seed(seed)
        np.random.seed(seed % 2**32)
        self._slot = slot

    def resume(self, slot: int) -> None:
        """Puts them where a slot has left them; nothing to do while one slot alone is stepped."""
        if slot == self._slot:
            return
        self._leave()
        of_random, of_numpy = self._states.pop(slot)
        random.setstate(of_random)
        np.random.set_state(of_numpy)
        self._slot = slot

    def end(self, slot: int) -> None:
        """Forgets a slot."""
        self._states.pop(slot, None)
        if self._slot == slot:
            self._slot = None

    def _leave(self) -> None:
        if self._slot is not None:
            self._states[self._slot] = random.getstate(), np.random.get_state()
