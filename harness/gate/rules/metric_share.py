"""Rules ``share`` and ``percentile``: in how many variants a metric keeps a threshold, proven exactly.

A percentile is a share seen from the other side: p95 is at most L exactly when a share of 0.95 is at most L.
So both are decided as a pass rate is, binomially on variants or, where these share scenes, on scenes; all
that differs is what counts as a pass. Nothing is assumed of how the metric is distributed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from simgate.harness.gate.rules.pass_rate import decide_pass_rate
from simgate.harness.gate.statistics.percentile import nearest_rank
from simgate.harness.gate.stopping.rule_evidence import PassRateEvidence
from simgate.harness.gate.tally import JudgedVariant, Status, tally
from simgate.harness.gate.verdict import RuleVerdict
from simgate.harness.packs.bounds import UnusableCriterion, judgement
from simgate.harness.packs.model import Criterion, GateRule, metric_key
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.results.record import Scalar

_STATUS = {"PASS": Status.SUCCESS, "FAIL": Status.FAILURE, "INVALID": Status.INVALID}


def judged_by(rule: GateRule, variants: Iterable[JudgedVariant]) -> list[JudgedVariant]:
    """The variants as a rule counts them: by its own threshold on its metric, else as they are."""
    if not rule.counts_a_metric or rule.criterion is None:
        return list(variants)
    return [_judged(rule.criterion, variant) for variant in variants]


def decide_metric_share(rule: GateRule, variants: Sequence[JudgedVariant], absent: int) -> RuleVerdict:
    """Decides a rule on the share of variants in which a metric keeps its threshold.

    A variant that gave no valid result, or in which the metric has no value and the rule does not say what
    that counts as, counts as both extremes. Variants in a quarantine count as neither.

    Args:
        rule: With ``criterion``, and the share in ``at_least``.
        variants: Those in its scope.
        absent: How many of its scope a selection left out.
    """
    found = decide_pass_rate(rule, tally(judged_by(rule, variants), absent))
    values = sorted(
        value for variant in variants if (value := number_of(rule.criterion, variant)) is not None
    )
    if rule.rank is None or not values:
        return found
    observed = nearest_rank(values, rule.rank / 100.0)
    return found.model_copy(
        update={"reason": f"{found.reason}; the p{rule.rank:g} of these is {observed:.4g}"}
    )


def value_of(criterion: Criterion | None, variant: JudgedVariant) -> tuple[bool, Scalar | None]:
    """Whether a valid record of the variant holds the metric, and its value; None where it has none."""
    if criterion is None or variant.record is None or variant.status not in (Status.SUCCESS, Status.FAILURE):
        return False, None
    from simgate.harness.scoring.metrics import is_always_measured

    metrics, key = as_read(variant.record).metrics, metric_key(criterion.metric, criterion.options)
    # Records leave out the recall of a class that was never in view: it was looked at, and has no value.
    return key in metrics or is_always_measured(key), metrics.get(key)


def number_of(criterion: Criterion | None, variant: JudgedVariant) -> float | None:
    """The value of a variant as a number; None where it has none."""
    value = value_of(criterion, variant)[1]
    return float(value) if isinstance(value, bool | int | float) else None


def _judged(criterion: Criterion, variant: JudgedVariant) -> JudgedVariant:
    if variant.status not in (Status.SUCCESS, Status.FAILURE):
        return variant
    measured, value = value_of(criterion, variant)
    try:
        status = _STATUS[judgement(criterion, value)] if measured else Status.INVALID
    except UnusableCriterion:
        status = Status.INVALID
    return replace(variant, status=status)


class MetricShareEvidence(PassRateEvidence):
    """Evidence on such a share, variant after variant.

    Args:
        rule: What to decide.
        planned: Variants of its scope in the whole run.
        rules: Rules that Holm's procedure weighs against each other.
    """

    def __init__(self, rule: GateRule, planned: int, rules: int = 1) -> None:
        super().__init__(rule.at_least or 0.0, rule.confidence, planned, rules)
        self._rule = rule

    def _count(self, variant: JudgedVariant) -> None:
        super()._count(*judged_by(self._rule, [variant]))
