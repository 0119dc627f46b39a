"""Rule ``regression``: the candidate against a baseline on the same variants.

GO when a drop of ``max_drop`` or more is ruled out: the exact upper bound of the drop does not exceed it.
NO-GO when McNemar's exact test says that the candidate is worse and a drop within ``max_drop`` is not
proven: once it is shown to be worse, it is the candidate that owes the proof. Each error has a chance of at
most 1 - confidence: GO for a candidate whose pass rate really drops by more than ``max_drop``, and NO-GO
for one that is not worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simgate.harness.gate.comparability import differences
from simgate.harness.gate.mcnemar import mcnemar_p
from simgate.harness.gate.paired_difference import drop_bounds, drop_too_large_p, tango_interval
from simgate.harness.gate.pairing import Pair, PairCounts, RunEvidence, count_pairs, pair_up
from simgate.harness.gate.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.tally import JudgedVariant, Tally
from simgate.harness.gate.verdict import Churn, Decision, Interval, Paired, RuleVerdict
from simgate.harness.gate.wording import percent, share
from simgate.harness.packs.model import GateRule
from simgate.harness.text import plural

_MOST_PAIRS_TRIED = 5_000
"""A search for the number of pairs ends here."""


@dataclass(frozen=True)
class Comparison:
    """What a run is held against.

    Attributes:
        baseline: The older run.
        candidate: The run itself, for the conditions of both to be compared.
        churn: What reruns change by themselves; None when it was not measured.
    """

    baseline: RunEvidence
    candidate: RunEvidence
    churn: Churn | None = None

    @property
    def differences(self) -> list[str]:
        """What besides the model differs; empty when the runs may be compared."""
        before, now = self.baseline, self.candidate
        return differences(before.manifest, now.manifest, before.fingerprint, now.fingerprint)


def decide_regression(
    rule: GateRule, tally: Tally, variants: Sequence[JudgedVariant], comparison: Comparison | None
) -> RuleVerdict:
    """Decides a regression rule.

    Args:
        rule: ``at_most`` is the largest drop allowed.
        tally: Counts of the candidate's variants in scope.
        variants: The candidate's variants in scope.
        comparison: None when the run was made without a baseline.
    """
    if comparison is None:
        return inconclusive(
            rule, tally, "a regression rule needs --baseline", "run with --baseline RUN", bound=rule.at_most
        )
    if rule.at_most is None:
        return inconclusive(rule, tally, "the rule has no max_drop", "give the rule max_drop")
    if named := comparison.differences:
        reason = f"the baseline {comparison.baseline.manifest.run_id} cannot be compared: {'; '.join(named)}"
        return inconclusive(
            rule, tally, reason, "a baseline made under the same conditions", bound=rule.at_most
        )
    scenarios = {variant.expected.scenario for variant in variants}
    absent = tally.left_out + sum(comparison.baseline.left_out.get(name, 0) for name in scenarios)
    pairs = pair_up(variants, comparison.baseline.by_digest)
    counts = count_pairs(pairs, absent)
    if counts.counted == 0:
        reason = "no variant has a valid result with both models"
        return inconclusive(rule, tally, reason, "run the variants with both models", bound=rule.at_most)
    return _decide(rule, rule.at_most, tally, pairs, counts, comparison)


def _decide(
    rule: GateRule,
    max_drop: float,
    tally: Tally,
    pairs: Sequence[Pair],
    counts: PairCounts,
    comparison: Comparison,
) -> RuleVerdict:
    alpha = 1.0 - rule.confidence
    worse = mcnemar_p(*counts.best)
    within = drop_too_large_p(*counts.worst, counts.pairs, max_drop) <= alpha
    absent = tally.absent > 0 or _absent_pairs(pairs, counts)
    if within:
        decision = Decision.INCONCLUSIVE if absent else Decision.GO
    else:
        decision = Decision.NO_GO if worse < alpha else Decision.INCONCLUSIVE
    paired = paired_facts(pairs, counts, rule.confidence, comparison)
    return with_counts(
        rule,
        tally,
        decision=decision,
        reason=_reason(decision, within, worse, max_drop, rule.confidence, paired),
        would_change=_would_change(decision, absent, max_drop, alpha, counts),
        estimate=paired.drop,
        exact=paired.exact,
        shown=paired.shown,
        bound=max_drop,
        p_value=1.0 if within else worse,
        paired=paired,
    )


def _absent_pairs(pairs: Sequence[Pair], counts: PairCounts) -> bool:
    """Whether some side never reported: that is never GO, unlike an INVALID or ERROR that was counted."""
    of_pairs = sum(pair.results.count(None) > 0 and not pair.known for pair in pairs)
    unheard = any(pair.before is None or pair.before.record is None for pair in pairs if not pair.known)
    return unheard or counts.doubtful > of_pairs


def paired_facts(
    pairs: Sequence[Pair],
    counts: PairCounts,
    confidence: float,
    comparison: Comparison,
    exact: Interval | None = None,
) -> Paired:
    """The paired table with its statistics.

    Args:
        pairs: Of the rule's scope.
        counts: Of these pairs.
        confidence: One-sided.
        comparison: Names the baseline and the churn.
        exact: What the decision rests on; the exact unconditional interval when None.
    """
    tango = tango_interval(counts.broken, counts.fixed, counts.counted, confidence)
    drop = (counts.broken - counts.fixed) / counts.counted if counts.counted else None
    baseline = comparison.baseline.manifest
    return Paired(
        baseline=baseline.run_id,
        baseline_model=baseline.fingerprint.model,
        pairs=counts.pairs,
        both_pass=counts.both_pass,
        both_fail=counts.both_fail,
        broken=counts.broken,
        fixed=counts.fixed,
        doubtful=counts.doubtful,
        known=counts.known,
        mcnemar_p=mcnemar_p(*counts.best),
        drop=drop,
        exact=exact or _exact(counts, confidence),
        shown=Interval(low=tango[0], high=tango[1], confidence=confidence, method="Tango"),
        churn=comparison.churn,
        broken_variants=tuple(p.now.expected.id for p in pairs if not p.known and p.results == (True, False)),
        fixed_variants=tuple(p.now.expected.id for p in pairs if not p.known and p.results == (False, True)),
    )


def _exact(counts: PairCounts, confidence: float) -> Interval:
    low = drop_bounds(*counts.best, counts.pairs, confidence)[0]
    high = drop_bounds(*counts.worst, counts.pairs, confidence)[1]
    method = "exact unconditional on Tango's score, one-sided each way"
    method += ", doubtful as both extremes" if counts.doubtful else ""
    return Interval(low=low, high=high, confidence=confidence, method=method)


def _reason(
    decision: Decision, within: bool, worse: float, max_drop: float, confidence: float, paired: Paired
) -> str:
    seen = f"broken {paired.broken}, fixed {paired.fixed} of {plural(paired.pairs, 'pair')}"
    with_confidence = f"with {percent(confidence)} confidence"
    upper = f"the pass rate drops by at most {share(max(paired.exact.high, 0.0))}"
    if decision is Decision.GO:
        claim = f"{with_confidence} {upper}, {max_drop:g} is allowed"
        if worse < 1.0 - confidence:
            claim += f"; it is worse, though (McNemar p = {worse:.2g}), within what is allowed"
    elif decision is Decision.NO_GO:
        claim = (
            f"the candidate is worse {with_confidence} (McNemar p = {worse:.2g}), and a drop within "
            f"{max_drop:g} is not proven: it may be as large as {share(max(paired.exact.high, 0.0))}"
        )
    elif within:
        claim = f"{with_confidence} {upper}, but a comparison with absent variants is never GO"
    else:
        claim = (
            f"neither proven worse (McNemar p = {worse:.2g}) nor proven to stay within {max_drop:g}: "
            f"{with_confidence} {upper}"
        )
    doubtful = f"; counted as either: {paired.doubtful} doubtful" if paired.doubtful else ""
    known = f"; not counted: {plural(paired.known, 'variant')} in quarantine" if paired.known else ""
    return f"{seen}: {claim}{doubtful}{known}; {churn_words(paired)}"


def churn_words(paired: Paired) -> str:
    """The A/A churn beside a regression verdict, and whether what broke is more than that."""
    if paired.churn is None:
        return "A/A churn not measured (simgate aa)"
    words = f"A/A churn: {paired.churn.words}"
    flips = paired.broken + paired.fixed
    if (
        paired.broken
        and paired.pairs
        and flips / paired.pairs <= paired.churn.at_most
        and paired.churn.flipped
    ):
        words += ", so what changed here may be noise"
    return words


def _would_change(decision: Decision, absent: bool, max_drop: float, alpha: float, counts: PairCounts) -> str:
    if decision is Decision.NO_GO:
        return "a candidate that does not break these variants"
    if absent and decision is Decision.INCONCLUSIVE:
        return "results for the absent variants"
    broken, fixed = counts.worst
    if decision is Decision.GO:
        unbroken = counts.pairs - broken - fixed
        for more in range(1, unbroken + 1):
            if drop_too_large_p(broken + more, fixed, counts.pairs, max_drop) > alpha:
                return f"{plural(more, 'more broken variant')} among these {plural(counts.pairs, 'pair')}"
        return (
            f"nothing among these {plural(counts.pairs, 'pair')}: with every other one broken the "
            f"{plural(fixed, 'fixed variant')} would still outweigh it"
        )
    needed = pairs_needed(broken, fixed, counts.pairs, max_drop, alpha)
    if needed is None:
        return f"more than {_MOST_PAIRS_TRIED} further variants that both models pass, or fewer broken ones"
    return f"{plural(needed, 'more variant')} that both models pass would give GO"


def pairs_needed(broken: int, fixed: int, pairs: int, max_drop: float, alpha: float) -> int | None:
    """How many more unchanged pairs prove that the drop stays within the limit; None when too many."""
    low, high = 0, 1
    while drop_too_large_p(broken, fixed, pairs + high, max_drop) > alpha:
        if high > _MOST_PAIRS_TRIED:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if drop_too_large_p(broken, fixed, pairs + middle, max_drop) <= alpha:
            high = middle
        else:
            low = middle
    return high
