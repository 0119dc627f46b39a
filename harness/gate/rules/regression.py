"""Rule ``regression``: the candidate against a baseline on the same variants.

A stated margin decides (non-inferiority). GO when a drop of ``max_drop`` or more is ruled out: the exact
upper bound of the drop does not exceed it. NO-GO when a drop within ``max_drop`` is ruled out: the exact
lower bound exceeds it. A loss that is proven and may lie inside the margin is said, and decides nothing.
Each error has a chance of at most 1 - confidence.

Where nobody has stated a margin (``compare`` on a pack without such a rule), no loss is allowed: NO-GO when
McNemar's exact test says that the candidate is worse, GO when it does not and the drop stays below
``UNSTATED_MARGIN``.

Where pairs share scenes, the scenes are what is counted (:mod:`simgate.harness.gate.comparing.scene_drops`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from simgate.harness.gate.comparing.comparability import differences
from simgate.harness.gate.comparing.pairing import Pair, PairCounts, RunEvidence, count_pairs, pair_up
from simgate.harness.gate.comparing.scene_drops import SceneDrops, scene_drops
from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.statistics.intervals import fewest
from simgate.harness.gate.statistics.mcnemar import mcnemar_p
from simgate.harness.gate.statistics.paired_difference import (
    drop_bounds,
    drop_too_large_p,
    drop_within_p,
    tango_interval,
)
from simgate.harness.gate.tally import JudgedVariant, Tally
from simgate.harness.gate.texts.wording import percent, share
from simgate.harness.gate.verdict import Churn, Decision, Interval, Paired, RuleVerdict
from simgate.harness.packs.model import GateRule
from simgate.harness.text import plural

UNSTATED_MARGIN = 0.02
"""How small a drop must be proven to be where no margin is stated."""
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

    @cached_property
    def differences(self) -> list[str]:
        """What besides the model differs; empty when the runs may be compared."""
        before, now = self.baseline, self.candidate
        return differences(
            before.manifest, now.manifest, before.fingerprint, now.fingerprint, now.manifest.accepted
        )

    def absent(self, tally: Tally, variants: Iterable[JudgedVariant]) -> int:
        """How many variants of a rule's scope a selection kept from running on either side."""
        scenarios = {variant.expected.scenario for variant in variants}
        return tally.left_out + sum(self.baseline.left_out.get(name, 0) for name in scenarios)


def decide_regression(
    rule: GateRule, tally: Tally, variants: Sequence[JudgedVariant], comparison: Comparison | None
) -> RuleVerdict:
    """Decides a regression rule.

    Args:
        rule: ``at_most`` is the largest drop allowed; None where nobody has stated one.
        tally: Counts of the candidate's variants in scope.
        variants: The candidate's variants in scope.
        comparison: None when the run was made without a baseline.
    """
    if stopped := nothing_to_compare(rule, tally, comparison):
        return stopped
    assert comparison is not None
    absent = comparison.absent(tally, variants)
    pairs = pair_up(variants, comparison.baseline.by_digest)
    counts = count_pairs(pairs, absent)
    if counts.counted == 0:
        reason = "no variant has a valid result with both versions"
        return inconclusive(rule, tally, reason, "run the variants with both versions", bound=rule.at_most)
    return _decide(rule, tally, pairs, counts, scene_drops(pairs, absent), comparison)


def nothing_to_compare(rule: GateRule, tally: Tally, comparison: Comparison | None) -> RuleVerdict | None:
    """What a rule that holds a run against a baseline says without one that fits; None where there is one."""
    if comparison is None:
        reason = "a rule against a baseline needs --baseline, and this run has none"
        change = (
            "a run with --baseline NAME (simgate baseline list); if the pack has none yet, "
            "`simgate baseline set main RUN` makes this run the first, and the rule waits for the next one"
        )
        return inconclusive(rule, tally, reason, change, bound=rule.at_most)
    if not (named := comparison.differences):
        return None
    reason = f"the baseline {comparison.baseline.manifest.run_id} cannot be compared: {'; '.join(named)}"
    return inconclusive(rule, tally, reason, "a baseline made under the same conditions", bound=rule.at_most)


