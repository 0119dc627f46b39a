"""A pin of a variant that is still drawn is the same simulation: it is no second trial."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simgate.harness.gate.comparing.pairing import pair_up
from simgate.harness.gate.decide import decide
from simgate.harness.gate.stopping.sequential import SequentialGate
from simgate.harness.gate.tally import Status, counted_once, gather
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.record import Outcome, RunRecord
from tests.unit.gate.pairs import evidence_of
from tests.unit.gate.runs import PASS_RATE, make_manifest, make_pack, make_records, scenario, variant_ids

VALIDITY = GateRule(kind="invalid_or_error", at_most=0.5)


def a_run(
    sampled: int, pins: int, letters: str = "", *gate: GateRule, **changes: object
) -> tuple[Manifest, list[RunRecord]]:
    """A run whose pins repeat its first sampled variants; all pass unless letters say otherwise."""
    one = scenario(count=sampled, pinned=pins)
    manifest = make_manifest(make_pack([one], gate or (PASS_RATE,)), **changes)
    ids = variant_ids(one)
    digests = {ids[sampled + k]: f"digest of {ids[k]}" for k in range(pins)}
    expected = tuple(
        replace(variant, digest=digests.get(variant.id, variant.digest)) for variant in manifest.expected
    )
    records = [
        record.model_copy(update={"variant_digest": digests.get(record.variant, record.variant_digest)})
        for record in make_records(ids, letters or "P" * len(ids))
    ]
    return manifest.model_copy(update={"expected": expected}), records


def enough() -> int:
    """Clean variants that just prove the rule."""
    return next(n for n in range(1, 500) if decide(*a_run(n, 0)).decision is Decision.GO)


def test_repeated_variants_do_not_make_up_for_missing_trials():
    needed = enough()
    verdict = decide(*a_run(needed - 1, 20))
    assert verdict.decision is Decision.INCONCLUSIVE
    assert verdict.rules[0].successes == needed - 1
    assert any("20 pinned variants repeat what the pack still draws" in note for note in verdict.notes)
    assert decide(*a_run(needed, 20)).decision is Decision.GO


def test_a_failure_that_is_pinned_is_one_failure():
    once, twice = (decide(*a_run(20, pins, "F" + "P" * 19 + "F" * pins)) for pins in (0, 1))
    assert twice.rules[0].failures == once.rules[0].failures == 1
    assert twice.rules[0].exact == once.rules[0].exact
    assert twice.scenarios[0].failed == 2, "the table shows what ran"


def test_a_sequential_test_counts_them_once_as_well():
    manifest, records = a_run(20, 20, until_decided=True)
    pack = make_pack([scenario(count=20, pinned=20)], [PASS_RATE])
    gate = SequentialGate(pack, manifest.expected)
    for variant in gather(manifest, pack, records).variants:
        gate.add(variant)
    evidence = gate.rules[0][1]
    assert evidence is not None and len(evidence.variants) == 20
    assert gate.counted == 40, "its place in the order is that of the manifest"


def test_one_simulation_with_two_results_is_invalid_under_both_names():
    manifest, records = a_run(3, 1, "PPPF")
    variants = gather(manifest, make_pack([scenario(count=3, pinned=1)], [PASS_RATE]), records).variants
    assert [v.status for v in variants] == [Status.INVALID, Status.SUCCESS, Status.SUCCESS, Status.INVALID]
    assert [bool(v.contradiction) for v in variants] == [True, False, False, True]


@pytest.mark.parametrize("lost", ["E", "I", "-"])
@pytest.mark.parametrize("pin_has_it", [True, False])
def test_the_result_counts_under_whichever_name_there_is_one(lost, pin_has_it):
    letters = f"{lost}PPF" if pin_has_it else f"FPP{lost}"
    manifest, records = a_run(3, 1, letters)
    variants = gather(manifest, make_pack([scenario(count=3, pinned=1)], [PASS_RATE]), records).variants
    counted = counted_once(variants)
    assert sorted(v.status.value for v in counted) == ["failure", "success", "success"]
    assert {v.record.outcome for v in counted if v.record} == {Outcome.FAIL, Outcome.PASS}


def test_the_same_simulation_in_another_scenario_has_its_own_partner():
    strict, lax = scenario("strict", 1), scenario("lax", 1)
    pack = make_pack([strict, lax], [PASS_RATE])
    manifest = make_manifest(pack)
    expected = tuple(replace(v, digest="same", identity=f"judged as {v.scenario}") for v in manifest.expected)
    manifest = manifest.model_copy(update={"expected": expected})
    records = [
        record.model_copy(update={"variant_digest": "same", "identity": f"judged as {record.scenario}"})
        for record in make_records(["strict::v0000", "lax::v0000"], "FP")
    ]
    evidence = evidence_of(manifest, records)
    pairs = pair_up(evidence.evidence.variants, evidence.by_digest)
    assert [pair.results for pair in pairs] == [(False, False), (True, True)]
