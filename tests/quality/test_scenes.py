"""A GO on variants that share scenes is as rarely false as it says, for every correlation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.quality.scenes import (
    ALPHA,
    CORRELATIONS,
    drawn,
    false_go,
    of_three_values,
    powers,
    share_of_go,
    share_of_no_go,
)


def test_a_false_go_is_as_rare_as_promised_for_every_correlation():
    packs = 300
    slack = 3.0 * math.sqrt(ALPHA * (1.0 - ALPHA) / packs)
    for cell in false_go(packs, sizes=(20, 40, 160)):
        assert max(cell.rates) <= ALPHA + slack, cell


@pytest.mark.parametrize("family", ["beta", "copies"])
@pytest.mark.parametrize("alike", CORRELATIONS)
@pytest.mark.parametrize(("scenes", "p0"), [(10, 0.9), (40, 0.9), (20, 0.98)])
def test_a_false_no_go_is_as_rare_as_promised_for_every_correlation(family, alike, scenes, p0):
    packs = 300
    passes = drawn(np.random.default_rng(5), family, packs, scenes, 10, p0, alike)
    slack = 3.0 * math.sqrt(ALPHA * (1.0 - ALPHA) / packs)
    assert share_of_no_go(passes, 10, p0) <= ALPHA + slack


def test_scenes_that_are_alike_within_would_have_fooled_a_count_of_variants():
    """Twenty scenes of fifteen variants: all of them pass two times in three, and nothing is proven."""
    passes = drawn(np.random.default_rng(1), "beta", 500, 20, 15, 0.98, 1.0)
    assert np.mean(passes.sum(axis=1) == 300) > 0.6
    assert share_of_go(passes, 15, 0.98) == 0.0


@pytest.mark.parametrize(("scenes", "p0"), [(30, 0.9)])
def test_no_mixture_of_three_pass_rates_exceeds_the_level(scenes, p0):
    assert of_three_values(scenes, p0) <= ALPHA


def test_variation_within_scenes_is_worth_more_than_scenes_that_pass_as_a_whole():
    for row in powers(200):
        assert row.power >= row.all_or_nothing
        assert row.power <= row.most + 0.1
