"""Rules over all pictures: what they conclude, and how often a bound misses what is true."""

import numpy as np
import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.statistics.data_sets.average_precision import Ranking
from simgate.harness.gate.statistics.data_sets.whole import of_loss, of_mean
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.results.record import DetectionSheet
from tests.unit.gate.pairs import MADE_WITH, evidence_of
from tests.unit.gate.runs import make_manifest, make_pack, make_records, scenario, variant_ids

AT_LEAST = GateRule(kind="overall", metric="AP50.cup", at_least=0.9)
NOT_WORSE = GateRule(kind="overall_not_worse_by", metric="AP50.cup", at_most=0.05)


def found(right=1, wrong=0, truths=1):
    """Detections of one variant, sure of what is right."""
    return {
        "cup": DetectionSheet(
            truths=truths,
            scores=(0.9,) * right + (0.3,) * wrong,
            hits=(1023,) * right + (0,) * wrong,
            ignored=(0,) * (right + wrong),
        )
    }


def a_run(sheets, rule, letters=None):
    one = scenario(count=len(sheets))
    manifest = make_manifest(make_pack([one], [rule]))
    records = make_records(variant_ids(one), letters or "P" * len(sheets))
    return manifest, [r.model_copy(update={"sheets": s}) for r, s in zip(records, sheets, strict=True)]


def the_rule(*run):
    return decide(*run).rules[0]


def test_many_clusters_without_a_miss_prove_a_precision():
    verdict = the_rule(*a_run([found()] * 60, AT_LEAST))
    assert verdict.decision is Decision.GO
    assert verdict.estimate == 1.0
    assert 0.9 <= verdict.exact.low < 1.0


def test_few_clusters_without_a_miss_prove_nothing_though_all_is_found():
    verdict = the_rule(*a_run([found()] * 20, AT_LEAST))
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "AP50.cup 1.0000 over 20 variants in 20 clusters" in verdict.reason


def test_of_fewer_than_ten_clusters_nothing_is_concluded():
    verdict = the_rule(*a_run([found(0)] * 9, AT_LEAST))
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "of fewer than 10 nothing is concluded" in verdict.reason


def test_the_same_pictures_under_sixty_names_are_one_cluster():
    manifest, records = a_run([found()] * 60, AT_LEAST)
    copies = [one.model_copy(update={"trace_digest": "ab" * 32}) for one in records]
    verdict = the_rule(manifest, copies)
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "over 1 cluster of pictures" in verdict.reason


RARE = [found(20, truths=20)] * 9 + [found(0, truths=0)] * 91


def test_clusters_in_which_nothing_is_to_be_found_prove_nothing():
    verdict = the_rule(*a_run(RARE, AT_LEAST.model_copy(update={"at_least": 0.8})))
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "over 9 clusters of pictures with something to be judged" in verdict.reason
    loss = the_rule_against(RARE, RARE, NOT_WORSE.model_copy(update={"at_most": 0.2}))
    assert loss.decision is Decision.INCONCLUSIVE
    assert "over 9 clusters of pictures with something to be judged" in loss.reason


def test_a_bound_does_not_rise_with_clusters_in_which_nothing_is_to_be_found():
    some = [found(20, truths=20)] * 30
    alone, among = (_ranking(some + [found(0, truths=0)] * k) for k in (0, 970))
    assert of_mean([among]).low(0.95) == pytest.approx(of_mean([alone]).low(0.95), abs=0.01)
    verdict = the_rule(*a_run(some + [found(0, truths=0)] * 10, AT_LEAST))
    assert "in 40 clusters, 30 of them with something to be judged" in verdict.reason


