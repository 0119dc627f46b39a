"""Rules over all pictures of masks, depth and poses: what they conclude, and how often a bound misses."""

import numpy as np
import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.statistics.data_sets.ratios import Ratio
from simgate.harness.gate.statistics.data_sets.whole import of_mean
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.results.record import DepthSum, MaskSum, PoseSum
from tests.unit.gate.pairs import evidence_of
from tests.unit.gate.runs import make_manifest, make_pack, make_records, scenario, variant_ids


def rule(metric, **bound):
    return GateRule(kind="overall", metric=metric, **bound)


def loss(metric, margin, **more):
    return GateRule(kind="overall_not_worse_by", metric=metric, at_most=margin, **more)


def depth(relative, count=100):
    return {"depth_sum": DepthSum(judged=count, answered=count, right=count, relative=relative, squared=4.0)}


def mask(**both):
    return {"mask_sums": {name: MaskSum(true=10, said=10, both=count) for name, count in both.items()}}


def pose(error, answered=2):
    one = PoseSum(judged=2, answered=answered, translation_m=error, rotation_deg=0.0)
    return {"pose_sums": {"cup": one}}


def a_run(sums, asked):
    one = scenario(count=len(sums))
    manifest = make_manifest(make_pack([one], [asked]))
    records = make_records(variant_ids(one), "P" * len(sums))
    return manifest, [r.model_copy(update=s) for r, s in zip(records, sums, strict=True)]


def verdict(sums, asked, before=None):
    baseline = None if before is None else evidence_of(*a_run(before, asked))
    return decide(*a_run(sums, asked), baseline).rules[0]


def test_an_error_is_bounded_from_above():
    sums = [depth(relative) for relative in [4.0, 6.0] * 30]
    found = verdict(sums, rule("depth.abs_rel", at_most=0.06))
    assert found.decision is Decision.GO
    assert found.estimate == pytest.approx(0.05)
    assert found.exact.high <= 0.06
    assert verdict(sums, rule("depth.abs_rel", at_most=0.04)).decision is Decision.NO_GO
    assert verdict(sums, rule("depth.abs_rel", at_most=0.05)).decision is Decision.INCONCLUSIVE
    assert "at most 0.05 is allowed" in verdict(sums, rule("depth.abs_rel", at_most=0.05)).reason


def test_a_root_is_taken_of_the_mean_over_all_and_not_of_each():
    sums = [depth(1.0, count) for count in [100, 400] * 10]
    assert verdict(sums, rule("depth.rmse_m", at_most=1)).estimate == pytest.approx((8 / 500) ** 0.5)


def test_the_mean_over_classes_counts_a_class_that_is_only_said():
    sums = [mask(cup=10) for _ in range(20)]
    for one in sums[:3]:
        one["mask_sums"]["fork"] = MaskSum(true=0, said=5, both=0)
    assert verdict(sums, rule("masks.mean_iou", at_least=0.9)).estimate == pytest.approx(0.5)
    assert verdict(sums, rule("masks.cup.iou", at_least=0.9)).estimate == 1.0


def test_a_class_that_one_of_two_models_says_of_nothing_counts_for_that_one_alone():
    def said(count):
        one = mask(cup=10)
        one["mask_sums"]["fork"] = MaskSum(true=0, said=count, both=0)
        return one

    right, wrong, asked = [said(0)] * 40, [said(5)] * 40, loss("masks.mean_iou", 0.1)
    better = verdict(right, asked, wrong)
    assert (better.decision, better.estimate) == (Decision.GO, pytest.approx(-0.5))
    worse = verdict(wrong, asked, right)
    assert (worse.decision, worse.estimate) == (Decision.NO_GO, pytest.approx(0.5))
    lacking = verdict([mask(cup=10)] * 40, asked, wrong)
    assert "the candidate's model has no class fork" in lacking.reason


def test_perfect_clusters_prove_only_as_much_as_there_are():
    assert verdict([mask(cup=10)] * 60, rule("masks.cup.iou", at_least=0.9)).decision is Decision.GO
    assert verdict([mask(cup=10)] * 20, rule("masks.cup.iou", at_least=0.9)).decision is Decision.INCONCLUSIVE
    few = verdict([mask(cup=10)] * 9, rule("masks.cup.iou", at_least=0.5))
    assert "of fewer than 10 nothing is concluded" in few.reason


def test_an_error_that_grew_is_worse_and_one_that_fell_is_not():
    good, bad = [pose(0.02)] * 40, [pose(0.06)] * 40
    asked = loss("poses.cup.translation_error_m", 0.01, better="lower")
    grew = verdict(bad, asked, good)
    assert grew.decision is Decision.NO_GO
    assert grew.estimate == pytest.approx(0.02)
    assert "above the baseline's" in grew.statement
    assert verdict(good, asked, bad).decision is Decision.GO


def test_a_model_that_says_no_pose_has_no_error_of_zero():
    silent = [pose(0.0, answered=0)] * 40
    asked = rule("poses.cup.translation_error_m", at_most=0.1)
    assert verdict(silent, asked).decision is Decision.INCONCLUSIVE
    paired = loss("poses.cup.translation_error_m", 0.01, better="lower")
    assert verdict(silent, paired, [pose(0.02)] * 40).decision is Decision.INCONCLUSIVE
    assert verdict(silent, rule("poses.cup.recall", at_least=0.9)).decision is Decision.NO_GO
    # Nobody knows the cup's points, and an error of what is not known is none.
    assert verdict([pose(0.02)] * 40, rule("poses.cup.add_m", at_most=0.1)).decision is Decision.INCONCLUSIVE


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.3, 0.8])
def test_bounds_of_errors_miss_what_is_true_no_more_often_than_they_say(spread):
    random = np.random.default_rng(6)
    truth = float(np.exp(spread**2 / 2))
    missed = [0, 0]
    for _ in range(200):
        size = random.integers(50, 150, 25).astype(float)
        found = of_mean([Ratio(size * random.lognormal(0, spread, 25), size, size, is_better_higher=False)])
        missed[0] += found.low(0.95) > truth
        missed[1] += found.high(0.95) < truth
    assert max(missed) <= 17  # 10 expected; more than 17 of 200 has a chance of 1 %.
