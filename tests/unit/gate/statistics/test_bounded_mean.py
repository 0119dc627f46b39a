"""The test of a mean against the exact tests that it contains, and against drawing."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from simgate.harness.gate.statistics.bounded_mean import at_least_p, at_most_p, lower_mean, upper_mean
from simgate.harness.gate.statistics.intervals import lower_bound, refutation_p, upper_bound
from simgate.harness.gate.statistics.mcnemar import mcnemar_p


@pytest.mark.parametrize(("passed", "total"), [(1, 1), (3, 7), (40, 40), (57, 60), (990, 1000)])
def test_outcomes_of_two_values_give_the_exact_binomial_test(passed, total):
    outcomes = {1.0: passed, 0.0: total - passed}
    assert at_least_p(outcomes, 0.9, 1.0) == pytest.approx(refutation_p(passed, total, 0.9), rel=1e-9)
    assert lower_mean(outcomes, 0.0, 0.95) == pytest.approx(lower_bound(passed, total, 0.95), abs=1e-9)
    assert upper_mean(outcomes, 1.0, 0.95) == pytest.approx(upper_bound(passed, total, 0.95), abs=1e-9)


@pytest.mark.parametrize(("broken", "fixed"), [(5, 0), (0, 3), (7, 2), (30, 30)])
def test_differences_of_pairs_give_the_test_of_mcnemar(broken, fixed):
    outcomes = {1.0: broken, -1.0: fixed, 0.0: 50}
    assert at_most_p(outcomes, 0.0, -1.0) == pytest.approx(mcnemar_p(broken, fixed), rel=1e-9)


def test_scenes_that_all_pass_by_nine_tenths_prove_what_the_formula_says():
    assert at_most_p({0.9: 40}, 0.8, 0.0) == pytest.approx((0.8 / 0.9) ** 40)


def test_it_is_the_share_of_draws_of_ordered_uniform_numbers():
    rng = np.random.default_rng(3)
    for bound in (0.55, 0.7, 0.8):
        outcomes = rng.integers(0, 6, 24) / 5.0
        spacings = rng.dirichlet(np.ones(25), 100_000)
        drawn = float(np.mean(spacings[:, :24] @ outcomes <= bound))
        p_value = at_most_p(Counter(outcomes.tolist()), bound, 0.0)
        assert p_value == pytest.approx(drawn, abs=4.0 * np.sqrt(0.25 / 100_000))


@pytest.mark.parametrize("bound", [0.5, 0.86, 0.9, 0.91, 0.95])
def test_values_next_to_each_other_are_as_good_as_one(bound):
    """The integral, which two values do not need, against the closed form that they have."""
    split = at_most_p({1.0: 20, 1.0 - 1e-12: 15, 0.0: 4}, bound, 0.0)
    assert split == pytest.approx(at_most_p({1.0: 35, 0.0: 4}, bound, 0.0), rel=1e-9)


def test_the_bounds_agree_with_the_tests():
    outcomes = {1.0: 30, 0.8: 6, 0.2: 1}
    low, high = lower_mean(outcomes, 0.0, 0.95), upper_mean(outcomes, 1.0, 0.95)
    assert at_most_p(outcomes, low, 0.0) == pytest.approx(0.05, rel=1e-6)
    assert at_least_p(outcomes, high, 1.0) == pytest.approx(0.05, rel=1e-6)


def test_bounds_reach_the_ends_of_the_range():
    assert lower_mean({0.0: 5}, 0.0, 0.95) == 0.0
    assert upper_mean({1.0: 5}, 1.0, 0.95) == 1.0
    assert lower_mean({}, 0.0, 0.95) == 0.0
