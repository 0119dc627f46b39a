"""The exit code of verdicts: what they say, or that the machine has kept them from saying it."""

from __future__ import annotations

from collections.abc import Iterable

from simgate.harness.exit_codes import ExitCode
from simgate.harness.gate.decide import combine
from simgate.harness.gate.verdict import Decision, Verdict
from simgate.harness.results.record import Outcome, RunRecord


def exit_code(verdicts: Iterable[Verdict], more: Iterable[Decision] = ()) -> ExitCode:
    """The worst of all: NO-GO, then a failed machine, then INCONCLUSIVE.

    Args:
        verdicts: Of the runs.
        more: Decisions on something else (ordinary tests).
    """
    judged = list(verdicts)
    decision = combine([*(verdict.decision for verdict in judged), *more])
    if decision is Decision.INCONCLUSIVE and any(map(machine_failed, judged)):
        return ExitCode.INFRASTRUCTURE
    return decision.exit_code


def machine_failed(verdict: Verdict) -> bool:
    """Whether a verdict is INCONCLUSIVE for want of a machine: no worker could start, or all is ERROR."""
    if verdict.decision is not Decision.INCONCLUSIVE:
        return False
    errors = sum(item.errors for item in verdict.scenarios)
    others = sum(item.passed + item.failed + item.invalid + item.known for item in verdict.scenarios)
    return verdict.never_begun > 0 or (errors > 0 and others == 0)


def machine_failed_shard(records: Iterable[RunRecord]) -> bool:
    """The same for a shard, which has no verdict: all that it has is ERROR."""
    return {record.outcome for record in records} == {Outcome.ERROR}
