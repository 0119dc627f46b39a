"""Evaluates expression trees over numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.packs.expressions.syntax import (
    Binary,
    Call,
    Comparison,
    Literal,
    Membership,
    Name,
    Term,
    Unary,
)

Array = NDArray[Any]

_BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.mod, "**": np.power,
    "and": np.logical_and, "or": np.logical_or,
}  # fmt: skip
_COMPARE: dict[str, Callable[[Array, Array], Array]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
    "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
_UNARY: dict[str, Callable[[Array], Array]] = {"-": np.negative, "+": np.positive, "not": np.logical_not}
_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "abs": np.abs, "sqrt": np.sqrt, "hypot": np.hypot, "sin": np.sin, "cos": np.cos,
    "deg": np.degrees, "rad": np.radians, "round": np.rint,
    "min": lambda *arrays: _fold(np.minimum, arrays),
    "max": lambda *arrays: _fold(np.maximum, arrays),
    "clip": lambda value, low, high: np.minimum(np.maximum(value, low), high),
}  # fmt: skip


def value_of(tree: Term, values: Mapping[str, Any]) -> Array:
    """Value of a tree; see ``Expression.evaluate``."""
    with np.errstate(all="ignore"):
        return _value(tree, values)


def _fold(function: Callable[[Array, Array], Array], arrays: tuple[Array, ...]) -> Array:
    result = arrays[0]
    for array in arrays[1:]:
        result = function(result, array)
    return result


def _array(value: Any) -> Array:
    """Numbers as float64, so that whole numbers cannot overflow; words and truth values as they are."""
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "iu" else array


def _value(term: Term, values: Mapping[str, Any]) -> Array:
    match term:
        case Literal():
            return _array(term.value)
        case Name():
            return _array(values[term.name])
        case Unary():
            return _UNARY[term.operator](_value(term.operand, values))
        case Binary():
            return _BINARY[term.operator](_value(term.left, values), _value(term.right, values))
        case Comparison():
            operands = [_value(term.first, values), *(_value(operand, values) for _, operand in term.rest)]
            links = [
                _COMPARE[operator](operands[i], operands[i + 1]) for i, (operator, _) in enumerate(term.rest)
            ]
            return _fold(np.logical_and, tuple(links))
        case Membership():
            item = _value(term.item, values)
            hits = tuple(np.equal(item, _value(option, values)) for option in term.options)
            found = _fold(np.logical_or, hits)
            return np.logical_not(found) if term.negated else found
        case Call():
            return _FUNCTIONS[term.function](*(_value(argument, values) for argument in term.arguments))
    raise TypeError(f"no such term: {term!r}")
