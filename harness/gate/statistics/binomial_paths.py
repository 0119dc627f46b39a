"""The chance that a run crosses a boundary, summed exactly over all paths, for several boundaries at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

_TAIL = 1e-15


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
    failures, q = np.arange(rows), np.asarray(rates)[:, None]
    alive = np.zeros((len(limits), rows))
    alive[:, 0] = 1.0
    found, gone = np.empty(limits.shape), np.zeros(len(limits))
    for look, step in enumerate(np.diff((0, *looks)).tolist()):
        if step == 1:
            now = alive * (1.0 - q)
            now[:, 1:] += alive[:, :-1] * q
        else:
            pairs = zip(alive, rates, strict=True)
            now = np.array([np.convolve(one, pmf(step, rate))[:rows] for one, rate in pairs])
        limit = limits[:, look, None]
        going_on = failures < limit if upper else failures > limit
        alive = np.where(going_on, now, 0.0)
        gone = 1.0 - alive.sum(axis=1) if upper else gone + np.where(going_on, 0.0, now).sum(axis=1)
        found[:, look] = gone
    return found


@lru_cache(maxsize=8192)
def pmf(steps: int, rate: float) -> Numbers:
    """Chances of 0, 1, ... failures in so many variants, without the last that are next to none."""
    from scipy.stats import binom

    chances: Numbers = binom.pmf(np.arange(steps + 1), steps, rate)
    last = int(np.flatnonzero(chances > _TAIL).max())
    return chances[: last + 1]