def test_a_candidate_that_has_lost_its_worst_class_is_not_better_for_that():
    good, bad = found()["cup"], found(0)["cup"]
    both, one = {"cup": good, "mug": bad}, {"cup": good}
    rule = NOT_WORSE.model_copy(update={"metric": "AP50"})
    lost = the_rule_against([both] * 200, [one] * 200, rule)
    assert lost.decision is Decision.INCONCLUSIVE
    assert lost.reason == "the candidate's model has no class mug, the baseline's has"
    # A class more is left out of the comparison: the baseline says nothing of it.
    assert the_rule_against([one] * 200, [both] * 200, rule).decision is Decision.GO
    of_mug = NOT_WORSE.model_copy(update={"metric": "AP50.mug"})
    assert the_rule_against([one] * 200, [both] * 200, of_mug).decision is Decision.INCONCLUSIVE


def the_rule_against(before, now, rule):
    old, new = a_run(before, rule), a_run(now, rule)
    return decide(*new, evidence_of(*old)).rules[0]


def test_a_model_that_finds_half_is_refuted():
    verdict = the_rule(*a_run([found(), found(0)] * 40, AT_LEAST))
    assert verdict.decision is Decision.NO_GO
    assert verdict.estimate == pytest.approx(51 / 101)


def test_one_picture_without_a_result_leaves_it_undecided():
    verdict = the_rule(*a_run([found()] * 60, AT_LEAST, letters="P" * 59 + "E"))
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "1 ERROR" in verdict.reason


def test_where_nothing_is_to_be_found_nothing_is_concluded():
    verdict = the_rule(*a_run([found(0, truths=0)] * 60, AT_LEAST))
    assert verdict.decision is Decision.INCONCLUSIVE


def test_against_a_baseline_the_same_pictures_are_paired():
    before = [found(), found(0)] * 100
    same = of_loss([_ranking(before)], [_ranking(before)])
    assert same.value == 0.0
    assert same.high(0.95) < 0.05
    worse = of_loss([_ranking(before)], [_ranking([found(), found(0), found(0), found(0)] * 50)])
    assert worse.low(0.95) > 0.1


def test_the_same_pictures_under_many_names_are_one_pair():
    made, records = a_run([found()] * 200, NOT_WORSE)
    manifest = made.model_copy(update={"fingerprint": MADE_WITH})
    before = evidence_of(manifest, records)
    copies = [one.model_copy(update={"trace_digest": "ab" * 32}) for one in records]
    assert decide(manifest, records, baseline=before).rules[0].decision is Decision.GO
    assert decide(manifest, copies, baseline=before).rules[0].decision is Decision.INCONCLUSIVE


def test_without_a_baseline_a_rule_against_one_is_undecided():
    assert the_rule(*a_run([found()] * 60, NOT_WORSE)).decision is Decision.INCONCLUSIVE


def _ranking(sheets):
    rows = [
        (s, h > 0, k)
        for k, one in enumerate(sheets)
        for s, h in zip(one["cup"].scores, one["cup"].hits, strict=True)
    ]
    return Ranking.of(*zip(*rows, strict=True), [one["cup"].truths for one in sheets])


@pytest.mark.slow
def test_bounds_miss_what_is_true_no_more_often_than_they_say():
    random = np.random.default_rng(4)
    truth = _ranking(_drawn(random, 3000)).value()
    missed = [0, 0]
    repeats = 60
    for _ in range(repeats):
        found_here = of_mean([_ranking(_drawn(random, 25))])
        missed[0] += found_here.low(0.95) > truth
        missed[1] += found_here.high(0.95) < truth
    assert max(missed) <= 6  # 3 expected at most; more than 6 of 60 has a chance of 3 %


def _drawn(random, clusters):
    """Clusters that resemble themselves: some sites are easy, some hard."""
    sheets = []
    for _ in range(clusters):
        ease = random.beta(6, 2)
        truths = int(random.integers(2, 8))
        right = int(random.binomial(truths, ease))
        wrong = int(random.poisson(1.0))
        scores = (*random.beta(5, 2, right), *random.beta(2, 4, wrong))
        hits = (1023,) * right + (0,) * wrong
        sheets.append(
            {"cup": DetectionSheet(truths=truths, scores=scores, hits=hits, ignored=(0,) * len(hits))}
        )
    return sheets
