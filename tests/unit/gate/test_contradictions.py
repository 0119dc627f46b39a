"""A record that contradicts itself or the pack is INVALID, with the reason; nothing follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.tally import Status, gather
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import Criterion, GateRule
from simgate.harness.results.record import CriterionResult, LatencySamples, Outcome
from tests.unit.gate.runs import (
    PASS_RATE,
    collisions,
    make_manifest,
    make_pack,
    make_record,
    make_records,
    scenario,
    variant_ids,
)

ONE = scenario(count=1)
(ID,) = variant_ids(ONE)
SAMPLES = LatencySamples(in_loop_ms=(10.0, 20.0, 30.0), measured_ms=(1.0, 2.0))


def judged(one=ONE, **changes):
    pack = make_pack([one], [PASS_RATE])
    (variant,) = gather(make_manifest(pack), pack, [make_record(ID, **changes)]).variants
    return variant.status, variant.contradiction


def seen(count, outcome):
    return (collisions(outcome).model_copy(update={"observed": count}),)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"outcome": Outcome.PASS, "criteria": (collisions(Outcome.FAIL),)}, "its record says PASS"),
        ({"outcome": Outcome.FAIL, "criteria": (collisions(Outcome.PASS),)}, "its record says FAIL"),
        ({"outcome": Outcome.KNOWN, "criteria": (collisions(Outcome.PASS),)}, "its record says KNOWN"),
        (
            {"criteria": seen(2, Outcome.PASS)},
            "collisions at most 0: its record says PASS, the observed value",
        ),
        ({"criteria": seen("none", Outcome.PASS)}, "nothing that can be compared"),
        ({"criteria": seen(None, Outcome.PASS)}, "the observed value FAIL"),
        ({"criteria": ()}, "does not have the pack's criteria"),
        ({"criteria": (collisions(Outcome.PASS),) * 2}, "does not have the pack's criteria"),
        ({"scenario": "wood"}, "its record is of scenario 'wood'"),
        ({"attempts": 0}, "was never begun"),
        ({"trace_digest": ""}, "its record has no trace digest"),
        ({"outcome": Outcome.FAIL, "criteria": seen(1, Outcome.FAIL), "trace_digest": "A" * 64}, "digest"),
        ({"metrics": {"spl": float("nan")}}, "its spl is no finite number"),
        ({"metrics": {"spl": float("-inf")}}, "its spl is no finite number"),
        ({"metrics": {"collisions": 10**400}}, "its collisions is no finite number"),
        ({"criteria": seen(10**400, Outcome.FAIL), "outcome": Outcome.FAIL}, "nothing that can be compared"),
        ({"criteria": seen(float("nan"), Outcome.FAIL), "outcome": Outcome.FAIL}, "nothing that can be"),
        (
            {"latency": LatencySamples(in_loop_ms=(10.0, float("nan")))},
            "a latency sample is no finite number",
        ),
        ({"latency": SAMPLES, "metrics": {"latency.p95_ms": 20.0}}, "do not give its latency.p95_ms"),
        ({"latency": SAMPLES, "metrics": {"latency.measured_p50_ms": 2.0}}, "latency.measured_p50_ms"),
        (
            {"latency": LatencySamples(), "metrics": {"latency.p95_ms": 20.0}},
            "do not give its latency.p95_ms",
        ),
    ],
)
def test_a_record_that_contradicts_itself_or_the_pack_is_invalid(changes, why):
    status, contradiction = judged(**changes)
    assert status is Status.INVALID
    assert why in contradiction


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, Status.SUCCESS),
        ({"outcome": Outcome.FAIL, "criteria": seen(1, Outcome.FAIL)}, Status.FAILURE),
        ({"outcome": Outcome.INVALID, "criteria": seen(0, Outcome.PASS)}, Status.INVALID),
        ({"outcome": Outcome.ERROR, "criteria": ()}, Status.ERROR),
        (
            {"latency": SAMPLES, "metrics": {"latency.p95_ms": 30.0, "latency.measured_p50_ms": 1.0}},
            Status.SUCCESS,
        ),
        ({"latency": LatencySamples(), "metrics": {"latency.p95_ms": None}}, Status.SUCCESS),
    ],
)
def test_a_record_that_fits_is_believed(changes, status):
    assert judged(**changes) == (status, "")


def test_a_failure_before_there_was_doubt_is_believed_beside_a_criterion_without_evidence():
    accept = (*ONE.accept, Criterion(metric="spl", op="at_least", bound=0.5, if_undefined="invalid"))
    unseen = CriterionResult(metric="spl", statement="", observed=None, outcome=Outcome.INVALID)
    failed = (collisions(Outcome.FAIL), unseen)
    two = ONE.model_copy(update={"accept": accept})
    assert judged(two, outcome=Outcome.FAIL, criteria=failed) == (Status.FAILURE, "")


def test_a_sound_record_counts_beside_one_that_contradicts_itself():
    pack = make_pack([ONE], [PASS_RATE])
    records = [make_record(ID, criteria=()), make_record(ID)]
    for order in (records, records[::-1]):
        (variant,) = gather(make_manifest(pack), pack, order).variants
        assert variant.status is Status.SUCCESS


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"severity": "minor"}, "lists it as minor, its pack says critical"),
        ({"scenario": "wood"}, "no scenario 'wood'"),
        ({"id": "wood::v0000"}, "lists it under scenario 'glass'"),
    ],
)
def test_an_expected_variant_that_is_not_the_packs_is_invalid(changes, why):
    pack = make_pack([ONE], [PASS_RATE])
    manifest = make_manifest(pack)
    (entry,) = manifest.expected
    manifest = manifest.model_copy(update={"expected": (replace(entry, **changes),)})
    record = make_record(ID).model_copy(update={"variant": changes.get("id", ID)})
    (variant,) = gather(manifest, pack, [record]).variants
    assert variant.status is Status.INVALID
    assert why in variant.contradiction


def test_a_failure_cannot_be_moved_into_another_severity():
    rule = GateRule(kind="pass_rate", severity="critical", at_least=0.9)
    one = scenario(count=30)
    manifest = make_manifest(make_pack([one], [rule]))
    records = make_records(variant_ids(one), "F" + "P" * 29)
    moved = replace(manifest.expected[0], severity="minor")
    verdict = decide(manifest.model_copy(update={"expected": (moved, *manifest.expected[1:])}), records)
    assert verdict.decision is Decision.INCONCLUSIVE
    assert verdict.rules[0].invalid == 1
    assert any("lists it as minor" in note for note in verdict.notes)


def copied(scenes, parameters, **changes):
    three = scenario(count=3).model_copy(update=changes)
    pack, ids = make_pack([three], [PASS_RATE]), variant_ids(three)
    manifest = make_manifest(pack)
    named = [replace(e, scene=s) for e, s in zip(manifest.expected, scenes, strict=True)]
    records = [make_record(i, parameters={"lighting.lux": p}) for i, p in zip(ids, parameters, strict=True)]
    variants = gather(manifest.model_copy(update={"expected": tuple(named)}), pack, records).variants
    return [variant.status is Status.INVALID for variant in variants]


def test_one_record_under_two_ids_is_invalid_under_both():
    assert copied("abc", [80.0, 90.0, 80.0]) == [True, False, True]


def test_variants_of_one_scene_may_have_the_same_parameters():
    assert copied("aba", [80.0, 90.0, 80.0]) == [False, False, False]


def test_what_is_equal_and_not_the_same_is_no_copy():
    assert hash(1.0) == hash(True)
    assert copied("abc", [1.0, True, 1]) == [False, False, False]
    assert copied("abc", [1, True, 1]) == [True, False, True]
