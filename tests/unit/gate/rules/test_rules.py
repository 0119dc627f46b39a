from __future__ import annotations

import re

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.rules.rule import decide_invalid_or_error
from simgate.harness.gate.tally import Tally
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule, KnownFailure
from simgate.harness.results.record import LatencySamples, Outcome
from tests.unit.gate.runs import (
    LETTERS,
    PASS_RATE,
    VALIDITY,
    a_run,
    make_manifest,
    make_pack,
    make_record,
    make_records,
    scenario,
    variant_ids,
)

QUARANTINE = KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01")
P95 = GateRule(kind="metric", metric="latency.p95_ms", at_most=50.0)


def rule_of(letters, *gate, **changes):
    return decide(*a_run(letters, *gate, **changes)).rules[0]


@pytest.mark.parametrize(
    ("letters", "decision"),
    [
        ("P" * 29, Decision.GO),
        ("P" * 28, Decision.INCONCLUSIVE),
        ("P" * 45 + "F", Decision.GO),
        ("P" * 44 + "F", Decision.INCONCLUSIVE),
        ("P" * 20 + "F" * 6, Decision.NO_GO),
        ("P" * 20 + "F" * 5, Decision.INCONCLUSIVE),
        ("F", Decision.INCONCLUSIVE),
        ("FF", Decision.NO_GO),
        # INVALID and ERROR must leave the decision the same as passes and as failures.
        ("P" * 45 + "I", Decision.GO),
        ("P" * 44 + "E", Decision.INCONCLUSIVE),
        ("P" * 45 + "IE", Decision.INCONCLUSIVE),
        ("P" * 18 + "F" * 7, Decision.NO_GO),
        ("P" * 18 + "F" * 5 + "II", Decision.INCONCLUSIVE),
        ("P" * 2 + "F" * 20 + "IE", Decision.NO_GO),
        # A missing variant is never GO, and does not hide a refuted rule.
        ("P" * 500 + "-", Decision.INCONCLUSIVE),
        ("F" * 20 + "-", Decision.NO_GO),
        # Nothing that counts.
        ("I" * 50, Decision.INCONCLUSIVE),
        ("E" * 50, Decision.INCONCLUSIVE),
        ("-" * 50, Decision.INCONCLUSIVE),
    ],
)
def test_a_pass_rate_of_90_percent_at_95_percent_confidence_is_decided_by_the_exact_test(letters, decision):
    assert rule_of(letters).decision is decision


def test_160_clean_runs_prove_98_percent_and_one_failure_among_them_does_not():
    rule = GateRule(kind="pass_rate", severity="critical", at_least=0.98)
    assert rule_of("P" * 160, rule).decision is Decision.GO
    assert rule_of("P" * 159 + "F", rule).decision is Decision.INCONCLUSIVE


def test_a_decided_rate_shows_both_intervals_and_its_numbers():
    rule = rule_of("P" * 29)
    assert rule.exact is not None
    assert rule.shown is not None
    assert rule.exact.low >= 0.9
    assert rule.exact.method.startswith("Clopper-Pearson")
    assert rule.shown.method == "Wilson"
    assert (rule.estimate, rule.bound, rule.expected, rule.successes) == (1.0, 0.9, 29, 29)
    assert rule.reason == "29 of 29 passed: with 95 % confidence at least 0.902 pass, 0.9 is needed"
    assert rule.statement == "pass rate of all scenarios at least 0.9, at 95 % confidence"


def test_the_interval_spans_both_extremes_of_what_is_doubtful():
    clean, doubtful = rule_of("P" * 40), rule_of("P" * 40 + "I" * 10)
    assert doubtful.exact.low < clean.exact.low
    assert doubtful.exact.high == 1.0
    assert "10 INVALID" in doubtful.reason


def test_inconclusive_says_how_many_more_clean_variants_would_decide():
    assert rule_of("P" * 20).would_change == "9 more clean variants would give GO, 6 more failures NO-GO"
    assert rule_of("P" * 28).would_change == "1 more clean variant would give GO, 8 more failures NO-GO"


@pytest.mark.parametrize(("letters", "way"), [("P" * 57 + "F" * 3, "GO"), ("P" * 50 + "F" * 10, "NO-GO")])
def test_inconclusive_says_how_many_more_decide_it_if_they_go_on_like_this(letters, way):
    said = re.search(r"about (\d+) more give (GO|NO-GO)$", rule_of(letters).would_change)
    assert said[2] == way
    rate, more = letters.count("P") / len(letters), int(said[1])
    passes = round(rate * more)
    assert rule_of(letters + "P" * passes + "F" * (more - passes)).decision is Decision(way)
    passes = round(rate * 0.8 * more)
    fewer = letters + "P" * passes + "F" * (round(0.8 * more) - passes)
    assert rule_of(fewer).decision is Decision.INCONCLUSIVE


