"""Rejection sampling over arrays: the first accepted attempt of each variant."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Accepts = Callable[[Integers, Integers], NDArray[np.bool_]]
Hit = Callable[[Integers, Integers], None]

_BLOCK = 16_384
"""Pairs of (variant, attempt) that are tried together once few variants are left."""


class ExhaustedError(Exception):
    """Too few attempts are accepted.

    Attributes:
        row: A row for which none was.
    """

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(row)


def first_accepted(
    rows: int,
    accepts: Accepts,
    limit: int,
    on_hit: Hit | None = None,
    on_stuck: Callable[[], None] | None = None,
    patience: int = 2_000,
) -> Integers:
    """For each row the smallest attempt that is accepted.

    Args:
        rows: Number of rows.
        accepts: Says for arrays (row, attempt) which are accepted; each answer must depend on
            its own row and attempt only.
        limit: Attempts after which a row counts as hopeless.
        on_hit: Told after each call of ``accepts`` which rows are done, and at which positions of that call.
        on_stuck: Called once, when some row has had ``patience`` attempts; raises when going on is no use.
        patience: See ``on_stuck``.

    Returns:
        Attempt of each row, shape (rows,).

    Raises:
        ExhaustedError: Some row has no accepted attempt below ``limit``.
    """
    result = np.full(rows, -1, dtype=np.int64)
    pending = np.arange(rows, dtype=np.int64)
    attempt, block = 0, 1
    tried = 0
    while pending.size:
        if attempt >= limit:
            raise ExhaustedError(int(pending[0]))
        if on_stuck is not None and attempt >= patience:
            on_stuck()
            on_stuck = None
        block = min(block, limit - attempt)
        attempts = attempt + np.tile(np.arange(block, dtype=np.int64), pending.size)
        good = accepts(np.repeat(pending, block), attempts).reshape(pending.size, block)
        hit = good.any(axis=1)
        first = good.argmax(axis=1)[hit]
        done = pending[hit]
        result[done] = attempt + first
        if on_hit is not None and done.size:
            on_hit(done, np.flatnonzero(hit) * block + first)
        pending = pending[~hit]
        attempt += block
        tried += good.size
        # About as many attempts as one more row needs: more would mostly be thrown away.
        needed = max(tried // max(1, rows - pending.size) + 1, 2 * block)
        block = max(1, min(4 * block, _BLOCK // max(1, pending.size), needed))
    return result
