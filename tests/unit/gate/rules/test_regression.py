from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.harness.gate.decide import decide
from simgate.harness.gate.rules import regression
from simgate.harness.gate.rules.regression import pairs_needed
from simgate.harness.gate.statistics.mcnemar import mcnemar_p
from simgate.harness.gate.statistics.paired_difference import drop_too_large_p
from simgate.harness.gate.verdict import Churn, Decision
from simgate.harness.packs.model import GateRule, KnownFailure
from simgate.harness.results.record import Outcome
from tests.unit.gate.pairs import REGRESSION, baseline, run_of
from tests.unit.gate.runs import make_record

WIDE_FIVE = GateRule(kind="regression", at_most=0.05)
WIDE = GateRule(kind="regression", at_most=0.3, confidence=0.95)
GO, NO_GO, INCONCLUSIVE = Decision.GO, Decision.NO_GO, Decision.INCONCLUSIVE
NEW = {"model": "door_detector 2.0", "model_sha256": "2" * 64}


def held_against(before, now, *gate, churn=None, **changes):
    """The candidate's verdict, with the regression rule's."""
    verdict = decide(
        *run_of(now, *(gate or (REGRESSION,)), made=NEW, **changes), baseline(before), churn=churn
    )
    return verdict, verdict.rules[-1]


def test_149_unchanged_variants_are_go_and_148_are_not():
    assert held_against("P" * 149, "P" * 149)[0].decision is GO
    verdict, rule = held_against("P" * 148, "P" * 148)
    assert verdict.decision is INCONCLUSIVE
    assert rule.would_change.startswith("1 more variant that both versions pass would give GO")


def test_five_broken_variants_are_no_go_and_four_are_not():
    assert held_against("P" * 60, "F" * 5 + "P" * 55)[0].decision is NO_GO
    assert held_against("P" * 60, "F" * 4 + "P" * 56)[0].decision is INCONCLUSIVE


def test_where_a_margin_is_stated_a_proven_loss_inside_it_does_not_refuse_and_is_said():
    margin = GateRule(kind="regression", at_most=0.05)
    verdict, rule = held_against("P" * 200, "F" * 8 + "P" * 192, margin)
    assert mcnemar_p(8, 0) < 0.05
    assert verdict.decision is INCONCLUSIVE
    assert "it is worse (McNemar p = 0.0039)" in rule.reason
    assert rule.p_value > 0.05
    assert held_against("P" * 1000, "F" * 20 + "P" * 980, margin)[0].decision is GO


def test_a_margin_is_refuted_when_the_lower_bound_of_the_drop_exceeds_it():
    seen = set()
    for broken in (14, 15, 16, 17):
        verdict, rule = held_against("P" * 200, "F" * broken + "P" * (200 - broken), WIDE_FIVE)
        beyond = rule.exact.low > 0.05
        assert (verdict.decision is NO_GO) is beyond
        assert (rule.p_value < 0.05) is beyond
        seen.add(beyond)
    assert seen == {False, True}
    assert f"drops by at least {rule.exact.low:.3f}, 0.05 is allowed" in rule.reason


def test_where_no_margin_is_stated_any_proven_loss_refuses():
    unstated = GateRule(kind="regression")
    verdict, rule = held_against("P" * 1000, "F" * 5 + "P" * 995, unstated)
    assert verdict.decision is NO_GO
    assert "no max_drop says what may be lost" in rule.reason
    assert held_against("P" * 1000, "F" * 4 + "P" * 996, unstated)[0].decision is GO
    assert held_against("P" * 148, "P" * 148, unstated)[0].decision is INCONCLUSIVE


def test_a_few_errors_are_run_again_before_thousands_of_variants_are():
    _, rule = held_against("P" * 370, "E" * 37 + "P" * 333)
    assert rule.decision is INCONCLUSIVE
    assert rule.would_change == (
        "valid results for 37 doubtful variants give GO when at most 2 of them are broken: "
        "simgate run --resume 20261201T120000-doors-abc (37 variants)"
    )
    assert held_against("P" * 370, "F" * 2 + "P" * 368)[0].decision is GO
    assert held_against("P" * 370, "F" * 3 + "P" * 367)[0].decision is INCONCLUSIVE


