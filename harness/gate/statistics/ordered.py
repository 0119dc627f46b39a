"""Many samples in ascending order, eight bytes each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np


class Ordered(Sequence[float]):
    """The samples of several records together, sorted.

    Args:
        given: The samples of each record.
    """

    def __init__(self, given: Sequence[Sequence[float]]) -> None:
        self._sorted = np.empty(sum(map(len, given)))
        end = 0
        for samples in given:
            self._sorted[end : end + len(samples)] = samples
            end += len(samples)
        self._sorted.sort()

    def __len__(self) -> int:
        return len(self._sorted)

    @overload
    def __getitem__(self, place: int) -> float: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[float]: ...

    def __getitem__(self, place: int | slice) -> float | Sequence[float]:
        found = self._sorted[place]
        return float(found) if isinstance(place, int) else found.tolist()
