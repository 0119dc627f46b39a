"""Records that stay in their journal are the records, and take little memory."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest
from pydantic import ValidationError

from simgate.harness.gate.decide import decide, decide_folder
from simgate.harness.packs.model import GateRule
from simgate.harness.results.journal import append_record, read_journal
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.reading import stored_record
from simgate.harness.results.reading.stored_record import (
    KeptSamples,
    StoredRecord,
    as_read,
    latency_samples,
    stored_records,
    updated,
    whole,
)
from simgate.harness.results.record import CriterionResult, LatencySamples, Outcome
from simgate.harness.results.run_folder import RunFolder
from tests.unit.gate.runs import PASS_RATE, VALIDITY, a_run, make_record

SLOW = GateRule(kind="metric", metric="latency.measured_p95_ms", at_most=9.0)
KEYS = (
    "variant",
    "outcome",
    "reason",
    "criteria",
    "metrics",
    "parameters",
    "attempts",
    "known_issue",
    "runtime",
)


def written(path, records):
    for record in records:
        append_record(path / "journal.ndjson", record)
    return path / "journal.ndjson"


def varied(letters):
    manifest, records = a_run(letters, PASS_RATE, SLOW, VALIDITY)
    samples = [LatencySamples(in_loop_ms=(20.0 + k,), measured_ms=(8.0 + k / 7, 1.5)) for k in range(99)]
    return manifest, [
        record.model_copy(update={"latency": one, "parameters": {"lux": k}, "attempts": 1 + k % 2})
        for k, (record, one) in enumerate(zip(records, samples, strict=False))
    ]


def test_they_have_all_that_the_records_have_in_whatever_order_they_are_asked(tmp_path):
    _, records = varied("PPFKEIP")
    path = written(tmp_path, records)
    stored = list(stored_records(path))
    for found, record in reversed(list(zip(stored, records, strict=True))):
        assert whole(found) == record
        quick = as_read(found)
        assert [getattr(quick, key) for key in KEYS if key != "criteria"] == [
            getattr(record, key) for key in KEYS if key != "criteria"
        ]
        assert [one.observed for one in quick.criteria] == [one.observed for one in record.criteria]
        assert [getattr(found, key) for key in KEYS] == [getattr(record, key) for key in KEYS]
        assert tuple(found.latency.measured_ms) == record.latency.measured_ms
        assert found.latency.in_loop_ms == record.latency.in_loop_ms
        assert found.latency.mode == "simulated"


def test_what_a_record_has_violated_stays_beside_it(tmp_path):
    broken, kept, doubted = (
        CriterionResult(metric="collisions", statement="collisions at most 0", observed=1.0, outcome=outcome)
        for outcome in (Outcome.FAIL, Outcome.PASS, Outcome.INVALID)
    )
    records = [
        make_record(f"glass::v{k:04d}").model_copy(update={"hard": hard})
        for k, hard in enumerate([(kept, broken), (kept, doubted), ()])
    ]
    stored = list(stored_records(written(tmp_path, records)))
    assert [one.violations for one in stored] == [(broken,), (), ()] == [one.violations for one in records]


def test_the_verdict_on_them_is_that_on_the_records(tmp_path):
    manifest, records = varied("P" * 30 + "F" * 3 + "PEIK" + "P" * 20)
    again = make_record(records[3].variant, Outcome.FAIL, criteria=records[31].criteria)
    path = written(tmp_path, [*records, again])
    kept = decide(manifest, stored_records(path))
    assert kept == decide(manifest, list(read_journal(path)))
    assert kept == decide(manifest, stored_records(path))


@pytest.mark.parametrize("most", [20, 21])
def test_latency_samples_are_those_of_the_journal_kept_or_not_and_after_they_were_let_go(
    tmp_path, monkeypatch, most
):
    monkeypatch.setattr(stored_record, "MOST_SAMPLES", most)
    _, records = varied("PPFKEIP")
    kept = KeptSamples((True, False))
    stored = list(stored_records(written(tmp_path, records), kept=kept))
    # Three of each record.
    assert (kept.of(0, True) is None) == (most < 21)
    for _ in range(2):
        for one, record in zip(stored, records, strict=True):
            assert (
                tuple(latency_samples(one, True))
                == record.latency.measured_ms
                == latency_samples(record, True)
            )
            assert tuple(latency_samples(one, False)) == record.latency.in_loop_ms
            assert tuple(latency_samples(record, False)) == record.latency.in_loop_ms
        kept.let_go()
    changed = updated(stored[0], latency=LatencySamples(measured_ms=(3.0,)))
    assert tuple(latency_samples(changed, True)) == (3.0,)


def test_a_verdict_keeps_the_samples_that_its_rules_ask_for_and_reads_no_record_again(tmp_path, monkeypatch):
    manifest, records = varied("P" * 40)
    folder = RunFolder(tmp_path)
    folder.manifest_path.write_text(manifest.model_dump_json())
    written(tmp_path, records)
    verdict = decide(manifest, records)
    monkeypatch.setattr(StoredRecord, "latency", property(lambda record: pytest.fail("it was read again")))
    assert decide_folder(folder).rules == verdict.rules
    assert [rule.estimate for rule in verdict.rules if rule.kind == "metric"] == [8.0 + 35 / 7]


def test_torn_lines_are_told_alike(tmp_path):
    path = written(tmp_path, [make_record("glass::v0000")])
    path.write_bytes(path.read_bytes() + b'{"variant": \n\n' + path.read_bytes() + b'{"variant"')
    torn, torn_too = [], []
    assert [whole(r) for r in stored_records(path, torn)] == list(read_journal(path, torn_too))
    assert torn == torn_too == [2]


def test_another_outcome_holds_wherever_it_is_read(tmp_path):
    path = written(tmp_path, [make_record("glass::v0000"), make_record("glass::v0001")])
    for record in [*stored_records(path), *read_journal(path)]:
        changed = updated(record, outcome=Outcome.INVALID, reason="they disagree")
        assert (changed.outcome, changed.reason) == (Outcome.INVALID, "they disagree")
        assert (whole(changed).outcome, whole(changed).reason) == (Outcome.INVALID, "they disagree")
        assert (as_read(changed).outcome, as_read(changed).reason) == (Outcome.INVALID, "they disagree")
        assert updated(record, outcome=Outcome.INVALID).reason == record.reason
        assert record.outcome is Outcome.PASS


def test_they_outlive_the_journals_name(tmp_path):
    path = written(tmp_path, [make_record("glass::v0000"), make_record("glass::v0001", reason="the second")])
    stored = list(stored_records(path))
    path.unlink()
    assert [record.variant for record in stored] == ["glass::v0000", "glass::v0001"]


def test_they_take_a_tenth_of_the_memory(tmp_path):
    _, records = varied("P" * 90)
    path = written(
        tmp_path, [r.model_copy(update={"parameters": {f"p{k}": k / 3 for k in range(30)}}) for r in records]
    )

    def size(read):
        tracemalloc.start()
        kept = list(read(path))
        peak, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak / len(kept)

    assert 10 * size(stored_records) < size(read_journal)


def test_an_expected_variant_with_an_unknown_key_is_refused():
    manifest, _ = a_run("P")
    data = manifest.model_dump(mode="json")
    assert Manifest.model_validate(data) == manifest
    data["expected"][0]["colour"] = "red"
    with pytest.raises(ValidationError, match="colour"):
        Manifest.model_validate(data)
    assert replace(manifest.expected[0], scene="other") != manifest.expected[0]
