"""Conditions over numbers of which some are not known, in Kleene's logic: true, false, or unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from simgate.harness.packs.expressions.arrays import value_of
from simgate.harness.packs.expressions.syntax import Binary, Comparison, Membership, Term, Unary


def truth_of(term: Term, values: Mapping[str, float]) -> bool | None:
    """Whether a condition holds at one moment.

    Args:
        term: Tree of a condition.
        values: Name -> number, ``nan`` where there is none.

    Returns:
        None where that depends on a number that there is not.
    """
    match term:
        case Unary(operator="not"):
            operand = truth_of(term.operand, values)
            return None if operand is None else not operand
        case Binary(operator="and" | "or"):
            parts = (truth_of(term.left, values), truth_of(term.right, values))
            return _joined(parts, decisive=term.operator == "or")
        case Comparison():
            operands = (term.first, *(operand for _, operand in term.rest))
            links = [
                None
                if _is_unknown(left, values) or _is_unknown(link[1], values)
                else bool(value_of(Comparison(term.offset, term.length, left, (link,)), values))
                for left, link in zip(operands, term.rest, strict=False)
            ]
            return _joined(links, decisive=False)
        case Membership() if any(_is_unknown(part, values) for part in (term.item, *term.options)):
            return None
    value = value_of(term, values)
    return None if value.dtype.kind == "f" and np.isnan(value) else bool(value)


def _joined(parts: Iterable[bool | None], decisive: bool) -> bool | None:
    """Of ``and``, which one false decides, or ``or``, which one true decides."""
    found = set(parts)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def _is_unknown(operand: Term, values: Mapping[str, float]) -> bool:
    value = value_of(operand, values)
    return bool(np.isnan(value)) if value.dtype.kind == "f" else truth_of(operand, values) is None
