"""What becomes of variants that no host can take: the evidence says why they have not run."""

from __future__ import annotations

from collections.abc import Iterable

from simgate.harness.execution.hosts.assignment import error_record
from simgate.harness.execution.planning.plan import Plan
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.journal import append_record


def give_up(plan: Plan, variants: Iterable[Variant], reason: str) -> None:
    """Journals an ERROR with the cause for each variant, so that whoever reads only the evidence finds it.

    Nobody is told for each of them: the caller says the cause once. ``--resume`` runs ERROR again.

    Args:
        plan: Of the run.
        variants: What is left.
        reason: Why no host could start; the first line goes into the records.
    """
    text = f"{reason.splitlines()[0]}; see {plan.folder.hosts_dir.name}/*.log"
    for assignment in plan.assignments(variants):
        never_begun = assignment.model_copy(update={"attempt": 0})
        append_record(
            plan.folder.journal_path, error_record(plan.pack, never_begun, text, 0, infrastructure=True)
        )
