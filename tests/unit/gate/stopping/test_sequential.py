from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.harness.gate.decide import decide
from simgate.harness.gate.stopping.sequential import FIRST_LOOK
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule, KnownFailure
from simgate.harness.results.record import LatencySamples
from tests.unit.gate.pairs import REGRESSION, baseline, run_of
from tests.unit.gate.runs import (
    PASS_RATE,
    VALIDITY,
    a_run,
    make_manifest,
    make_pack,
    make_records,
    scenario,
    variant_ids,
)

GO, NO_GO, INCONCLUSIVE = Decision.GO, Decision.NO_GO, Decision.INCONCLUSIVE
LATENCY = GateRule(kind="metric", metric="latency.p95_ms", at_most=80, confidence=0.99)


def until_decided(letters, *gate, **changes):
    """The verdict of a run that may end early; a letter for each variant, ``-`` for one without a record."""
    manifest, records = a_run(letters, *gate, **changes)
    return decide(manifest.model_copy(update={"until_decided": True}), records)


def test_clean_variants_end_the_run_as_soon_as_the_rule_is_proven():
    # No valid test proves 0.9 with fewer than 29 clean variants; this one leaves error for runs with failures.
    verdict = until_decided("P" * 41 + "-" * 159)
    assert (verdict.decision, verdict.stopped_at) == (GO, 41)
    assert until_decided("P" * 40 + "-" * 160).decision is INCONCLUSIVE


def test_an_undecided_run_says_how_many_variants_are_to_go():
    assert "not yet decided (1 variant to go)" in " ".join(until_decided("P" * 20 + "-").notes)
    assert "not yet decided (2 variants to go)" in " ".join(until_decided("P" * 20 + "--").notes)


def test_a_bad_model_is_refused_at_the_first_look():
    verdict = until_decided("F" * FIRST_LOOK + "-" * 190)
    assert (verdict.decision, verdict.stopped_at) == (NO_GO, FIRST_LOOK)


def test_no_verdict_rests_on_fewer_variants_than_the_first_look():
    assert until_decided("F" * (FIRST_LOOK - 1) + "-" * 191).decision is INCONCLUSIVE


def test_what_was_not_needed_is_told_from_what_is_missing():
    verdict = until_decided("P" * 41 + "-" * 159, PASS_RATE, VALIDITY)
    rule, summary = verdict.rules[0], verdict.scenarios[0]
    assert (rule.missing, rule.not_run, summary.missing, summary.not_run) == (0, 159, 0, 159)
    assert verdict.rules[1].decision is GO
    assert "decided after 41 variants" in " ".join(verdict.notes)
    undecided = until_decided("P" * 20 + "-" * 180, PASS_RATE, VALIDITY)
    assert (undecided.rules[0].missing, undecided.rules[0].not_run) == (180, 0)
    assert undecided.decision is INCONCLUSIVE


@given(st.text("PF", min_size=60, max_size=60), st.text("PFIE-", max_size=30))
@settings(max_examples=60, deadline=None)
def test_what_came_after_the_decision_changes_nothing(letters, late):
    first = until_decided(letters + "-" * 30)
    again = until_decided(letters + late.ljust(30, "-"))
    if first.stopped_at is not None:
        assert again == first


def test_only_the_completed_beginning_counts_whichever_host_was_faster():
    # The failures have arrived, but the variants before them have not.
    verdict = until_decided("P" * 5 + "-" * 10 + "F" * 100)
    assert (verdict.decision, verdict.stopped_at) == (INCONCLUSIVE, None)


def test_one_failure_costs_as_many_variants_as_it_must():
    assert until_decided("F" + "P" * 63 + "-" * 136).decision is GO
    assert until_decided("F" + "P" * 62 + "-" * 137).decision is INCONCLUSIVE


