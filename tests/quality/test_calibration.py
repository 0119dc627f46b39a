"""Is the gate as often wrong as it says? Run on its own decision functions, seeded."""

from __future__ import annotations

import pytest

from tests.quality import calibration


@pytest.mark.parametrize("section", calibration.SECTIONS.values(), ids=lambda section: section.__name__)
def test_the_gate_keeps_what_it_promises(section):
    broken = [f"{row.what}: {row.measured:.4f}" for row in section() if not row.kept]
    assert not broken


def test_the_interval_that_decides_nothing_would_not_have_kept_it():
    assert not all(row.kept for row in calibration.wilson_coverage())


def test_without_holm_many_rules_would_refuse_good_models():
    rows = list(calibration.false_no_go_of_many_rules())
    assert rows[-1].measured > 0.2 > 0.05 >= rows[-2].measured - 0.005


def test_looking_at_a_fixed_size_test_after_every_variant_would_be_wrong_far_more_often():
    rows = [row for row in calibration.false_sequential() if "fixed-size" in row.what]
    assert all(row.measured > 2 * calibration.ALPHA for row in rows)
