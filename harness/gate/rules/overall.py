"""Rules over all pictures of data sets: a metric of a run, and how much better a baseline's was.

Units of proof are the clusters (sequences, sites) that the scenario names: see
``statistics/data_sets/whole.py``. A variant without a valid result may hold anything, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from simgate.harness.gate.comparing.pairing import pair_up
from simgate.harness.gate.parts import classes_of, classes_of_model, parts_of
from simgate.harness.gate.rules.regression import Comparison, nothing_to_compare
from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.scenes import Repeated
from simgate.harness.gate.statistics.data_sets.whole import (
    DRAWS,
    FEWEST_CLUSTERS,
    Part,
    clusters_with_any,
    mean_value,
    of_loss,
    of_mean,
)
from simgate.harness.gate.tally import JudgedVariant, Status, Tally
from simgate.harness.gate.texts.wording import doubts, few, percent, quarantine, whole_evidence
from simgate.harness.gate.verdict import Decision, Interval, RuleVerdict
from simgate.harness.packs.model import GateRule
from simgate.harness.packs.overall import Overall, overall_of
from simgate.harness.results.record import RunRecord
from simgate.harness.text import plural

_METHOD = f"bootstrap over clusters, {DRAWS} draws, one more cluster of the opposite kind, one-sided each way"


def decide_overall(rule: GateRule, tally: Tally, variants: Sequence[JudgedVariant]) -> RuleVerdict:
    """Decides a rule on a metric.

    Args:
        rule: With ``metric``, and ``at_least``, of an error ``at_most``.
        tally: Counts of its scope.
        variants: Those in its scope.
    """
    if (stopped := _undecidable(rule, tally)) is not None:
        return stopped
    bound = _bound(rule)
    counted = _counted(variants)
    parts = parts_of(_metric(rule), in_clusters(counted))
    if (stopped := _too_few(rule, tally, parts, bound)) is not None:
        return stopped
    found = of_mean(parts)
    low, high = found.low(rule.confidence), found.high(rule.confidence)
    is_share = rule.at_least is not None
    p_value = found.share_at_least(bound) if is_share else found.share_at_most(bound)
    decision = Decision.INCONCLUSIVE
    if low >= bound if is_share else high <= bound:
        decision = Decision.GO
    elif p_value < 1.0 - rule.confidence:
        decision = Decision.NO_GO
    return with_counts(
        rule,
        tally,
        decision=decision,
        reason=f"{rule.metric} {found.value:.4f} {_seen(parts, counted)}: with {percent(rule.confidence)} "
        f"confidence at least {low:.4f} and at most {high:.4f}, {'' if is_share else 'at most '}{bound:g} is "
        f"{'needed' if is_share else 'allowed'}{quarantine(tally)}",
        would_change={
            Decision.GO: "pictures on which the model is worse",
            Decision.NO_GO: "a model that is right more often" if is_share else "a model that errs less",
            Decision.INCONCLUSIVE: "more clusters of pictures (sequences, sites), or a better model",
        }[decision],
        estimate=found.value,
        exact=Interval(low=low, high=high, confidence=rule.confidence, method=_METHOD),
        bound=bound,
        p_value=p_value,
    )


def decide_overall_not_worse(
    rule: GateRule, tally: Tally, variants: Sequence[JudgedVariant], comparison: Comparison | None
) -> RuleVerdict:
    """Decides a rule on how much worse a metric is than a baseline's, on the same pictures.

    Args:
        rule: With ``metric``; ``at_most`` is the margin.
        tally: Counts of the candidate's variants in scope.
        variants: The candidate's variants in scope.
        comparison: None when the run was made without a baseline.
    """
    if stopped := nothing_to_compare(rule, tally, comparison) or _undecidable(rule, tally):
        return stopped
    assert comparison is not None and rule.at_most is not None
    pairs = [pair for pair in pair_up(variants, comparison.baseline.by_digest) if not pair.known]
    records = [pair.valid_records for pair in pairs]
    if None in records or comparison.absent(tally, variants):
        return inconclusive(
            rule,
            tally,
            "the baseline has no valid result of some of these pictures",
            "valid results of the same pictures with both versions",
            bound=rule.at_most,
        )
    metric, names = _metric(rule), [name for name, _ in in_clusters([pair.now for pair in pairs])]
    both_models = [
        [(name, both[k]) for name, both in zip(names, records, strict=True) if both] for k in (0, 1)
    ]
    seen, has = ([of(metric, one) for one in both_models] for of in (classes_of, classes_of_model))
    labels = has[0] & (seen[0] | seen[1])
    sides = [parts_of(metric, of, labels) for of in both_models]
    few_of = (_too_few(rule, tally, side, rule.at_most) for side in sides)
    if stopped := _lost(rule, tally, seen[0] - has[1]) or next(filter(None, few_of), None):
        return stopped
    found = of_loss(sides[0], sides[1])
    low, high = found.low(rule.confidence), found.high(rule.confidence)
    p_value = found.share_at_most(rule.at_most)
    is_worse = p_value < 1.0 - rule.confidence
    unproven = Decision.NO_GO if is_worse else Decision.INCONCLUSIVE
    decision = Decision.GO if high <= rule.at_most else unproven
    before, now = map(mean_value, sides)
    return with_counts(
        rule,
        tally,
        decision=decision,
        reason=f"{rule.metric} {before:.4f} -> {now:.4f} {_seen(sides[1], [pair.now for pair in pairs])}: "
        f"with {percent(rule.confidence)} confidence worse by at least {max(low, 0.0):.4f} and at most "
        f"{max(high, 0.0):.4f}, {rule.at_most:g} is allowed{quarantine(tally)}",
        would_change={
            Decision.GO: "pictures on which the candidate is worse",
            Decision.NO_GO: f"a candidate that keeps {rule.metric}",
            Decision.INCONCLUSIVE: "more clusters of pictures, run with both versions",
        }[decision],
        estimate=found.value,
        exact=Interval(low=low, high=high, confidence=rule.confidence, method=_METHOD),
        bound=rule.at_most,
        p_value=p_value,
    ).model_copy(update={"baseline": comparison.baseline.manifest.run_id})


def in_clusters(variants: Sequence[JudgedVariant]) -> list[tuple[str, RunRecord | None]]:
    """The cluster and the record of each variant.

    The same pictures under other names were seen once: a variant with the trace of an earlier one lies in the
    cluster of that.
    """
    unit = Repeated().unit
    return [(unit(one.expected.own_scene, one.trace), one.record) for one in variants]


def _bound(rule: GateRule) -> float:
    bound = rule.at_least if rule.at_least is not None else rule.at_most
    assert bound is not None
    return bound


def _metric(rule: GateRule) -> Overall:
    metric = overall_of(rule.metric or "")
    assert metric is not None
    return metric


def _counted(variants: Sequence[JudgedVariant]) -> list[JudgedVariant]:
    return [one for one in variants if one.status in (Status.SUCCESS, Status.FAILURE)]


def _undecidable(rule: GateRule, tally: Tally) -> RuleVerdict | None:
    bound = _bound(rule)
    if not tally.doubtful and not tally.not_run:
        return None
    what = doubts(tally) or f"{tally.not_run} not run"
    reason = f"what is true of all pictures is not known without some of them ({what})"
    return inconclusive(rule, tally, reason, whole_evidence(tally), bound=bound)


def _lost(rule: GateRule, tally: Tally, labels: Collection[str]) -> RuleVerdict | None:
    """Without its worst class a mean is better, and no model."""
    if not labels:
        return None
    reason = f"the candidate's model has no class {few(sorted(labels))}, the baseline's has"
    return inconclusive(rule, tally, reason, "a candidate with the same classes", bound=rule.at_most)


def _too_few(rule: GateRule, tally: Tally, parts: Sequence[Part], bound: float) -> RuleVerdict | None:
    if not parts:
        reason = f"there is nothing to be judged of which {rule.metric} speaks"
        return inconclusive(rule, tally, reason, "pictures in which there is", bound=bound)
    clusters = clusters_with_any(parts)
    if clusters >= FEWEST_CLUSTERS:
        return None
    reason = (
        f"{rule.metric} {mean_value(parts):.4f} over {plural(clusters, 'cluster')} of pictures with "
        "something to be judged, and "
    )
    reason += f"of fewer than {FEWEST_CLUSTERS} nothing is concluded"
    change = f"{FEWEST_CLUSTERS - clusters} more clusters (sequences, sites)"
    return inconclusive(rule, tally, reason, change, bound=bound)


def _seen(parts: Sequence[Part], variants: Sequence[JudgedVariant]) -> str:
    clusters, filled = len(parts[0].truths), clusters_with_any(parts)
    only = f", {filled} of them with something to be judged" if filled < clusters else ""
    return f"over {plural(len(variants), 'variant')} in {plural(clusters, 'cluster')}{only}"
