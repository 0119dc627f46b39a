from __future__ import annotations

import pytest

from simgate.harness.gate.statistics.power import chance_of_go
from simgate.harness.packs.checks.clean_runs import clean_runs_needed
from tests.quality.savings import BAD, GOOD, runs_needed, savings


@pytest.fixture(scope="module")
def rows():
    return list(savings(p0s=(0.9, 0.95)))


def test_clear_models_need_at_most_a_third_of_what_a_test_of_fixed_size_needs(rows):
    clear = [row for row in rows if row.model in (GOOD, BAD)]
    assert clear
    assert all(row.share <= 1 / 3 for row in clear), [(row.p0, row.model, row.share) for row in clear]
    assert all(row.go == 1.0 for row in clear if row.model == GOOD)
    assert all(row.no_go == 1.0 for row in clear if row.model == BAD)


def test_a_model_just_at_the_limit_is_hardly_ever_called_good_or_bad(rows):
    assert all(row.go <= 0.09 and row.no_go <= 0.09 for row in rows if row.model == "borderline")


def test_no_test_can_prove_a_pass_rate_with_fewer_than_its_clean_runs(rows):
    assert all(row.mean >= clean_runs_needed(row.p0, 0.95) for row in rows if row.model == GOOD)


def test_fewer_variants_than_needed_leave_less_power():
    n = runs_needed(0.99, 0.98, 0.95, 0.8)
    assert chance_of_go(n, 0.99, 0.98, 0.95) >= 0.8
    assert max(chance_of_go(fewer, 0.99, 0.98, 0.95) for fewer in range(149, n)) < 0.8


def test_no_number_of_variants_proves_what_is_not_true():
    assert runs_needed(0.98, 0.98, 0.95, 0.8) is None
