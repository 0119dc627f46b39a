from __future__ import annotations

import pytest

from tests.quality.stopping import ALPHA, POWER_LOST, row, rows


def hold(found):
    assert found.error <= found.alpha
    assert found.most_lost <= POWER_LOST
    # No rule does it under `least_worst` times the best; this one takes a few percent more.
    assert found.least_worst - 2e-3 <= found.worst <= 1.06 * found.least_worst, found


@pytest.mark.parametrize("decision", ["GO", "NO-GO"])
def test_ending_early_keeps_error_and_power_and_comes_near_the_least_that_any_rule_costs(decision):
    hold(row(0.9, 120, decision))


@pytest.mark.slow
def test_so_it_does_for_every_size_and_demand_of_the_table_and_under_holm():
    found = list(rows())
    assert len(found) == 19
    assert {one.alpha for one in found} == {ALPHA, ALPHA / 4}
    for one in found:
        hold(one)