def _decide(
    rule: GateRule,
    tally: Tally,
    pairs: Sequence[Pair],
    counts: PairCounts,
    scenes: SceneDrops,
    comparison: Comparison,
) -> RuleVerdict:
    alpha, margin = 1.0 - rule.confidence, margin_of(rule)
    if scenes.shared:
        beyond, within = scenes.beyond_p(rule.at_most), scenes.too_large_p(margin) <= alpha
    else:
        beyond = refutation_of(rule, *counts.best, counts.pairs)
        within = drop_too_large_p(*counts.worst, counts.pairs, margin) <= alpha
    # What never reported is never GO, unlike an INVALID or ERROR that was counted.
    absent = tally.absent > 0 or counts.absent > 0 or any(p.records[0] is None for p in pairs if not p.known)
    if beyond < alpha:
        decision = Decision.NO_GO
    else:
        decision = Decision.GO if within and not absent else Decision.INCONCLUSIVE
    paired = paired_facts(pairs, counts, rule.confidence, comparison, scenes=scenes)
    change = _in_more_scenes(decision, rule, scenes) if scenes.shared else ""
    change = change or _would_change(decision, within, margin, alpha, pairs, counts, comparison)
    return with_counts(
        rule,
        tally,
        decision=decision,
        reason=_reason(decision, within, rule, paired),
        would_change=change,
        estimate=paired.drop,
        exact=paired.exact,
        shown=paired.shown,
        bound=rule.at_most,
        p_value=beyond,
        paired=paired,
    )


def margin_of(rule: GateRule) -> float:
    """Which drop must be ruled out for GO."""
    return UNSTATED_MARGIN if rule.at_most is None else rule.at_most


def refutation_of(rule: GateRule, broken: int, fixed: int, pairs: int) -> float:
    """P-value of what the rule says: that the drop stays within the margin, or that there is none.

    Args:
        rule: Of kind ``regression``.
        broken: Pairs that the baseline passes and the candidate fails.
        fixed: Pairs that the baseline fails and the candidate passes.
        pairs: All pairs.
    """
    if rule.at_most is None:
        return mcnemar_p(broken, fixed)
    return drop_within_p(broken, fixed, pairs, rule.at_most)


def paired_facts(
    pairs: Sequence[Pair],
    counts: PairCounts,
    confidence: float,
    comparison: Comparison,
    exact: Interval | None = None,
    scenes: SceneDrops | None = None,
) -> Paired:
    """The paired table with its statistics.

    Args:
        pairs: Of the rule's scope.
        counts: Of these pairs.
        confidence: One-sided.
        comparison: Names the baseline and the churn.
        exact: What the decision rests on; the exact unconditional interval when None.
        scenes: The same pairs by scene, where they may share some.
    """
    tango = tango_interval(counts.broken, counts.fixed, counts.counted, confidence)
    shown = Interval(low=tango[0], high=tango[1], confidence=confidence, method="Tango")
    drop = (counts.broken - counts.fixed) / counts.counted if counts.counted else None
    worse = mcnemar_p(*counts.best)
    if scenes is not None and scenes.shared:
        exact = shown = _of_scenes(scenes, counts, confidence)
        drop, worse = scenes.drop, scenes.beyond_p(None)
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
        doubt_fixes=counts.doubt_fixes,
        known=counts.known,
        mcnemar_p=worse,
        scenes=scenes.number if scenes is not None and scenes.shared else None,
        drop=drop,
        exact=exact or _exact(counts, confidence),
        shown=shown,
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


def _of_scenes(scenes: SceneDrops, counts: PairCounts, confidence: float) -> Interval:
    low, high = scenes.bounds(confidence)
    method = "Gaffke, scenes as units, one-sided each way"
    method += ", doubtful as both extremes" if counts.doubtful else ""
    return Interval(low=low, high=high, confidence=confidence, method=method)


def _reason(decision: Decision, within: bool, rule: GateRule, paired: Paired) -> str:
    seen = f"broken {paired.broken}, fixed {paired.fixed} of {plural(paired.pairs, 'pair')}"
    with_confidence = f"with {percent(rule.confidence)} confidence"
    low, high = share(max(paired.exact.low, 0.0)), share(max(paired.exact.high, 0.0))
    upper = f"the pass rate drops by at most {high}"
    lost = f"{'' if paired.scenes else 'McNemar '}p = {paired.mcnemar_p:.2g}"
    is_worse = paired.mcnemar_p < 1.0 - rule.confidence
    if decision is Decision.NO_GO and rule.at_most is None:
        claim = f"the candidate is worse {with_confidence} ({lost}), and no max_drop says what may be lost"
    elif decision is Decision.NO_GO:
        claim = f"{with_confidence} the pass rate drops by at least {low}, {rule.at_most:g} is allowed"
    elif decision is Decision.GO:
        claim = f"{with_confidence} {upper}, {margin_of(rule):g} is allowed"
        claim += f"; it is worse, though ({lost}), within what is allowed" if is_worse else ""
    elif within:
        claim = f"{with_confidence} {upper}, but a comparison with absent variants is never GO"
    else:
        known = f"it is worse ({lost})" if is_worse else f"not even a loss is proven ({lost})"
        claim = (
            f"neither a drop of more than {margin_of(rule):g} nor one within it is proven: {with_confidence} "
            f"{upper}; {known}"
        )
    doubtful = f"; counted as either: {paired.doubtful} doubtful" if paired.doubtful else ""
    known = f"; not counted: {plural(paired.known, 'variant')} in quarantine" if paired.known else ""
    alike = ""
    if paired.scenes:
        alike = f"; in {plural(paired.scenes, 'scene')}: pairs of one scene or trace are one unit of proof"
    return f"{seen}: {claim}{doubtful}{known}{alike}; {churn_words(paired)}"


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


