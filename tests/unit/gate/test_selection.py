from __future__ import annotations

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.selection import left_out
from simgate.harness.packs.model import GateRule
from tests.unit.gate.runs import PASS_RATE, make_manifest, make_pack, make_records, scenario, variant_ids

GLASS, WOOD = scenario("glass", 10, pinned=1), scenario("wood", 5, "major")
PACK = make_pack([GLASS, WOOD], [PASS_RATE])
GLASS_IDS, WOOD_IDS = variant_ids(GLASS), variant_ids(WOOD)


def missing_of(*ids):
    return left_out(make_manifest(PACK, ids), PACK)


def test_the_whole_pack_leaves_nothing_out():
    assert missing_of(*GLASS_IDS, *WOOD_IDS) == {}


def test_the_first_variants_of_each_scenario_with_its_pinned_ones_are_a_fair_sample():
    assert missing_of(*GLASS_IDS[:3], GLASS_IDS[-1], *WOOD_IDS[:2]) == {}


def test_a_scenario_that_does_not_run_is_left_out_whole():
    assert missing_of(*GLASS_IDS) == {"wood": 5}


def test_variants_picked_by_name_leave_the_others_out():
    assert missing_of(*GLASS_IDS[:4], *GLASS_IDS[5:], *WOOD_IDS) == {"glass": 1}


def test_dropping_the_pinned_variant_leaves_it_out_however_many_others_run():
    assert missing_of(*GLASS_IDS[:10], *WOOD_IDS) == {"glass": 1}


def test_leaving_out_the_first_variant_alone_is_no_fair_sample_either():
    assert missing_of(*GLASS_IDS[1:], *WOOD_IDS) == {"glass": 1}


def test_the_last_variants_are_no_fair_sample():
    assert missing_of(*GLASS_IDS[5:], *WOOD_IDS) == {"glass": 5}


def test_pinned_variants_alone_are_no_sample():
    assert missing_of(GLASS_IDS[-1], *WOOD_IDS) == {"glass": 10}


BIG = [scenario("glass", 100), scenario("wood", 100, "major")]


def changes(rule, letters, ids):
    """What would change a rule in a run of these variants of a big pack, of which the rest was left out."""
    pack = make_pack(BIG, [rule])
    found = decide(make_manifest(pack, ids, selection="-k some"), make_records(ids, letters)).rules[0]
    assert found.left_out == 200 - len(ids) or found.left_out == 0
    return found.would_change


@pytest.mark.parametrize("letters", ["P" * 60, "F" * 8 + "P" * 52, "FFFII" + "P" * 55, "E" * 60])
@pytest.mark.parametrize(
    "rule",
    [
        PASS_RATE,
        GateRule(kind="metric", metric="latency.p95_ms", at_most=50.0),
        GateRule(kind="invalid_or_error", at_most=0.02),
        GateRule(kind="attempts", at_most=1),
    ],
    ids=lambda rule: rule.kind,
)
def test_what_would_change_an_undecided_rule_begins_with_a_run_that_leaves_nothing_out(rule, letters):
    said = changes(rule, letters, variant_ids(BIG[0])[20:80])
    assert said.startswith("a run that leaves out none of the 140 variants")
    assert "more clean" not in said and "more sample" not in said


def test_what_a_refuted_rule_needs_is_said_of_all_variants_and_not_of_these():
    ids = [*variant_ids(BIG[0]), *variant_ids(BIG[1])[10:]]
    assert (
        changes(PASS_RATE, "F" * 190, ids)
        == "GO needs at most 12 failures among all 200 variants; 190 failed"
    )
