"""Which outcome a variant has when several hold."""

from __future__ import annotations

from collections.abc import Iterable

from simgate.harness.results.record import Outcome

PRECEDENCE = (Outcome.ERROR, Outcome.INVALID, Outcome.FAIL, Outcome.PASS)
"""The first one present decides."""


def combine(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of a variant from its parts: ERROR > INVALID > FAIL > PASS.

    Nothing at all is FAIL: a variant that no criterion judged has not passed anything.
    """
    present = set(outcomes)
    for outcome in PRECEDENCE:
        if outcome in present:
            return outcome
    return Outcome.FAIL


def with_quarantine(outcome: Outcome, quarantined: bool) -> Outcome:
    """KNOWN for a failure inside a quarantine; a quarantine excuses neither INVALID nor ERROR."""
    return Outcome.KNOWN if quarantined and outcome is Outcome.FAIL else outcome
