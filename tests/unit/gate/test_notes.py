"""What the notes say of repeats: how many variants passed in all of their own, whatever scene they share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.packs.variants import VariantsSpec
from tests.unit.gate.runs import PASS_RATE, make_manifest, make_pack, make_records, scenario, variant_ids


def spread(letters: str, scene: str, pinned: int = 0) -> list[str]:
    """Notes on the repeats of a scenario of which each variant is run three times."""
    variants = VariantsSpec(count=len(letters) - pinned, repeats=3)
    one = scenario(pinned=pinned).model_copy(update={"variants": variants})
    manifest = make_manifest(make_pack([one], [PASS_RATE]))
    expected = tuple(replace(variant, scene=scene) for variant in manifest.expected)
    records = make_records(variant_ids(one), letters)
    notes = decide(manifest.model_copy(update={"expected": expected}), records).notes
    return [note for note in notes if "repeats, " in note]


@pytest.mark.parametrize("scene", ["", "one that differs by light alone"])
def test_repeats_of_a_variant_are_told_apart_from_others_of_its_scene(scene: str) -> None:
    words = "2 passed in every repeat, 1 in none, 1 in some (a share of 0.67 to 0.67 of them)"
    assert spread("PPPFFFPFPPPP", scene) == [f"glass: of 4 variants with 3 repeats, {words}"]


def test_who_lacks_a_result_or_is_pinned_has_not_passed_in_every_repeat() -> None:
    words = "1 passed in every repeat, 0 in none, 0 in some"
    assert spread("PPPPPIPE-P", "", pinned=1) == [f"glass: of 1 variant with 3 repeats, {words}"]
    assert spread("PPI", "") == []
