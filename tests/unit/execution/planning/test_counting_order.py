from __future__ import annotations

import pytest

from simgate.harness.execution.planning.counting_order import (
    DependentVariants,
    counting_order,
    random_order,
    running_order,
)
from simgate.harness.packs.model import PinnedVariant
from tests.unit.execution.memory_pack import ids, make_pack, make_variant, make_variants


@pytest.fixture
def pack(tmp_path):
    return make_pack(tmp_path)


def test_the_order_is_shuffled_and_the_same_every_time(pack):
    variants = make_variants(40)
    order = counting_order(pack, variants)
    assert sorted(ids(order)) == ids(variants) != ids(order)
    assert counting_order(pack, variants) == order


def test_another_seed_or_purpose_gives_another_order(pack):
    variants = make_variants(40)
    other = pack.model_copy(update={"seed": 1})
    assert counting_order(other, variants) != counting_order(pack, variants)
    assert random_order(pack, variants, "@aa") != counting_order(pack, variants)


class MadeInBlocks(list):
    """Variants that are cheap to go through, and dear one by one, as an expansion's are."""

    def __getitem__(self, place):
        raise AssertionError(f"variant {place} was asked for alone")


def test_variants_are_gone_through_and_never_asked_for_one_by_one(pack):
    variants = make_variants(40)
    assert counting_order(pack, MadeInBlocks(variants)) == counting_order(pack, variants)


def test_nothing_but_the_place_of_a_variant_decides_where_it_counts(pack):
    plain, noisy = make_variants(40), make_variants(40, noise=0.3)
    assert ids(counting_order(pack, plain)) == ids(counting_order(pack, noisy))


def test_pinned_variants_run_first_and_count_where_they_were_drawn(pack):
    scenario = pack.scenarios[0].model_copy(update={"pinned": (PinnedVariant(id="old", parameters={}),)})
    with_pin = pack.model_copy(update={"scenarios": (scenario,)})
    variants = make_variants(9)
    counted = counting_order(with_pin, variants)
    handed_out = running_order(with_pin, counted)
    assert handed_out[0].index == 8
    assert [v for v in handed_out if v.index != 8] == [v for v in counted if v.index != 8]


def test_a_pin_of_what_is_still_drawn_is_no_dependence(pack):
    variants = make_variants(9)
    pin = variants[3].model_copy(update={"id": "door_ahead::pin-crash", "index": 9})
    assert sorted(ids(counting_order(pack, [*variants, pin]))) == sorted(ids([*variants, pin]))


def same_scene(index, noise=0.01):
    return make_variant(index, {"door.distance_m": 3.0, "camera.noise_std": noise, "fault": "none"})


def test_variants_that_share_scenes_are_refused_with_the_scenario(pack):
    variants = [same_scene(0), same_scene(1, noise=0.2), *make_variants(8)[2:]]
    with pytest.raises(DependentVariants, match="some of door_ahead share a scene"):
        counting_order(pack, variants)


def test_one_scene_in_which_only_noise_and_seed_vary_is_refused_too(pack):
    with pytest.raises(DependentVariants, match="run without --until-decided"):
        counting_order(pack, [same_scene(k) for k in range(5)])
