from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from simgate.harness.gate.statistics.intervals import proves_at_least, refutes_at_least
from simgate.harness.gate.statistics.mcnemar import mcnemar_p
from simgate.harness.gate.statistics.paired_difference import drop_within_p
from simgate.harness.gate.statistics.power import (
    chance_of_go,
    chance_of_no_go,
    smallest_visible_drop,
    smallest_visible_shortfall,
)


@pytest.mark.parametrize(("n", "rate", "p0"), [(60, 0.95, 0.9), (250, 0.99, 0.98), (28, 1.0, 0.9)])
def test_the_chance_of_a_verdict_is_the_sum_over_every_possible_outcome(n, rate, p0):
    outcomes = range(n + 1)
    go = sum(binom.pmf(k, n, rate) for k in outcomes if proves_at_least(k, n, p0, 0.95))
    no_go = sum(binom.pmf(k, n, rate) for k in outcomes if refutes_at_least(k, n, p0, 0.95))
    assert chance_of_go(n, rate, p0, 0.95) == pytest.approx(go, abs=1e-12)
    assert chance_of_no_go(n, rate, p0, 0.95) == pytest.approx(no_go, abs=1e-12)


def test_the_smallest_visible_shortfall_has_just_the_wanted_chance():
    drop = smallest_visible_shortfall(250, 0.98, 0.95, 0.8)
    assert chance_of_no_go(250, 0.98 - drop, 0.98, 0.95) == pytest.approx(0.8, abs=1e-6)
    assert smallest_visible_shortfall(1, 0.5, 0.99, 0.8) is None


@pytest.mark.parametrize("fixed", [0.0, 0.01])
def test_the_smallest_visible_drop_is_seen_as_often_as_it_says(fixed):
    n, power = 310, 0.8
    drop = smallest_visible_drop(n, 0.97, None, 0.95, power, fixed)
    rng = np.random.default_rng(7)
    broken = drop + fixed
    tables = rng.multinomial(n, [broken, fixed, 1 - broken - fixed], 20_000)
    seen = np.mean([mcnemar_p(b, c) < 0.05 for b, c in tables[:, :2].tolist()])
    assert seen == pytest.approx(power, abs=0.012)


def test_a_drop_is_visible_when_it_is_proven_to_exceed_what_is_allowed():
    n, drop = 400, smallest_visible_drop(400, 0.99, 0.02, 0.95, 0.8)
    assert drop > 0.02
    refuted = [drop_within_p(k, 0, n, 0.02) < 0.05 for k in range(40)]
    first = refuted.index(True)
    assert binom.sf(first - 1, n, drop) == pytest.approx(0.8, abs=1e-6)


def test_repairs_hide_breakage():
    assert smallest_visible_drop(310, 0.9, 0, 0.95, 0.8, 0.05) > smallest_visible_drop(310, 0.9, 0, 0.95, 0.8)


def test_more_cannot_be_fixed_than_fails():
    with pytest.raises(ValueError, match="cannot fix"):
        smallest_visible_drop(100, 0.99, 0.0, 0.95, 0.8, fixed=0.1)


def test_four_pairs_show_no_drop_at_all():
    assert smallest_visible_drop(4, 1.0, 0.0, 0.95, 0.8) is None
