"""Parameters as a table of numbers, and splits of it as conditions that people can read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.harness.slices.slice import Condition, Scalar

MAX_WORDS = 12
"""A parameter with more different words than this is left out: each would be a region of its own."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table.

    Attributes:
        parameter: Its name.
        values: One for each variant; for a word 1 where the parameter has it, else 0.
        word: The word, None for numbers.
        other: The only other word, None when there are several.
    """

    parameter: str
    values: NDArray[np.float64]
    word: Scalar | None = None
    other: Scalar | None = None

    def rounded(self, threshold: float) -> float:
        """The shortest decimal that cuts the variants in the same way."""
        if self.word is not None:
            return 0.5
        low = float(self.values[self.values <= threshold].max(initial=-math.inf))
        high = float(self.values[self.values > threshold].min(initial=math.inf))
        for digits in range(1, 18):
            short = float(f"{threshold:.{digits}g}")
            if low < short <= high:
                return short
        return threshold

    def condition(self, threshold: float, below: bool) -> Condition:
        """What the values on one side of a threshold have in common."""
        if self.word is None:
            return Condition(self.parameter, "<" if below else ">=", threshold)
        if not below:
            return Condition(self.parameter, "=", self.word)
        if self.other is not None:
            return Condition(self.parameter, "=", self.other)
        return Condition(self.parameter, "!=", self.word)


def columns_of(parameters: Sequence[Mapping[str, Scalar]]) -> list[Column]:
    """The parameters that every variant has and that vary, by name."""
    if not parameters:
        return []
    shared = set.intersection(*(set(row) for row in parameters))
    columns: list[Column] = []
    for name in sorted(shared):
        values = [row[name] for row in parameters]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            try:
                numbers = np.array(values, dtype=np.float64)
            except (
                OverflowError
            ):  # A whole number that no float can hold is as little of a place as infinity.
                continue
            if np.isfinite(numbers).all() and (numbers != numbers[0]).any():
                columns.append(Column(name, numbers))
        else:
            columns += _word_columns(name, values)
    return columns


def _word_columns(name: str, values: Sequence[Scalar]) -> list[Column]:
    words = sorted(set(values), key=str)
    if not 2 <= len(words) <= MAX_WORDS:
        return []
    shown = words[1:] if len(words) == 2 else words
    other = words[0] if len(words) == 2 else None
    return [
        Column(name, np.array([value == word for value in values], dtype=np.float64), word, other)
        for word in shown
    ]
