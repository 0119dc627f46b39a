"""Quarantine: known failures in a stated region of the parameters, until a date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from simgate.harness.packs.model import KnownFailure, Scalar


def find_quarantine(
    known_failures: Sequence[KnownFailure], parameters: Mapping[str, Scalar], today: date
) -> KnownFailure | None:
    """The first quarantine that is in date and whose ``when`` holds, None when there is none.

    Args:
        known_failures: Of the scenario.
        parameters: Of the variant.
        today: A quarantine counts up to and including its ``until``.

    Raises:
        ValueError: A date or an expression cannot be read; the linter finds such packs before they run.
    """
    if not known_failures:
        return None
    from simgate.harness.packs.expressions.conditions import parse

    for known in known_failures:
        if today <= date.fromisoformat(known.until) and bool(parse(known.when).evaluate(parameters)):
            return known
    return None
