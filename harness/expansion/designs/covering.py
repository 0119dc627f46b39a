"""Covering arrays: few rows in which every feasible combination of t parameters' values occurs.

Rows are built one at a time in the manner of AETG (Cohen, Dalal, Fredman, Patton 1997): several candidates,
each begun with a combination that no row holds yet and completed parameter by parameter with the value that
covers most; the best candidate becomes a row. Whole arrays are built several times and the shortest is kept.

Why not a library: allpairspy 2.5 returns 71 rows for a 3-wise model that needs at least 210, so it does not
cover; covertable 3.2 covers, but its constraints are predicates over single rows, with an interface that
changed between its last two minor releases; ours are checked over arrays before a row is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.sequences.streams import Stream, Streams

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

MAX_COMBINATIONS = 300_000
"""Combinations of t values that a design may have to cover."""
_CANDIDATES = 24
_ROWS_BUILT = 800
"""Rows of all arrays that are built together; short arrays get more tries to become shorter."""
_MOST_ARRAYS = 16


class TooManyCombinations(Exception):  # noqa: N818 - the name says what happened
    """The model is too large to be covered.

    Attributes:
        combinations: How many combinations of t values it has.
    """

    def __init__(self, combinations: int) -> None:
        self.combinations = combinations
        super().__init__(combinations)


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that conditions link, with all values that they can take together.

    Attributes:
        parameters: Positions of the parameters.
        rows: Numbers of their levels, shape (feasible combinations, parameters of the group).
    """

    parameters: tuple[int, ...]
    rows: Integers