def test_the_headline_of_an_undecided_run_says_what_would_decide_it():
    verdict = decide(*a_run("P" * 20, PASS_RATE))
    assert verdict.headline.endswith("; 9 more clean variants would give GO, 6 more failures NO-GO")


def test_no_go_says_what_go_would_have_needed():
    rule = rule_of("P" * 40 + "F" * 20)
    assert rule.would_change == "GO needs at most 1 failure among these 60 variants; 20 failed"


def test_go_says_how_many_failures_would_end_it():
    assert rule_of("P" * 29).would_change == "1 more failure among these 29 variants"


def test_missing_variants_are_what_would_change_an_otherwise_proven_rule():
    rule = rule_of("P" * 500 + "-")
    assert "a run with absent variants is never GO" in rule.reason
    assert rule.would_change == "valid results for the 1 doubtful variant: GO whatever they are"


@pytest.mark.parametrize("doubtful", ["-----", "EEEEE", "I-E"])
def test_doubtful_variants_are_to_be_run_first_and_count_as_clean_for_how_many_more_give_go(doubtful):
    count = len(doubtful)
    said = rule_of("P" * 20 + "F" + doubtful).would_change
    found = re.match(
        r"valid results for the (\d) doubtful variants; if all of them pass, (\d+) more clean", said
    )
    assert int(found[1]) == count
    more = int(found[2])
    assert rule_of("P" * (20 + count + more) + "F").decision is Decision.GO
    assert rule_of("P" * (20 + count + more - 1) + "F").decision is Decision.INCONCLUSIVE


@pytest.mark.parametrize(
    ("picked", "said"),
    [
        ("P" * 20, "a run that leaves out none of the 980 variants: GO if 896 or more of them pass"),
        (
            "F" * 90,
            "a run that leaves out none of the 910 variants; GO needs at most 84 failures among all 1,000 "
            "variants; 90 failed",
        ),
    ],
)
def test_what_a_selection_left_out_is_no_number_of_clean_variants_to_make(picked, said):
    whole = scenario(count=1000)
    ids = variant_ids(whole)[1 : 1 + len(picked)]
    verdict = decide(
        make_manifest(make_pack([whole], [PASS_RATE, P95]), ids, selection="-k some"),
        make_records(ids, picked),
    )
    assert verdict.rules[0].would_change == said
    left = 1000 - len(picked)
    assert verdict.rules[1].would_change == f"a run that leaves out none of the {left} variants"


def test_certainty_is_never_promised():
    rule = rule_of("P" * 100, GateRule(kind="pass_rate", at_least=1.0))
    assert rule.decision is Decision.INCONCLUSIVE
    assert "more variants than anyone can run" in rule.would_change


def test_failures_in_a_quarantine_count_as_neither_and_are_named_in_the_reason():
    letters = "P" * 29 + "K" * 5
    manifest, records = a_run(letters, known=[QUARANTINE])
    records = [
        r.model_copy(update={"known_issue": "PER-311"}) if r.outcome is Outcome.KNOWN else r for r in records
    ]
    verdict = decide(manifest, records)
    rule = verdict.rules[0]
    assert (rule.decision, rule.successes, rule.known) == (Decision.GO, 29, 5)
    assert "5 variants in quarantine, of which 5 failed" in rule.reason
    assert "apart from 5 variants in quarantine" in verdict.headline
    assert any("PER-311" in note for note in verdict.notes)


def test_passes_in_a_quarantine_do_not_help_the_rate_either():
    manifest, records = a_run("P" * 29, known=[QUARANTINE])
    inside = [r.model_copy(update={"known_issue": "PER-311"}) for r in records[:10]]
    rule = decide(manifest, inside + records[10:]).rules[0]
    assert (rule.decision, rule.successes, rule.known, rule.known_passed) == (
        Decision.INCONCLUSIVE,
        19,
        10,
        10,
    )


def test_what_is_invalid_in_a_quarantine_is_in_doubt_for_no_rate_but_no_valid_evidence_either():
    manifest, records = a_run("P" * 30 + "I" * 4, PASS_RATE, VALIDITY, known=[QUARANTINE])
    inside = [r.model_copy(update={"known_issue": "PER-311"}) for r in records[30:]]
    verdict = decide(manifest, records[:30] + inside)
    rate, validity = verdict.rules
    assert (rate.decision, rate.invalid, rate.known) == (Decision.GO, 0, 4)
    assert rate.exact.low == pytest.approx(0.05 ** (1 / 30))
    assert "4 variants in quarantine, of which 0 failed and 4 gave no valid result" in rate.reason
    assert validity.decision is Decision.INCONCLUSIVE
    assert validity.reason.startswith("4 of 34 variants gave no valid result")
    (summary,) = verdict.scenarios
    assert (summary.passed, summary.invalid, summary.known) == (30, 4, 0)