def _would_change(
    decision: Decision,
    within: bool,
    margin: float,
    alpha: float,
    pairs: Sequence[Pair],
    counts: PairCounts,
    comparison: Comparison,
) -> str:
    if decision is Decision.NO_GO:
        return "a candidate that does not break these variants"
    if decision is Decision.GO:
        return _spare(margin, alpha, counts)
    again = run_again(pairs, counts.absent, comparison)
    if within:
        return f"results for what never reported: {again}"
    # What doubtful variants would show if every one of them were valid and unchanged.
    broken, fixed, total = counts.broken, counts.fixed, counts.pairs
    if counts.doubtful and drop_too_large_p(broken, fixed, total, margin) <= alpha:
        allowed = min(more_broken(broken, fixed, total, margin, alpha) - 1, counts.doubtful)
        unless = f"at most {allowed} of them are broken" if allowed else "none of them is broken"
        return (
            f"valid results for {plural(counts.doubtful, 'doubtful variant')} give GO when {unless}: {again}"
        )
    needed = pairs_needed(broken, fixed, total, margin, alpha)
    if needed is None:
        return f"more than {_MOST_PAIRS_TRIED} further variants that both versions pass, or fewer broken ones"
    more = f"{plural(needed, 'more variant')} that both versions pass would give GO"
    if counts.doubtful:
        more += f", once {plural(counts.doubtful, 'doubtful variant')} are valid and unchanged: {again}; then"
        return f"{more} a larger pack, run with both versions"
    return f"{more} (a larger pack, run with both versions)"


def _in_more_scenes(decision: Decision, rule: GateRule, scenes: SceneDrops) -> str:
    """What would change a decision on pairs that share scenes; empty where that is as for others."""
    margin, alpha = margin_of(rule), 1.0 - rule.confidence
    if decision is Decision.GO:
        most = fewest(lambda k: scenes.too_large_p(margin, broken=k) > alpha)
        return "" if most is None else plural(most, "more broken scene")
    if decision is Decision.NO_GO or scenes.worst != scenes.best:
        return ""
    needed = fewest(lambda k: scenes.too_large_p(margin, unchanged=k) <= alpha, _MOST_PAIRS_TRIED)
    if needed is None:
        return f"more than {_MOST_PAIRS_TRIED} further scenes in which nothing changes, or fewer broken ones"
    more = plural(needed, "more scene")
    return f"{more} in which nothing changes would give GO; more variants of the same scenes say little"


def run_again(pairs: Sequence[Pair], left_out: int, comparison: Comparison) -> str:
    """How pairs without a valid result on both sides become valid ones; empty when all are.

    Args:
        pairs: Of the rule's scope.
        left_out: Variants that a selection kept from running on either side.
        comparison: Names the runs.
    """
    of_pairs = [pair.results for pair in pairs if not pair.known]
    sides = [
        f"simgate run --resume {run.manifest.run_id} ({plural(silent, 'variant')})"
        for run, silent in (
            (comparison.candidate, sum(now is None for _, now in of_pairs)),
            (comparison.baseline, sum(before is None for before, _ in of_pairs)),
        )
        if silent
    ]
    sides += [f"runs without the selection that left out {plural(left_out, 'variant')}"] if left_out else []
    return " and ".join(sides)


def _spare(margin: float, alpha: float, counts: PairCounts) -> str:
    """How many more broken pairs a GO would bear less than."""
    broken, fixed = counts.worst
    more = more_broken(broken, fixed, counts.pairs, margin, alpha)
    among = f"among these {plural(counts.pairs, 'pair')}"
    if more <= counts.pairs - broken - fixed:
        return f"{plural(more, 'more broken variant')} {among}"
    return (
        f"nothing {among}: with every other one broken the {plural(fixed, 'fixed variant')} would still "
        "outweigh it"
    )


def more_broken(broken: int, fixed: int, pairs: int, max_drop: float, alpha: float) -> int:
    """How many more broken pairs leave the limit unproven; one more than there are when no number does."""
    left = pairs - broken - fixed

    def unproven(more: int) -> bool:
        return more > left or drop_too_large_p(broken + more, fixed, pairs, max_drop) > alpha

    found = fewest(unproven)
    assert found is not None  # Beyond the last pair it is enough.
    return found


def pairs_needed(broken: int, fixed: int, pairs: int, max_drop: float, alpha: float) -> int | None:
    """How many more unchanged pairs prove that the drop stays within the limit; None when too many."""
    return fewest(
        lambda more: drop_too_large_p(broken, fixed, pairs + more, max_drop) <= alpha, _MOST_PAIRS_TRIED
    )
