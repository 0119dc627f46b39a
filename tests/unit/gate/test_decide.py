from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.harness.gate.decide import UndecidableRun, combine, decide, write_verdict
from simgate.harness.gate.verdict import Decision, Verdict
from simgate.harness.packs.model import GateRule
from simgate.harness.results.journal import append_record
from simgate.harness.results.record import LatencySamples, Outcome
from simgate.harness.results.run_folder import RunFolder
from tests.unit.gate.runs import (
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

GO, NO_GO, INCONCLUSIVE = Decision.GO, Decision.NO_GO, Decision.INCONCLUSIVE
RANK = {NO_GO: 0, INCONCLUSIVE: 1, GO: 2}


@pytest.mark.parametrize(
    ("rules", "decision"),
    [
        ([], INCONCLUSIVE),
        ([GO], GO),
        ([GO, GO], GO),
        ([GO, INCONCLUSIVE], INCONCLUSIVE),
        ([GO, NO_GO], NO_GO),
        ([INCONCLUSIVE, NO_GO], NO_GO),
        ([INCONCLUSIVE, INCONCLUSIVE], INCONCLUSIVE),
    ],
)
def test_go_needs_every_rule_and_no_go_needs_one(rules, decision):
    for order in itertools.permutations(rules):
        assert combine(order) is decision


def test_a_clean_run_of_the_whole_pack_is_go_and_the_headline_says_on_what():
    verdict = decide(*a_run("P" * 40, PASS_RATE, VALIDITY))
    assert verdict.decision is GO
    assert verdict.headline == "GO: 2 rules proven on 40 variants of doors for door_detector 2.0"
    assert verdict.decision.exit_code == 0


def test_a_refuted_rule_is_no_go_and_the_headline_gives_its_numbers():
    verdict = decide(*a_run("P" * 20 + "F" * 20, VALIDITY, PASS_RATE))
    assert verdict.decision is NO_GO
    assert verdict.headline.startswith(
        "NO-GO: 1 of 2 rules is refuted: pass rate of all scenarios at least 0.9"
    )
    assert "20 of 40 passed" in verdict.headline


class TestGreenByAbsence:
    def test_an_empty_journal_is_not_go(self):
        manifest, _ = a_run("P" * 60)
        assert decide(manifest, []).decision is INCONCLUSIVE

    def test_one_missing_id_is_not_go_however_good_the_rest(self):
        manifest, records = a_run("P" * 1000)
        assert decide(manifest, records[:-1]).decision is INCONCLUSIVE

    def test_a_missing_id_outside_every_rule_is_not_go(self):
        glass, wood = scenario("glass", 40), scenario("wood", 2, "minor")
        pack = make_pack([glass, wood], [PASS_RATE.model_copy(update={"severity": "critical"})])
        verdict = decide(make_manifest(pack), make_records(variant_ids(glass), "P" * 40))
        assert verdict.rules[0].decision is GO
        assert verdict.decision is INCONCLUSIVE
        assert "2 expected variants never reported" in verdict.headline

    def test_records_of_another_model_are_not_evidence(self):
        manifest, records = a_run("P" * 60, identity="made-with-v1")
        verdict = decide(manifest, records)
        assert verdict.decision is INCONCLUSIVE
        assert verdict.scenarios[0].missing == 60
        assert any("another model, simulator or pack" in note for note in verdict.notes)

    def test_a_run_in_which_every_host_died_is_not_go(self):
        assert decide(*a_run("E" * 60)).decision is INCONCLUSIVE

    def test_a_pack_without_gate_rules_is_not_go(self):
        one = scenario(count=60)
        manifest = make_manifest(make_pack([one], []))
        verdict = decide(manifest, make_records(variant_ids(one), "P" * 60))
        assert verdict.decision is INCONCLUSIVE
        assert "no gate rules" in verdict.headline

    def test_an_empty_pack_is_not_go(self):
        assert decide(make_manifest(make_pack([], [PASS_RATE])), []).decision is INCONCLUSIVE

    def test_a_rule_that_matches_nothing_is_not_go(self):
        nothing = GateRule(kind="pass_rate", scenario="stairs", at_least=0.9)
        assert decide(*a_run("P" * 60, PASS_RATE, nothing)).decision is INCONCLUSIVE

    def test_a_gate_that_only_asks_for_valid_evidence_is_not_go(self):
        verdict = decide(*a_run("F" * 60, VALIDITY))
        assert verdict.decision is INCONCLUSIVE
        assert "no gate rule judges the model" in verdict.headline

    def test_a_filter_that_leaves_a_scenario_out_is_not_go(self):
        glass, wood = scenario("glass", 40), scenario("wood", 40)
        pack = make_pack([glass, wood], [PASS_RATE])
        manifest = make_manifest(pack, variant_ids(glass), selection="-k glass")
        verdict = decide(manifest, make_records(variant_ids(glass), "P" * 40))
        assert verdict.decision is INCONCLUSIVE
        assert verdict.rules[0].left_out == 40
        assert verdict.notes[0] == "only a part of the pack was to be run: -k glass"
        assert "wood (40)" in verdict.notes[1]

    def test_deselecting_the_one_failing_variant_is_not_go(self):
        glass = scenario("glass", 40)
        ids = variant_ids(glass)
        picked = ids[:7] + ids[8:]
        manifest = make_manifest(make_pack([glass], [PASS_RATE]), picked, selection="-k 'not v0007'")
        assert decide(manifest, make_records(picked, "P" * 39)).decision is INCONCLUSIVE

    def test_fewer_variants_of_each_scenario_are_judged_by_their_number(self):
        glass = scenario("glass", 200)
        pack, ids = make_pack([glass], [PASS_RATE]), variant_ids(glass)
        for count, decision in ((28, INCONCLUSIVE), (29, GO)):
            manifest = make_manifest(pack, ids[:count], selection=f"--variants {count}")
            verdict = decide(manifest, make_records(ids[:count], "P" * count))
            assert verdict.decision is decision
            assert verdict.notes

    def test_rerunning_a_failed_variant_until_it_passes_is_not_go(self):
        manifest, records = a_run("P" * 28 + "F")
        assert decide(manifest, [*records, make_record(records[-1].variant)]).decision is INCONCLUSIVE


def test_scenarios_without_a_rule_are_named():
    glass, wood = scenario("glass", 40), scenario("wood", 2, "minor")
    pack = make_pack([glass, wood], [PASS_RATE.model_copy(update={"severity": "critical"}), VALIDITY])
    records = make_records(variant_ids(glass), "P" * 40) + make_records(variant_ids(wood), "FF")
    verdict = decide(make_manifest(pack), records)
    assert verdict.decision is GO
    assert "no gate rule judges wood" in verdict.notes


def test_a_dirty_checkout_is_noted():
    manifest, records = a_run("P" * 40)
    dirty = manifest.fingerprint.model_copy(update={"git_dirty": True})
    verdict = decide(manifest.model_copy(update={"fingerprint": dirty}), records)
    assert any("uncommitted changes" in note for note in verdict.notes)


def test_every_scenario_of_the_pack_is_summed_up_also_one_that_did_not_run():
    glass, wood = scenario("glass", 4), scenario("wood", 3)
    manifest = make_manifest(make_pack([glass, wood], [PASS_RATE]), variant_ids(glass), selection="-k glass")
    summaries = decide(manifest, make_records(variant_ids(glass), "PFI-")).scenarios
    first, second = summaries
    assert (first.expected, first.passed, first.failed, first.invalid, first.missing) == (4, 1, 1, 1, 1)
    assert first.rate == 0.5
    assert (second.scenario, second.expected, second.rate) == ("wood", 0, None)


def test_a_manifest_whose_pack_cannot_be_read_is_refused():
    manifest, records = a_run("P")
    with pytest.raises(UndecidableRun, match="pack in the manifest"):
        decide(manifest.model_copy(update={"pack": {"name": "doors"}}), records)


@given(letters=st.text("PFIE-", min_size=1, max_size=80), data=st.data())
def test_turning_a_failure_into_a_pass_never_worsens_the_decision(letters, data):
    failures = [k for k, letter in enumerate(letters) if letter == "F"]
    before = decide(*a_run(letters, PASS_RATE, VALIDITY)).decision
    for k in failures[: data.draw(st.integers(0, 3))]:
        letters = letters[:k] + "P" + letters[k + 1 :]
    after = decide(*a_run(letters, PASS_RATE, VALIDITY)).decision
    assert RANK[after] >= RANK[before]


@given(letters=st.text("PPPPPPFIE-", min_size=1, max_size=80), more=st.text("IE", min_size=1, max_size=5))
def test_adding_invalid_or_error_variants_never_gives_go(letters, more):
    if decide(*a_run(letters, PASS_RATE, VALIDITY)).decision is not GO:
        assert decide(*a_run(letters + more, PASS_RATE, VALIDITY)).decision is not GO


@given(
    passes=st.integers(0, 80),
    failures=st.integers(0, 10),
    kind=st.sampled_from("IE-"),
    count=st.integers(1, 5),
    worst=st.booleans(),
)
def test_what_is_doubtful_leaves_a_decision_only_if_both_extremes_agree_with_it(
    passes, failures, kind, count, worst
):
    known = "P" * passes + "F" * failures
    decision = decide(*a_run(known + kind * count)).decision
    extreme = decide(*a_run(known + ("F" if worst else "P") * count)).decision
    assert decision in (INCONCLUSIVE, extreme)


@given(letters=st.text("PFIE-", min_size=1, max_size=40), seed=st.randoms())
def test_the_order_of_records_changes_nothing(letters, seed):
    manifest, records = a_run(letters, PASS_RATE, VALIDITY)
    shuffled = list(records)
    seed.shuffle(shuffled)
    assert decide(manifest, shuffled) == decide(manifest, records)


@given(letters=st.text("PFIE-", min_size=1, max_size=40))
def test_a_verdict_survives_json(letters):
    verdict = decide(
        *a_run(letters, PASS_RATE, VALIDITY, GateRule(kind="metric", metric="latency.p95_ms", at_most=50))
    )
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def folder_of(path, letters, *gate):
    manifest, records = a_run(letters, *gate)
    folder = RunFolder(path)
    folder.manifest_path.write_text(manifest.model_dump_json())
    for record in records:
        append_record(folder.journal_path, record)
    return folder


def test_the_verdict_is_written_beside_the_journal_and_read_back_the_same(tmp_path):
    folder = folder_of(tmp_path, "P" * 40)
    verdict = write_verdict(folder)
    assert Verdict.model_validate_json(folder.verdict_path.read_bytes()) == verdict
    assert verdict.decision is GO


def test_a_torn_journal_is_missing_evidence(tmp_path):
    folder = folder_of(tmp_path, "P" * 40)
    whole = folder.journal_path.read_bytes()
    folder.journal_path.write_bytes(whole[:-20])
    verdict = write_verdict(folder)
    assert (verdict.decision, verdict.scenarios[0].missing) == (INCONCLUSIVE, 1)


def test_the_whole_journal_counts_not_only_the_last_record_of_a_variant(tmp_path):
    folder = folder_of(tmp_path, "P" * 28 + "F")
    last = decide(folder.manifest(), folder.records()).scenarios[0]
    assert last.failed == 1
    append_record(folder.journal_path, make_record("glass::v0028", Outcome.PASS))
    assert write_verdict(folder).scenarios[0].invalid == 1


@pytest.mark.parametrize(
    ("measured", "mode", "noted"),
    [(331.0, "simulated", True), (31.0, "simulated", False), (331.0, "measured", False)],
)
def test_a_model_slower_than_it_declares_is_in_the_notes(measured, mode, noted):
    manifest, records = a_run("P" * 40)
    latency = LatencySamples(in_loop_ms=(31.0,) * 20, measured_ms=(measured,) * 20, mode=mode)
    verdict = decide(manifest, [record.model_copy(update={"latency": latency}) for record in records])
    said = [note for note in verdict.notes if note.startswith("inference took")]
    assert bool(said) is noted
    assert not noted or "331 ms on this machine and 31 ms in the loop" in said[0]
