from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import multinomial

from simgate.harness.gate.statistics.intervals import upper_bound
from simgate.harness.gate.statistics.paired_difference import (
    drop_bounds,
    drop_too_large_p,
    drop_within_p,
    tango_interval,
    tango_statistic,
)


def outcomes(n):
    return [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]


def brute_force_p(broken, fixed, n, drop):
    """Sums every trinomial outcome, on a fine grid of the nuisance parameter."""
    seen = float(tango_statistic(broken, fixed, n, drop))
    inside = [o for o in outcomes(n) if float(tango_statistic(*o, n, drop)) <= seen + 1e-9]
    worst = 0.0
    for share in np.linspace(max(0.0, -drop), (1 - drop) / 2, 400):
        p = [share + drop, share, max(0.0, 1 - drop - 2 * share)]
        worst = max(worst, sum(multinomial.pmf([b, c, n - b - c], n, p) for b, c in inside))
    return worst


@pytest.mark.parametrize(("broken", "fixed", "drop"), [(0, 0, 0.1), (2, 1, 0.3), (1, 3, 0.0), (3, 0, 0.45)])
def test_the_p_value_is_the_largest_sum_over_all_outcomes_at_least_as_extreme(broken, fixed, drop):
    assert drop_too_large_p(broken, fixed, 12, drop) == pytest.approx(
        brute_force_p(broken, fixed, 12, drop), abs=2e-4
    )


@pytest.mark.parametrize("n", [1, 5, 40, 149])
def test_without_any_discordant_pair_the_bound_is_the_one_of_clopper_and_pearson(n):
    assert drop_bounds(0, 0, n, 0.95)[1] == pytest.approx(upper_bound(0, n, 0.95), abs=1e-6)


@pytest.mark.parametrize(("broken", "fixed", "drop"), [(3, 0, 0.1), (5, 1, 0.2), (4, 4, 0.0)])
def test_a_drop_that_is_too_large_is_proven_by_the_sum_over_all_outcomes_as_bad(broken, fixed, drop):
    seen = float(tango_statistic(broken, fixed, 12, drop))
    as_bad = [o for o in outcomes(12) if float(tango_statistic(*o, 12, drop)) >= seen - 1e-9]
    worst = max(
        sum(
            multinomial.pmf([b, c, 12 - b - c], 12, [q + drop, q, max(0.0, 1 - drop - 2 * q)])
            for b, c in as_bad
        )
        for q in np.linspace(0.0, (1 - drop) / 2, 200)
    )
    assert drop_within_p(broken, fixed, 12, drop) == pytest.approx(worst, abs=5e-4)


@pytest.mark.parametrize("n", [2_000, 200_000])
def test_at_any_size_the_sum_runs_over_all_that_has_a_chance(n):
    assert drop_too_large_p(n // 50, 0, n, 0.02) > 0.4
    assert drop_too_large_p(0, 0, 149, 0.02) == pytest.approx(0.98**149, rel=1e-9)


def test_149_unchanged_pairs_rule_out_a_drop_of_two_percent_148_do_not():
    assert drop_too_large_p(0, 0, 149, 0.02) <= 0.05 < drop_too_large_p(0, 0, 148, 0.02)


@pytest.mark.parametrize(("broken", "fixed", "n"), [(3, 1, 30), (0, 4, 25), (10, 9, 80)])
def test_exchanging_broken_and_fixed_turns_the_interval_round(broken, fixed, n):
    low, high = drop_bounds(broken, fixed, n, 0.9)
    assert drop_bounds(fixed, broken, n, 0.9) == pytest.approx((-high, -low), abs=1e-6)


@pytest.mark.parametrize("n", [8, 25])
@pytest.mark.parametrize("drop", [0.0, 0.02, 0.1])
def test_more_broken_pairs_never_make_a_small_drop_more_certain(n, drop):
    for fixed, broken in itertools.product(range(4), range(n - 4)):
        assert drop_too_large_p(broken, fixed, n, drop) <= drop_too_large_p(broken + 1, fixed, n, drop) + 1e-9


@pytest.mark.parametrize(("broken", "fixed", "n"), [(9, 3, 40), (0, 0, 30), (12, 9, 1000)])
def test_tangos_interval_satisfies_its_own_score_equation(broken, fixed, n):
    low, high = tango_interval(broken, fixed, n, 0.95)
    assert float(tango_statistic(broken, fixed, n, low)) == pytest.approx(1.959964, abs=1e-3)
    assert float(tango_statistic(broken, fixed, n, high)) == pytest.approx(-1.959964, abs=1e-3)


def test_the_constrained_estimate_maximises_the_likelihood():
    b, c, n, drop = 7, 3, 40, 0.05
    shares = np.linspace(1e-6, (1 - drop) / 2 - 1e-6, 200_001)
    likelihood = b * np.log(shares + drop) + c * np.log(shares) + (n - b - c) * np.log(1 - 2 * shares - drop)
    best = shares[np.argmax(likelihood)]
    statistic = (b - c - n * drop) / np.sqrt(n * (2 * best + drop - drop**2))
    assert float(tango_statistic(b, c, n, drop)) == pytest.approx(statistic, rel=1e-4)


@pytest.mark.parametrize("drop", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("share", [0.001, 0.02, 0.2])
def test_the_test_is_at_its_level_for_every_share_of_discordant_pairs(drop, share):
    n, alpha = 40, 0.05
    p = [share + drop, share, 1 - 2 * share - drop]
    false = sum(
        multinomial.pmf([b, c, n - b - c], n, p)
        for b, c in outcomes(n)
        if b <= 12 and c <= 12 and drop_too_large_p(b, c, n, drop) <= alpha
    )
    assert false <= alpha


def test_without_pairs_nothing_is_known():
    assert drop_bounds(0, 0, 0, 0.95) == (-1.0, 1.0)
    assert tango_interval(0, 0, 0, 0.95) == (-1.0, 1.0)
    assert drop_too_large_p(0, 0, 0, 0.02) == 1.0


@pytest.mark.parametrize(("broken", "fixed", "pairs"), [(-1, 0, 5), (3, 3, 5)])
def test_impossible_counts_are_refused(broken, fixed, pairs):
    with pytest.raises(ValueError, match="impossible"):
        drop_too_large_p(broken, fixed, pairs, 0.02)
