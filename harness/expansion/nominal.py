"""How far a variant's parameters lie from nominal.

The yardstick is the scenario's specification, not the variants that happened to run: the answer is the same
for one variant and for three hundred. Only what has no distribution of its own (computed and conditional
parameters, what the world adds) is held against the variants at hand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.distributions import draw
from simgate.harness.packs.bounds import is_comparable
from simgate.harness.packs.model import Scalar, Scenario
from simgate.harness.packs.values import ValueSpec

FAR_PERCENT = 10.0
"""A value is far from nominal among the lowest or highest tenth, or when at most a tenth share it."""
_QUANTILES = (np.arange(2000) + 0.5) / 2000
_RULES = ("expr", "when")


@dataclass(frozen=True, slots=True)
class Position:
    """Where one value lies in its distribution.

    Attributes:
        parameter: Its name.
        value: Its value in this variant.
        nominal: Median of numbers, most frequent word otherwise.
        percentile: For numbers, 0 to 100, ties in the middle of their range; else None.
        share: For words, share of variants with this value, 0 to 1; else None.
        distance: 0 at nominal, 1 at the rim; sorts parameters.
        far: Whether a reader should look at it.
        between: For numbers, smallest and largest value; else None.
    """

    parameter: str
    value: Scalar
    nominal: Scalar
    percentile: float | None
    share: float | None
    distance: float
    far: bool
    between: tuple[float, float] | None = None


def is_number(value: Scalar) -> TypeGuard[int | float]:
    """Whether a value has an order; booleans are words here."""
    return isinstance(value, int | float) and not isinstance(value, bool)


class NominalRange:
    """Distribution of every parameter.

    Args:
        columns: Values of each parameter, as often as they are likely.
    """

    def __init__(self, columns: Mapping[str, Sequence[Scalar]]) -> None:
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._medians: dict[str, float] = {}
        self._words: dict[str, Counter[Scalar]] = {}
        for name, values in columns.items():
            if all(is_number(value) for value in values):
                self._numbers[name] = np.sort(np.array(values, dtype=np.float64))
                self._medians[name] = float(np.median(self._numbers[name]))
            else:
                self._words[name] = Counter(values)

    @classmethod
    def of_variants(cls, parameters: Iterable[Mapping[str, Scalar]]) -> NominalRange:
        """The distribution over these variants."""
        return cls(_columns(parameters))

    @classmethod
    def of_scenario(cls, scenario: Scenario, parameters: Iterable[Mapping[str, Scalar]] = ()) -> NominalRange:
        """The distribution that a scenario's specification gives.

        Args:
            scenario: With its specifications.
            parameters: Of some of its variants, for what has no distribution of its own.
        """
        columns = _columns(parameters)
        specified = {
            name: _likely_values(spec)
            for name, spec in scenario.parameters.items()
            if spec.kind not in _RULES
        }
        return cls(columns | specified)

    def is_varied(self, name: str) -> bool:
        """Whether the parameter takes more than one value."""
        if name in self._numbers:
            return bool(self._numbers[name][0] != self._numbers[name][-1])
        return len(self._words.get(name, ())) > 1

    def position(self, name: str, value: Scalar) -> Position:
        """Where a value lies.

        Raises:
            KeyError: Nothing is known about this parameter.
        """
        if name in self._numbers and is_number(value):
            beyond = math.inf if value > 0 else -math.inf
            return self._number_position(name, float(value) if is_comparable(value) else beyond)
        counts = self._words.get(name) or Counter[Scalar](self._numbers[name].tolist())
        common, most = counts.most_common(1)[0]
        share = counts[value] / counts.total()
        far = value != common and 100 * share <= FAR_PERCENT
        return Position(name, value, common, None, share, 1 - counts[value] / most, far)

    def _number_position(self, name: str, value: float) -> Position:
        column = self._numbers[name]
        low, high = np.searchsorted(column, value, "left"), np.searchsorted(column, value, "right")
        percentile = 50.0 * float(low + high) / len(column)
        nominal = self._medians[name]
        far = value != nominal and abs(percentile - 50) >= 50 - FAR_PERCENT
        shown: Scalar = int(value) if value.is_integer() and abs(value) < 1e6 else value
        between = float(column[0]), float(column[-1])
        return Position(name, shown, nominal, percentile, None, abs(percentile - 50) / 50, far, between)

    def positions(self, parameters: Mapping[str, Scalar]) -> list[Position]:
        """Positions of the varied parameters, farthest from nominal first."""
        found = [self.position(name, value) for name, value in parameters.items() if self.is_varied(name)]
        return sorted(found, key=lambda item: (not item.far, -item.distance, item.parameter))


def _columns(parameters: Iterable[Mapping[str, Scalar]]) -> dict[str, Sequence[Scalar]]:
    columns: dict[str, list[Scalar]] = {}
    for mapping in parameters:
        for name, value in mapping.items():
            columns.setdefault(name, []).append(value)
    return dict(columns)


def _likely_values(spec: ValueSpec) -> Sequence[Scalar]:
    """Values of a specification at even quantiles; all of a grid."""
    if spec.kind in ("constant", "grid"):
        return spec.choices
    values: list[Scalar] = draw(spec, _QUANTILES).tolist()
    ends = [spec.numbers[end] for end in ("low", "high") if end in spec.numbers]
    return [*values, *ends]
