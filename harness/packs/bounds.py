"""Holds the value of a metric against the bound of a criterion."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from simgate.harness.packs.model import Criterion, Scalar

Judgement = Literal["PASS", "FAIL", "INVALID"]
_UNDEFINED: dict[str, Judgement] = {"fail": "FAIL", "pass": "PASS", "invalid": "INVALID"}


class UnusableCriterion(ValueError):  # noqa: N818 - the name says what happened
    """The bound cannot be compared with the metric's value; the linter finds such packs before they run."""


def is_comparable(value: float) -> bool:
    """Whether a number is one: not NaN, not infinite, and no integer beyond every float."""
    return abs(value) <= sys.float_info.max


def judgement(criterion: Criterion, value: Scalar | None) -> Judgement:
    """What a value is under a criterion, None being undefined.

    Raises:
        UnusableCriterion: For example ``at_most`` on a word.
    """
    if value is None:
        return _UNDEFINED[criterion.if_undefined]
    return "PASS" if margin_of(criterion, value) >= 0.0 else "FAIL"


def judge_of(criterion: Criterion) -> Callable[[Scalar | None], Judgement | None]:
    """:func:`judgement` of one criterion for very many values; None where they cannot be compared.

    Whole numbers, words and bools come from few; what is made of floats is one comparison.
    """

    @lru_cache(maxsize=256, typed=True)
    def judged(value: Scalar | None) -> Judgement | None:
        try:
            return judgement(criterion, value)
        except UnusableCriterion:
            return None

    interval = _interval(criterion)
    if interval is None:
        return judged
    low, high = interval

    def of_number(value: Scalar | None) -> Judgement | None:
        if type(value) is float:
            if low <= value <= high:
                return "PASS"
            if is_comparable(value):
                return "FAIL"
        return judged(value)

    return of_number


def _interval(criterion: Criterion) -> tuple[float, float] | None:
    """The finite floats whose margin is not negative; None where a comparison does not tell."""
    both = criterion.bound if isinstance(criterion.bound, tuple) else (criterion.bound, criterion.bound)
    if any(isinstance(bound, bool | str) or not is_comparable(bound) for bound in both):
        return None
    low, high = map(float, both)
    if (low, high) != both or isinstance(criterion.bound, tuple) != (criterion.op == "between"):
        return None
    if criterion.op == "at_most":
        low = -sys.float_info.max
    elif criterion.op == "at_least":
        high = sys.float_info.max
    return low, high


def margin_of(criterion: Criterion, value: Scalar) -> float:
    """Signed distance to the bound; for words and bools -1 when they differ.

    Raises:
        UnusableCriterion: For example ``at_most`` on a word.
    """
    bound = criterion.bound
    too_large = isinstance(bound, int) and not is_comparable(bound)
    if too_large or (isinstance(value, int | float) and not is_comparable(value)):
        raise UnusableCriterion(f"{criterion.statement}: what is no finite number cannot be compared")
    if criterion.op == "equals" and not isinstance(bound, tuple):
        if isinstance(value, bool | str) or isinstance(bound, bool | str):
            return 0.0 if value == bound and isinstance(value, str) == isinstance(bound, str) else -1.0
        return 0.0 if value == bound else -abs(float(value) - float(bound))
    if isinstance(value, str) or isinstance(bound, str):
        raise UnusableCriterion(
            f"{criterion.statement}: '{value}' cannot be compared with {bound!r}; use equals"
        )
    if isinstance(bound, tuple):
        if criterion.op != "between":
            raise UnusableCriterion(f"{criterion.statement}: {criterion.op} takes one number, not two")
        return min(float(value) - bound[0], bound[1] - float(value))
    if criterion.op == "at_most":
        return float(bound) - float(value)
    if criterion.op == "at_least":
        return float(value) - float(bound)
    raise UnusableCriterion(f"{criterion.statement}: {criterion.op} takes two numbers")
