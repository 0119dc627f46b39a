"""Rule ``attempts``: no variant was begun more often than allowed until it gave its result."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.tally import JudgedVariant, Tally
from simgate.harness.gate.texts.wording import doubts, few, tries, whole_evidence
from simgate.harness.gate.verdict import Decision, RuleVerdict
from simgate.harness.packs.model import GateRule
from simgate.harness.text import plural


def decide_attempts(rule: GateRule, tally: Tally, variants: Sequence[JudgedVariant]) -> RuleVerdict:
    """Decides a rule on attempts, over everything that the journal holds of the variants in its scope.

    It is a count of this very run. Too many attempts say nothing against the model, so it is never NO-GO.
    """
    if rule.at_most is None:
        return inconclusive(rule, tally, "the rule has no at_most", "give the rule at_most")
    over = [variant for variant in variants if variant.attempts > rule.at_most]
    times = "once" if rule.at_most == 1 else plural(int(rule.at_most), "time")
    reason = f"no variant was begun more than {times}"
    change = f"a variant begun {int(rule.at_most) + 1} times"
    decision = Decision.INCONCLUSIVE
    if over:
        reason = f"{plural(len(over), 'variant')} begun more than {times}: {few([tries(v) for v in over])}"
        change = "a new run in which no variant is begun so often; --resume only adds attempts"
    elif tally.absent or tally.not_run == tally.expected:
        reason += f", but absent variants are never GO ({doubts(tally) or 'nothing ran'})"
        change = whole_evidence(tally)
    else:
        decision = Decision.GO
    most = float(max((variant.attempts for variant in variants), default=0))
    return with_counts(rule, tally, decision, reason, change, estimate=most, bound=rule.at_most)
