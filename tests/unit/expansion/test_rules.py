"""Values that come from other parameters, from files, or in sweeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simgate.harness.expansion.distributions import draw
from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.expand import expand_pack, expand_scenario, expand_variant
from simgate.harness.expansion.rules import Rules
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import PinnedVariant, Scenario
from simgate.harness.packs.values import ValueSpec
from tests.unit.expansion.packs import expr, from_file, pack, place, scenario, spec, when
from tests.unit.packs.yard import PLUGINS


@pytest.fixture(autouse=True, scope="module")
def _yard_for_hypothesis() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGATE_PLUGINS", PLUGINS)
        yield


def one(made: Scenario) -> tuple[Variant, ...]:
    return expand_pack(pack(made))


def column(variants: tuple[Variant, ...], name: str) -> list[Any]:
    return [variant.parameters[name] for variant in variants]


UNIFORM = (np.arange(20_000) + 0.5) / 20_000


def test_log_normal_is_the_exponential_of_a_truncated_normal() -> None:
    numbers = {"median": 300.0, "sigma": 0.6, "low": 100.0, "high": 2000.0}
    values = draw(ValueSpec(kind="log_normal", numbers=numbers), UNIFORM)
    low, high = np.log(np.array([100, 2000]) / 300) / 0.6
    expected = 300 * np.exp(0.6 * stats.truncnorm(low, high).ppf(UNIFORM))
    assert values == pytest.approx(expected, rel=1e-9)
    assert values.min() >= 100 and values.max() <= 2000


@pytest.mark.parametrize(("low", "mode", "high"), [(2, 3, 9), (2, 2, 9), (2, 9, 9)])
def test_triangular_agrees_with_scipy(low: float, mode: float, high: float) -> None:
    values = draw(ValueSpec(kind="triangular", numbers={"low": low, "mode": mode, "high": high}), UNIFORM)
    expected = stats.triang((mode - low) / (high - low), low, high - low).ppf(UNIFORM)
    assert values == pytest.approx(expected, abs=1e-9)


def test_an_expression_is_computed_from_the_variant_s_own_values() -> None:
    parameters = {
        "gate.distance_m": ("uniform", 3, 8), "side_m": expr("gate.distance_m + 2"),
        "crew": expr("round(side_m / 2)"), "gate.open": expr("crew > 3"),
    }  # fmt: skip
    for variant in one(scenario(parameters, count=200)):
        values = variant.parameters
        assert values["side_m"] == values["gate.distance_m"] + 2
        assert values["crew"] == round(values["side_m"] / 2) and type(values["crew"]) is int
        assert values["gate.open"] is (values["crew"] > 3)


def test_an_expression_sees_defaults_of_the_world() -> None:
    assert set(column(one(scenario({"tilt_deg": expr("side_m - 2")})), "tilt_deg")) == {4.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [("gate.distance_m * 10", "at most 50 m"), ("1 / (gate.distance_m - gate.distance_m)", "at most 50 m"),
     ("sqrt(-gate.distance_m)", "finite")],
)  # fmt: skip
def test_a_computed_value_that_the_world_refuses_is_an_error_with_a_remedy(text: str, said: str) -> None:
    with pytest.raises(ExpansionError) as caught:
        one(scenario({"gate.distance_m": ("uniform", 6, 9), "side_m": expr(text)}))
    assert "side_m is computed, and in variant 0" in str(caught.value) and said in str(caught.value)
    assert "clip(value, low, high)" in str(caught.value)


def test_a_computed_fraction_is_no_whole_number() -> None:
    with pytest.raises(ExpansionError, match="must be a whole number"):
        one(scenario({"gate.distance_m": ("uniform", 2, 3), "crew": expr("gate.distance_m")}))


def test_conditions_keep_computed_values_within_the_world() -> None:
    parameters = {"gate.distance_m": ("uniform", 2, 9), "side_m": expr("gate.distance_m * 10")}
    variants = one(scenario(parameters, where=("side_m <= 50",), count=100))
    assert max(column(variants, "side_m")) <= 50 and min(column(variants, "gate.distance_m")) < 3


def test_a_condition_on_a_computed_value_redraws_what_it_is_computed_from() -> None:
    parameters = {"gate.distance_m": ("uniform", 2, 9), "side_m": expr("2 * gate.distance_m")}
    direct = one(scenario(parameters, where=("gate.distance_m > 7",), count=100))
    through = one(scenario(parameters, where=("side_m > 14",), count=100))
    assert direct == through


def test_the_first_case_that_holds_gives_the_value() -> None:
    parameters = {
        "crew": ("integers", 0, 9),
        "gate.kind": when(("crew > 6", "glass"), ("crew > 3", {"steel": 1, "none": 1}), (None, "steel")),
        "side_m": when(("gate.kind == 'glass'", ("uniform", 20, 21)), (None, expr("crew + 5"))),
    }
    variants = one(scenario(parameters, count=400))
    for values in (variant.parameters for variant in variants):
        crew, kind = values["crew"], values["gate.kind"]
        assert kind in ("glass",) if crew > 6 else kind in ("steel", "none") if crew > 3 else kind == "steel"
        assert 20 <= values["side_m"] <= 21 if kind == "glass" else values["side_m"] == crew + 5
    assert {v.parameters["gate.kind"] for v in variants} == {"glass", "steel", "none"}


def test_the_branches_of_a_case_follow_their_laws() -> None:
    parameters = {
        "gate.open": {True: 1, False: 1},
        "side_m": when(("gate.open", ("uniform", 2, 4)), (None, ("uniform", 6, 9))),
    }
    variants = one(scenario(parameters, count=4000))
    for is_open, law in ((True, stats.uniform(2, 2)), (False, stats.uniform(6, 3))):
        values = [v.parameters["side_m"] for v in variants if v.parameters["gate.open"] is is_open]
        assert stats.kstest(values, law.cdf).pvalue > 0.01


ROWS = ((3.0, 100.0), (4.5, 250.0), (6.0, 700.0), (7.5, 50.0))


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_columns_of_one_file_come_from_the_same_row(method: str) -> None:
    distances, lights = zip(*ROWS, strict=True)
    parameters = {"gate.distance_m": from_file(*distances), "light.lux": from_file(*lights, column="b")}
    variants = one(scenario(parameters, count=1024, method=method))
    pairs = [(v.parameters["gate.distance_m"], v.parameters["light.lux"]) for v in variants]
    counts = [pairs.count(row) for row in ROWS]
    assert sum(counts) == 1024
    assert counts == [256] * 4 if method == "sobol" else stats.chisquare(counts).pvalue > 0.01


def test_a_condition_on_one_column_redraws_the_whole_row() -> None:
    distances, lights = zip(*ROWS, strict=True)
    parameters = {"gate.distance_m": from_file(*distances), "light.lux": from_file(*lights, column="b")}
    for variant in one(scenario(parameters, where=("light.lux > 90",), count=200)):
        assert (variant.parameters["gate.distance_m"], variant.parameters["light.lux"]) in ROWS[:3]


def test_columns_of_different_files_are_independent() -> None:
    parameters = {"gate.distance_m": from_file(3, 4), "light.lux": from_file(100, 200, file="other.csv")}
    variants = one(scenario(parameters, count=400))
    pairs = {(v.parameters["gate.distance_m"], v.parameters["light.lux"]) for v in variants}
    assert len(pairs) == 4


def test_words_and_whole_numbers_of_files_take_the_type_of_their_parameter() -> None:
    variant = one(scenario({"crew": from_file(2), "gate.kind": from_file("glass", column="b")}))[0]
    assert variant.parameters["crew"] == 2 and type(variant.parameters["crew"]) is int
    assert variant.parameters["gate.kind"] == "glass"


def test_a_pinned_variant_computes_what_it_leaves_out_and_draws_nothing() -> None:
    parameters = {
        "gate.distance_m": ("uniform", 6, 9), "side_m": expr("2 * gate.distance_m"),
        "tilt_deg": when(("side_m > 9", 7), (None, ("uniform", 1, 2))), "light.lux": when((None, ("uniform", 50, 60))),
    }  # fmt: skip
    pins = (
        PinnedVariant(id="a", parameters={"gate.distance_m": 5, "tilt_deg": 3, "light.lux": 55}),
        PinnedVariant(id="b", parameters={"gate.distance_m": 5, "side_m": 4, "tilt_deg": 3, "light.lux": 55}),
    )
    a, b = one(scenario(parameters, pinned=pins))[-2:]
    assert (a.parameters["side_m"], a.parameters["tilt_deg"], a.parameters["light.lux"]) == (10.0, 3.0, 55.0)
    assert b.parameters["side_m"] == 4.0


@pytest.mark.parametrize(
    ("parameters", "left_out"),
    [
        ({"gate.distance_m": ("uniform", 6, 9)}, "gate.distance_m"),
        ({"tilt_deg": when(("side_m > 9", 7), (None, ("uniform", 1, 2)))}, "tilt_deg"),
        ({"crew": from_file(1, 2)}, "crew"),
        ({"gate.kind": ["steel", "glass"]}, "gate.kind"),
    ],
)
def test_a_pin_that_leaves_out_what_is_drawn_is_no_variant(parameters: Any, left_out: str) -> None:
    pins = (PinnedVariant(id="a", parameters={"side_m": 5}),)
    with pytest.raises(ExpansionError, match=f"'a' leaves out {left_out}, which the scenario draws"):
        one(scenario(parameters, pinned=pins))


def test_a_pin_without_objects_is_no_variant_of_a_scenario_that_places_some() -> None:
    made = scenario({}, placed={"clutter": place(2, "bin")}, pinned=(PinnedVariant(id="a", parameters={}),))
    with pytest.raises(ExpansionError, match="'a' leaves out placed"):
        one(made)
    empty = PinnedVariant(id="a", parameters={}, placed=())
    assert one(made.model_copy(update={"pinned": (empty,)}))[-1].placed == ()


def test_dependencies_come_first_and_draws_are_found_through_them() -> None:
    parameters = {
        "a": expr("b + c"), "b": when(("d > 1", ("uniform", 0, 1)), (None, 2)), "c": from_file(1, 2),
        "d": ("uniform", 0, 2), "e": 5,
    }  # fmt: skip
    rules = Rules({name: spec(value) for name, value in parameters.items()})
    order = rules.ordered(["e", "a"])
    assert set(order) == {"a", "b", "c", "d", "e"}
    assert order.index("d") < order.index("b") < order.index("a") > order.index("c")
    assert rules.roots(["a"]) == {"b", "d", "@file:field.csv"}
    assert rules.roots(["e"]) == frozenset()


POOL = {
    "gate.distance_m": ("uniform", 2, 9), "light.lux": from_file(60, 80, 900), "crew": ("integers", 0, 9),
    "gate.kind": when(("crew > 4", "glass"), (None, {"steel": 2, "none": 1})), "side_m": expr("gate.distance_m + crew + 2"),
    "gate.open": {True: 1, False: 3}, "tilt_deg": when(("gate.open", ("uniform", -3, 0)), (None, 1)),
}  # fmt: skip
METHODS = ["random", "sobol", "halton", "lhs", "pairwise", "grid"]


@settings(max_examples=30, deadline=None)
@given(
    where=st.lists(
        st.sampled_from(["side_m < 12", "crew != 3", "light.lux * crew > 100", "tilt_deg < 0.5"]), unique=True
    ),
    method=st.sampled_from(METHODS),
    seed=st.integers(0, 99),
)
def test_a_variant_alone_equals_the_one_of_the_whole(where: list[str], method: str, seed: int) -> None:
    made = scenario(POOL, where=tuple(where), count=30, method=method)
    whole = expand_scenario(pack(made, seed=seed), made)
    assert [expand_variant(pack(made, seed=seed), made, k) for k in (0, 7, 19, 29)] == [
        whole[k] for k in (0, 7, 19, 29)
    ]


@settings(max_examples=30, deadline=None)
@given(
    names=st.lists(st.sampled_from(sorted(POOL)), unique=True),
    method=st.sampled_from(METHODS[:4]),
    order=st.randoms(use_true_random=False),
)
def test_adding_and_reordering_changes_no_other_value(names: list[str], method: str, order: Any) -> None:
    """What a kept parameter is computed from is kept with it; everything else comes and goes."""
    kept = set(Rules({name: spec(value) for name, value in POOL.items()}).ordered(names))
    shuffled = list(POOL)
    order.shuffle(shuffled)
    few = one(scenario({name: POOL[name] for name in POOL if name in kept}, count=12, method=method))
    all_of_them = one(scenario({name: POOL[name] for name in shuffled}, count=12, method=method))
    for a, b in zip(few, all_of_them, strict=True):
        assert {n: a.parameters[n] for n in kept} == {n: b.parameters[n] for n in kept}
        assert a.seed == b.seed
