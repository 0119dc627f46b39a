"""Variants: complete, conditioned, stable, and each computable alone."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.expand import Expansion, expand_pack, expand_scenario, expand_variant
from simgate.harness.expansion.pinned import pin_of
from simgate.harness.expansion.sequences.streams import Streams
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.expressions.conditions import holds
from simgate.harness.packs.model import Pack, PinnedVariant, Scenario
from simgate.harness.packs.values import ValueSpec
from tests.unit.expansion.packs import pack, place, scenario
from tests.unit.packs.yard import PLUGINS, YARD

NUMBERS = {
    "gate.distance_m": ("uniform", 2, 9), "light.lux": ("log_uniform", 50, 1500), "crew": ("integers", 0, 9),
    "gate.kind": {"steel": 2, "glass": 1}, "tilt_deg": 3, "side_m": ("uniform", 8, 12),
    "gate.open": {True: 1, False: 3},
}  # fmt: skip
SEEDS: dict[str, int | None] = {"low": None, "given": 7, "high": None}
METHODS = st.sampled_from(["random", "sobol", "halton", "lhs"])


def one(scenario: Scenario, **changes: Any) -> tuple[Variant, ...]:
    return expand_pack(pack(scenario, **changes))


@pytest.fixture(autouse=True, scope="module")
def _yard_for_hypothesis() -> Any:
    """Hypothesis runs many examples in one function; the world stays installed for all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGATE_PLUGINS", PLUGINS)
        yield


def test_a_variant_holds_every_parameter_of_the_world_in_order() -> None:
    variants = one(scenario({"gate.distance_m": ("uniform", 2, 9)}))
    assert [v.id for v in variants[:2]] == ["one::v0000", "one::v0001"] and len(variants) == 40
    for variant in variants:
        assert list(variant.parameters) == sorted(YARD.parameters)
        assert variant.parameters["light.lux"] == 300.0


def test_values_have_the_type_of_their_parameter() -> None:
    for variant in one(scenario(NUMBERS)):
        types = {name: type(value) for name, value in variant.parameters.items()}
        assert types == {
            "crew": int, "gate.distance_m": float, "gate.kind": str, "gate.open": bool,
            "light.lux": float, "side_m": float, "tilt_deg": float,
        }  # fmt: skip


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_values_follow_their_law_under_both_methods(method: str) -> None:
    variants = one(scenario({"gate.distance_m": ("uniform", 2, 9)}, count=5000, method=method))
    values = [variant.parameters["gate.distance_m"] for variant in variants]
    assert stats.kstest(values, stats.uniform(2, 7).cdf).pvalue > 0.01


def test_sobol_fills_every_equal_part_of_a_range_with_one_variant() -> None:
    variants = one(scenario({"gate.distance_m": ("uniform", 2, 10)}, count=64, method="sobol"))
    cells = sorted(int((v.parameters["gate.distance_m"] - 2) * 8) for v in variants)
    assert cells == list(range(64))


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_every_variant_meets_every_condition(method: str) -> None:
    where = ("gate.distance_m > 0.01 * light.lux", "crew < 4", "gate.kind == 'glass' or gate.open")
    variants = one(scenario(NUMBERS, where=where, count=300, method=method))
    assert len(variants) == 300
    assert all(holds(condition, v.parameters) for v in variants for condition in where)


def test_conditions_leave_the_law_of_rejection_sampling() -> None:
    where = ("gate.distance_m + tilt_deg > 8",)
    parameters = {"gate.distance_m": ("uniform", 2, 9), "tilt_deg": ("uniform", 0, 5)}
    variants = one(scenario(parameters, where=where, count=4000))
    plain = one(scenario(parameters, count=20_000))
    naive = [v for v in plain if holds(where[0], v.parameters)]
    for name in parameters:
        drawn, expected = ([v.parameters[name] for v in vs] for vs in (variants, naive))
        assert stats.ks_2samp(drawn, expected).pvalue > 0.01