def covering_array(levels: Sequence[int], groups: Sequence[Group], strength: int) -> Integers:
    """Rows of levels that hold every feasible combination of ``strength`` parameters.

    Args:
        levels: Number of levels of each parameter.
        groups: Every parameter stands in just one of them; groups are independent of each other.
        strength: How many parameters meet, at most as many as there are.

    Returns:
        Level of each parameter, shape (rows, parameters); a function of the arguments alone.

    Raises:
        TooManyCombinations: More than 300,000 combinations.
    """
    tuples = _Tuples(levels, groups, strength)
    best = _Builder(tuples, groups, 0).build(MAX_COMBINATIONS + 1)
    assert best is not None
    for number in range(1, min(_MOST_ARRAYS, _ROWS_BUILT // len(best))):
        best = _Builder(tuples, groups, number).build(len(best)) or best
    return np.array(best, dtype=np.int64)


class _Tuples:
    """Numbers every combination of t levels and says which are feasible.

    Attributes:
        feasible: By number.
        levels: Number of levels of each parameter.
    """

    def __init__(self, levels: Sequence[int], groups: Sequence[Group], strength: int) -> None:
        self.levels = levels
        subsets = list(combinations(range(len(levels)), strength))
        sizes = [int(np.prod([levels[p] for p in subset], dtype=np.int64)) for subset in subsets]
        if sum(sizes) > MAX_COMBINATIONS:
            raise TooManyCombinations(sum(sizes))
        self.parameters = np.array(subsets, dtype=np.int64)
        self.offsets = np.cumsum([0, *sizes[:-1]])
        self.strides = np.ones((len(subsets), strength), dtype=np.int64)
        for i in range(strength - 2, -1, -1):
            right = np.array([levels[subset[i + 1]] for subset in subsets])
            self.strides[:, i] = self.strides[:, i + 1] * right
        of_group = {p: group for group in groups for p in group.parameters}
        masks = [_feasible(subset, levels, of_group).reshape(-1) for subset in subsets]
        self.feasible: Flags = np.concatenate(masks)
        self._touching = [self._touch(p) for p in range(len(levels))]

    def _touch(self, parameter: int) -> tuple[Integers, Integers, Integers, Integers]:
        """Subsets with a parameter: offset, its stride, the other parameters, their strides."""
        subset, place = np.nonzero(self.parameters == parameter)
        others = self.parameters != parameter
        shape = (len(subset), self.parameters.shape[1] - 1)
        return (
            self.offsets[subset],
            self.strides[subset, place],
            self.parameters[subset][others[subset]].reshape(shape),
            self.strides[subset][others[subset]].reshape(shape),
        )

    def of_rows(self, rows: Integers) -> Integers:
        """Numbers of the combinations that full rows hold, shape (rows, subsets)."""
        numbers: Integers = self.offsets + (rows[:, self.parameters] * self.strides).sum(axis=2)
        return numbers

    def levels_of(self, number: int) -> tuple[Integers, Integers]:
        """Parameters and levels of a combination."""
        subset = int(np.searchsorted(self.offsets, number, side="right")) - 1
        rest = number - int(self.offsets[subset])
        parameters, strides = self.parameters[subset], self.strides[subset]
        sizes = np.array([self.levels[p] for p in parameters])
        return parameters, (rest // strides) % sizes

    def gains(self, rows: Integers, parameter: int, missing: Flags) -> Integers:
        """How many missing combinations each level of a parameter would add, shape (rows, levels)."""
        offsets, stride, others, strides = self._touching[parameter]
        values = rows[:, others]
        known: Flags = np.all(values >= 0, axis=2)
        first = offsets + (np.maximum(values, 0) * strides).sum(axis=2)
        numbers = first[..., None] + stride[:, None] * np.arange(self.levels[parameter])
        gains: Integers = (missing[numbers] & known[..., None]).sum(axis=1)
        return gains


def _feasible(subset: tuple[int, ...], levels: Sequence[int], of_group: dict[int, Group]) -> Flags:
    """Which levels of some parameters can occur together, shape (levels of each)."""
    result = np.ones([levels[p] for p in subset], dtype=np.bool_)
    for group in {id(of_group[p]): of_group[p] for p in subset}.values():
        own = [i for i, p in enumerate(subset) if of_group[p] is group]
        mask = np.zeros([levels[subset[i]] for i in own], dtype=np.bool_)
        mask[tuple(group.rows[:, group.parameters.index(subset[i])] for i in own)] = True
        result &= mask.reshape([levels[p] if i in own else 1 for i, p in enumerate(subset)])
    return result


class _Builder:
    """Builds one array; ``number`` makes it differ from others."""

    def __init__(self, tuples: _Tuples, groups: Sequence[Group], number: int) -> None:
        self._tuples, self._groups = tuples, [group for group in groups if len(group.parameters) > 1]
        self._single = {g.parameters[0]: g for g in groups if len(g.parameters) == 1}
        self._stream: Stream = Streams("@covering", str(number), 0)["rows"]
        self._drawn = 0
        self._levels = tuples.levels
        self._one_hot = [
            [
                np.eye(self._levels[p], dtype=np.float32)[group.rows[:, i]]
                for i, p in enumerate(group.parameters)
            ]
            for group in self._groups
        ]

    def _random(self, *shape: int) -> NDArray[np.float64]:
        size = int(np.prod(shape))
        numbers = self._stream.uniform(np.arange(self._drawn, self._drawn + size))
        self._drawn += size
        return numbers.reshape(shape)

    def build(self, shorter_than: int) -> list[Integers] | None:
        """All rows, or None when they would not be fewer than ``shorter_than``."""
        missing = self._tuples.feasible.copy()
        rows: list[Integers] = []
        while missing.any():
            if len(rows) + 1 >= shorter_than:
                return None
            candidates = self._candidates(missing)
            numbers = self._tuples.of_rows(candidates)
            best = int(missing[numbers].sum(axis=1).argmax())
            missing[numbers[best]] = False
            rows.append(candidates[best])
        return rows

    def _candidates(self, missing: Flags) -> Integers:
        """Full rows, each with at least one missing combination."""
        open_ones = np.flatnonzero(missing)
        picks = (self._random(_CANDIDATES) * len(open_ones)).astype(np.int64)
        rows = np.full((_CANDIDATES, len(self._levels)), -1, dtype=np.int64)
        for row, number in zip(rows, open_ones[picks].tolist(), strict=True):
            parameters, levels = self._tuples.levels_of(number)
            row[parameters] = levels
        fits = [self._fits(group, rows) for group in self._groups]
        for parameter in np.argsort(self._random(len(self._levels))).tolist():
            blank = rows[:, parameter] < 0
            if not blank.any():
                continue
            gains = self._tuples.gains(rows, parameter, missing) + 0.5 * self._random(
                _CANDIDATES, self._levels[parameter]
            )
            gains[~self._available(parameter, fits)] = -1.0
            rows[blank, parameter] = gains.argmax(axis=1)[blank]
            for at, group in enumerate(self._groups):
                if parameter in group.parameters:
                    level = group.rows[:, group.parameters.index(parameter)]
                    fits[at] &= level == rows[:, parameter, None]
        return rows

    def _fits(self, group: Group, rows: Integers) -> Flags:
        """Which combinations of a group agree with what is fixed, shape (rows, combinations)."""
        fixed = rows[:, None, list(group.parameters)]
        agrees: Flags = ((fixed < 0) | (fixed == group.rows)).all(axis=2)
        return agrees

    def _available(self, parameter: int, fits: Sequence[Flags]) -> Flags:
        """Which levels of a parameter can still be taken, shape (rows, levels)."""
        for group, agrees, one_hot in zip(self._groups, fits, self._one_hot, strict=True):
            if parameter in group.parameters:
                available: Flags = agrees.astype(np.float32) @ one_hot[group.parameters.index(parameter)] > 0
                return available
        alone = np.zeros(self._levels[parameter], dtype=np.bool_)
        alone[self._single[parameter].rows[:, 0]] = True
        return np.broadcast_to(alone, (_CANDIDATES, len(alone)))
