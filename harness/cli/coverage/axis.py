"""One parameter cut into cells: every value of a discrete one, bins of a continuous one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgate.harness.packs.bounds import is_comparable
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.values import ValueSpec

MOST_VALUES = 12
"""A parameter with more different numbers than this is binned; words are never binned."""
_LOGARITHMIC = ("log_uniform", "log_normal")


@dataclass(frozen=True)
class Axis:
    """A parameter with its cells.

    Attributes:
        name: The parameter.
        labels: One for each cell, in order.
        values: The value of each cell, of a discrete parameter; empty otherwise.
        edges: Limits of the bins, one more than cells, of a continuous parameter; empty otherwise. A bin
            holds its lower limit, the last one its upper limit too.
    """

    name: str
    labels: tuple[str, ...]
    values: tuple[Scalar, ...] = ()
    edges: tuple[float, ...] = ()

    def cells(self, column: Sequence[Scalar]) -> NDArray[np.int64]:
        """Cell of each value; -1 for a value outside of every cell."""
        if self.values:
            places = {_key(value): k for k, value in enumerate(self.values)}
            return np.array([places.get(_key(value), -1) for value in column], dtype=np.int64)
        numbers = np.array(
            [float(v) if not isinstance(v, str) and is_comparable(v) else math.nan for v in column],
            dtype=np.float64,
        )
        edges = np.array(self.edges)
        found = np.searchsorted(edges, numbers, side="right") - 1
        found[numbers == edges[-1]] = len(edges) - 2
        outside = (found < 0) | (found > len(edges) - 2) | np.isnan(numbers)
        return np.where(outside, -1, found).astype(np.int64)


def make_axis(name: str, specs: Sequence[ValueSpec], bins: int) -> Axis | None:
    """The cells of a parameter.

    Args:
        name: The parameter.
        specs: How it is drawn; several when runs of a changed pack are merged.
        bins: Cells of a continuous parameter: equally wide, in logarithms when it is drawn in logarithms.

    Returns:
        None for a parameter with one value, and for one computed from others, which is not free.
    """
    parts = [part for spec in specs for part in _parts(spec)]
    if any(part.kind == "expr" for part in parts):
        return None
    discrete = [value for part in parts for value in _values(part)]
    unique = list({_key(value): value for value in discrete}.values())
    ranges = [limits for part in parts if (limits := _limits(part))]
    words = [value for value in unique if isinstance(value, str | bool)]
    if not ranges and (words or len(unique) <= MOST_VALUES):
        return _discrete(name, unique)
    numbers = [float(value) for value in unique if not isinstance(value, str)]
    low = min([low for low, _ in ranges] + numbers)
    high = max([high for _, high in ranges] + numbers)
    if low == high:
        return None
    logarithmic = low > 0 and any(part.kind in _LOGARITHMIC for part in parts)
    return _binned(name, low, high, bins, logarithmic)


def _parts(spec: ValueSpec) -> Iterator[ValueSpec]:
    if spec.kind != "when":
        yield spec
        return
    for case in spec.cases:
        yield from _parts(case.value)


def _values(spec: ValueSpec) -> tuple[Scalar, ...]:
    """All values of a discrete specification; none when it is drawn from a range."""
    if spec.kind == "bool":
        return (False, True)
    if spec.kind == "integers":
        low, high = int(spec.numbers["low"]), int(spec.numbers["high"])
        return tuple(range(low, high + 1)) if high - low < MOST_VALUES else ()
    return spec.choices


def _limits(spec: ValueSpec) -> tuple[float, float] | None:
    """Lowest and highest value of a specification that is drawn from a range."""
    if _values(spec) or "low" not in spec.numbers:
        return None
    return spec.numbers["low"], spec.numbers["high"]


def _key(value: Scalar) -> tuple[bool, Scalar]:
    """1, 1.0 and true: the first two are the same value."""
    return isinstance(value, bool), value


def _discrete(name: str, values: list[Scalar]) -> Axis | None:
    if len(values) < 2:
        return None
    if all(not isinstance(value, str) for value in values):
        values = sorted(values, key=float)
    labels = tuple(str(v).lower() if isinstance(v, bool) else _short(v) for v in values)
    return Axis(name, labels, values=tuple(values))


def _binned(name: str, low: float, high: float, bins: int, logarithmic: bool) -> Axis:
    ends = np.geomspace(low, high, bins + 1) if logarithmic else np.linspace(low, high, bins + 1)
    edges = (low, *(float(edge) for edge in ends[1:-1]), high)
    labels = tuple(f"{_short(a)}..{_short(b)}" for a, b in pairwise(edges))
    return Axis(name, labels, edges=edges)


def _short(value: Scalar) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
