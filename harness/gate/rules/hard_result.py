"""What a record says under the gate's hard rules, judged again; kept for each variant, so it is small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simgate.harness.packs.bounds import UnusableCriterion, judgement
from simgate.harness.packs.model import Criterion
from simgate.harness.results.record import CriterionResult, Outcome, RunRecord, Scalar


class HardResult(NamedTuple):
    """What a variant is under one hard rule.

    Attributes:
        outcome: PASS, FAIL, or INVALID where nobody knows.
        observed: Value of the metric; None where there is none.
    """

    outcome: Outcome
    observed: Scalar | None


UNKNOWN = HardResult(Outcome.INVALID, None)


def hard_results(record: RunRecord, criteria: Sequence[Criterion]) -> tuple[HardResult, ...]:
    """What a record says under each of its scenario's hard rules, in their order."""
    if not criteria:
        return ()
    found = {(one.metric, one.statement): one for one in record.hard}
    return tuple(
        _judged(record, criterion, found.get((criterion.metric, criterion.statement)))
        for criterion in criteria
    )


def _judged(record: RunRecord, criterion: Criterion, found: CriterionResult | None) -> HardResult:
    if found is None or found.outcome not in (Outcome.PASS, Outcome.FAIL):
        return UNKNOWN
    try:
        agrees = judgement(criterion, found.observed) == found.outcome.value
    except UnusableCriterion:
        agrees = False
    # What happened before there was doubt counts; that nothing happened is then not known.
    believed = agrees and (found.outcome is Outcome.FAIL or record.outcome is not Outcome.INVALID)
    return HardResult(found.outcome, found.observed) if believed else UNKNOWN
