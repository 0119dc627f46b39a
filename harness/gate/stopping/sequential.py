"""``--until-decided``: counts variants in an order fixed in advance, and says when the gate is decided.

Only the longest completed beginning of the manifest's order counts, so that which host was faster changes
nothing; the decision falls at the first variant at which it can, and what comes after does not count. Every
rule is tested in a way that allows for its looks (``rule_evidence``); a test of fixed size that is looked at
repeatedly would be wrong far more often than it says, and is not offered.

Several rules at once are treated as in a run of fixed size: GO claims all of them and needs no correction;
NO-GO needs Holm's procedure, on p-values that are valid over all looks together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from simgate.harness.gate.comparing.pairing import BROKEN, pair_up
from simgate.harness.gate.rules.every_variant import places_of
from simgate.harness.gate.rules.latency import limit_ms
from simgate.harness.gate.rules.metric_mean import MeanEvidence
from simgate.harness.gate.rules.metric_share import MetricShareEvidence, judged_by
from simgate.harness.gate.rules.not_worse import NotWorseEvidence
from simgate.harness.gate.rules.regression import Comparison
from simgate.harness.gate.rules.rule import absent_in_scope
from simgate.harness.gate.scenes import Repeated
from simgate.harness.gate.selection import not_chosen
from simgate.harness.gate.statistics.stopping_boundary import MOST_PLANNED
from simgate.harness.gate.stopping.counted_evidence import (
    AttemptsEvidence,
    CountedEvidence,
    EveryVariantEvidence,
    ValidityEvidence,
)
from simgate.harness.gate.stopping.rule_evidence import (
    LatencyEvidence,
    PassRateEvidence,
    RegressionEvidence,
    RuleEvidence,
)
from simgate.harness.gate.tally import JudgedVariant, Status
from simgate.harness.gate.verdict import Decision
from simgate.harness.multiplicity import holm_rejects
from simgate.harness.packs.checks.latency_percentile import parse_latency_percentile
from simgate.harness.packs.model import AGAINST_BASELINE, ON_A_METRIC, OVER_ALL, GateRule, Pack
from simgate.harness.results.manifest import ExpectedVariant

_OF_TRIALS = ("pass_rate", *ON_A_METRIC, *AGAINST_BASELINE)
FIRST_LOOK = 10
"""No verdict rests on fewer variants. Looking later than allowed is always valid."""


def evidence_for(
    rule: GateRule, comparison: Comparison | None, planned: int, rules: int
) -> RuleEvidence | None:
    """What collects evidence for a rule; None when it can never be decided (no baseline, no bound).

    Args:
        rule: What to decide.
        comparison: With the baseline; None without one.
        planned: Simulations of the rule's scope in the whole run.
        rules: Rules that Holm's procedure weighs against each other.
    """
    if rule.kind in (*OVER_ALL, "drift"):
        return None  # What all pictures have together, and how far they are from others, is known at the end.
    if rule.kind == "invalid_or_error":
        return None if rule.at_most is None else ValidityEvidence(rule.at_most)
    if rule.kind == "attempts":
        return None if rule.at_most is None else AttemptsEvidence(rule.at_most)
    if rule.kind == "mean":
        return None if rule.criterion is None or rule.clip is None else MeanEvidence(rule)
    if rule.kind == "pass_rate" or rule.counts_a_metric:
        # A share of 0 or 1 is proven or refuted by nothing; the linter refuses it.
        if not planned or rule.at_least is None or not 0.0 < rule.at_least < 1.0:
            return None
        planned = min(planned, MOST_PLANNED)
        if rule.counts_a_metric:
            return MetricShareEvidence(rule, planned, rules)
        return PassRateEvidence(rule.at_least, rule.confidence, planned, rules)
    if rule.kind == "metric":
        which = parse_latency_percentile(rule.metric or "")
        limit = limit_ms(rule)
        if which is None or limit is None:
            return None
        return LatencyEvidence(which, limit, rule.confidence, rule.any_runtime)
    if comparison is None or rule.at_most is None or comparison.differences:
        return None
    if rule.kind == "not_worse_by":
        return NotWorseEvidence(rule, comparison.baseline.by_digest)
    return RegressionEvidence(comparison.baseline.by_digest, rule.at_most, rule.confidence)


class SequentialGate:
    """The gate while the run goes on.

    Args:
        pack: Holds the rules.
        expected: All variants of the run.
        comparison: With the baseline; None without one.
        left_out: Scenario -> variants that an unfair selection keeps from running
            (:func:`simgate.harness.gate.selection.left_out`). A rule that speaks of such a scenario is not
            tested: what does run is no fair sample of what it speaks of.
    """

    def __init__(
        self,
        pack: Pack,
        expected: Sequence[ExpectedVariant],
        comparison: Comparison | None = None,
        left_out: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._total = len(expected)
        self._repeated = Repeated()
        self._baseline = comparison.baseline.by_digest if comparison else {}
        rivals = sum(rule.is_test for rule in pack.gate)

        def evidence(rule: GateRule) -> RuleEvidence | None:
            scope = [variant for variant in expected if rule.speaks_of(variant.scenario, variant.severity)]
            planned = len({(variant.digest, variant.identity) for variant in scope})
            if rule.kind == "every_variant":
                # A violation counts whatever was left out; what was left out is never proven.
                return EveryVariantEvidence(places_of(rule, pack), planned + not_chosen(rule, pack, expected))
            if absent_in_scope(rule, pack, left_out):
                return None
            scenes = {(one.digest, one.identity): one.own_scene for one in scope}
            # Refused when a run is planned; a run of an older version may have it all the same.
            shared = len(set(scenes.values())) < len(scenes)
            if shared and rule.kind in _OF_TRIALS:
                return None
            return evidence_for(rule, comparison, planned, rivals)

        self.rules: tuple[tuple[GateRule, RuleEvidence | None], ...] = tuple(
            (rule, evidence(rule)) for rule in pack.gate
        )
        self.counted = 0
        """Variants counted so far, until the decision."""
        self.decision: Decision | None = None
        """GO or NO-GO once decided."""

    def add(self, variant: JudgedVariant) -> None:
        """Counts the next variant of the manifest's order; after the decision nothing counts any more."""
        if self.decision is not None:
            return
        self.counted += 1
        if self._repeated.elsewhere(variant.expected.own_scene, variant.trace):
            self._give_up_on_trials(variant)
        for rule, evidence in self.rules:
            if evidence and rule.speaks_of(variant.expected.scenario, variant.expected.severity):
                evidence.add(variant)
            if evidence and self.counted >= FIRST_LOOK:
                evidence.look(at_end=self.counted == self._total)
        if self.counted >= FIRST_LOOK:
            self.decision = self._decide()

    def _give_up_on_trials(self, variant: JudgedVariant) -> None:
        """Two scenes with one trace are one trial, and the tests over all looks count each variant as one.

        Failures count each, as in a run of fixed size.
        """
        self.rules = tuple((rule, None if self._is_trial(rule, variant) else e) for rule, e in self.rules)

    def _is_trial(self, rule: GateRule, variant: JudgedVariant) -> bool:
        """Whether a rule counts trials, and takes the variant for one that passed, or lost nothing."""
        if rule.kind in AGAINST_BASELINE:
            pairs = pair_up([variant], self._baseline)
            return rule.kind != "regression" or any(pair.results != BROKEN for pair in pairs)
        return rule.kind in _OF_TRIALS and judged_by(rule, [variant])[0].status is Status.SUCCESS

    def refuted(self) -> list[bool]:
        """Which rules Holm's procedure rejects by now, or a violation refutes, in the pack's order."""
        tested = [e for _, e in self.rules if e is not None and not isinstance(e, CountedEvidence)]
        found = iter(holm_rejects([e.p_value for e in tested], [1.0 - e.confidence for e in tested]))
        return [
            e is not None and (e.is_refuted if isinstance(e, CountedEvidence) else next(found))
            for _, e in self.rules
        ]

    def _decide(self) -> Decision | None:
        if any(self.refuted()):
            return Decision.NO_GO
        judging = [rule for rule, _ in self.rules if rule.judges_model]
        if judging and all(evidence is not None and evidence.proven for _, evidence in self.rules):
            return Decision.GO
        return None


def count_until_decided(
    pack: Pack,
    variants: Sequence[JudgedVariant],
    comparison: Comparison | None,
    left_out: Mapping[str, int] = MappingProxyType({}),
) -> SequentialGate:
    """Counts the longest completed beginning of a run's variants, in the manifest's order."""
    gate = SequentialGate(pack, [variant.expected for variant in variants], comparison, left_out)
    for variant in variants:
        if variant.record is None or gate.decision is not None:
            break
        gate.add(variant)
    return gate
