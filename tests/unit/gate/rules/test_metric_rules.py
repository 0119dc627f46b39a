"""Gate rules on a metric over the variants of a run: its mean, a percentile, a share within a threshold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from simgate.harness.gate.decide import decide
from simgate.harness.gate.rules.metric_mean import values_to_prove
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import Criterion, GateRule
from tests.unit.gate.pairs import run_of
from tests.unit.gate.runs import make_record

GO, NO_GO, INCONCLUSIVE = Decision.GO, Decision.NO_GO, Decision.INCONCLUSIVE
METRIC = "min_clearance_m"


def at_least(bound: float, undefined: str = "invalid") -> Criterion:
    return Criterion(metric=METRIC, op="at_least", bound=bound, if_undefined=undefined)


def at_most(bound: float) -> Criterion:
    return Criterion(metric=METRIC, op="at_most", bound=bound, if_undefined="invalid")


SHARE = GateRule(kind="share", metric=METRIC, criterion=at_least(0.3), at_least=0.9)
P95 = GateRule(kind="percentile", metric=METRIC, criterion=at_most(0.3), at_least=0.95, rank=95)
MEAN = GateRule(kind="mean", metric=METRIC, criterion=at_least(0.5), clip=(0.0, 1.0))


def verdict_of(values, rule, letters="", until_decided=False, scenes=None):
    manifest, records = run_of(letters or "P" * len(values), rule)
    if scenes is not None:
        expected = [
            type(one)(**{**vars_of(one), "scene": f"scene {k % scenes}"})
            for k, one in enumerate(manifest.expected)
        ]
        manifest = manifest.model_copy(update={"expected": tuple(expected)})
    manifest = manifest.model_copy(update={"until_decided": until_decided})
    said = dict(zip((one.id for one in manifest.expected), values, strict=True))
    made = [make_record(r.variant, r.outcome, metrics={METRIC: said[r.variant]}) for r in records]
    return decide(manifest, made)


def vars_of(one):
    return {name: getattr(one, name) for name in one.__slots__}


def rule_of(values, rule, **changes):
    return verdict_of(values, rule, **changes).rules[0]


@pytest.mark.parametrize(("good", "decision"), [(29, GO), (28, INCONCLUSIVE)])
def test_a_share_is_proven_by_as_many_good_values_as_the_binomial_asks(good, decision):
    assert rule_of([0.4] * good, SHARE).decision is decision


def test_a_share_counts_values_and_not_passes():
    found = rule_of([0.1] * 60, SHARE)
    assert found.decision is NO_GO
    assert "0 of 60 have min_clearance_m at least 0.3" in found.reason
    assert rule_of([0.4] * 60, SHARE, letters="F" * 60).decision is GO


@pytest.mark.parametrize("over", range(0, 6))
def test_a_percentile_is_decided_as_the_order_statistic_says(over):
    values = [0.2] * (150 - over) + [0.5] * over
    found = rule_of(values, P95)
    # Proven when so few values above would be rare were a share of 0.05 above.
    assert (found.decision is GO) == (binom.cdf(over, 150, 0.05) <= 0.05)
    assert f"the p95 of these is {sorted(values)[142]:g}" in found.reason


def test_a_value_that_is_missing_counts_as_either():
    assert rule_of([0.4] * 29 + [None], SHARE).decision is INCONCLUSIVE
    passing = SHARE.model_copy(update={"criterion": at_least(0.3, "pass")})
    assert rule_of([0.4] * 29 + [None], passing).decision is GO
    failing = SHARE.model_copy(update={"criterion": at_least(0.3, "fail")})
    assert rule_of([None] * 60, failing).decision is NO_GO


def test_the_recall_of_a_class_never_in_view_is_undefined_and_a_metric_nobody_measured_is_unknown():
    manifest, records = run_of("P" * 60, SHARE)
    made = [make_record(r.variant, r.outcome, metrics={}) for r in records]
    for metric, decision in (("detection.person.recall", GO), ("detection.person.f1", INCONCLUSIVE)):
        asked = Criterion(metric=metric, op="at_least", bound=0.3, if_undefined="pass")
        rule = SHARE.model_copy(update={"metric": metric, "criterion": asked})
        mean = rule.model_copy(update={"kind": "mean", "clip": (0.0, 1.0), "at_least": None})
        for one in (rule, mean):
            pack = {**manifest.pack, "gate": [one.model_dump(mode="json")]}
            rules = decide(manifest.model_copy(update={"pack": pack}), made).rules
            # Nothing has a value of which a mean could be shown.
            assert rules[0].decision is (decision if one is rule else INCONCLUSIVE)


def test_a_variant_that_never_reported_is_never_go():
    for rule, value in ((SHARE, 0.4), (P95, 0.2), (MEAN, 1.0)):
        assert rule_of([value] * 400, rule, letters="P" * 399 + "-").decision is INCONCLUSIVE
        assert rule_of([value] * 400, rule).decision is GO


def test_values_of_one_scene_are_one_unit_of_proof():
    for rule, value in ((SHARE, 0.4), (P95, 0.2), (MEAN, 1.0)):
        assert rule_of([value] * 400, rule, scenes=4).decision is INCONCLUSIVE


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_mean_is_proven_and_refuted_by_its_distance_to_the_threshold(sign):
    rule = MEAN if sign > 0 else MEAN.model_copy(update={"criterion": at_most(0.5)})
    rng = np.random.default_rng(3)
    good = np.clip(0.5 + sign * 0.2 + rng.normal(0, 0.1, 200), 0, 1)
    proven = rule_of(good.tolist(), rule)
    assert proven.decision is GO
    low, high = f"at least {proven.exact.low:.4g}", f"at most {proven.exact.high:.4g}"
    assert f"confidence {low if sign > 0 else high}, " in proven.reason
    found = rule_of((1.0 - good).tolist(), rule)
    assert found.decision is NO_GO
    low, high = f"at least {found.exact.low:.4g}", f"at most {found.exact.high:.4g}"
    assert f"confidence {high if sign > 0 else low}, " in found.reason
    assert found.exact.low < found.estimate < found.exact.high
    near = np.clip(0.5 + rng.normal(0, 0.3, 200), 0, 1)
    assert rule_of(near.tolist(), rule).decision is INCONCLUSIVE


def test_as_many_best_values_as_promised_prove_a_mean_and_one_fewer_does_not():
    needed = values_to_prove(MEAN)
    assert rule_of([1.0] * needed, MEAN).decision is GO
    short = rule_of([1.0] * (needed - 1), MEAN)
    assert short.decision is INCONCLUSIVE
    assert short.would_change.startswith("1 more variant with a value of 1")


def test_values_beyond_the_range_count_as_its_ends():
    far, near = rule_of([50.0] * 40, MEAN), rule_of([1.0] * 40, MEAN)
    assert (far.estimate, far.exact) == (near.estimate, near.exact)


def test_what_no_value_counts_as_enters_the_mean_and_is_said():
    rule = MEAN.model_copy(update={"criterion": at_least(0.5, "fail")})
    found = rule_of([0.8] * 100 + [None] * 100, rule)
    assert found.estimate == pytest.approx(0.4)
    assert "over 200 variants (100 without a value count as 0)" in found.reason
    assert found.exact.low < 0.4 < found.exact.high


def test_doubtful_values_count_as_both_ends_of_the_range():
    values = [0.7] * 170 + [None] * 30
    found, clean = rule_of(values, MEAN), rule_of([0.7] * 200, MEAN)
    assert "counted as either: 30 variants without a value" in found.reason
    assert found.exact.low < clean.exact.low and found.exact.high > clean.exact.high


@pytest.mark.parametrize("rule", [SHARE, MEAN])
@pytest.mark.parametrize(("value", "decision"), [(0.9, GO), (0.05, NO_GO)])
def test_a_run_may_end_when_the_rule_is_decided(rule, value, decision):
    verdict = verdict_of([value] * 300, rule, until_decided=True)
    assert verdict.decision is decision
    assert verdict.stopped_at is not None and verdict.stopped_at < 100


def test_neither_error_of_a_mean_is_more_frequent_than_stated():
    # Two values with a mean of just the threshold: a decision either way is an error.
    rng = np.random.default_rng(11)
    rule = MEAN.model_copy(update={"confidence": 0.8})
    runs = [(rng.random(60) < 0.5).astype(float).tolist() for _ in range(60)]
    made = [rule_of(values, rule).decision for values in runs]
    assert made.count(GO) <= 12 and made.count(NO_GO) <= 12
