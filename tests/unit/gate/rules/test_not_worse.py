from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgate.harness.gate.comparing.compare import compare_runs, regression_of
from simgate.harness.gate.comparing.compare_table import comparison_table
from simgate.harness.gate.comparing.metric_changes import describe_metric
from simgate.harness.gate.decide import decide
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.reports.compare_html import render
from tests.unit.gate.pairs import evidence_of, run_of
from tests.unit.gate.runs import make_record

RECALL = GateRule(
    kind="not_worse_by", metric="detection.person.recall", at_most=0.02, better="higher", clip=(0.0, 1.0)
)
COLLISIONS = GateRule(kind="not_worse_by", metric="collisions", at_most=0.1, better="lower", clip=(0.0, 3.0))
REGRESSION = GateRule(kind="regression", at_most=0.02)
GO, NO_GO, INCONCLUSIVE = Decision.GO, Decision.NO_GO, Decision.INCONCLUSIVE
NEW = {"model": "door_detector 2.0", "model_sha256": "2" * 64}


def a_side(values, rule, letters="", **changes):
    """Manifest and records whose variants have these values of the rule's metric."""
    manifest, records = run_of(letters or "P" * len(values), rule, **changes)
    said = dict(zip((one.id for one in manifest.expected), values, strict=True))
    return manifest, [
        make_record(r.variant, r.outcome, metrics={rule.metric: said[r.variant]}) for r in records
    ]


def before_and_now(before, now, rule=RECALL, letters="", old_letters="", **changes):
    old = a_side(before, rule, old_letters)
    older = evidence_of(old[0].model_copy(update={"run_id": "the-baseline"}), old[1])
    manifest, records = a_side(now, rule, letters, made=NEW)
    return decide(manifest.model_copy(update=changes), records, older)


def rule_of(*args, **kwargs):
    return before_and_now(*args, **kwargs).rules[0]


def test_a_metric_that_stays_the_same_in_enough_pairs_is_go_and_in_fewer_is_not():
    assert rule_of([0.9] * 169, [0.9] * 169).decision is GO
    rule = rule_of([0.9] * 168, [0.9] * 168)
    assert rule.decision is INCONCLUSIVE
    assert rule.would_change.startswith("1 more variant in which it stays the same would give GO")


def test_a_loss_beyond_the_margin_is_no_go_though_every_variant_passes():
    verdict = before_and_now([0.94] * 370, [0.67] * 370)
    assert verdict.decision is NO_GO
    assert "detection.person.recall 0.94 -> 0.67 over 370 pairs, worse by 0.27" in verdict.headline
    assert verdict.rules[0].baseline == "the-baseline"
    assert verdict.rules[0].p_value < 0.05
    assert verdict.rules[0].exact.low > 0.02


def test_what_is_better_in_less_is_worse_in_more():
    rng = np.random.default_rng(1)
    more = rng.poisson(0.8, 300).tolist()
    assert rule_of([0.0] * 300, more, COLLISIONS).decision is NO_GO
    assert rule_of(more, [0.0] * 300, COLLISIONS).decision is GO


def test_values_beyond_the_clip_count_as_the_clip():
    far = rule_of([3.0] * 120, [50.0] * 120, COLLISIONS)
    assert far.estimate == 0.0
    assert rule_of([3.0] * 120, [3.0] * 120, COLLISIONS).exact == far.exact


def test_a_pair_without_a_value_on_one_side_counts_as_both_extremes():
    values = [0.9] * 300
    assert rule_of(values, values).decision is GO
    lost = rule_of(values, [None] * 9 + [0.9] * 291)
    assert lost.decision is INCONCLUSIVE
    assert "counted as either: 9 pairs without a value on one side" in lost.reason
    # What could be better at best is worse at worst: 0.9 lost, or 0.1 gained.
    assert lost.exact.high > rule_of(values, values).exact.high + 0.02


def test_pairs_in_which_the_metric_is_defined_on_neither_side_do_not_count():
    rule = rule_of([0.9] * 200 + [None] * 170, [0.9] * 200 + [None] * 170)
    assert rule.decision is GO
    assert "not counted: 170 pairs in which it is not defined" in rule.reason


def test_an_error_is_run_again_before_more_variants_are_asked_for():
    values = [0.9] * 200
    rule = rule_of(values, values, letters="E" * 20 + "P" * 180)
    assert rule.decision is INCONCLUSIVE
    assert "simgate run --resume" in rule.would_change
    assert "(20 variants)" in rule.would_change


@pytest.mark.parametrize("sides", [("P" * 399 + "-", ""), ("", "P" * 399 + "-")])
def test_a_variant_that_never_reported_on_either_side_is_never_go(sides):
    values = [0.9] * 400
    assert rule_of(values, values).decision is GO
    assert rule_of(values, values, letters=sides[0], old_letters=sides[1]).decision is INCONCLUSIVE


