from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.harness.gate.statistics.paired_betting import (
    MeanBet,
    counted_losses,
    log_e_drop_below,
    mean_upper_bound,
    sequence_bounds,
)

ENOUGH = math.log(20)


@given(
    st.integers(0, 8),
    st.integers(0, 8),
    st.integers(0, 60),
    st.sampled_from([0.0, 0.02, 0.2, -0.1]),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_at_the_largest_drop_allowed_or_beyond_the_evidence_does_not_grow_on_average(
    b, c, same, d, more, spread
):
    drop = d + more * (1 - d)
    fixed = max(0.0, -drop) + spread * ((1 - abs(drop)) / 2)
    broken = fixed + drop
    rest = max(0.0, 1 - fixed - broken)
    n = b + c + same
    after = (
        broken * math.exp(log_e_drop_below(b + 1, c, n + 1, d))
        + fixed * math.exp(log_e_drop_below(b, c + 1, n + 1, d))
        + rest * math.exp(log_e_drop_below(b, c, n + 1, d))
    )
    assert after <= math.exp(log_e_drop_below(b, c, n, d)) * (1 + 1e-9)


def test_clean_pairs_that_rule_out_a_drop_of_two_percent_at_any_stopping_time():
    assert log_e_drop_below(0, 0, 169, 0.02) >= ENOUGH > log_e_drop_below(0, 0, 168, 0.02)


def test_unchanged_pairs_say_nothing_about_a_drop_of_nothing():
    assert log_e_drop_below(0, 0, 500, 0.0) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("b", "c", "n"), [(0, 0, 200), (3, 1, 150), (20, 2, 100), (1, 15, 60)])
def test_the_ends_of_the_sequence_are_where_the_evidence_becomes_enough(b, c, n):
    low, high = sequence_bounds((b, c), (b, c), n, 0.95)
    assert low <= (b - c) / n <= high
    assert log_e_drop_below(b, c, n, high) == pytest.approx(ENOUGH, abs=1e-6)
    assert log_e_drop_below(c, b, n, -low) == pytest.approx(ENOUGH, abs=1e-6)


def test_without_pairs_nothing_is_known():
    assert sequence_bounds((0, 0), (0, 0), 0, 0.95) == (-1.0, 1.0)


@pytest.mark.parametrize(("b", "c", "n", "d"), [(-1, 0, 5, 0.1), (3, 3, 5, 0.1), (1, 1, 5, 1.0)])
def test_impossible_input_is_refused(b, c, n, d):
    with pytest.raises(ValueError, match=r"impossible|between -1 and 1"):
        log_e_drop_below(b, c, n, d)


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=8),
    st.lists(st.floats(-1, 1), min_size=2, max_size=4),
    st.sampled_from([-0.3, 0.0, 0.02, 0.4]),
)
def test_at_a_mean_loss_of_the_limit_or_more_the_evidence_does_not_grow_on_average(seen, possible, limit):
    possible = [*possible, 1.0]
    weights = np.ones(len(possible))
    # The largest loss is made likely enough for the mean to be the limit at least.
    weights[-1] += 2.0 * len(possible) / (1.0 - limit)
    weights /= weights.sum()
    assert float(weights @ possible) >= limit
    bet = MeanBet(limit, 1.0)
    bet.add_all(np.array(seen), np.ones(len(seen)))
    after = []
    for loss in possible:
        grown = MeanBet(limit, 1.0)
        grown.add_all(np.array([*seen, loss]), np.ones(len(seen) + 1))
        after.append(math.exp(grown.log_e))
    assert float(weights @ np.array(after)) <= math.exp(bet.log_e) * (1 + 1e-9)


def test_of_very_many_different_losses_less_is_proven_and_hardly_less():
    losses = np.random.default_rng(2).normal(0.0, 0.1, 20_000).clip(-1, 1)
    exact = mean_upper_bound(losses, np.ones(len(losses)), 1.0, 0.95)
    values, numbers = counted_losses(losses, 1.0)
    assert len(values) <= 2_001
    assert numbers.sum() == len(losses)
    assert exact <= mean_upper_bound(values, numbers, 1.0, 0.95) <= exact + 0.0011


def test_a_limit_that_no_loss_exceeds_is_certain():
    assert MeanBet(1.0, 1.0).log_e == math.inf
