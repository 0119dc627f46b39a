"""A criterion that judges very many values judges each as the definition does."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from simgate.harness.packs.bounds import UnusableCriterion, judge_of, judgement
from simgate.harness.packs.model import Criterion

FLOATS = (0.0, -0.0, 0.5, math.nextafter(0.5, 1), math.nextafter(0.5, 0), 1.5, 5e-324, -1.0, 1e308)
HUGE = (2**53, 2**53 + 1, 2.0**53, 10**400, -(10**400), math.inf, -math.inf, math.nan)
VALUES = (*FLOATS, *HUGE, 0, 1, -1, 2, True, False, np.float64(0.5), np.float64("nan"), "open", "0.5", None)
PAIRS = ((0.0, 0.5), (0.5, 0.5), (1.5, 0.5), (0, 1), (-math.inf, math.inf), (0.0, math.nan))
BOUNDS = (*FLOATS, *HUGE, 0, 1, -1, True, False, "open", *PAIRS)
OPS = ("at_most", "at_least", "equals", "between")


def by_definition(criterion, value):
    try:
        return judgement(criterion, value)
    except UnusableCriterion:
        return None


def test_each_value_is_judged_as_the_definition_judges_it():
    for op, bound, undefined in product(OPS, BOUNDS, ("fail", "pass", "invalid")):
        criterion = Criterion.model_construct(
            metric="m", op=op, bound=bound, options={}, if_undefined=undefined, stl=None, signal=None
        )
        judge = judge_of(criterion)
        for value in (*VALUES, *reversed(VALUES)):
            assert judge(value) == by_definition(criterion, value), (op, bound, value)