def test_a_condition_redraws_only_what_it_speaks_of() -> None:
    free = one(scenario(NUMBERS, method="sobol"))
    bound = one(scenario(NUMBERS, where=("crew < 3",), method="sobol"))
    for a, b in zip(free, bound, strict=True):
        assert {k: v for k, v in a.parameters.items() if k != "crew"} == {
            k: v for k, v in b.parameters.items() if k != "crew"
        }


def test_conditions_that_almost_nothing_meets_are_an_error_that_names_the_worst() -> None:
    strict = scenario(
        NUMBERS, where=("gate.distance_m > 3", "gate.distance_m < 3.00001 and light.lux > 1499.9")
    )
    with pytest.raises(ExpansionError) as caught:
        one(strict)
    text = str(caught.value)
    assert "pack.yaml:12" in text and "scenario 'one'" in text and "loosen it" in text
    assert "'gate.distance_m < 3.00001 and light.lux > 1499.9'" in text


def test_a_condition_on_constants_that_does_not_hold_is_an_error() -> None:
    with pytest.raises(ExpansionError, match="speaks only of constants"):
        one(scenario({"tilt_deg": 3}, where=("tilt_deg > 4",)))


def test_conditions_that_share_no_parameter_do_not_multiply() -> None:
    where = ("gate.distance_m < 2.01", "side_m < 8.01", "light.lux < 51")
    assert len(one(scenario(NUMBERS, where=where, count=3))) == 3


def test_a_count_caps_the_sampled_variants_and_keeps_the_pinned_ones() -> None:
    drawn = one(scenario(NUMBERS))
    pins = (pin_of(drawn[3], "low"), pin_of(drawn[4], "high"))
    variants = expand_pack(pack(scenario(NUMBERS, pinned=pins)), count=2)
    assert [v.id for v in variants] == ["one::v0000", "one::v0001", "one::pin-low", "one::pin-high"]
    assert [v.index for v in variants] == [0, 1, 40, 41]
    assert len(expand_pack(pack(scenario(NUMBERS)), count=1000)) == 40
    assert variants == tuple(v for v in one(scenario(NUMBERS, pinned=pins)) if v.index in (0, 1, 40, 41))


def test_pins_without_a_seed_have_each_that_of_their_own_name() -> None:
    drawn = one(scenario(NUMBERS))[0].parameters
    pins = tuple(PinnedVariant(id=name, parameters=drawn, seed=seed) for name, seed in SEEDS.items())
    made = pack(scenario(NUMBERS, pinned=pins))
    whole = expand_pack(made, count=0)
    streams = [Streams(made.name, "one", made.seed, f"@pin:{name}:") for name in SEEDS]
    own = [int(stream["@seed"].bits(0)) >> 1 for stream in streams]
    assert [v.seed for v in whole] == [own[0], 7, own[2]]
    assert whole == tuple(expand_variant(made, made.scenarios[0], 40 + k) for k in range(3))


def test_a_pinned_variant_is_exact_and_ignores_distributions() -> None:
    values = {
        "crew": 2, "gate.distance_m": 5, "gate.kind": "steel", "gate.open": False, "light.lux": 64, "side_m": 6,
    }  # fmt: skip
    pin = PinnedVariant(id="low", parameters=values)
    variant = one(scenario(NUMBERS, pinned=(pin,)))[-1]
    edited = one(scenario({**NUMBERS, "gate.distance_m": ("uniform", 3, 4)}, pinned=(pin,), count=7))[-1]
    assert variant.parameters == {
        "crew": 2, "gate.distance_m": 5.0, "gate.kind": "steel", "gate.open": False,
        "light.lux": 64.0, "side_m": 6.0, "tilt_deg": 3.0,
    }  # fmt: skip
    assert (edited.parameters, edited.seed, edited.digest) == (
        variant.parameters,
        variant.seed,
        variant.digest,
    )


