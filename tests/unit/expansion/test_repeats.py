"""``variants: {repeats: N}``: runs of one variant that differ in what the policy draws alone."""

from __future__ import annotations

import pytest

from simgate.harness.expansion.expand import expand_scenario, expand_variant
from simgate.harness.expansion.scene_key import SceneKeys
from simgate.harness.packs.model import Pack
from simgate.harness.packs.variants import VariantsSpec
from simgate.sim_adapters.worlds.declared.repeated import REPEAT
from tests.unit.expansion import packs as made

DRAWN = {"gate.distance_m": ("uniform", 1.0, 20.0), "light.lux": ("uniform", 10.0, 2000.0)}


def packs(method: str) -> tuple[Pack, Pack]:
    """A pack of six variants, and the same with three repeats of each."""
    plain = made.scenario(
        DRAWN, where=("gate.distance_m > 5",), count=6, method=method, placed={"bins": made.place(2, "bin")}
    )
    variants = VariantsSpec(count=18, method=method, repeats=3)
    return made.pack(plain), made.pack(plain.model_copy(update={"variants": variants}))


@pytest.mark.parametrize("method", ["random", "sobol", "lhs", "halton"])
def test_each_variant_of_the_plain_pack_is_there_with_every_repeat(method: str) -> None:
    plain, repeated = packs(method)
    once, thrice = (expand_scenario(pack, pack.scenarios[0]) for pack in (plain, repeated))
    assert len(thrice) == 18 and len({v.id for v in thrice}) == 18 and len({v.digest for v in thrice}) == 18
    for number, variant in enumerate(thrice):
        parameters = dict(variant.parameters)
        assert parameters.pop(REPEAT) == number % 3
        of = once[number // 3]
        assert (parameters, variant.placed, variant.seed) == (of.parameters, of.placed, of.seed)
        assert variant == expand_variant(repeated, repeated.scenarios[0], number)


def test_repeats_differ_in_the_policys_seed_and_the_first_has_that_of_the_plain_pack() -> None:
    plain, repeated = packs("random")
    once, thrice = (expand_scenario(pack, pack.scenarios[0]) for pack in (plain, repeated))
    assert len({variant.policy_seed for variant in thrice}) == 18
    assert [variant.policy_seed for variant in thrice[::3]] == [variant.policy_seed for variant in once]


def test_repeats_are_one_scene() -> None:
    _, repeated = packs("random")
    keys = SceneKeys(repeated)
    scenes = [keys.key(variant) for variant in expand_scenario(repeated, repeated.scenarios[0])]
    assert all(len(set(scenes[k : k + 3])) == 1 for k in range(0, 18, 3))
