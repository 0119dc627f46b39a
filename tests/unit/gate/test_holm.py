from __future__ import annotations

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.text import plural
from tests.unit.gate.pairs import MADE_WITH, evidence_of
from tests.unit.gate.runs import (
    PASS_RATE,
    VALIDITY,
    make_manifest,
    make_pack,
    make_records,
    scenario,
    variant_ids,
)

NAMES = ("glass", "wood", "bins")


def verdict_of(letters, gate):
    scenarios = [scenario(name, len(text)) for name, text in zip(NAMES, letters, strict=False)]
    manifest = make_manifest(make_pack(scenarios, gate))
    records = [
        r for one, text in zip(scenarios, letters, strict=True) for r in make_records(variant_ids(one), text)
    ]
    return decide(manifest, records)


def rule_on(name):
    return PASS_RATE.model_copy(update={"scenario": name})


def test_a_rule_that_is_refuted_alone_may_be_undecided_among_others():
    # 7 of 30 failures at p0 = 0.9: p = 0.026, above 0.05 / 3.
    letters = ["F" * 7 + "P" * 23, "P" * 30, "P" * 30]
    assert verdict_of(letters[:1], [rule_on("glass")]).decision is Decision.NO_GO
    verdict = verdict_of(letters, [rule_on(name) for name in NAMES])
    assert verdict.rules[0].decision is Decision.INCONCLUSIVE
    assert "not as one of 3 rules tested at once (Holm)" in verdict.rules[0].reason
    assert verdict.decision is Decision.INCONCLUSIVE


def test_it_says_how_many_more_failures_would_refute_it_among_the_others():
    letters = ["F" * 7 + "P" * 23, "P" * 30, "P" * 30]
    said = verdict_of(letters, [rule_on(name) for name in NAMES]).rules[0].would_change
    more = int(said.split()[0])
    assert said.endswith("would refute it among them")
    for failures, decision in ((more - 1, Decision.INCONCLUSIVE), (more, Decision.NO_GO)):
        letters[0] = "F" * (7 + failures) + "P" * 23
        assert verdict_of(letters, [rule_on(name) for name in NAMES]).rules[0].decision is decision


@pytest.mark.parametrize("count", [1, 3])
def test_the_failures_that_an_undecided_rule_names_are_those_that_refute_it_among_the_others(count):
    letters, gate = ["P" * 20] + ["P" * 30] * (count - 1), [rule_on(name) for name in NAMES[:count]]
    said = verdict_of(letters, gate).rules[0].would_change
    more = int(said.partition("GO, ")[2].split()[0])
    for failures, decision in ((more - 1, Decision.INCONCLUSIVE), (more, Decision.NO_GO)):
        letters[0] = "P" * 20 + "F" * failures
        assert verdict_of(letters, gate).rules[0].decision is decision


def test_a_second_refuted_rule_helps_the_first():
    letters = ["F" * 7 + "P" * 23, "F" * 25 + "P" * 5]
    verdict = verdict_of(letters, [rule_on("glass"), rule_on("wood")])
    assert [rule.decision for rule in verdict.rules] == [Decision.NO_GO, Decision.NO_GO]


def test_rules_on_the_evidence_are_not_among_those_tested():
    letters = ["F" * 7 + "P" * 23]
    assert verdict_of(letters, [rule_on("glass"), VALIDITY]).decision is Decision.NO_GO


@pytest.mark.parametrize("count", [1, 2, 3])
def test_go_claims_every_rule_at_its_own_confidence_however_many_there_are(count):
    gate = [rule_on(name) for name in NAMES[:count]]
    assert verdict_of(["P" * 29] * count, gate).decision is Decision.GO


def test_a_rule_without_evidence_cannot_be_refuted_and_counts_as_tested():
    gate = [rule_on("glass"), GateRule(kind="pass_rate", at_least=0.9, scenario="stairs")]
    # p = 0.026 is above 0.05 / 2.
    assert verdict_of(["F" * 7 + "P" * 23], gate).rules[0].decision is Decision.INCONCLUSIVE


@pytest.mark.parametrize(
    ("letters", "gate"),
    [
        # The second rule is refuted already, so Holm asks less of the first.
        (["P" * 20, "F" * 25 + "P" * 5], [rule_on("glass"), rule_on("wood")]),
        # Failures of glass are failures of all: the stricter rule falls first and helps the other.
        (["P" * 20], [rule_on("glass"), GateRule(kind="pass_rate", at_least=0.98)]),
        # Errors may fail when they are run again.
        (["P" * 20 + "EEE" + "F" * 3, "P" * 30], [rule_on("glass"), rule_on("wood")]),
    ],
)
def test_the_failures_named_are_the_fewest_whatever_the_other_rules_show(letters, gate):
    said = verdict_of(letters, gate).rules[0].would_change
    more = int(said.partition("GO, ")[2].split()[0])
    errors, rest = letters[0].count("E"), letters[0].replace("E", "")
    decisions = []
    for failures in (more - 1, more):
        left = max(errors - failures, 0)
        decisions.append(
            verdict_of([rest + "F" * failures + "E" * left, *letters[1:]], gate).rules[0].decision
        )
    assert decisions == [Decision.INCONCLUSIVE, Decision.NO_GO]


@pytest.mark.parametrize(("size", "doubtful"), [(60, 0), (60, 3), (5, 0)])
def test_the_broken_pairs_that_an_undecided_regression_names_are_those_that_refute_it_among_others(
    size, doubtful
):
    regression = GateRule(kind="regression", at_most=0.02, scenario=NAMES[0])
    gate = [regression, *(rule_on(name) for name in NAMES[1:])]

    def decided(broken):
        pairs = max(size, broken + doubtful)
        scenarios = [scenario(NAMES[0], pairs), *(scenario(name, 60) for name in NAMES[1:])]

        def run(letters, model):
            manifest = make_manifest(make_pack(scenarios, gate))
            made = MADE_WITH.model_copy(update={"model": model, "model_sha256": model * 64})
            every = [letters, "P" * 60, "P" * 60]
            records = [
                record
                for one, text in zip(scenarios, every, strict=True)
                for record in make_records(variant_ids(one), text)
            ]
            return manifest.model_copy(update={"fingerprint": made}), records

        old = evidence_of(*run("P" * pairs, "1"))
        return decide(*run(("F" * broken + "I" * doubtful).ljust(pairs, "P"), "2"), old).rules[0]

    undecided = next(k for k in range(1, 40) if "(Holm)" in decided(k).reason)
    said = decided(undecided).would_change
    more = int(said.split()[0])
    assert said == f"{plural(more, 'more broken variant')} would refute it among them"
    assert decided(undecided + more - 1).decision is Decision.INCONCLUSIVE
    assert decided(undecided + more).decision is Decision.NO_GO