def test_the_digest_is_that_of_the_canonical_content() -> None:
    variant = one(scenario(NUMBERS, placed={"clutter": place(3, "bin")}))[7]
    content = {
        "world": "yard", "parameters": variant.parameters, "seed": variant.seed,
        "placed": [item.model_dump() for item in variant.placed],
    }  # fmt: skip
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert variant.digest == hashlib.sha256(text.encode()).hexdigest()


def test_digests_and_seeds_are_unique_and_survive_json() -> None:
    variants = one(scenario(NUMBERS, count=500))
    assert len({v.digest for v in variants}) == len({v.seed for v in variants}) == 500
    assert all(0 <= v.seed < 2**63 for v in variants)
    assert all(Variant.model_validate_json(v.model_dump_json()) == v for v in variants[:20])


def test_a_variant_that_does_not_exist_is_an_index_error() -> None:
    for index in (-1, 40):
        with pytest.raises(IndexError):
            expand_variant(pack(scenario(NUMBERS)), scenario(NUMBERS), index)


_parameter_sets = st.lists(st.sampled_from(sorted(NUMBERS)), unique=True, max_size=len(NUMBERS))
_wheres = st.lists(
    st.sampled_from(
        ["gate.distance_m > 4", "crew <= 5", "light.lux * gate.distance_m > 900", "gate.kind != 'none'"]
    ),
    unique=True,
    max_size=3,
)
_groups = st.dictionaries(
    st.sampled_from(["clutter", "planks", "bins"]),
    st.builds(
        place,
        st.sampled_from([1, ("integers", 0, 3)]),
        st.sampled_from(["bin", {"box": 2, "plank": 1}]),
        st.sampled_from([0.0, 0.3]),
        st.sampled_from([(), ("start",), ("centre", "start")]),
    ),
    max_size=2,
)


@settings(max_examples=40, deadline=None)
@given(names=_parameter_sets, where=_wheres, groups=_groups, method=METHODS, seed=st.integers(0, 2**63 - 1))
def test_a_variant_alone_equals_the_one_of_the_whole(
    names: list[str], where: list[str], groups: dict[str, Any], method: str, seed: int
) -> None:
    parameters = {name: NUMBERS[name] for name in names} | {"side_m": ("uniform", 8, 12)}
    made = scenario(parameters, where=tuple(where), count=12, method=method, placed=groups)
    drawn = expand_variant(pack(made, seed=seed), made, 5)
    made = made.model_copy(update={"pinned": (pin_of(drawn, "p"),)})
    whole = expand_scenario(pack(made, seed=seed), made)
    assert [expand_variant(pack(made, seed=seed), made, k) for k in range(13)] == list(whole)
    assert whole[-1] == drawn.model_copy(update={"id": "one::pin-p", "index": 12}), "a pin is the variant"


@settings(max_examples=40, deadline=None)
@given(names=_parameter_sets, method=METHODS, order=st.randoms(use_true_random=False))
def test_adding_and_reordering_parameters_changes_no_other_value(
    names: list[str], method: str, order: Any
) -> None:
    few = {name: NUMBERS[name] for name in names}
    shuffled = list(NUMBERS)
    order.shuffle(shuffled)
    before = one(scenario(few, count=15, method=method))
    after = one(scenario({name: NUMBERS[name] for name in shuffled}, count=15, method=method))
    for a, b in zip(before, after, strict=True):
        assert {n: a.parameters[n] for n in names} == {n: b.parameters[n] for n in names}
        assert a.seed == b.seed


@settings(max_examples=25, deadline=None)
@given(ids=st.permutations(["one", "two", "three"]), kept=st.integers(1, 3))
def test_adding_and_reordering_scenarios_changes_no_other_variant(ids: list[str], kept: int) -> None:
    groups = {"clutter": place(("integers", 0, 3), "bin")}
    made = {i: scenario(NUMBERS, id=i, count=6, placed=groups) for i in ids}
    whole = {v.id: v for v in expand_pack(pack(*(made[i] for i in ids)))}
    part = expand_pack(pack(*(made[i] for i in ids[:kept])))
    assert all(whole[v.id] == v for v in part) and len(part) == 6 * kept


