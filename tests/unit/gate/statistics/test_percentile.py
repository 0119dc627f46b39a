from __future__ import annotations

import random
from array import array
from bisect import bisect_right

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from simgate.harness.gate.statistics.data_sets.ordered import Ordered
from simgate.harness.gate.statistics.percentile import (
    accepts,
    percentile_lower_bound,
    percentile_upper_bound,
    rejects,
)
from simgate.harness.packs.checks.latency_percentile import LatencyPercentile, parse_latency_percentile


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("latency.p95_ms", LatencyPercentile(0.95, False)),
        ("latency.p99.9_ms", LatencyPercentile(0.999, False)),
        ("latency.measured_p50_ms", LatencyPercentile(0.5, True)),
        ("latency.max_ms", None),
        ("latency.p0_ms", None),
        ("stop_distance_m", None),
        ("", None),
    ],
)
def test_latency_percentiles_are_read_from_the_metrics_name(name, parsed):
    found = parse_latency_percentile(name)
    assert (found is None) == (parsed is None)
    if found and parsed:
        assert found.share == pytest.approx(parsed.share)
        assert found.measured is parsed.measured


@pytest.mark.parametrize(
    ("share", "over", "total"),
    # Smallest sample counts of MLPerf LoadGen's early stopping at confidence 0.99.
    [(0.99, 0, 459), (0.99, 1, 662), (0.90, 1, 64), (0.90, 0, 44)],
)
def test_the_smallest_passing_counts_are_those_of_mlperf_loadgen(share, over, total):
    assert accepts(total - over, total, share, 0.99)
    assert not accepts(total - 1 - over, total - 1, share, 0.99)


@given(
    samples=st.lists(st.sampled_from([10.0, 20.0, 30.0, 40.0, 50.0, 60.0]), min_size=1, max_size=300),
    limit=st.sampled_from([5.0, 20.0, 45.0, 60.0]),
    share=st.sampled_from([0.5, 0.9, 0.95]),
    unknown=st.integers(0, 20),
)
def test_a_limit_is_accepted_when_it_reaches_the_upper_bound_and_rejected_below_the_lower(
    samples, limit, share, unknown
):
    ordered = sorted(samples)
    within = sum(sample <= limit for sample in ordered)
    high = percentile_upper_bound(ordered, share, 0.95, unknown)
    low = percentile_lower_bound(ordered, share, 0.95, unknown)
    assert accepts(within, len(ordered), share, 0.95, unknown) == (high is not None and limit >= high)
    assert rejects(within, len(ordered), share, 0.95, unknown) == (low is not None and limit < low)


def test_bounds_of_a_percentile_cover_it_at_least_as_often_as_they_say():
    """How often a sample of given rank exceeds the true quantile is known from the binomial distribution."""
    size, share = 200, 0.95
    ordered = [float(k) for k in range(size)]
    high = percentile_upper_bound(ordered, share, 0.95)
    low = percentile_lower_bound(ordered, share, 0.95)
    assert high is not None
    assert low is not None
    # P[fewer than r samples lie below the quantile] for the r-th smallest, r counted from 1.
    assert binom.cdf(high, size, share) >= 0.95
    assert 1.0 - binom.cdf(low, size, share) >= 0.95


def test_twenty_samples_bound_no_95th_percentile_from_above():
    assert percentile_upper_bound([float(k) for k in range(20)], 0.95, 0.95) is None


def test_lost_samples_widen_the_bounds_on_both_sides():
    ordered = np.sort(np.random.default_rng(1).lognormal(size=1000)).tolist()
    lows = [percentile_lower_bound(ordered, 0.9, 0.95, unknown) for unknown in (0, 20, 40)]
    highs = [percentile_upper_bound(ordered, 0.9, 0.95, unknown) for unknown in (0, 20, 40)]
    assert lows == sorted(lows, reverse=True)
    assert highs == sorted(highs)


def test_a_latency_whose_true_percentile_is_over_the_limit_is_rarely_accepted():
    rng = np.random.default_rng(20261120)
    samples = rng.exponential(size=(5000, 300))
    limit = -np.log(0.05) * 0.999  # just below the true 95th percentile
    within = (samples <= limit).sum(axis=1)
    accepted = np.mean([accepts(int(k), 300, 0.95, 0.95) for k in within])
    assert 0.0 < accepted <= 0.05


def test_samples_are_found_in_order_wherever_they_are_asked_for():
    draw = random.Random(4)
    given = [float(draw.randrange(50)) for _ in range(160)]
    expected = sorted(given)
    places = [*range(-len(expected), len(expected))]
    draw.shuffle(places)
    ordered = Ordered(array("d", given))
    assert [ordered[place] for place in places] == [expected[place] for place in places]
    assert [ordered.within(limit) for limit in (-1, 0, 7.5, 20, 99)] == [
        bisect_right(expected, limit) for limit in (-1, 0, 7.5, 20, 99)
    ]
    assert list(ordered) == Ordered(array("d", given))[:] == expected
    assert not Ordered(array("d"))
