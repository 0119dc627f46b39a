from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, binomtest

from simgate.harness.gate.statistics.intervals import (
    lower_bound,
    more_successes_needed,
    most_failures_allowed,
    proves_at_least,
    refutes_at_least,
    upper_bound,
    wilson,
)

COUNTS = [(0, 1), (1, 1), (0, 20), (20, 20), (59, 60), (146, 160), (160, 160), (250, 500), (499, 500)]
CONFIDENCES = [0.8, 0.9, 0.95, 0.99]


@pytest.mark.parametrize(("share", "clean"), [(0.90, 29), (0.95, 59), (0.98, 149), (0.99, 299)])
def test_the_known_number_of_clean_runs_proves_a_share_at_95_percent_and_one_fewer_does_not(share, clean):
    assert more_successes_needed(0, 0, share, 0.95) == clean
    assert proves_at_least(clean, clean, share, 0.95)
    assert not proves_at_least(clean - 1, clean - 1, share, 0.95)


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize(("successes", "total"), COUNTS)
def test_exact_bounds_agree_with_scipys_one_sided_intervals(successes, total, confidence):
    low = binomtest(successes, total, alternative="greater").proportion_ci(confidence, "exact").low
    high = binomtest(successes, total, alternative="less").proportion_ci(confidence, "exact").high
    assert lower_bound(successes, total, confidence) == pytest.approx(low, abs=1e-12)
    assert upper_bound(successes, total, confidence) == pytest.approx(high, abs=1e-12)


@pytest.mark.parametrize(("successes", "total"), [(3, 10), (146, 160), (499, 500)])
def test_exact_bounds_are_quantiles_of_the_beta_distribution(successes, total):
    low = beta.ppf(0.05, successes, total - successes + 1)
    high = beta.ppf(0.95, successes + 1, total - successes)
    assert lower_bound(successes, total, 0.95) == pytest.approx(low)
    assert upper_bound(successes, total, 0.95) == pytest.approx(high)


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize(("successes", "total"), COUNTS)
def test_wilson_agrees_with_scipy(successes, total, confidence):
    expected = binomtest(successes, total).proportion_ci(confidence, "wilson")
    assert wilson(successes, total, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("successes", "total"), COUNTS)
def test_both_intervals_agree_with_statsmodels(successes, total):
    confint = pytest.importorskip("statsmodels.stats.proportion").proportion_confint
    # Two-sided at 90 % is one-sided each way at 95 %.
    exact = lower_bound(successes, total, 0.95), upper_bound(successes, total, 0.95)
    assert exact == pytest.approx(confint(successes, total, 0.1, "beta"), abs=1e-12)
    assert wilson(successes, total, 0.95) == pytest.approx(
        confint(successes, total, 0.05, "wilson"), abs=1e-12
    )


def test_without_trials_nothing_is_known_and_nothing_is_proven():
    assert wilson(0, 0, 0.95) == (0.0, 1.0)
    assert (lower_bound(0, 0, 0.95), upper_bound(0, 0, 0.95)) == (0.0, 1.0)
    assert not proves_at_least(0, 0, 0.0, 0.95)
    assert not refutes_at_least(0, 0, 1.0, 0.95)


@pytest.mark.parametrize(("successes", "total"), [(-1, 3), (4, 3), (0, -1)])
@pytest.mark.parametrize("function", [lower_bound, upper_bound, wilson])
def test_impossible_counts_are_refused(function, successes, total):
    with pytest.raises(ValueError, match="impossible"):
        function(successes, total, 0.95)


@given(
    total=st.integers(1, 400),
    data=st.data(),
    share=st.floats(0.01, 0.99),
    confidence=st.sampled_from(CONFIDENCES),
)
def test_tests_and_bounds_are_two_sides_of_one_rule(total, data, share, confidence):
    successes = data.draw(st.integers(0, total))
    low, high = lower_bound(successes, total, confidence), upper_bound(successes, total, confidence)
    if abs(low - share) > 1e-9:
        assert proves_at_least(successes, total, share, confidence) == (low >= share)
    if abs(high - share) > 1e-9:
        assert refutes_at_least(successes, total, share, confidence) == (high < share)
    assert low <= successes / total <= high


@given(total=st.integers(1, 400), share=st.floats(0.5, 0.99))
def test_allowed_failures_prove_the_share_and_one_more_does_not(total, share):
    allowed = most_failures_allowed(total, share, 0.95)
    if allowed is None:
        assert not proves_at_least(total, total, share, 0.95)
    else:
        assert proves_at_least(total - allowed, total, share, 0.95)
        assert not proves_at_least(total - allowed - 1, total, share, 0.95)


@given(total=st.integers(0, 200), data=st.data(), share=st.floats(0.5, 0.99))
def test_the_successes_said_to_be_needed_are_enough_and_one_fewer_is_not(total, data, share):
    successes = data.draw(st.integers(0, total))
    needed = more_successes_needed(successes, total, share, 0.95)
    assert needed is not None
    assert proves_at_least(successes + needed, total + needed, share, 0.95)
    if needed:
        assert not proves_at_least(successes + needed - 1, total + needed - 1, share, 0.95)


def test_certainty_cannot_be_proven_by_any_number_of_runs():
    assert more_successes_needed(100, 100, 1.0, 0.95) is None
    assert most_failures_allowed(100, 1.0, 0.95) is None
    assert refutes_at_least(99, 100, 1.0, 0.95)


@pytest.mark.parametrize("total", [20, 50, 160, 500])
@pytest.mark.parametrize("truth", [0.5, 0.9, 0.98, 0.99])
def test_bounds_cover_the_truth_at_least_as_often_as_they_say(truth, total):
    """Exactly, over the whole distribution of outcomes, and not by luck of a simulation."""
    outcomes = np.arange(total + 1)
    weight = binom.pmf(outcomes, total, truth)
    above = np.array([lower_bound(int(k), total, 0.95) > truth for k in outcomes])
    below = np.array([upper_bound(int(k), total, 0.95) < truth for k in outcomes])
    assert weight[above].sum() <= 0.05 + 1e-12
    assert weight[below].sum() <= 0.05 + 1e-12


def test_simulated_packs_of_a_model_just_below_the_bar_are_rarely_called_proven():
    passes = np.random.default_rng(20261120).binomial(160, 0.899, size=20_000)
    proving = [k for k in range(161) if proves_at_least(k, 160, 0.9, 0.95)]
    wrong = np.isin(passes, proving).mean()
    assert 0.005 < wrong <= 0.05