def test_rule_and_note_count_what_is_invalid_inside_a_quarantine_alike():
    manifest, records = a_run("P" * 29 + "PKIII", VALIDITY, known=[QUARANTINE])
    inside = [r.model_copy(update={"known_issue": "PER-311"}) for r in records[29:33]]
    verdict = decide(manifest, [*records[:29], *inside, records[33]])
    expected = "3 of 34 variants gave no valid result (3 INVALID, 2 of them in quarantine)"
    assert verdict.rules[0].reason.startswith(expected)
    words = "4 variants kept out of every pass rate, 1 failed, 1 passed, 2 gave no valid result"
    assert f"quarantine PER-311: {words}" in verdict.notes


def test_a_run_that_is_quarantined_as_a_whole_is_not_go():
    manifest, records = a_run("K" * 60, known=[QUARANTINE], known_issue="PER-311")
    rule = decide(manifest, records).rules[0]
    assert rule.decision is Decision.INCONCLUSIVE
    assert "60 variants in quarantine" in rule.reason


def test_known_without_a_quarantine_in_the_pack_is_a_failure():
    assert rule_of("P" * 30 + "K" * 30, known_issue="PER-311").decision is Decision.NO_GO


@pytest.mark.parametrize(
    ("severity", "glob", "hit"),
    [
        (None, None, True),
        ("critical", None, True),
        ("major", None, False),
        (None, "glass_*", True),
        (None, "wood*", False),
        ("critical", "glass_door_closed", True),
        ("major", "glass_*", False),
    ],
)
def test_a_rule_speaks_of_scenarios_by_severity_and_glob(severity, glob, hit):
    rule = GateRule(kind="pass_rate", severity=severity, scenario=glob, at_least=0.9)
    assert rule.speaks_of("glass_door_closed", "critical") is hit


def test_each_rule_counts_its_own_scenarios_only():
    glass, wood = scenario("glass", 30), scenario("wood", 30, "major")
    pack = make_pack(
        [glass, wood],
        [PASS_RATE.model_copy(update={"severity": s}) for s in ("critical", "major")],
    )
    records = make_records(variant_ids(glass), "P" * 30) + make_records(variant_ids(wood), "F" * 30)
    verdict = decide(make_manifest(pack), records)
    assert [rule.decision for rule in verdict.rules] == [Decision.GO, Decision.NO_GO]
    assert verdict.decision is Decision.NO_GO


def test_a_rule_that_matches_nothing_is_inconclusive():
    rule = rule_of("P" * 60, GateRule(kind="pass_rate", scenario="stairs_*", at_least=0.9))
    assert rule.decision is Decision.INCONCLUSIVE
    assert "no variant in scenarios 'stairs_*': the pack has no such scenario" in rule.reason


@pytest.mark.parametrize(
    ("letters", "decision"),
    [
        ("P" * 100, Decision.GO),
        ("F" * 100, Decision.GO),
        ("P" * 98 + "IE", Decision.GO),
        ("P" * 97 + "IEI", Decision.INCONCLUSIVE),
        ("P" * 99 + "-", Decision.INCONCLUSIVE),
        ("-" * 100, Decision.INCONCLUSIVE),
    ],
)
def test_the_share_of_useless_evidence_is_go_or_inconclusive_but_never_no_go(letters, decision):
    assert rule_of(letters, VALIDITY).decision is decision


def test_what_spoils_the_evidence_is_named_with_its_own_remedy():
    def remedy(**counts):
        return decide_invalid_or_error(VALIDITY, Tally(expected=10, **counts)).would_change

    # --resume does not run an INVALID variant again, and its worker's log is empty.
    invalid = "valid results for 5 INVALID variants (mend what the reason names, run anew)"
    assert remedy(successes=5, invalid=5) == invalid
    assert remedy(successes=5, invalid=2, known=3, known_invalid=3) == invalid
    broken = "valid results for 3 ERROR or missing variants (read hosts/*.log, then run again with --resume)"
    assert remedy(successes=7, errors=1, missing=2) == broken
    assert remedy(successes=2, invalid=5, errors=3) == f"{invalid} and {broken}"
    selected = "a run that leaves out none of the 40 variants"
    assert remedy(successes=10, left_out=40) == selected
    assert remedy(successes=7, errors=3, left_out=40) == f"{selected} and {broken}"
    imported = decide_invalid_or_error(VALIDITY, Tally(expected=10, successes=7, errors=3), imported=True)
    anew = "valid results for 3 ERROR or missing variants (run these episodes anew where the files are from, "
    assert imported.would_change == f"{anew}and import them)"


