from __future__ import annotations

import pytest

from simgate.harness.gate.scenes import Scenes
from simgate.harness.gate.tally import JudgedVariant, Status, gather, tally
from simgate.harness.packs.model import KnownFailure
from simgate.harness.results.manifest import ExpectedVariant
from simgate.harness.results.record import Outcome
from tests.unit.gate.runs import PASS_RATE, make_manifest, make_pack, make_record, scenario

IN_DATE = KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01")
EXPIRED = KnownFailure(when="lighting.lux < 70", issue="PER-200", until="2026-11-30")
PASSED = {Status.SUCCESS: True, Status.FAILURE: False} | dict.fromkeys(
    (Status.INVALID, Status.ERROR, Status.MISSING)
)
PACK = make_pack([scenario(count=1, known=[IN_DATE, EXPIRED])], [PASS_RATE])
MANIFEST = make_manifest(PACK)
ID = MANIFEST.expected[0].id


def status(*records):
    evidence = gather(MANIFEST, PACK, records)
    return evidence.variants[0].status


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.PASS, Status.SUCCESS),
        (Outcome.FAIL, Status.FAILURE),
        (Outcome.INVALID, Status.INVALID),
        (Outcome.ERROR, Status.ERROR),
    ],
)
def test_a_record_counts_as_its_outcome(outcome, expected):
    assert status(make_record(ID, outcome)) is expected


def test_no_record_is_missing_and_not_nothing():
    assert status() is Status.MISSING
    assert tally(gather(MANIFEST, PACK, []).variants).expected == 1


@pytest.mark.parametrize("foreign", [{"identity": "made-with-v1"}, {"variant_digest": "of another scene"}])
def test_a_record_made_with_something_else_does_not_count(foreign):
    evidence = gather(MANIFEST, PACK, [make_record(ID, **foreign)])
    assert evidence.variants[0].status is Status.MISSING
    assert evidence.refused == (ID,)


def test_a_record_that_nobody_expected_is_ignored_and_named():
    evidence = gather(MANIFEST, PACK, [make_record("glass::v9999")])
    assert evidence.unexpected == ("glass::v9999",)
    assert len(evidence.variants) == 1


def test_a_valid_record_outlasts_an_error_before_and_after_it():
    passed, error = make_record(ID), make_record(ID, Outcome.ERROR)
    assert status(error, passed) is Status.SUCCESS
    assert status(passed, error) is Status.SUCCESS


def test_the_last_of_several_invalid_attempts_counts():
    assert status(make_record(ID, Outcome.INVALID), make_record(ID, Outcome.ERROR)) is Status.ERROR


@pytest.mark.parametrize("order", [(Outcome.FAIL, Outcome.PASS), (Outcome.PASS, Outcome.FAIL)])
def test_a_failure_cannot_be_repaired_by_running_the_same_variant_again(order):
    evidence = gather(MANIFEST, PACK, [make_record(ID, outcome) for outcome in order])
    assert evidence.variants[0].status is Status.INVALID
    assert "disagree" in evidence.variants[0].contradiction


def test_the_same_result_twice_is_no_contradiction():
    assert status(make_record(ID), make_record(ID)) is Status.SUCCESS


@pytest.mark.parametrize(
    ("outcome", "issue", "expected"),
    [
        (Outcome.KNOWN, "PER-311", Status.KNOWN),
        (Outcome.PASS, "PER-311", Status.KNOWN_PASSED),
        (Outcome.KNOWN, "PER-200", Status.FAILURE),
        (Outcome.KNOWN, "PER-999", Status.FAILURE),
        (Outcome.KNOWN, None, Status.FAILURE),
        (Outcome.PASS, "PER-200", Status.SUCCESS),
        (Outcome.FAIL, "PER-311", Status.FAILURE),
        (Outcome.INVALID, "PER-311", Status.KNOWN_INVALID),
        (Outcome.INVALID, "PER-200", Status.INVALID),
        (Outcome.ERROR, "PER-311", Status.ERROR),
    ],
)
def test_only_a_quarantine_of_the_pack_that_was_in_date_takes_a_variant_out(outcome, issue, expected):
    assert status(make_record(ID, outcome, known_issue=issue)) is expected


def test_counts_add_up_to_what_was_expected():
    pack = make_pack([scenario(count=6, known=[IN_DATE])], [PASS_RATE])
    manifest = make_manifest(pack)
    ids = [one.id for one in manifest.expected]
    records = [
        make_record(ids[0]),
        make_record(ids[1], Outcome.FAIL),
        make_record(ids[2], Outcome.INVALID),
        make_record(ids[3], Outcome.ERROR),
        make_record(ids[4], Outcome.KNOWN, known_issue="PER-311"),
    ]
    counts = tally(gather(manifest, pack, records).variants, left_out=3)
    parts = (counts.successes, counts.failures, counts.invalid, counts.errors, counts.known, counts.missing)
    assert parts == (1, 1, 1, 1, 1, 1)
    assert sum(parts) == counts.expected
    assert (counts.counted, counts.absent, counts.doubtful) == (2, 4, 6)


@pytest.mark.parametrize(("shared", "trace"), [(False, 0), (True, 0), (False, 7)])
def test_variants_that_stand_alone_are_counted_as_those_that_may_not(shared, trace):
    """Of very many variants that share nothing the scenes are counted at a glance; it comes to the same."""
    statuses = [*Status] * 3 + [Status.SUCCESS] * 2 + [Status.MISSING]
    expected = [
        ExpectedVariant(f"one::v{i:04d}", "one", "major", "", "", scene="s" if shared else f"s{i}")
        for i in range(len(statuses))
    ]
    judged = [JudgedVariant(e, None, s, trace=trace) for e, s in zip(expected, statuses, strict=True)]
    scenes = tally(judged, left_out=2).by_scene
    one_by_one = Scenes.of(
        [(v.expected.scene, PASSED[v.status], v.trace) for v in judged if v.status in PASSED], 2
    )
    assert scenes == one_by_one
    assert scenes.shared is (shared or trace > 0)