@pytest.mark.parametrize(("clean", "decision"), [(29, GO), (28, INCONCLUSIVE)])
def test_the_end_spends_what_error_is_left_also_where_a_quarantine_has_shortened_the_run(clean, decision):
    # 29 clean variants prove 0.9 and no fewer; nobody knew before that the others fail in a quarantine.
    known = [KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01")]
    manifest, records = a_run("P" * clean + "K" * (49 - clean), known=known)
    excused = [r.model_copy(update={"known_issue": "PER-311"}) for r in records[clean:]]
    manifest = manifest.model_copy(update={"until_decided": True})
    assert decide(manifest, records[:clean] + excused).decision is decision


@pytest.mark.parametrize("letter", ["I", "E"])
def test_what_is_in_doubt_is_a_failure_for_go_and_a_success_for_no_go(letter):
    assert until_decided(letter + "P" * 62 + "-" * 137).decision is INCONCLUSIVE
    assert until_decided(letter + "P" * 63 + "-" * 136).decision is GO
    assert until_decided(letter * 200).decision is INCONCLUSIVE


def test_all_hosts_dead_is_never_go_nor_no_go():
    assert until_decided("E" * 200, PASS_RATE, VALIDITY).decision is INCONCLUSIVE


def test_too_many_invalid_variants_hold_a_go_back_until_there_are_few_enough():
    verdict = until_decided("I" + "P" * 80 + "-" * 100, PASS_RATE, VALIDITY)
    # 1 of 72 will do for the pass rate, 1 of 50 is the share allowed.
    assert verdict.stopped_at == 72
    hard = GateRule(kind="invalid_or_error", at_most=0.01)
    held_back = until_decided("I" + "P" * 120 + "-" * 100, PASS_RATE, hard)
    assert held_back.stopped_at == 100
    assert "1 of 100 variants gave no valid result" in held_back.rules[1].reason


def test_a_rule_on_latency_is_tested_sequentially_too():
    slow = LatencySamples(in_loop_ms=(150.0,) * 10)
    assert until_decided("P" * 10 + "-" * 100, PASS_RATE, LATENCY, latency=slow).decision is NO_GO
    verdict = until_decided("P" * 40 + "-" * 100, PASS_RATE, LATENCY)
    assert verdict.decision is GO
    assert "p95 is proven to stay within 80 ms" in verdict.rules[1].reason


def test_every_rule_must_be_proven_before_the_run_ends():
    assert (
        until_decided("P" * 58 + "-" * 29, PASS_RATE, GateRule(kind="pass_rate", at_least=0.95)).decision
        is INCONCLUSIVE
    )
    assert (
        until_decided("P" * 67 + "-" * 20, PASS_RATE, GateRule(kind="pass_rate", at_least=0.95)).stopped_at
        == 59
    )


@pytest.mark.parametrize(("others", "decision"), [(0, NO_GO), (7, INCONCLUSIVE)])
def test_several_rules_make_a_no_go_harder_not_easier(others, decision):
    scenarios = [scenario(name, 60) for name in ("glass", *(f"other_{k}" for k in range(others)))]
    rules = [GateRule(kind="pass_rate", at_least=0.95, scenario=one.id) for one in scenarios]
    manifest = make_manifest(make_pack(scenarios, rules), until_decided=True)
    # Four failures among the first ten: enough at 5 %, not at an eighth of it.
    records = make_records(variant_ids(scenarios[0]), "F" * 4 + "P" * 6 + "-" * 50)
    assert decide(manifest, records).decision is decision


def test_a_gate_without_a_judging_rule_never_ends_the_run():
    assert until_decided("P" * 60, VALIDITY).decision is INCONCLUSIVE
    assert (
        until_decided("P" * 60, GateRule(kind="metric", metric="speed", at_most=1)).decision is INCONCLUSIVE
    )


def test_a_rule_whose_scenario_has_not_run_yet_is_not_proven():
    glass, wood = scenario("glass", 200), scenario("wood", 200)
    rules = [PASS_RATE.model_copy(update={"scenario": name}) for name in ("glass", "wood")]
    manifest = make_manifest(make_pack([glass, wood], rules), until_decided=True)
    verdict = decide(manifest, make_records(variant_ids(glass), "P" * 200))
    assert [rule.decision for rule in verdict.rules] == [GO, INCONCLUSIVE]
    assert verdict.decision is INCONCLUSIVE


@pytest.mark.parametrize("letter", ["P", "F"])
def test_scenarios_that_a_selection_left_out_are_never_decided_by_those_that_it_kept(letter):
    glass, wood = scenario("glass", 200), scenario("wood", 200)
    manifest = make_manifest(make_pack([glass, wood], [PASS_RATE]), variant_ids(glass), until_decided=True)
    verdict = decide(manifest, make_records(variant_ids(glass), letter * 200))
    assert (verdict.decision, verdict.stopped_at) == (INCONCLUSIVE, None)
    assert "200 left out by the selection" in verdict.rules[0].reason


def test_a_rule_that_speaks_only_of_what_was_selected_is_still_decided():
    glass, wood = scenario("glass", 200), scenario("wood", 200)
    rules = [PASS_RATE.model_copy(update={"scenario": name}) for name in ("glass", "wood")]
    manifest = make_manifest(make_pack([glass, wood], rules), variant_ids(glass), until_decided=True)
    assert decide(manifest, make_records(variant_ids(glass), "P" * 200)).decision is INCONCLUSIVE
    refused = decide(manifest, make_records(variant_ids(glass), "F" * 200))
    assert (refused.decision, refused.stopped_at) == (NO_GO, FIRST_LOOK)


def test_undecided_says_how_many_more_would_prove_each_rule():
    letters = "P" * 10 + "-" * 190
    few = LatencySamples(in_loop_ms=(20.0,) * 4)
    verdict = until_decided(letters, PASS_RATE, LATENCY, latency=few)
    assert verdict.rules[0].would_change.startswith("31 more clean variants would prove it")
    needed = int(verdict.rules[1].would_change.split()[0])
    assert "more samples within the limit would prove it" in verdict.rules[1].would_change
    for more, decision in (((needed - 1) // 10, INCONCLUSIVE), (-(-needed // 10), GO)):
        samples = LatencySamples(in_loop_ms=(20.0,) * (4 + more))
        assert until_decided(letters, LATENCY, latency=samples).rules[0].decision is decision
    paired = against_baseline("P" * 400, "P" * 100 + "-" * 300, REGRESSION)
    assert paired.rules[0].would_change.startswith("69 more variants that both versions pass would prove it")


def against_baseline(before, now, *gate):
    manifest, records = run_of(now, *gate, made={"model": "new", "model_sha256": "2" * 64})
    return decide(manifest.model_copy(update={"until_decided": True}), records, baseline(before, *gate))


def test_a_candidate_that_changes_nothing_is_go_after_169_pairs():
    verdict = against_baseline("P" * 400, "P" * 169 + "-" * 231, REGRESSION)
    assert (verdict.decision, verdict.stopped_at) == (GO, 169)
    assert verdict.rules[0].paired.pairs == 169


def test_a_candidate_that_breaks_variants_is_no_go_at_once():
    verdict = against_baseline("P" * 400, "F" * 10 + "-" * 390, REGRESSION)
    assert (verdict.decision, verdict.stopped_at) == (NO_GO, 10)


def test_without_a_baseline_a_regression_rule_is_never_decided():
    verdict = until_decided("P" * 400, PASS_RATE, REGRESSION)
    assert verdict.decision is INCONCLUSIVE
    assert "needs --baseline" in verdict.rules[1].reason


def test_the_interval_agrees_with_the_decision_and_says_what_it_rests_on():
    rule = until_decided("P" * 41 + "-" * 159).rules[0]
    assert rule.exact.method.startswith("exact over all looks of the planned run")
    # Of the looks before, none would have ended the run: 41 clean ones are as unlikely as they look.
    assert rule.exact.low == pytest.approx(0.05 ** (1 / 41), abs=1e-6)
    refuted = until_decided("F" * 10 + "-" * 190).rules[0]
    assert refuted.decision is NO_GO
    assert refuted.exact.high < 0.9
    assert refuted.p_value < 0.05
    latency = until_decided("P" * 40 + "-" * 100, LATENCY).rules[0]
    assert "at any stopping time" in latency.reason


@pytest.mark.parametrize("letter", ["I", "E"])
def test_a_bound_at_an_open_end_takes_each_doubt_for_what_would_hurt_it(letter):
    def bounds(letters):
        return until_decided("P" * 28 + letters + "FF" + "-" * 167).rules[0].exact

    doubtful, failed, passed = bounds(letter * 3), bounds("FFF"), bounds("PPP")
    assert doubtful.low == failed.low < passed.low
    assert doubtful.high == passed.high > failed.high
    assert failed.low < 28 / 33 < failed.high
    assert passed.low < 31 / 33 < passed.high


@pytest.mark.parametrize("letter", ["I", "E"])
def test_so_does_a_bound_of_a_drop_at_an_open_end(letter):
    before = "P" * 30 + "PPFF" + "P" * 30

    def bounds(letters):
        return against_baseline(before, "P" * 30 + letters + "F" + "-" * 29, REGRESSION).rules[0].paired.exact

    doubtful, broken, mended = bounds(letter * 4), bounds("FFFF"), bounds("PPPP")
    assert doubtful.high == broken.high > mended.high
    assert doubtful.low == mended.low < broken.low
    assert broken.low < 3 / 35 < broken.high
    assert mended.low < -1 / 35 < mended.high
