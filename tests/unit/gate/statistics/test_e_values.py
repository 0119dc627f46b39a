from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from simgate.harness.gate.statistics.e_values import (
    AWAY,
    TOWARDS,
    anytime_p,
    log_e_at_least,
    log_e_below,
)

ENOUGH = math.log(20)


@pytest.mark.parametrize(("s", "f", "p0"), [(5, 0, 0.9), (30, 2, 0.9), (3, 7, 0.5), (200, 1, 0.98)])
def test_the_evidence_is_the_likelihood_ratio_averaged_over_the_beta_density(s, f, p0):
    def ratio(theta):
        return beta.pdf(theta, TOWARDS, AWAY) * (theta / p0) ** s * ((1 - theta) / (1 - p0)) ** f

    mass = beta.sf(p0, TOWARDS, AWAY)
    # The density has a pole at 1 that is integrable.
    average = quad(ratio, p0, 1 - 1e-12, limit=400, points=[0.999])[0] / mass
    assert log_e_at_least(s, f, p0) == pytest.approx(math.log(average), abs=2e-3)


@pytest.mark.parametrize("p0", [0.5, 0.9, 0.98])
def test_one_more_variant_changes_the_evidence_by_nothing_on_average_when_the_share_is_p0(p0):
    for s, f in [(0, 0), (10, 1), (40, 5)]:
        after = p0 * math.exp(log_e_at_least(s + 1, f, p0)) + (1 - p0) * math.exp(
            log_e_at_least(s, f + 1, p0)
        )
        assert after == pytest.approx(math.exp(log_e_at_least(s, f, p0)), rel=1e-9)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.05, 0.95), st.floats(0, 1))
def test_below_p0_the_evidence_for_it_falls_on_average(s, f, p0, lower):
    p = p0 * lower
    after = p * math.exp(log_e_at_least(s + 1, f, p0)) + (1 - p) * math.exp(log_e_at_least(s, f + 1, p0))
    assert after <= math.exp(log_e_at_least(s, f, p0)) * (1 + 1e-9)


@pytest.mark.parametrize(("p0", "clean"), [(0.90, 33), (0.95, 67), (0.98, 169), (0.99, 339)])
def test_clean_variants_that_prove_a_share_at_any_stopping_time(p0, clean):
    assert log_e_at_least(clean, 0, p0) >= ENOUGH > log_e_at_least(clean - 1, 0, p0)


def test_success_and_failure_change_places():
    assert log_e_below(3, 9, 0.75) == log_e_at_least(9, 3, 0.25)


def test_nothing_seen_is_no_evidence():
    assert log_e_at_least(0, 0, 0.9) == pytest.approx(0.0)
    assert anytime_p(0.0) == 1.0 == anytime_p(-5.0)


def test_looking_after_every_variant_a_fixed_size_test_lies_and_this_one_does_not():
    rng = np.random.default_rng(3)
    p0, n, runs = 0.9, 200, 400
    sequential = np.array(
        [[log_e_at_least(s, t - s, p0) for s in range(t + 1)] + [-9] * (n - t) for t in range(1, n + 1)]
    )
    successes = np.cumsum(rng.random((runs, n)) < p0, axis=1)
    e = sequential[np.arange(n), successes]
    assert np.mean((e >= ENOUGH).any(axis=1)) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
    fixed = np.array(
        [beta.cdf(p0, s, t - s + 1) if s else 1.0 for t in range(1, n + 1) for s in range(t + 1)]
    )
    offsets = np.array([t * (t + 1) // 2 - 1 for t in range(1, n + 1)])
    assert np.mean((fixed[offsets + successes] <= 0.05).any(axis=1)) > 0.15


@pytest.mark.parametrize(("s", "f", "share"), [(-1, 0, 0.5), (1, 1, 0.0), (1, 1, 1.0)])
def test_impossible_input_is_refused(s, f, share):
    with pytest.raises(ValueError, match=r"impossible|between 0 and 1"):
        log_e_at_least(s, f, share)
