"""Counts which cells are hit, alone and in pairs, and which ones could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simgate.harness.cli.coverage.axis import Axis
from simgate.harness.packs.model import Scalar

Counts = NDArray[np.int64]
Columns = Mapping[str, Sequence[Scalar]]


@dataclass(frozen=True)
class Cells:
    """The cells of one parameter, or of a pair of parameters.

    Attributes:
        axes: One or two.
        hits: Variants in each cell, an axis a dimension.
        failed: Those of them that failed.
        drawn: Random draws in each cell; None when the space could not be sampled.
    """

    axes: tuple[Axis, ...]
    hits: Counts
    failed: Counts
    drawn: Counts | None

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """Cells that are hit, or that random draws meet; all, when it is not known."""
        return np.ones(self.hits.shape, bool) if self.drawn is None else (self.hits > 0) | (self.drawn > 0)

    @property
    def holes(self) -> list[tuple[int, ...]]:
        """Reachable cells that no variant hits, the likeliest first."""
        found = np.argwhere(self.reachable & (self.hits == 0))
        cells = [tuple(int(k) for k in cell) for cell in found]
        drawn = self.drawn
        return cells if drawn is None else sorted(cells, key=lambda cell: -int(drawn[cell]))

    def label(self, cell: tuple[int, ...]) -> str:
        """A cell in words, for example ``door.kind glass, lighting.lux 80..137``."""
        parts = zip(self.axes, cell, strict=True)
        return ", ".join(f"{axis.name} {axis.labels[k]}" for axis, k in parts)


@dataclass(frozen=True)
class ScenarioCoverage:
    """The coverage of one scenario.

    Attributes:
        scenario: Its id.
        variants: Variants counted.
        failed: Those of them that failed.
        draws: Random draws that say what is reachable; 0 when there were none.
        ones: Cells of each parameter that varies.
        twos: Cells of each pair of them.
    """

    scenario: str
    variants: int
    failed: int
    draws: int
    ones: tuple[Cells, ...]
    twos: tuple[Cells, ...]


def totals(cells: Sequence[Cells]) -> tuple[int, int, int]:
    """Cells that are hit, reachable ones, and all."""
    hit = sum(int(np.count_nonzero(part.hits)) for part in cells)
    reachable = sum(int(np.count_nonzero(part.reachable)) for part in cells)
    return hit, reachable, sum(part.hits.size for part in cells)


def tally(
    scenario: str,
    axes: Sequence[Axis],
    columns: Columns,
    failed: Sequence[bool],
    draws: Columns | None,
) -> ScenarioCoverage:
    """Counts the cells of a scenario.

    Args:
        scenario: Its id.
        axes: Its parameters.
        columns: Values of its variants by parameter.
        failed: Which of the variants failed.
        draws: Values of random draws under the same conditions; None when there are none.
    """
    placed = {axis.name: axis.cells(columns[axis.name]) for axis in axes}
    drawn = {axis.name: axis.cells(draws[axis.name]) for axis in axes} if draws is not None else None
    bad = np.array(failed, dtype=bool)

    def count(group: tuple[Axis, ...]) -> Cells:
        at = [placed[axis.name] for axis in group]
        shape = tuple(len(axis.labels) for axis in group)
        seen = None if drawn is None else _count([drawn[axis.name] for axis in group], shape)
        return Cells(group, _count(at, shape), _count([cells[bad] for cells in at], shape), seen)

    size = len(next(iter(draws.values()))) if draws else 0
    return ScenarioCoverage(
        scenario=scenario,
        variants=len(bad),
        failed=int(bad.sum()),
        draws=size,
        ones=tuple(count((axis,)) for axis in axes),
        twos=tuple(count(pair) for pair in combinations(axes, 2)),
    )


def _count(cells: Sequence[NDArray[np.int64]], shape: tuple[int, ...]) -> Counts:
    inside = np.all([part >= 0 for part in cells], axis=0)
    flat = np.ravel_multi_index([part[inside] for part in cells], shape)
    return np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
