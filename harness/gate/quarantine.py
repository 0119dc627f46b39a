"""Quarantines that have gone bad: expired, or excusing what no longer fails.

Variants inside a quarantine count for no pass rate, so an entry that is forgotten hides what it covers. A run
with such an entry is never GO. It is not NO-GO either: the entry says nothing against the model.
"""

from __future__ import annotations

from simgate.harness.gate.tally import Evidence, Status
from simgate.harness.gate.verdict import QuarantineError
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.results.manifest import Manifest
from simgate.harness.text import plural

_OVER = "delete the entry, or date it anew while the issue is open"
_SILENT = (Status.MISSING, Status.ERROR, Status.NOT_RUN)
"""Statuses of variants of which nobody knows whether they would fail in a quarantine."""


def quarantine_errors(manifest: Manifest, pack: Pack, evidence: Evidence) -> tuple[QuarantineError, ...]:
    """Every entry that has gone bad, in the pack's order.

    An entry is expired when its last day was before the day of the run. Whether it still excuses a failure
    can only be said when the whole pack ran and every variant of the scenario reported.
    """
    day = manifest.created_utc[:10]
    found = []
    for scenario in pack.scenarios:
        # Several entries of one issue are one quarantine; it ends with the last of them.
        entries = sorted(scenario.known_failures, key=lambda known: known.until)
        last_day = {known.issue: known.until for known in entries}
        for issue, until in last_day.items():
            what = f"ended on {until}, before this run: {_OVER}" if until < day else ""
            if not what and not manifest.selection:
                what = _unused(scenario, issue, evidence)
            if what:
                message = f"quarantine {issue} of {scenario.id} {what}"
                found.append(QuarantineError(scenario=scenario.id, issue=issue, message=message))
    return tuple(found)


def _unused(scenario: Scenario, issue: str, evidence: Evidence) -> str:
    """Why an entry excuses nothing any more; empty when it does, or when nobody can know."""
    variants = [v for v in evidence.variants if v.expected.scenario == scenario.id]
    inside = [v for v in variants if v.record is not None and v.record.known_issue == issue]
    if not variants or any(v.status in _SILENT for v in variants):
        return ""
    if not inside:
        return "covers no variant: correct its condition or delete it"
    if all(variant.status is Status.KNOWN_PASSED for variant in inside):
        return f"no longer fails: {_all_passed(len(inside))}; delete the entry"
    return ""


def _all_passed(count: int) -> str:
    return "the one variant in it passed" if count == 1 else f"all {plural(count, 'variant')} in it passed"
