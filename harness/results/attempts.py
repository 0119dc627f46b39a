"""How often variants were begun: everything that a journal holds counts, not only the record that stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from simgate.harness.results.record import RunRecord


def count_attempts(records: Iterable[RunRecord]) -> Counter[tuple[str, str]]:
    """(variant, run identity) -> how often it was begun.

    A record says how often its variant was begun until it was written (again when a worker died on it); every
    ``--resume`` and every retry leaves a further record. What no worker could begin counts as no attempt.

    Args:
        records: A whole journal, or the journals of a run's parts one after the other.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for record in records:
        counts[record.variant, record.identity] += record.attempts
    return counts
