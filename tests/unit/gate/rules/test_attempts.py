"""What was run again until it gave a result leaves its trace in the verdict."""

from __future__ import annotations

from simgate.harness.gate.decide import decide
from simgate.harness.gate.texts.explain import explain
from simgate.harness.gate.texts.table import verdict_table
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.results.record import Outcome
from tests.unit.gate.runs import PASS_RATE, a_run, make_record


def tried(letters, *earlier):
    """A run, with earlier records of its first variant before all others."""
    manifest, records = a_run(letters, PASS_RATE)
    return manifest, [*(make_record(manifest.expected[0].id, outcome) for outcome in earlier), *records]


def test_an_error_that_was_run_again_until_it_passed_is_counted_named_and_told():
    verdict = decide(*tried("P" * 60, Outcome.ERROR, Outcome.INVALID))
    assert verdict.decision is Decision.GO
    assert verdict.headline.endswith(", 1 variant begun more than once")
    assert [rule.retried for rule in verdict.rules] == [1]
    assert [scenario.retried for scenario in verdict.scenarios] == [1]
    note = (
        "1 variant begun more than once, the last result counts: glass::v0000 (3 times: ERROR, INVALID, PASS)"
    )
    assert note in verdict.notes
    assert "60 passed, 1 begun more than once" in explain(verdict)
    assert "begun again" in verdict_table(verdict)


def test_a_variant_whose_worker_died_on_it_counts_as_begun_twice():
    manifest, records = a_run("P" * 60, PASS_RATE)
    records[0] = records[0].model_copy(update={"attempts": 2})
    assert decide(manifest, records).rules[0].retried == 1


def test_what_no_worker_could_begin_is_no_attempt():
    manifest, records = a_run("P" * 60, PASS_RATE)
    never = make_record(manifest.expected[0].id, Outcome.ERROR, attempts=0)
    assert decide(manifest, [never, *records]).rules[0].retried == 0


def test_what_ran_once_is_told_of_nowhere():
    verdict = decide(*tried("P" * 60))
    assert verdict.rules[0].retried == 0
    assert not [note for note in verdict.notes if "begun" in note]
    assert "begun" not in verdict.headline + explain(verdict) + verdict_table(verdict)


def test_records_of_another_model_are_no_attempts_of_this_one():
    manifest, records = a_run("P" * 60, PASS_RATE)
    foreign = [make_record(manifest.expected[0].id, Outcome.ERROR, identity="made-with-v1")]
    assert decide(manifest, [*foreign, *records]).rules[0].retried == 0


def limited(most, letters, *earlier, **changes):
    rule = GateRule(kind="attempts", at_most=most)
    manifest, records = a_run(letters, rule, PASS_RATE, **changes)
    first = manifest.expected[0].id
    return decide(manifest, [*(make_record(first, outcome) for outcome in earlier), *records])


def test_a_rule_limits_how_often_a_variant_may_be_begun():
    verdict = limited(1, "P" * 60, Outcome.ERROR)
    assert verdict.decision is verdict.rules[0].decision is Decision.INCONCLUSIVE
    assert verdict.rules[0].reason == ("1 variant begun more than once: glass::v0000 (2 times: ERROR, PASS)")
    assert limited(2, "P" * 60, Outcome.ERROR).decision is Decision.GO
    assert limited(2, "P" * 60, Outcome.ERROR, Outcome.ERROR).decision is Decision.INCONCLUSIVE


def test_too_many_attempts_say_nothing_against_the_model():
    assert limited(1, "F" * 60, Outcome.ERROR).rules[0].decision is Decision.INCONCLUSIVE


def test_what_never_reported_was_not_shown_to_need_few_attempts():
    assert limited(1, "P" * 59 + "-").rules[0].decision is Decision.INCONCLUSIVE


def test_a_sequential_run_is_not_decided_while_a_variant_was_begun_too_often():
    rules = (GateRule(kind="attempts", at_most=1), PASS_RATE)
    manifest, records = a_run("P" * 60, *rules)
    manifest = manifest.model_copy(update={"until_decided": True})
    assert decide(manifest, records).stopped_at == 30
    error = make_record(manifest.expected[0].id, Outcome.ERROR)
    again = decide(manifest, [error, *records])
    assert (again.decision, again.stopped_at) == (Decision.INCONCLUSIVE, None)


def test_a_gate_of_attempts_alone_judges_no_model():
    manifest, records = a_run("P" * 60, GateRule(kind="attempts", at_most=1))
    assert decide(manifest, records).decision is Decision.INCONCLUSIVE


def test_a_verdict_that_says_nothing_of_attempts_had_none():
    verdict = decide(*tried("PPP"))
    for one in (verdict.rules[0], verdict.scenarios[0]):
        old = one.model_dump(exclude={"retried"})
        assert type(one).model_validate(old).retried == 0