def test_the_side_that_gave_no_result_is_the_one_to_run_again():
    change = held_against("E" * 3 + "P" * 157, "P" * 3 + "EE" + "P" * 155)[1].would_change
    assert "abc (2 variants) and simgate run --resume the-baseline (3 variants)" in change


def test_more_variants_are_asked_for_only_beyond_what_valid_results_would_show():
    _, rule = held_against("P" * 120, "E" * 20 + "P" * 100)
    more = int(rule.would_change.split()[0])
    assert (
        f"{more} more variants that both versions pass would give GO, once 20 doubtful" in rule.would_change
    )
    assert held_against("P" * (120 + more), "P" * (120 + more))[0].decision is GO
    assert held_against("P" * (119 + more), "P" * (119 + more))[0].decision is INCONCLUSIVE


def test_what_would_change_a_go_is_found_in_a_few_steps(monkeypatch):
    steps = []
    real = regression.drop_too_large_p
    monkeypatch.setattr(regression, "drop_too_large_p", lambda *a: steps.append(a) or real(*a))
    assert regression.more_broken(150, 110, 5000, 0.02, 0.05) > 30
    assert len(steps) < 20


@pytest.mark.parametrize("fixed", [0, 13, 14, 29, 30])
def test_a_candidate_that_fixes_much_gets_a_verdict(fixed):
    verdict, rule = held_against("F" * fixed + "P" * (30 - fixed), "P" * 30, WIDE)
    assert verdict.decision is GO
    assert rule.paired.fixed == fixed
    most = next(
        (k for k in range(1, 31 - fixed) if drop_too_large_p(k, fixed, 30, WIDE.at_most) > 0.05), None
    )
    assert rule.would_change.startswith("nothing" if most is None else f"{most} more broken variant")


def test_variants_that_fail_with_both_models_count_against_neither():
    verdict, rule = held_against("F" * 30 + "P" * 170, "F" * 30 + "P" * 170)
    assert verdict.decision is GO
    assert (rule.paired.both_fail, rule.paired.broken, rule.paired.fixed) == (30, 0, 0)


def test_a_proven_drop_within_what_is_allowed_is_go_and_says_that_it_is_worse():
    wide = GateRule(kind="regression", at_most=0.1)
    verdict, rule = held_against("P" * 400, "F" * 12 + "P" * 388, wide)
    assert verdict.decision is GO
    assert "it is worse, though" in rule.reason


def test_the_table_and_the_changed_variants_are_in_the_verdict():
    _, rule = held_against("PPFFP" + "P" * 40, "PFPFI" + "P" * 40)
    facts = rule.paired
    assert (facts.both_pass, facts.broken, facts.fixed, facts.both_fail, facts.doubtful) == (41, 1, 1, 1, 1)
    assert facts.broken_variants == ("glass::v0001",)
    assert facts.fixed_variants == ("glass::v0002",)
    assert (facts.baseline, facts.baseline_model) == ("the-baseline", "door_detector 1.0")


@pytest.mark.parametrize("letter", ["I", "E"])
def test_what_is_in_doubt_is_broken_for_go_and_fixed_for_no_go(letter):
    assert held_against("P" * 160, "P" * 160)[0].decision is GO
    assert held_against("P" * 160, letter * 3 + "P" * 157)[0].decision is INCONCLUSIVE
    # Five broken would be NO-GO; if the doubtful ones are fixed instead, they outweigh it.
    assert held_against("F" * 3 + "P" * 60, letter * 3 + "F" * 5 + "P" * 55)[0].decision is INCONCLUSIVE


def test_a_doubt_that_can_break_nothing_does_not_hinder_go():
    assert held_against("F" + "P" * 160, "I" + "P" * 160)[1].decision is GO


@pytest.mark.parametrize(("before", "now"), [("P" * 400, "P" * 399 + "-"), ("P" * 399 + "-", "P" * 400)])
def test_a_variant_that_never_reported_on_either_side_is_never_go(before, now):
    verdict, rule = held_against(before, now)
    assert verdict.decision is INCONCLUSIVE
    assert "absent variants" in rule.reason


