"""Writes down what a sequential gate has found, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simgate.harness.gate.comparing.pairing import count_pairs
from simgate.harness.gate.rules.deployed import foreign_runtime
from simgate.harness.gate.rules.latency import declared_words
from simgate.harness.gate.rules.metric_mean import MeanEvidence, mean_verdict
from simgate.harness.gate.rules.metric_share import judged_by
from simgate.harness.gate.rules.not_worse import NotWorseEvidence, not_worse_verdict
from simgate.harness.gate.rules.regression import Comparison, churn_words, paired_facts
from simgate.harness.gate.rules.rule import decide_rule, in_scope
from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.statistics.intervals import wilson
from simgate.harness.gate.stopping.counted_evidence import CountedEvidence
from simgate.harness.gate.stopping.rule_evidence import (
    LatencyEvidence,
    PassRateEvidence,
    RegressionEvidence,
    RuleEvidence,
)
from simgate.harness.gate.stopping.sequential import FIRST_LOOK, SequentialGate
from simgate.harness.gate.tally import JudgedVariant, Tally, tally
from simgate.harness.gate.texts.wording import doubts, passing, percent, quarantine, share
from simgate.harness.gate.verdict import Decision, Interval, RuleVerdict
from simgate.harness.packs.model import GateRule, Pack
from simgate.harness.text import plural


def sequential_rules(
    gate: SequentialGate,
    pack: Pack,
    variants: Sequence[JudgedVariant],
    comparison: Comparison | None,
    left_out: Mapping[str, int],
) -> tuple[RuleVerdict, ...]:
    """The verdict of every rule.

    Args:
        gate: After the last variant that counts.
        pack: Holds the rules.
        variants: All expected variants; those after the decision are NOT_RUN.
        comparison: With the baseline; None without one.
        left_out: Scenario -> variants that an unfair selection kept from running.
    """
    refuted = gate.refuted()
    verdicts = []
    for index, (rule, evidence) in enumerate(gate.rules):
        if evidence is None or isinstance(evidence, CountedEvidence):
            # What could not be tested at all is told by the words of a run of fixed size.
            found = decide_rule(rule, pack, variants, left_out, comparison)
            verdicts.append(_untestable(found) if evidence is None else found)
        else:
            counts, decision = (
                tally(judged_by(rule, in_scope(rule, variants))),
                _decision(evidence, refuted[index]),
            )
            verdicts.append(_verdict(rule, evidence, decision, counts, evidence.p_value, comparison))
    return tuple(verdicts)


def _untestable(found: RuleVerdict) -> RuleVerdict:
    if found.decision is Decision.INCONCLUSIVE:
        return found
    return found.model_copy(
        update={
            "decision": Decision.INCONCLUSIVE,
            "reason": f"no sequential test for this rule: {found.reason}",
        }
    )


def _decision(evidence: RuleEvidence, refuted: bool) -> Decision:
    if refuted:
        return Decision.NO_GO
    return Decision.GO if evidence.proven else Decision.INCONCLUSIVE


def _verdict(
    rule: GateRule,
    evidence: RuleEvidence,
    decision: Decision,
    counts: Tally,
    p_value: float,
    comparison: Comparison | None,
) -> RuleVerdict:
    if not evidence.variants:
        return inconclusive(rule, counts, "none of its variants has run yet", "run more variants")
    if isinstance(evidence, PassRateEvidence):
        return _pass_rate(rule, evidence, decision, counts, p_value)
    if isinstance(evidence, LatencyEvidence):
        return _latency(rule, evidence, decision, counts, p_value)
    if isinstance(evidence, MeanEvidence):
        return mean_verdict(rule, counts, evidence.values, decision, p_value)
    assert comparison is not None
    if isinstance(evidence, NotWorseEvidence):
        return not_worse_verdict(rule, counts, evidence.losses, comparison, decision, p_value)
    assert isinstance(evidence, RegressionEvidence)
    return _regression(rule, evidence, decision, counts, p_value, comparison)


def _pass_rate(
    rule: GateRule, evidence: PassRateEvidence, decision: Decision, counts: Tally, p_value: float
) -> RuleVerdict:
    interval, p0 = evidence.interval, evidence.p0
    assert interval is not None
    total, (passed, do) = evidence.successes + evidence.failures, passing(rule)
    claim = {
        Decision.GO: f"at least {share(interval.low)} {do}",
        Decision.NO_GO: f"at most {share(interval.high)} {do}",
        Decision.INCONCLUSIVE: f"at least {share(interval.low)} and at most {share(interval.high)} {do}",
    }[decision]
    when = f", proven after {evidence.go_at} of them" if decision is Decision.GO else ""
    doubtful = f"; counted as either: {doubts(counts)}" if counts.invalid + counts.errors else ""
    shown = None
    if total:
        low, high = wilson(evidence.successes, total, rule.confidence)
        shown = Interval(low=low, high=high, confidence=rule.confidence, method="Wilson")
    return with_counts(
        rule,
        counts,
        decision=decision,
        reason=f"{evidence.successes} of {total} {passed}: with {percent(rule.confidence)} confidence over "
        f"all looks {claim}, {p0:g} is needed{when}{doubtful}{quarantine(counts)}",
        would_change=_would_change(decision, evidence, "more clean variant"),
        estimate=evidence.successes / total if total else None,
        exact=interval,
        shown=shown,
        bound=p0,
        p_value=p_value,
    )


def _latency(
    rule: GateRule, evidence: LatencyEvidence, decision: Decision, counts: Tally, p_value: float
) -> RuleVerdict:
    total = evidence.within + evidence.over
    claim = {
        Decision.GO: f"is proven to stay within {evidence.limit_ms:g} ms",
        Decision.NO_GO: f"is proven to exceed {evidence.limit_ms:g} ms",
        Decision.INCONCLUSIVE: "is neither proven nor refuted",
    }[decision]
    foreign = "" if rule.any_runtime else foreign_runtime(evidence.variants, evidence.which.measured)
    if foreign:
        return inconclusive(rule, counts, foreign, "run with the deployed runtime", bound=evidence.limit_ms)
    lost = f"; {evidence.unknown} lost samples counted as either" if evidence.unknown else ""
    return with_counts(
        rule,
        counts,
        decision=decision,
        reason=f"{evidence.within} of {plural(total, 'sample')} are within {evidence.limit_ms:.6g} ms"
        f"{declared_words(rule)}: with "
        f"{percent(rule.confidence)} confidence at any stopping time "
        f"p{100 * evidence.which.share:g} {claim}{lost}",
        would_change=_would_change(decision, evidence, "more sample", " within the limit"),
        bound=evidence.limit_ms,
        p_value=p_value,
    )


def _regression(
    rule: GateRule,
    evidence: RegressionEvidence,
    decision: Decision,
    counts: Tally,
    p_value: float,
    comparison: Comparison,
) -> RuleVerdict:
    pairs = count_pairs(evidence.pairs)
    facts = paired_facts(evidence.pairs, pairs, rule.confidence, comparison, evidence.interval)
    lower, upper = share(max(facts.exact.low, 0.0)), share(max(facts.exact.high, 0.0))
    allowed = f"{evidence.max_drop:g} is allowed"
    claim = {
        Decision.GO: f"the pass rate drops by at most {upper}, {allowed}",
        Decision.NO_GO: f"the pass rate drops by at least {lower}, {allowed}",
        Decision.INCONCLUSIVE: f"the pass rate drops by at least {lower} and at most {upper}, {allowed}",
    }[decision]
    return with_counts(
        rule,
        counts,
        decision=decision,
        reason=f"broken {pairs.broken}, fixed {pairs.fixed} of {plural(pairs.pairs, 'pair')}: with "
        f"{percent(rule.confidence)} confidence at any stopping time {claim}; {churn_words(facts)}",
        would_change=_would_change(decision, evidence, "more variant", " that both versions pass"),
        estimate=facts.drop,
        exact=facts.exact,
        shown=facts.shown,
        bound=evidence.max_drop,
        p_value=p_value,
        paired=facts,
    )


def _would_change(decision: Decision, evidence: RuleEvidence, what: str, condition: str = "") -> str:
    """What would change a decision; ``what`` is what the evidence counts, for example ``more sample``."""
    if decision is not Decision.INCONCLUSIVE:
        return "another model; a sequential decision stands once it has fallen"
    needed = evidence.clean_needed()
    if needed is None:
        return "more variants than anyone can run, or fewer failures"
    if needed == 0:
        return f"results up to variant {FIRST_LOOK}, the first that may decide"
    return f"{plural(needed, what)}{condition} would prove it; a run of fixed size may need fewer"
