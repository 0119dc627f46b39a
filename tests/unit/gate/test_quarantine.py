from __future__ import annotations

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule, KnownFailure
from simgate.harness.results.record import Outcome
from tests.unit.gate.runs import a_run, collisions

RULE = GateRule(kind="pass_rate", at_least=0.9)
IN_DATE = KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01")
EXPIRED = KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2026-11-30")


def run_with(inside: str, entry: KnownFailure = IN_DATE):
    """29 clean variants outside the quarantine, and these inside of it; the run is of 2026-12-01."""
    manifest, records = a_run("P" * 29 + inside, RULE, known=[entry])
    kept = records[:29] + [r.model_copy(update={"known_issue": entry.issue}) for r in records[29:]]
    return manifest, kept


def test_a_quarantine_that_still_excuses_a_failure_is_no_error():
    verdict = decide(*run_with("PK"))
    assert (verdict.decision, verdict.quarantine_errors) == (Decision.GO, ())


@pytest.mark.parametrize(
    ("inside", "words"), [("P", "the one variant in it"), ("PPP", "all 3 variants in it")]
)
def test_a_quarantine_that_no_longer_fails_keeps_the_run_from_go(inside, words):
    verdict = decide(*run_with(inside))
    assert verdict.decision is Decision.INCONCLUSIVE
    assert f"quarantine PER-311 of glass no longer fails: {words} passed; delete" in verdict.headline
    assert verdict.quarantine_errors[0].message in verdict.notes


def test_a_quarantine_that_covers_nothing_is_an_error():
    verdict = decide(*run_with(""))
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "covers no variant" in verdict.headline


def test_an_expired_quarantine_is_an_error_even_when_it_still_fails():
    manifest, records = run_with("", EXPIRED)
    verdict = decide(manifest, records)
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "ended on 2026-11-30, before this run: delete the entry, or date it anew" in verdict.headline


def test_a_refuted_rule_stays_no_go_beside_a_bad_quarantine():
    manifest, records = a_run("P" * 10 + "F" * 20, RULE, known=[IN_DATE])
    verdict = decide(manifest, records)
    assert verdict.decision is Decision.NO_GO
    assert verdict.quarantine_errors


@pytest.mark.parametrize("outcome", [Outcome.INVALID, Outcome.ERROR])
def test_doubtful_variants_leave_open_whether_it_still_fails(outcome):
    manifest, records = run_with("PP")
    records[-1] = records[-1].model_copy(update={"outcome": outcome, "criteria": (collisions(outcome),)})
    assert decide(manifest, records).quarantine_errors == ()


def test_a_missing_variant_leaves_it_open():
    manifest, records = run_with("PP")
    assert decide(manifest, records[:-1]).quarantine_errors == ()


def test_a_part_of_the_pack_cannot_say_that_a_quarantine_is_not_needed():
    manifest, records = run_with("P")
    part = manifest.model_copy(update={"selection": "--variants 30"})
    assert decide(part, records).quarantine_errors == ()


def test_several_entries_of_one_issue_are_one_quarantine():
    wider = IN_DATE.model_copy(update={"when": "door.tint < 0.08"})
    manifest, records = a_run("P" * 29 + "PK", RULE, known=[IN_DATE, wider])
    kept = records[:29] + [r.model_copy(update={"known_issue": "PER-311"}) for r in records[29:]]
    assert decide(manifest, kept).decision is Decision.GO
