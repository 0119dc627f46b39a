from __future__ import annotations

from simgate.harness.gate.selection import left_out
from tests.unit.gate.runs import PASS_RATE, make_manifest, make_pack, scenario, variant_ids

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
