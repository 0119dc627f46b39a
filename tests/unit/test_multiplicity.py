from __future__ import annotations

import numpy as np
import pytest

from simgate.harness.multiplicity import benjamini_hochberg, holm_adjusted, holm_rejects


@pytest.mark.parametrize(
    ("p_values", "rejected"),
    [
        ([0.04], [True]),
        ([0.05], [False]),
        ([0.04, 0.9], [False, False]),
        ([0.02, 0.04], [True, True]),
        ([0.01, 0.04, 0.9], [True, False, False]),
        ([1.0, 0.001], [False, True]),
        ([], []),
    ],
)
def test_holm_steps_down_from_the_smallest(p_values, rejected):
    assert holm_rejects(p_values, [0.05] * len(p_values)) == rejected


def test_no_hypothesis_is_rejected_above_its_own_level():
    assert holm_rejects([0.02, 1e-9], [0.01, 0.05]) == [False, True]


def test_holm_adjusts_by_hand():
    assert holm_adjusted([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm_adjusted([0.4, 0.9]) == pytest.approx([0.8, 0.9])


@pytest.mark.parametrize("seed", range(5))
def test_holm_and_benjamini_hochberg_agree_with_statsmodels(seed):
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p_values = (np.random.default_rng(seed).random(30) ** 4).tolist()
    rejected, adjusted, *_ = multitest.multipletests(p_values, 0.05, "holm")
    assert holm_rejects(p_values, [0.05] * 30) == rejected.tolist()
    assert holm_adjusted(p_values) == pytest.approx(adjusted)
    assert benjamini_hochberg(p_values) == pytest.approx(
        multitest.multipletests(p_values, method="fdr_bh")[1]
    )


def test_holm_with_levels_of_their_own_keeps_the_familywise_error():
    rng = np.random.default_rng(1)
    alphas = [0.05, 0.01, 0.05]
    false = np.mean([any(holm_rejects(p, alphas)) for p in rng.random((20_000, 3)).tolist()])
    assert false <= 0.05


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2 p-values and 1 levels"):
        holm_rejects([0.1, 0.2], [0.05])