def test_without_any_value_nothing_is_decided():
    rule = rule_of([None] * 60, [None] * 60)
    assert rule.decision is INCONCLUSIVE
    assert "no variant has a value of detection.person.recall with both versions" in rule.reason


def test_without_a_baseline_it_waits():
    manifest, records = a_side([0.9] * 60, RECALL)
    assert decide(manifest, records).rules[0].decision is INCONCLUSIVE


def test_a_sequential_run_ends_as_soon_as_the_metric_is_lost_or_proven_kept():
    kept = before_and_now([0.9] * 400, [0.9] * 400, until_decided=True)
    assert (kept.decision, kept.stopped_at) == (GO, 169)
    lost = before_and_now([1.0] * 400, [0.2] * 400, until_decided=True)
    assert (lost.decision, lost.stopped_at) == (NO_GO, 10)
    assert "worse by at least" in lost.rules[0].reason


def compared(before, now, *gate):
    sides = []
    for values, made in ((before, {}), (now, NEW)):
        manifest, records = run_of("P" * len(values), *gate, made=made)
        records = [
            make_record(r.variant, metrics={"detection.person.recall": v})
            for r, v in zip(records, values, strict=True)
        ]
        sides.append(evidence_of(manifest.model_copy(update={"run_id": f"run-{len(sides)}"}), records))
    rule = regression_of(sides[1], None, None)
    return sides, compare_runs(*sides, rule, describe_metric)


def test_a_large_loss_that_no_rule_judges_stands_in_the_first_lines():
    sides, found = compared([0.94] * 370, [0.67] * 370, REGRESSION)
    assert found.decision is GO
    said = "WORSE, and judged by no rule: detection.person.recall 0.94 -> 0.67 (370 pairs, q = 0.000"
    assert said in found.headline
    assert comparison_table(found, 400).splitlines()[0] == found.headline
    now = sides[1]
    verdict = decide(now.manifest, [v.record for v in now.evidence.variants if v.record], sides[0])
    assert said in verdict.headline


def test_compare_decides_by_the_packs_rules_on_metrics_too(tmp_path):
    _, found = compared([0.94] * 370, [0.67] * 370, REGRESSION, RECALL)
    assert found.decision is NO_GO
    assert found.rule.decision is GO
    assert "judged by no rule" not in found.headline
    assert "worse by 0.27" in found.headline
    assert "1. NO-GO" in comparison_table(found)
    page = render(found, tmp_path, tmp_path)
    assert "NO-GO: detection.person.recall of all scenarios on average not worse by 0.02" in page.replace(
        "<wbr>", ""
    )


def in_scenes(run, per_scene):
    manifest, records = run
    expected = tuple(replace(one, scene=f"scene {k // per_scene}") for k, one in enumerate(manifest.expected))
    return manifest.model_copy(update={"expected": expected}), records


def by_scene(before, now, per_scene):
    older = evidence_of(*a_side(before, RECALL))
    return decide(*in_scenes(a_side(now, RECALL, made=NEW), per_scene), older).rules[0]


def test_pairs_of_one_scene_are_one_unit_of_proof():
    assert rule_of([0.9] * 200, [0.9] * 200).decision is GO
    still = by_scene([0.9] * 200, [0.9] * 200, 200)
    assert still.decision is INCONCLUSIVE
    assert "over 200 pairs in 1 scene, each one unit of proof" in still.reason
    assert still.would_change.startswith("168 more scenes in which it stays the same")
    assert by_scene([0.9] * 200, [0.1] * 200, 200).decision is INCONCLUSIVE


def test_pairs_that_are_alike_in_their_scenes_count_as_one_each():
    one, many = rule_of([0.9] * 30, [0.5] * 30), by_scene([0.9] * 90, [0.5] * 90, 3)
    assert one.decision is many.decision is NO_GO
    assert many.p_value == pytest.approx(one.p_value)
    assert many.exact.low == pytest.approx(one.exact.low)


def test_a_metric_that_falls_in_one_scene_only_is_not_called_worse_beyond_chance():
    older = evidence_of(*a_side([0.9] * 60, RECALL))
    apart, alike = (evidence_of(*in_scenes(a_side([0.5] * 60, RECALL, made=NEW), n)) for n in (1, 12))
    found = [
        compare_runs(older, candidate, regression_of(candidate, None, None), describe_metric).metrics[0]
        for candidate in (apart, alike)
    ]
    assert [change.pairs for change in found] == [60, 5]
    assert [change.lost for change in found] == [True, False]
    assert [round(change.change, 9) for change in found] == [-0.4, -0.4]
