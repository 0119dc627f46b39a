"""Do the intervals of metric changes cover, and is a margin on a metric kept as often as it says?"""

from __future__ import annotations

import math

import pytest

from tests.quality.metric_coverage import CONFIDENCE, coverage

TRIALS = 150


@pytest.fixture(scope="module")
def rows():
    return list(coverage((10, 54), TRIALS))


def test_the_interval_covers_whatever_changes_and_however_rarely(rows):
    slack = 3 * math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / TRIALS)
    assert min(row.covered for row in rows) >= CONFIDENCE - slack


def test_a_margin_that_is_just_lost_is_hardly_ever_go_and_one_that_is_just_kept_hardly_ever_no_go(rows):
    slack = 3 * math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / TRIALS)
    assert max(max(row.below, row.above) for row in rows) <= 1 - CONFIDENCE + slack


def test_the_bootstrap_would_not_have_covered(rows):
    assert min(row.bootstrap for row in rows) < 0.7
