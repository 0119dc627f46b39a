"""The process's own generators of random numbers, one course of them for each slot."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np


class Draws:
    """Some environments draw from the generators of ``random``, ``numpy.random`` and torch (on the CPU). What
    one slot draws must neither depend on what ran before nor on what runs beside it.
    """

    def __init__(self) -> None:
        self._slot: int | None = None
        self._seed = 0
        self._has_torch = False
        self._states: dict[int, tuple[Any, ...]] = {}

    def begin(self, slot: int, seed: int) -> None:
        """Seeds them for a new episode of a slot."""
        self._leave()
        random.seed(seed)
        np.random.seed(seed % 2**32)
        self._slot, self._seed, self._has_torch = slot, seed, False
        self._seed_torch()

    def resume(self, slot: int) -> None:
        """Puts them where a slot has left them; little to do while one slot alone is stepped."""
        if slot != self._slot:
            self._leave()
            of_random, of_numpy, self._seed, of_torch = self._states.pop(slot)
            random.setstate(of_random)
            np.random.set_state(of_numpy)
            self._slot, self._has_torch = slot, of_torch is not None
            if self._has_torch:
                sys.modules["torch"].set_rng_state(of_torch)
        if not self._has_torch:
            self._seed_torch()

    def end(self, slot: int) -> None:
        """Forgets a slot."""
        self._states.pop(slot, None)
        if self._slot == slot:
            self._slot = None

    def _seed_torch(self) -> None:
        """An environment may have imported it only now; until then nothing has drawn from it."""
        torch = sys.modules.get("torch")
        # While it is being imported it has no generator yet.
        if torch is not None and hasattr(torch, "manual_seed"):
            torch.manual_seed(self._seed)
            self._has_torch = True

    def _leave(self) -> None:
        if self._slot is not None:
            of_torch = sys.modules["torch"].get_rng_state() if self._has_torch else None
            self._states[self._slot] = random.getstate(), np.random.get_state(), self._seed, of_torch
