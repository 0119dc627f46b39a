from __future__ import annotations

import itertools

import pytest

from simgate.harness.results.outcome import PRECEDENCE, combine, with_quarantine
from simgate.harness.results.record import Outcome


@pytest.mark.parametrize("parts", list(itertools.product(PRECEDENCE, repeat=3)))
def test_the_gravest_part_decides(parts):
    assert combine(parts) is min(parts, key=PRECEDENCE.index)


def test_precedence_is_error_invalid_fail_pass():
    assert PRECEDENCE == (Outcome.ERROR, Outcome.INVALID, Outcome.FAIL, Outcome.PASS)


def test_nothing_judged_is_not_a_pass():
    assert combine([]) is Outcome.FAIL


@pytest.mark.parametrize("outcome", PRECEDENCE)
def test_a_quarantine_excuses_failures_and_nothing_else(outcome):
    assert with_quarantine(outcome, False) is outcome
    expected = Outcome.KNOWN if outcome is Outcome.FAIL else outcome
    assert with_quarantine(outcome, True) is expected
