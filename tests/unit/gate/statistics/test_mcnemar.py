from __future__ import annotations

import pytest
from scipy.stats import binomtest

from simgate.harness.gate.statistics.mcnemar import mcnemar_p


@pytest.mark.parametrize(("broken", "fixed"), [(0, 0), (1, 0), (5, 0), (8, 3), (3, 8), (40, 30), (200, 170)])
def test_it_is_the_one_sided_binomial_test_of_scipy_on_discordant_pairs(broken, fixed):
    reference = 1.0
    if broken + fixed:
        reference = binomtest(broken, broken + fixed, 0.5, alternative="greater").pvalue
    assert mcnemar_p(broken, fixed) == pytest.approx(reference, rel=1e-9)


@pytest.mark.parametrize(("broken", "fixed"), [(5, 1), (9, 2), (20, 8), (12, 12)])
def test_twice_the_one_sided_value_is_the_exact_mcnemar_test_of_statsmodels(broken, fixed):
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    reference = tables.mcnemar([[50, broken], [fixed, 9]], exact=True).pvalue
    assert min(1.0, 2 * mcnemar_p(broken, fixed)) == pytest.approx(reference, rel=1e-9)


def test_five_broken_variants_and_none_fixed_are_worse_at_95_percent_four_are_not():
    assert mcnemar_p(4, 0) > 0.05 > mcnemar_p(5, 0)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="impossible"):
        mcnemar_p(-1, 0)
