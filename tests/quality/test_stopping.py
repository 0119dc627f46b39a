from __future__ import annotations

import pytest

from tests.quality.stopping import ALPHA, POWER_LOST, rows


@pytest.mark.parametrize("p0", [0.9, 0.95])
def test_ending_early_is_as_safe_as_it_says_loses_no_power_and_is_near_the_best(p0):
    for row in rows(p0, 120):
        assert row.error <= ALPHA
        assert row.power >= row.fixed_power - POWER_LOST
        # Far from the demand the best may throw power away, which a boundary for all rates may not.
        near = row.rate > p0 - 2 * (1 - p0) and row.rate < 1 - (1 - p0) / 4
        assert row.best is None or row.mean <= (1.15 if near else 1.4) * row.best, row
