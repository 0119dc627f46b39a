"""Sweeps and covering designs: complete, within the conditions, each variant computable alone."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest

from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.expand import expand_pack, expand_scenario, expand_variant
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.expressions.conditions import holds
from simgate.harness.packs.model import Scenario
from tests.unit.expansion.packs import expr, pack, scenario

DISCRETE: dict[str, Any] = {
    "gate.kind": {"steel": 1, "glass": 1, "none": 1},
    "gate.open": {True: 1, False: 1},
    "crew": ("integers", 0, 4),
    "tilt_deg": [-2, 0, 2, 4],
}
LEVELS: dict[str, list[Any]] = {
    "gate.kind": ["steel", "glass", "none"], "gate.open": [True, False],
    "crew": [0, 1, 2, 3, 4], "tilt_deg": [-2.0, 0.0, 2.0, 4.0],
}  # fmt: skip


def one(made: Scenario) -> tuple[Variant, ...]:
    return expand_pack(pack(made))


def rows(variants: tuple[Variant, ...]) -> list[tuple[Any, ...]]:
    return [tuple(v.parameters[name] for name in LEVELS) for v in variants]


def feasible(*conditions: str) -> list[tuple[Any, ...]]:
    return [
        row
        for row in product(*LEVELS.values())
        if all(holds(condition, dict(zip(LEVELS, row, strict=True))) for condition in conditions)
    ]


def held(found: list[tuple[Any, ...]], strength: int) -> set[Any]:
    return {
        (at, tuple(row[i] for i in at)) for row in found for at in combinations(range(len(LEVELS)), strength)
    }


def test_a_swept_value_takes_its_values_in_turn_under_any_method() -> None:
    for method in ("random", "sobol", "lhs"):
        variants = one(scenario({"tilt_deg": [1, 2, 3], "crew": ("integers", 0, 9)}, count=7, method=method))
        assert [v.parameters["tilt_deg"] for v in variants] == [1, 2, 3, 1, 2, 3, 1]


def test_sweeps_are_crossed_with_each_other_and_leave_drawn_values_alone() -> None:
    swept = one(scenario({"tilt_deg": [1, 2], "crew": [5, 6, 7], "light.lux": ("uniform", 50, 90)}, count=12))
    plain = one(scenario({"light.lux": ("uniform", 50, 90)}, count=12))
    pairs = [(v.parameters["tilt_deg"], v.parameters["crew"]) for v in swept]
    assert sorted(pairs[:6]) == sorted(pairs[6:]) == sorted(product([1, 2], [5, 6, 7]))
    assert [v.parameters["light.lux"] for v in swept] == [v.parameters["light.lux"] for v in plain]


def test_conditions_on_swept_values_leave_combinations_out() -> None:
    made = scenario({"tilt_deg": [1, 2, 3], "crew": [1, 2, 3]}, where=("tilt_deg < crew",), count=6)
    pairs = [(v.parameters["tilt_deg"], v.parameters["crew"]) for v in one(made)]
    assert pairs == [(1, 2), (1, 3), (2, 3)] * 2


def test_other_values_are_redrawn_until_they_fit_the_swept_one() -> None:
    made = scenario({"tilt_deg": [1, 8], "crew": ("integers", 0, 9)}, where=("crew > tilt_deg",), count=20)
    for number, variant in enumerate(one(made)):
        assert variant.parameters["tilt_deg"] == (1, 8)[number % 2] < variant.parameters["crew"]


def test_method_grid_crosses_all_discrete_parameters_and_draws_the_others() -> None:
    made = scenario({**DISCRETE, "light.lux": ("uniform", 50, 90)}, count=120, method="grid")
    variants = one(made)
    assert sorted(map(str, rows(variants))) == sorted(map(str, feasible()))
    assert len({v.parameters["light.lux"] for v in variants}) == 120


@pytest.mark.parametrize(
    "conditions",
    [(), ("crew < 3 or gate.kind == 'glass'",), ("not gate.open or tilt_deg > 0", "crew * 2 != tilt_deg")],
)
@pytest.mark.parametrize("strength", [2, 3])
def test_every_feasible_combination_occurs_and_no_other_one(
    strength: int, conditions: tuple[str, ...]
) -> None:
    method = "pairwise" if strength == 2 else "twise"
    made = scenario(DISCRETE, where=conditions, count=70, method=method, strength=strength)
    found = rows(one(made))
    assert set(found) <= set(feasible(*conditions))
    assert held(found, strength) == held(feasible(*conditions), strength)


def test_the_first_variants_cover_and_the_count_can_be_as_small_as_that() -> None:
    made = scenario(DISCRETE, count=70, method="pairwise")
    with pytest.raises(ExpansionError) as caught:
        one(made.model_copy(update={"variants": made.variants.model_copy(update={"count": 5})}))
    assert "every combination of two parameters' values needs 20 variants, but count is 5" in str(
        caught.value
    )
    assert "write count: 20 or more" in str(caught.value)
    assert held(rows(one(made))[:20], 2) == held(feasible(), 2)


def test_a_condition_through_a_computed_value_is_respected() -> None:
    parameters = {**DISCRETE, "side_m": expr("crew + 10")}
    found = rows(one(scenario(parameters, where=("side_m < 13",), count=40, method="pairwise")))
    assert held(found, 2) == held(feasible("crew < 3"), 2)


@pytest.mark.parametrize("method", ["pairwise", "grid"])
def test_a_combination_that_no_draw_of_the_others_can_save_is_left_out(method: str) -> None:
    where = ("side_m > 6", "side_m * (crew + 1) < 24.5")
    made = scenario({**DISCRETE, "side_m": ("uniform", 5, 9)}, where=where, count=100, method=method)
    variants = one(made)
    assert {v.parameters["crew"] for v in variants} == {0, 1, 2, 3}
    assert held(rows(variants), 2) == held(feasible("crew < 4"), 2)
    assert all(holds(condition, v.parameters) for v in variants for condition in where)


def test_a_wide_range_of_whole_numbers_is_drawn() -> None:
    made = scenario(
        {
            "gate.kind": {"steel": 1, "glass": 1},
            "gate.open": {True: 1, False: 1},
            "light.lux": ("integers", 10, 2000),
        },
        count=30,
        method="pairwise",
    )
    assert len({v.parameters["light.lux"] for v in one(made)}) > 20


def test_a_continuous_parameter_more_changes_no_combination_and_no_value() -> None:
    few = one(scenario({**DISCRETE, "side_m": ("uniform", 5, 9)}, count=40, method="pairwise"))
    more = one(
        scenario(
            {**DISCRETE, "side_m": ("uniform", 5, 9), "light.lux": ("uniform", 50, 90)},
            count=40,
            method="pairwise",
        )
    )
    for a, b in zip(few, more, strict=True):
        assert {**a.parameters, "light.lux": 0} == {**b.parameters, "light.lux": 0}


def test_reordering_parameters_changes_nothing() -> None:
    backwards = dict(reversed(DISCRETE.items()))
    assert one(scenario(DISCRETE, count=40, method="pairwise")) == one(
        scenario(backwards, count=40, method="pairwise")
    )


@pytest.mark.parametrize("method", ["grid", "pairwise", "twise"])
def test_a_variant_alone_equals_the_one_of_the_whole(method: str) -> None:
    made = scenario(
        {**DISCRETE, "side_m": ("uniform", 5, 9)}, where=("crew < side_m - 4",), count=130, method=method
    )
    whole = expand_scenario(pack(made), made)
    assert all(expand_variant(pack(made), made, k) == whole[k] for k in (0, 19, 20, 77, 129))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (scenario({"side_m": ("uniform", 5, 9)}, method="pairwise"), "there are none"),
        (scenario(DISCRETE, where=("crew > 3 and crew < 2",), method="grid"), "no combination of crew meets"),
        (scenario({"tilt_deg": list(range(-9, 9)), "crew": list(range(10))}, count=9), "the grid of crew, tilt_deg has 180 combinations, but count is 9"),
        (scenario({**DISCRETE, "side_m": ("uniform", 5, 9)}, where=("side_m > 10 + crew",), method="pairwise"),
         "no combination of crew meets 'side_m > 10 + crew'"),
    ],
)  # fmt: skip
def test_a_design_that_cannot_be_is_an_error_that_says_why(made: Scenario, said: str) -> None:
    with pytest.raises(ExpansionError) as caught:
        one(made)
    assert said in str(caught.value)


def test_a_grid_beyond_all_bounds_is_refused_at_once() -> None:
    values = {
        name: [float(i) / 100 + 1 for i in range(300)] for name in ("tilt_deg", "gate.distance_m", "side_m")
    }
    with pytest.raises(ExpansionError, match="27,000,000 combinations"):
        one(scenario(values, count=1000))