def test_a_variant_that_the_baseline_never_had_is_in_doubt():
    manifest, records = run_of("P" * 20, REGRESSION, made=NEW)
    first, *others = manifest.expected
    other = manifest.model_copy(update={"expected": (replace(first, digest="of another scene"), *others)})
    records[0] = make_record(records[0].variant, variant_digest="of another scene")
    rule = decide(other, records, baseline("P" * 20)).rules[0]
    assert rule.paired.doubtful == 1
    assert rule.decision is not GO


def test_quarantined_variants_count_on_neither_side():
    known = [KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01")]
    manifest, records = run_of("P" * 160, REGRESSION, made=NEW, known=known)
    records[0] = make_record(records[0].variant, Outcome.KNOWN, known_issue="PER-311")
    rule = decide(manifest, records, baseline("P" * 160, known=known)).rules[0]
    assert (rule.paired.known, rule.paired.pairs, rule.paired.broken) == (1, 159, 0)


def test_without_a_valid_pair_there_is_no_decision():
    assert held_against("E" * 60, "P" * 60)[1].decision is INCONCLUSIVE


def test_a_baseline_made_under_other_conditions_decides_nothing_and_the_difference_is_named():
    manifest, records = run_of("P" * 200, made={**NEW, "renderer": "OSMesa"})
    rule = decide(manifest, records, baseline("P" * 200)).rules[0]
    assert rule.decision is INCONCLUSIVE
    assert "the renderer was EGL, is OSMesa" in rule.reason


def test_the_churn_is_shown_beside_every_regression_verdict():
    assert "A/A churn not measured" in held_against("P" * 20, "P" * 20)[1].reason
    churn = Churn(variants=40, flipped=1, traces_differ=3, at_most=0.113)
    reason = held_against("P" * 60, "F" * 5 + "P" * 55, churn=churn)[1].reason
    assert "1 of 40 variants flipped on a rerun (at most 0.113)" in reason
    assert "may be noise" in reason


@pytest.mark.parametrize(("broken", "fixed", "pairs"), [(0, 0, 20), (1, 0, 60), (3, 2, 100)])
def test_the_pairs_needed_are_just_enough(broken, fixed, pairs):
    more = pairs_needed(broken, fixed, pairs, 0.05, 0.05)
    assert drop_too_large_p(broken, fixed, pairs + more, 0.05) <= 0.05
    assert drop_too_large_p(broken, fixed, pairs + more - 1, 0.05) > 0.05


@settings(max_examples=15, deadline=None)
@given(before=st.text("PF", min_size=30, max_size=60), data=st.data())
def test_breaking_one_more_variant_never_improves_the_decision(before, data):
    now = data.draw(st.text("PF", min_size=len(before), max_size=len(before)))
    loose = GateRule(kind="regression", at_most=0.15)
    rank = {NO_GO: 0, INCONCLUSIVE: 1, GO: 2}
    passing = [k for k, letter in enumerate(now) if letter == "P"]
    if passing:
        k = data.draw(st.sampled_from(passing))
        worse = now[:k] + "F" + now[k + 1 :]
        assert (
            rank[held_against(before, worse, loose)[1].decision]
            <= rank[held_against(before, now, loose)[1].decision]
        )


def test_the_drop_is_what_broke_less_what_was_fixed_and_lies_between_its_bounds():
    facts = held_against("F" + "P" * 39, "PFFF" + "P" * 36)[1].paired
    # 39 of 40 passed, now 37 of 40 do.
    assert facts.drop == pytest.approx(39 / 40 - 37 / 40)
    assert facts.exact.low < 0 < facts.drop < facts.exact.high
    assert facts.shown.low < 0 < facts.drop < facts.shown.high


@pytest.mark.parametrize("letter", ["I", "E"])
def test_each_bound_of_a_drop_takes_a_doubt_for_what_would_hurt_it(letter):
    def bounds(letters):
        return held_against("PPFF" + "P" * 36, letters + "F" + "P" * 35)[1].paired.exact

    doubtful, broken, mended = bounds(letter * 4), bounds("FFFF"), bounds("PPPP")
    assert doubtful.high == broken.high > mended.high
    assert doubtful.low == mended.low < broken.low
