from __future__ import annotations

import random

import pytest

from simgate.harness.execution.record_sink import RecordSink
from simgate.harness.execution.until_decided import UntilDecided
from simgate.harness.gate.decide import decide
from simgate.harness.packs.model import GateRule, Pack
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from tests.unit.gate.runs import PASS_RATE, a_run, make_record


def a_sequential_run(letters):
    manifest, records = a_run(letters, PASS_RATE)
    manifest = manifest.model_copy(update={"until_decided": True})
    return manifest, Pack.model_validate(manifest.pack), records


def test_it_stops_when_the_gate_is_decided_and_says_after_how_many():
    manifest, pack, records = a_sequential_run("P" * 60)
    rule = UntilDecided(manifest, pack)
    for count, record in enumerate(records, start=1):
        rule.observe(record)
        assert bool(rule.should_stop()) == (count >= 30)
    assert rule.should_stop() == "decided after 30 of 60 variants"


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_arrival_changes_neither_where_it_stops_nor_the_verdict(seed):
    manifest, pack, records = a_sequential_run("PPFPPPPPFP" * 20)
    shuffled = list(records)
    random.Random(seed).shuffle(shuffled)
    rule = UntilDecided(manifest, pack)
    for record in shuffled:
        rule.observe(record)
    at = decide(manifest, records).stopped_at
    assert rule.should_stop() == (f"decided after {at} of 200 variants" if at else "")
    assert decide(manifest, shuffled) == decide(manifest, records)


def test_results_that_arrive_before_those_that_count_first_decide_nothing():
    manifest, pack, records = a_sequential_run("P" * 60)
    rule = UntilDecided(manifest, pack)
    for record in records[1:]:
        rule.observe(record)
    assert rule.should_stop() == ""
    rule.observe(records[0])
    assert rule.should_stop()


def test_records_of_an_earlier_part_of_the_run_count():
    manifest, pack, records = a_sequential_run("P" * 60)
    assert UntilDecided(manifest, pack, records=records[:30]).should_stop()


def test_records_of_another_model_do_not_count():
    manifest, pack, records = a_sequential_run("P" * 60)
    rule = UntilDecided(manifest, pack)
    for record in records:
        rule.observe(make_record(record.variant, Outcome.PASS, identity="made-with-v1"))
    assert rule.should_stop() == ""


def test_an_error_that_will_be_run_again_counts_only_when_it_has_run():
    manifest, pack, records = a_sequential_run("P" * 60)
    error = make_record(records[0].variant, Outcome.ERROR)
    rule = UntilDecided(manifest, pack, records=[error, *records[1:34]])
    assert rule.should_stop() == ""
    rule.observe(records[0])
    assert rule.should_stop() == "decided after 30 of 60 variants"


def test_an_attempt_that_is_not_the_last_counts_as_one_and_as_no_result(tmp_path):
    rules = (GateRule(kind="attempts", at_most=1), PASS_RATE)
    manifest, records = a_run("P" * 60, *rules)
    manifest = manifest.model_copy(update={"until_decided": True})
    error = make_record(records[0].variant, Outcome.ERROR)
    rule = UntilDecided(manifest, Pack.model_validate(manifest.pack))
    sink = RecordSink(RunFolder(tmp_path), (), rule)
    sink.keep_attempt(error, 1)
    for record in records:
        sink.keep(record)
    # As the verdict over the whole journal: a variant was begun too often, so nothing is decided.
    assert rule.should_stop() == ""
    assert decide(manifest, [error, *records]).stopped_at is None
