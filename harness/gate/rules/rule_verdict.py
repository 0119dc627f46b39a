"""Puts a rule's counts and its decision together."""

from __future__ import annotations

from simgate.harness.gate.scenes import NO_SCENES
from simgate.harness.gate.tally import Tally
from simgate.harness.gate.texts.wording import statement
from simgate.harness.gate.verdict import Decision, Interval, Paired, RuleVerdict
from simgate.harness.packs.model import GateRule


def with_counts(
    rule: GateRule,
    tally: Tally,
    decision: Decision,
    reason: str,
    would_change: str = "",
    estimate: float | None = None,
    exact: Interval | None = None,
    shown: Interval | None = None,
    bound: float | None = None,
    p_value: float | None = None,
    paired: Paired | None = None,
) -> RuleVerdict:
    """The verdict of a rule, with the counts of its scope."""
    return RuleVerdict(
        statement=statement(rule),
        kind=rule.kind,
        decision=decision,
        reason=reason,
        would_change=would_change,
        expected=tally.expected,
        successes=tally.successes,
        failures=tally.failures,
        invalid=tally.invalid,
        errors=tally.errors,
        missing=tally.missing,
        known=tally.known,
        known_passed=tally.known_passed,
        left_out=tally.left_out,
        not_run=tally.not_run,
        retried=tally.retried,
        scenes=tally.by_scene.number if tally.by_scene.shared else None,
        by_scene=tally.by_scene if tally.by_scene.shared else NO_SCENES,
        p_value=p_value,
        paired=paired,
        estimate=estimate,
        exact=exact,
        shown=shown,
        bound=bound,
    )


def inconclusive(
    rule: GateRule, tally: Tally, reason: str, would_change: str, bound: float | None = None
) -> RuleVerdict:
    """A rule that cannot be decided."""
    return with_counts(rule, tally, Decision.INCONCLUSIVE, reason, would_change, bound=bound)
