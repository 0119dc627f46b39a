"""Many samples as if in ascending order, eight bytes each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import overload

import numpy as np


class Ordered(Sequence[float]):
    """Samples, put in order as far as they are asked for.

    Args:
        samples: Of all records together; they are moved where they lie.
    """

    def __init__(self, samples: array[float]) -> None:
        self._samples = np.asarray(samples)

    def __len__(self) -> int:
        return len(self._samples)

    def within(self, limit: float) -> int:
        """How many do not exceed a limit."""
        return int(np.count_nonzero(self._samples <= limit))

    @overload
    def __getitem__(self, place: int) -> float: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[float]: ...

    def __getitem__(self, place: int | slice) -> float | Sequence[float]:
        if isinstance(place, slice):
            self._samples.sort()
            found: list[float] = self._samples[place].tolist()
            return found
        where = range(len(self._samples))[place]
        self._samples.partition(where)
        return float(self._samples[where])
