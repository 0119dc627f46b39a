from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.harness.gate.paired_betting import log_e_drop_below, sequence_bounds

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
