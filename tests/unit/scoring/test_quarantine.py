from __future__ import annotations

from datetime import date

import pytest

from simgate.harness.packs.model import KnownFailure
from simgate.harness.scoring.quarantine import find_quarantine

DIM = KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01")


@pytest.mark.parametrize(
    ("lux", "today", "excused"),
    [
        (60.0, date(2027, 3, 1), True),
        (60.0, date(2027, 3, 2), False),
        (70.0, date(2026, 1, 1), False),
    ],
)
def test_a_quarantine_holds_inside_its_region_up_to_its_date(lux, today, excused):
    found = find_quarantine([DIM], {"lighting.lux": lux}, today)
    assert (found is DIM) is excused


def test_the_first_quarantine_that_holds_is_named():
    late = KnownFailure(when="lighting.lux < 100", issue="PER-400", until="2027-03-01")
    assert find_quarantine([DIM, late], {"lighting.lux": 80.0}, date(2026, 1, 1)) is late


def test_without_quarantines_nothing_is_excused():
    assert find_quarantine([], {"lighting.lux": 1.0}, date(2026, 1, 1)) is None
