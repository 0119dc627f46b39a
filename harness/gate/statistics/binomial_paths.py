"""The chance that a run crosses a boundary, summed exactly over all paths, for several boundaries at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

_TAIL = 1e-15
_NOTHING = 1e-22
"""Chances below it are left out: those of all the cells of a long run together make 1e-15."""


def crossed_by(looks: Sequence[int], limits: Counts, rates: Sequence[float], upper: bool) -> Numbers:
    """Chance of having crossed by each look (Armitage, McPherson and Rowe, JRSS A 132, 1969).

    Args:
        looks: Numbers of variants after which one looks, ascending.
        limits: One boundary a row, one look a column: the most failures with which it is crossed
            (``upper``: the fewest); -1 (``upper``: more than there are variants) where none will do.
        rates: The true failure rate, one for each boundary.
        upper: Whether failures speak for the decision.

    Returns:
        Shape of ``limits``.
    """
    # Of GO only what may still cross is kept, of NO-GO only what has not crossed.
    rows = max(int(limits.max()) + (not upper), 1)
    begins, alive = 0, np.ones((len(limits), 1))
    found, gone = np.empty(limits.shape), np.zeros(len(limits))
    for look, step in enumerate(np.diff((0, *looks)).tolist()):
        now = _after(step, alive, rates)[:, : rows - begins]
        failures, limit = np.arange(begins, begins + now.shape[1]), limits[:, look, None]
        going_on = failures < limit if upper else failures > limit
        alive = np.where(going_on, now, 0.0)
        gone = 1.0 - alive.sum(axis=1) if upper else gone + np.where(going_on, 0.0, now).sum(axis=1)
        found[:, look] = gone
        some = np.flatnonzero((alive > _NOTHING).any(axis=0))
        first, end = (some[0], some[-1] + 1) if len(some) else (0, 1)
        begins, alive = begins + int(first), alive[:, first:end]
    return found


def _after(step: int, alive: Numbers, rates: Sequence[float]) -> Numbers:
    """Chances of each number of failures so many variants later."""
    if step == 1:
        q = np.asarray(rates)[:, None]
        now = np.zeros((len(alive), alive.shape[1] + 1))
        now[:, :-1] = alive * (1.0 - q)
        now[:, 1:] += alive * q
        return now
    chances = [pmf(step, rate) for rate in rates]
    now = np.zeros((len(alive), alive.shape[1] + max(map(len, chances)) - 1))
    if len(set(rates)) == 1:
        # All in one go: what follows a row is room enough for its end.
        now[:, : alive.shape[1]] = alive
        return np.convolve(now.ravel(), chances[0])[: now.size].reshape(now.shape)
    for one, before, chance in zip(now, alive, chances, strict=True):
        one[: len(before) + len(chance) - 1] = np.convolve(before, chance)
    return now


@lru_cache(maxsize=8192)
def pmf(steps: int, rate: float) -> Numbers:
    """Chances of 0, 1, ... failures in so many variants, without the last that are next to none."""
    from scipy.stats import binom

    chances: Numbers = binom.pmf(np.arange(steps + 1), steps, rate)
    last = int(np.flatnonzero(chances > _TAIL).max())
    return chances[: last + 1]
