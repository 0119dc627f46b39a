"""Boundaries of a run of known length, against all paths of short runs and the test of fixed size."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from simgate.harness.gate.statistics.binomial_paths import crossed_by
from simgate.harness.gate.statistics.intervals import lower_bound, proves_at_least, refutes_at_least
from simgate.harness.gate.statistics.stopping_boundary import Boundary, go_boundary, looks, no_go_boundary

MAKERS = [go_boundary, no_go_boundary]


def crosses(boundary: Boundary, path: tuple[int, ...]) -> int | None:
    """After how many variants a run with these failures ends by the boundary."""
    for n in range(1, len(path) + 1):
        if boundary.crossed(n, sum(path[:n])):
            return n
    return None


def likelihood(path: tuple[int, ...], rate: float) -> float:
    return rate ** sum(path) * (1.0 - rate) ** (len(path) - sum(path))


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(("planned", "share"), [(10, 0.5), (12, 0.7), (12, 0.3)])
@pytest.mark.parametrize("rate", [0.1, 0.3, 0.6])
def test_chance_and_mean_are_those_of_all_paths(maker, planned, share, rate):
    boundary = maker(planned, share, 0.2)
    paths = list(itertools.product((0, 1), repeat=planned))
    ends = [crosses(boundary, path) for path in paths]
    weights = [likelihood(path, rate) for path in paths]
    over = sum(w for w, end in zip(weights, ends, strict=True) if end is not None)
    mean = sum(w * (end or planned) for w, end in zip(weights, ends, strict=True))
    assert boundary.chance(rate) == pytest.approx(over, abs=1e-12)
    assert boundary.mean(rate) == pytest.approx(mean, abs=1e-9)
    assert over > 0.0


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
@pytest.mark.parametrize("planned", [1, 29, 149])
@pytest.mark.parametrize("alpha", [0.05, 0.00625])
def test_the_error_is_at_most_alpha(maker, share, planned, alpha):
    boundary = maker(planned, share, alpha)
    assert boundary.chance(1.0 - share) <= alpha
    # On the wrong side of the demand it is rarer still.
    worse = min(1.5 * (1.0 - share), 0.99) if maker is go_boundary else 0.5 * (1.0 - share)
    assert boundary.chance(worse) <= boundary.chance(1.0 - share)


@pytest.mark.parametrize(("maker", "share"), [(go_boundary, 0.1), (no_go_boundary, 0.9)])
@pytest.mark.parametrize(("planned", "alpha"), [(4, 1e-4), (10, 1e-5), (10, 1e-6)])
def test_so_it_is_where_the_test_of_fixed_size_has_left_next_to_nothing_to_end_early_with(
    maker, share, planned, alpha
):
    assert 0.0 < maker(planned, share, alpha).chance(1.0 - share) <= alpha * (1.0 + 1e-9)


@pytest.mark.parametrize(("share", "planned"), [(0.9, 60), (0.9, 120), (0.95, 120), (0.98, 200)])
@pytest.mark.parametrize("odds", [0.5, 0.25, 0.1, 2.0, 3.0, 6.0])
def test_looking_costs_at_most_a_hundredth_of_power_and_saves_variants(share, planned, odds):
    rate = 1.0 / (1.0 + share / (1.0 - share) / odds)
    boundary = (go_boundary if odds < 1.0 else no_go_boundary)(planned, share, 0.05)
    decides = proves_at_least if odds < 1.0 else refutes_at_least
    fixed = sum(
        binom.pmf(failures, planned, rate)
        for failures in range(planned + 1)
        if decides(planned - failures, planned, share, 0.95)
    )
    assert boundary.chance(rate) >= fixed - 0.01
    assert boundary.mean(rate) < planned


@pytest.mark.parametrize(("maker", "odds"), [(go_boundary, 0.8), (no_go_boundary, 1.25)])
def test_nor_is_power_lost_near_the_demand_where_a_long_run_alone_has_any(maker, odds):
    share, planned = 0.9, 1271
    rate = 1.0 / (1.0 + share / (1.0 - share) / odds)
    decides = proves_at_least if odds < 1.0 else refutes_at_least
    counts = range(planned + 1)
    limit = [k for k in counts if decides(planned - k, planned, share, 0.95)]
    fixed = binom.cdf(limit[-1], planned, rate) if odds < 1.0 else binom.sf(limit[0] - 1, planned, rate)
    assert 0.7 < fixed < 0.8
    assert maker(planned, share, 0.05).chance(rate) >= fixed - 0.01


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(("share", "planned"), [(0.9, 120), (0.8, 60), (0.9, 250)])
def test_what_was_enough_stays_enough(maker, share, planned):
    boundary = maker(planned, share, 0.05)
    limits = [
        limit for look, limit in zip(boundary.looks, boundary.limits, strict=True) if -1 < limit <= look
    ]
    assert limits == sorted(limits)


@pytest.mark.parametrize("maker", MAKERS)
def test_the_error_is_that_of_an_exact_recursion_in_fractions(maker):
    boundary, q = maker(60, 0.9, 0.05), Fraction(1, 10)
    limits = dict(zip(boundary.looks, boundary.limits, strict=True))
    alive, crossed = {0: Fraction(1)}, Fraction(0)
    for n in range(1, 61):
        now = {k: alive.get(k, 0) * (1 - q) + alive.get(k - 1, 0) * q for k in range(n + 1)}
        over = {k for k in now if n in limits and boundary.crossed(n, k)}
        crossed += sum(now[k] for k in over)
        alive = {k: chance for k, chance in now.items() if k not in over}
    assert crossed <= Fraction(5, 100)
    assert boundary.chance(0.1) == pytest.approx(float(crossed), abs=1e-12)
    assert float(crossed) > 0.045


@pytest.mark.parametrize("upper", [False, True])
def test_looks_far_apart_count_every_path_between_them(upper):
    looks, limits = (20, 50, 60), np.array([[0, 2, 4], [1, 1, 1]]) + (5 if upper else 0)
    found = crossed_by(looks, limits, (0.1, 0.2), upper)
    for row, rate in enumerate((0.1, 0.2)):
        alive, gone, before = {0: 1.0}, 0.0, 0
        for at, look in enumerate(looks):
            steps = {j: float(binom.pmf(j, look - before, rate)) for j in range(look - before + 1)}
            now: dict[int, float] = {}
            for k, j in itertools.product(alive, steps):
                now[k + j] = now.get(k + j, 0.0) + alive[k] * steps[j]
            limit, before = limits[row, at], look
            gone += sum(c for k, c in now.items() if (k >= limit if upper else k <= limit))
            alive = {k: c for k, c in now.items() if (k < limit if upper else k > limit)}
            assert found[row, at] == pytest.approx(gone, abs=1e-12)


def test_the_issues_example_a_bad_model_is_refused_earlier_and_more_surely():
    boundary = no_go_boundary(250, 0.98, 0.05)
    # True rate 0.95: the test of fixed size refuses 0.805 of such models, after all 250.
    assert boundary.chance(0.05) > 0.8
    assert boundary.mean(0.05) < 150
    assert go_boundary(250, 0.98, 0.05).chance(0.002) > 0.9


def test_a_flawless_run_cannot_be_proven_before_its_clean_runs_and_hardly_later():
    boundary = go_boundary(250, 0.98, 0.05)
    first = next(n for n in range(1, 251) if boundary.crossed(n, 0))
    assert 149 <= first <= 185


@pytest.mark.parametrize("maker", MAKERS)
def test_a_bound_lies_beyond_the_demand_exactly_where_the_run_is_over(maker):
    boundary = maker(60, 0.8, 0.05)
    for n, failures in itertools.product((10, 25, 40, 60), range(0, 40)):
        if failures > n:
            continue
        bound = boundary.bound(n, failures, 0.05)
        beyond = bound < 0.2 if maker is go_boundary else bound > 0.2
        if boundary.crossed(n, failures):
            assert beyond
        elif n == 60:
            assert not beyond


def test_before_any_look_can_end_a_run_the_bound_is_that_of_a_fixed_size():
    boundary = go_boundary(250, 0.98, 0.05)
    first = next(n for n in boundary.looks if boundary.crossed(n, 0))
    assert 1.0 - boundary.bound(first, 0, 0.05) == pytest.approx(lower_bound(first, first, 0.95), abs=1e-6)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("shorter", [30, 45, 59])
def test_a_run_that_turned_out_shorter_spends_the_rest_and_no_more(maker, shorter):
    boundary = maker(60, 0.8, 0.05)
    limit = boundary.last_that_keeps_the_error(shorter)
    next_one = limit - 1 if maker is no_go_boundary else limit + 1
    assert boundary.chance(0.2, shorter, limit) <= 0.05 < boundary.chance(0.2, shorter, next_one)
    assert boundary.crossed_at_end(shorter, limit)
    assert not boundary.crossed_at_end(shorter, next_one)


def test_one_looks_after_each_of_the_first_hundred_and_always_at_the_end():
    for planned in (1, 2, 99, 100, 1271, 20_000):
        found = looks(planned)
        assert found[-1] == planned
        assert list(found) == sorted(set(found))
        assert found[: min(100, planned)] == tuple(range(1, min(100, planned) + 1))


@pytest.mark.parametrize(
    ("planned", "share", "alpha"), [(0, 0.9, 0.05), (20_001, 0.9, 0.05), (9, 1.0, 0.05), (9, 0.9, 0.0)]
)
def test_what_cannot_be_planned_is_refused(planned, share, alpha):
    with pytest.raises(ValueError, match="no boundary"):
        go_boundary(planned, share, alpha)