def test_a_regression_rule_waits_for_a_baseline():
    rule = rule_of("P" * 60, GateRule(kind="regression", at_most=0.02))
    assert rule.decision is Decision.INCONCLUSIVE
    assert "needs --baseline" in rule.reason


@pytest.mark.parametrize("kind", ["pass_rate", "invalid_or_error", "metric"])
def test_a_rule_without_its_bound_is_inconclusive(kind):
    rule = GateRule(kind=kind, metric="latency.p95_ms" if kind == "metric" else None)
    assert rule_of("P" * 60, rule).decision is Decision.INCONCLUSIVE


def latencies(per_variant, count=10):
    glass = scenario(count=count)
    pack = make_pack([glass], [P95])
    manifest = make_manifest(pack)
    records = [
        make_record(name, latency=LatencySamples(in_loop_ms=tuple(per_variant)))
        for name in variant_ids(glass)
    ]
    return manifest, records


def test_a_latency_percentile_is_proven_on_pooled_samples():
    rule = decide(*latencies([20.0] * 10)).rules[0]
    assert rule.decision is Decision.GO
    assert rule.reason.startswith("100 of 100 samples are within 50 ms")
    assert (rule.estimate, rule.exact.high) == (20.0, 20.0)


def test_a_sample_percentile_within_the_limit_is_not_yet_a_proof():
    # 96 of 100 within: the sample's p95 meets the limit, the binomial rule asks for more.
    manifest, records = latencies([20.0] * 10)
    slow = LatencySamples(in_loop_ms=(90.0,) * 4 + (20.0,) * 6)
    rule = decide(manifest, [records[0].model_copy(update={"latency": slow}), *records[1:]]).rules[0]
    assert rule.estimate == 20.0
    assert rule.decision is Decision.INCONCLUSIVE
    assert "more samples within the limit would give GO" in rule.would_change


def test_a_latency_over_the_limit_is_refuted():
    rule = decide(*latencies([20.0] * 8 + [90.0] * 2)).rules[0]
    assert rule.decision is Decision.NO_GO
    assert "p95 is at least 90 ms" in rule.reason


def test_too_few_samples_prove_no_percentile():
    rule = decide(*latencies([20.0], count=20)).rules[0]
    assert rule.decision is Decision.INCONCLUSIVE
    assert "too few samples" in rule.reason


def test_samples_of_invalid_runs_are_out_and_owed():
    manifest, records = latencies([20.0] * 10, count=50)
    fast_but_invalid = records[0].model_copy(update={"outcome": Outcome.INVALID})
    rule = decide(manifest, [fast_but_invalid, *records[1:]]).rules[0]
    assert rule.reason.startswith("490 of 490 samples")
    assert "1 INVALID" in rule.reason


def test_a_missing_variant_is_never_a_proven_latency():
    manifest, records = latencies([20.0] * 10, count=50)
    rule = decide(manifest, records[1:]).rules[0]
    assert rule.decision is Decision.INCONCLUSIVE
    assert "never GO" in rule.reason


def test_variants_without_a_single_sample_count_against_a_latency_proof():
    manifest, records = latencies([20.0] * 10, count=50)
    silent = [r.model_copy(update={"latency": LatencySamples()}) for r in records[:25]]
    rule = decide(manifest, silent + records[25:]).rules[0]
    assert rule.decision is Decision.INCONCLUSIVE
    assert "25 without samples" in rule.reason


def test_no_samples_at_all_decide_nothing():
    rule = decide(*latencies([], count=50)).rules[0]
    assert rule.decision is Decision.INCONCLUSIVE
    assert "no variant gave a latency sample" in rule.reason


def test_the_measured_latency_is_another_metric_than_the_one_in_the_loop():
    rule = GateRule(kind="metric", metric="latency.measured_p95_ms", at_most=10.0)
    assert rule_of("P" * 10, rule).estimate == 8.0


def test_another_metric_is_refused_with_the_way_to_gate_it():
    rule = rule_of("P" * 60, GateRule(kind="metric", metric="min_clearance_m", at_least=0.2))
    assert rule.decision is Decision.INCONCLUSIVE
    assert "supported: latency.p<NN>_ms" in rule.reason
    assert "pass_rate" in rule.would_change


def test_every_outcome_has_a_letter_in_these_tests():
    assert set(LETTERS.values()) == set(Outcome)
