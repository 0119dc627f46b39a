"""Hard rules: every variant in scope meets them; one violation refutes, and nothing doubtful proves."""

from __future__ import annotations

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import Criterion, GateRule, KnownFailure
from simgate.harness.results.record import CriterionResult, Outcome
from tests.unit.gate.runs import make_manifest, make_pack, make_record, scenario, variant_ids

LIMIT = Criterion(metric="speed_max_mps", op="at_most", bound=1.2, if_undefined="invalid")
RULE = GateRule(kind="every_variant", severity="critical", metric="speed_max_mps", criterion=LIMIT)
QUARANTINE = KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01")


def limited(speed, outcome=None):
    """What a hard rule on speed gives."""
    if outcome is None:
        outcome = Outcome.INVALID if speed is None else Outcome.PASS if speed <= 1.2 else Outcome.FAIL
    return CriterionResult(
        metric="speed_max_mps",
        statement=LIMIT.statement,
        observed=speed,
        unit="m/s",
        outcome=outcome,
        reason="" if speed is not None else "no evidence: nothing moved",
    )


def run_of(speeds, known=(), until_decided=False, only=None, gate=(RULE,)):
    """A run of a pack with one scenario, a speed for each variant; None leaves no value."""
    one = scenario(count=len(speeds), known=known).model_copy(update={"hard": (LIMIT,)})
    manifest = make_manifest(make_pack([one], gate), only, until_decided=until_decided)
    records = [
        make_record(name, hard=(limited(v),)) for name, v in zip(variant_ids(one), speeds, strict=True)
    ]
    return manifest, records


def decided(manifest, records):
    verdict = decide(manifest, records)
    return verdict.rules[0]


def test_a_rule_that_every_variant_meets_is_go_with_the_worst_value():
    rule = decided(*run_of([0.4, 1.2, 0.9]))
    assert (rule.decision, rule.reason) == (Decision.GO, "all 3 variants meet it")
    assert (rule.estimate, rule.bound, rule.successes) == (1.2, 1.2, 3)
    assert rule.statement == "speed_max_mps at most 1.2 in every variant of critical scenarios"


def test_a_single_violation_among_many_is_no_go_and_named():
    rule = decided(*run_of([0.5] * 299 + [1.21]))
    assert rule.decision is Decision.NO_GO
    assert rule.reason == "violated by 1 of 300 variants: glass::v0299 (1.21)"
    assert (rule.successes, rule.failures) == (299, 1)


def test_a_violation_is_written_as_numbers_are_on_the_page():
    rule = decided(*run_of([0.5, 12345.678]))
    assert rule.reason == "violated by 1 of 2 variants: glass::v0001 (12346)"


def test_no_other_rule_weakens_a_violation():
    # Holm's procedure goes over tests; a violation is no test.
    tests = [GateRule(kind="pass_rate", at_least=0.5, scenario=f"g*{'?' * 0}") for _ in range(20)]
    manifest, records = run_of([0.5] * 39 + [2.0], gate=(RULE, *tests))
    verdict = decide(manifest, records)
    assert verdict.decision is Decision.NO_GO
    assert {rule.decision for rule in verdict.rules[1:]} == {Decision.GO}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"outcome": Outcome.INVALID}, "1 INVALID"),
        ({"outcome": Outcome.ERROR, "hard": ()}, "1 ERROR"),
        (None, "1 missing"),
        ({"hard": ()}, "its record was made without this rule"),
        ({"hard": (limited(None),)}, "no evidence: nothing moved"),
        ({"hard": (limited(2.0, Outcome.PASS),)}, "its value contradicts what its record says of it"),
    ],
)
def test_a_variant_of_which_nobody_knows_leaves_the_rule_undecided(change, word):
    manifest, records = run_of([0.5] * 40)
    records[7:8] = [] if change is None else [records[7].model_copy(update=change)]
    rule = decided(manifest, records)
    assert rule.decision is Decision.INCONCLUSIVE
    assert rule.reason.startswith("39 variants meet it; could violate it: 1 ")
    assert word in rule.reason


def test_what_was_violated_before_there_was_doubt_refutes():
    manifest, records = run_of([0.5] * 40)
    records[3] = records[3].model_copy(update={"outcome": Outcome.INVALID, "hard": (limited(1.5),)})
    assert decided(manifest, records).decision is Decision.NO_GO


@pytest.mark.parametrize("first", [Outcome.INVALID, Outcome.PASS])
def test_a_violation_is_not_undone_by_running_the_variant_again(first):
    manifest, records = run_of([0.5] * 40)
    spoilt = records[3].model_copy(update={"outcome": first, "hard": (limited(1.5),)})
    rule = decided(manifest, [spoilt, *records])
    assert rule.decision is Decision.INCONCLUSIVE
    assert rule.failures == 0 and rule.invalid == 1


def test_variants_in_a_quarantine_count_as_neither():
    manifest, records = run_of([0.5] * 39 + [1.5], known=[QUARANTINE])
    records[-1] = records[-1].model_copy(update={"known_issue": "PER-311"})
    rule = decided(manifest, records)
    assert rule.decision is Decision.GO
    assert "not counted: 1 variant in quarantine" in rule.reason


@pytest.mark.parametrize("only", [["glass::v0000", "glass::v0001"], ["glass::v0003"]])
def test_a_selection_never_proves_what_every_variant_must_meet(only):
    # The first variants are a fair sample of a pass rate; of a hard rule no sample is.
    manifest, records = run_of([0.5] * 40, only=only)
    rule = decided(manifest, records)
    assert rule.decision is Decision.INCONCLUSIVE
    assert f"could violate it: {40 - len(only)} left out by the selection" in rule.reason
    spoilt = [one.model_copy(update={"hard": (limited(1.5),)}) for one in records]
    assert decided(manifest, spoilt).decision is Decision.NO_GO


def test_a_sequential_run_ends_at_a_violation_and_proves_only_at_its_end():
    clean = decide(*run_of([0.5] * 40, until_decided=True))
    assert (clean.decision, clean.stopped_at) == (Decision.GO, 40)
    spoilt = decide(*run_of([0.5] * 20 + [1.5] + [0.5] * 19, until_decided=True))
    assert (spoilt.decision, spoilt.stopped_at) == (Decision.NO_GO, 21)
    manifest, records = run_of([0.5] * 40, until_decided=True)
    assert decide(manifest, records[:39]).decision is Decision.INCONCLUSIVE


def test_a_gate_of_hard_rules_alone_judges_the_model():
    assert decide(*run_of([0.5] * 40)).decision is Decision.GO


def test_a_sequential_run_of_a_part_of_the_pack_is_refuted_by_a_violation_and_never_proven():
    first = [f"glass::v{k:04d}" for k in range(12)]
    manifest, records = run_of([0.5] * 40, until_decided=True, only=first)
    clean = decide(manifest, records)
    assert (clean.decision, clean.stopped_at) == (Decision.INCONCLUSIVE, None)
    picked, records = run_of([1.5] * 40, until_decided=True, only=[name for name in first if "3" not in name])
    assert decide(picked, records).stopped_at == 10


def test_a_record_without_a_result_for_the_rule_proves_nothing():
    manifest, records = run_of([0.5] * 4)
    silent = records[2].model_copy(update={"hard": ()})
    rule = decided(manifest, [*records[:2], silent, records[3]])
    assert (rule.decision, rule.successes) == (Decision.INCONCLUSIVE, 3)
