"""Robustness of a formula at every row of a trace, as an interval where not everything is known.

Quantitative semantics of Donze and Maler 2010 in discrete time. What is unknown (a signal without a value,
arithmetic that fails, times outside the trace) is the interval from minus to plus infinity, and every
operator works on intervals (Deshmukh et al. 2017), so that a part that decides the whole does, and nothing
else.

Within the trace's end: ``eventually`` and ``until`` whose window reaches into the trace must come true in it,
``always`` speaks of the part of its window that the trace has. A window wholly outside is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simgate.harness.scoring.stl.formula import ARITHMETIC, COMPARISONS, Formula, Node

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the robustness at each row: between ``low`` and ``high``, both of shape (T,)."""

    low: Numbers
    high: Numbers

    def negated(self) -> Known:
        """Of ``not``."""
        return Known(-self.high, -self.low)

    def reversed(self) -> Known:
        """With time running backwards."""
        return Known(self.low[::-1], self.high[::-1])

    def merged(self, other: Known, pick: Callable[[Numbers, Numbers], Numbers]) -> Known:
        """Row by row with ``np.minimum`` (``and``) or ``np.maximum`` (``or``)."""
        return Known(pick(self.low, other.low), pick(self.high, other.high))


@dataclass
class Evaluation:
    """A formula over the signals of one trace.

    Args:
        formula: What to evaluate.
        signals: Each signal that it uses, shape (T,), T at least 1; NaN where it has no value.
    """

    formula: Formula
    signals: Mapping[str, Numbers]
    failed_rows: list[int] = field(default_factory=list)
    """Rows in which arithmetic failed on known numbers."""
    _known: dict[int, Known] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of the trace."""
        return len(next(iter(self.signals.values()))) if self.signals else 1

    def known(self, node: Node) -> Known:
        """What is known of an operator's robustness; of the formula's root at its first row is the answer."""
        if id(node) not in self._known:
            with np.errstate(all="ignore"):
                self._known[id(node)] = self._of(node)
        return self._known[id(node)]

    def window(self, node: Node) -> tuple[int, int]:
        """Rows, from the current one, of an operator's time bounds."""
        if node.interval_s is None:
            return 0, self.rows - 1
        begin, end = (int(bound * self.formula.control_hz) for bound in node.interval_s)
        return begin, end

    def _of(self, node: Node) -> Known:
        if node.kind in COMPARISONS:
            return _compared(node.kind, *(self._number(child) for child in node.children))
        parts = [self.known(child) for child in node.children]
        match node.kind:
            case "not":
                return parts[0].negated()
            case "and":
                return parts[0].merged(parts[1], np.minimum)
            case "or":
                return parts[0].merged(parts[1], np.maximum)
            case "implies":
                return parts[0].negated().merged(parts[1], np.maximum)
            case "rise":
                return _before(parts[0], -np.inf).negated().merged(parts[0], np.minimum)
            case "fall":
                return _before(parts[0], np.inf).merged(parts[0].negated(), np.minimum)
            case _:
                return self._over_time(node, parts)

    def _over_time(self, node: Node, parts: list[Known]) -> Known:
        """Operators with a window; those of the past are those of the future with time running backwards."""
        past = node.kind in ("once", "historically", "since")
        first, *rest = [part.reversed() for part in parts] if past else parts
        window = self.window(node)
        if rest:
            result = _until(first, rest[0], *window)
        elif node.kind in ("always", "historically"):
            result = _eventually(first.negated(), *window).negated()
        else:
            result = _eventually(first, *window)
        return result.reversed() if past else result

    def _number(self, node: Node) -> Numbers:
        assert node.kind in ARITHMETIC
        if node.kind == "signal":
            return self.signals[node.text]
        if node.kind == "number":
            return np.full(self.rows, node.value)
        operands = [self._number(child) for child in node.children]
        result = _ARITHMETIC[node.kind](*operands)
        known = ~np.isnan(np.stack(operands)).any(axis=0)
        finite = np.isfinite(np.stack(operands)).all(axis=0)
        # Finite operands that give no finite number: a division by zero, a root of less, an overflow.
        failed = np.isnan(result) & known | np.isinf(result) & finite
        self.failed_rows.extend(np.flatnonzero(failed).tolist())
        return np.where(failed, np.nan, result)


_ARITHMETIC: Mapping[str, Callable[..., Numbers]] = {
    "negative": np.negative,
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "pow": np.power,
}


def _compared(sign: str, left: Numbers, right: Numbers) -> Known:
    """A comparison; its robustness is how far the two numbers are from being equal."""
    gap = np.where(left == right, 0.0, left - right)
    value = {"<": -gap, "<=": -gap, ">": gap, ">=": gap, "==": -np.abs(gap), "!==": np.abs(gap)}[sign]
    unknown = np.isnan(value)
    return Known(np.where(unknown, -np.inf, value), np.where(unknown, np.inf, value))


def _before(operand: Known, first: float) -> Known:
    """The row before; the first has ``first`` before it."""
    return Known(np.concatenate(([first], operand.low[:-1])), np.concatenate(([first], operand.high[:-1])))


def _eventually(operand: Known, begin: int, end: int) -> Known:
    """Largest value in the part of the window that the trace has; unknown where it has none."""
    rows = len(operand.low)
    low, high = np.full(rows, -np.inf), np.full(rows, -np.inf)
    for shift in range(begin, min(end, rows - 1) + 1):
        low[: rows - shift] = np.maximum(low[: rows - shift], operand.low[shift:])
        high[: rows - shift] = np.maximum(high[: rows - shift], operand.high[shift:])
    high[max(rows - begin, 0) :] = np.inf
    return Known(low, high)


def _until(left: Known, right: Known, begin: int, end: int) -> Known:
    """Right comes true in the window, and left holds in every row before; right itself may be first."""
    rows = len(left.low)
    low, high = np.full(rows, -np.inf), np.full(rows, -np.inf)
    held_low, held_high = np.full(rows, np.inf), np.full(rows, np.inf)
    for shift in range(min(end, rows - 1) + 1):
        there = rows - shift
        if shift >= begin:
            low[:there] = np.maximum(low[:there], np.minimum(right.low[shift:], held_low[:there]))
            high[:there] = np.maximum(high[:there], np.minimum(right.high[shift:], held_high[:there]))
        held_low[:there] = np.minimum(held_low[:there], left.low[shift:])
        held_high[:there] = np.minimum(held_high[:there], left.high[shift:])
    # Whatever comes after the trace, it is lost where left was lost within it.
    beyond = max(rows - begin, 0)
    high[beyond:] = held_high[beyond:]
    return Known(low, high)