@settings(max_examples=25, deadline=None)
@given(count=st.integers(1, 39), method=st.sampled_from(["random", "sobol", "halton"]))
def test_more_variants_leave_the_earlier_ones_as_they_were(count: int, method: str) -> None:
    groups = {"clutter": place(("integers", 0, 3), {"box": 1, "bin": 1}, 0.2)}
    few = one(scenario(NUMBERS, where=("crew < 7",), count=count, method=method, placed=groups))
    many = one(scenario(NUMBERS, where=("crew < 7",), count=40, method=method, placed=groups))
    assert many[:count] == few


def test_reordering_groups_changes_no_object() -> None:
    groups = {"b": place(2, "bin"), "a": place(2, "box", 0.2)}
    forward = one(scenario(NUMBERS, placed=groups))
    backward = one(scenario(NUMBERS, placed=dict(reversed(groups.items()))))
    assert forward == backward


def test_pack_scenario_and_seed_each_change_the_values() -> None:
    def values(made: Pack) -> list[Any]:
        return [v.parameters["gate.distance_m"] for v in expand_pack(made)]

    base = values(pack(scenario(NUMBERS)))
    assert values(pack(scenario(NUMBERS), name="other")) != base
    assert values(pack(scenario(NUMBERS), seed=6)) != base
    assert values(pack(scenario(NUMBERS, id="two"))) != base


def test_the_values_are_the_ones_of_this_version() -> None:
    """Runs of other versions can be paired with ours only as long as these numbers stay."""
    first = one(scenario(NUMBERS, method="sobol", placed={"clutter": place(1, "bin")}))[0]
    assert first.seed == 2992559764617134812
    assert first.parameters["gate.distance_m"] == pytest.approx(2.1683884696753863, rel=1e-14)
    assert first.parameters["crew"] == 7
    assert (first.placed[0].x, first.placed[0].y) == pytest.approx((1.6852609026914078, 1.0570643550258771))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"where": ("gate.distance_m >",)}, "'gate.distance_m >' means nothing"),
        ({"where": ("gate.nonsense > 3",)}, "'gate.nonsense > 3' means nothing"),
        ({"where": ("'x' > gate.distance_m",)}, "means nothing"),
        ({"parameters": {"gate.nonsense": ValueSpec(kind="constant", choices=(1.0,))}}, "no parameter 'gate.nonsense'"),
        ({"parameters": {"side_m": ValueSpec(kind="expr", expression="crew +")}}, "'crew +' means nothing"),
    ],
)  # fmt: skip
def test_a_pack_of_a_damaged_manifest_is_refused_with_the_expression(
    change: dict[str, object], said: str
) -> None:
    damaged = scenario({"gate.distance_m": ("uniform", 2, 9)}).model_copy(update=change)
    with pytest.raises(ExpansionError, match=re.escape(said)):
        expand_scenario(pack(damaged), damaged)


def test_variants_made_when_they_are_asked_for_are_those_of_the_list(monkeypatch):
    monkeypatch.setattr("simgate.harness.expansion.expand.BLOCK", 3)
    values = one(scenario(NUMBERS, count=1))[0].parameters
    pinned = (PinnedVariant(id="p", parameters={name: values[name] for name in NUMBERS}),)
    scenarios = scenario(NUMBERS, id="a", count=8, pinned=pinned), scenario(NUMBERS, id="b", count=2)
    whole = pack(*scenarios)
    variants = expand_pack(whole)
    found = Expansion(whole, whole.scenarios)
    assert tuple(found) == variants
    assert [found[k] for k in range(-len(found), len(found))] == [*variants, *variants]
    assert list(found[4:10:2]) == list(variants[4:10:2])
    assert [Variant.model_validate_json(v.model_dump_json()) for v in found] == list(variants)
    with pytest.raises(IndexError):
        found[len(found)]
    assert not Expansion(whole, [])
