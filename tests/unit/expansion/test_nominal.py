"""Where a value lies in its distribution, by variants at hand and by the specification."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simgate.harness.expansion.nominal import NominalRange
from simgate.harness.packs.model import Scenario
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec

LUX = [
    {"lux": float(value), "door": "glass" if value % 20 else "wood", "radius": 0.25}
    for value in range(1, 101)
]


@pytest.fixture
def nominal() -> NominalRange:
    return NominalRange.of_variants(LUX)


def test_the_median_is_nominal_and_lies_in_the_middle(nominal: NominalRange) -> None:
    place = nominal.position("lux", 50.5)
    assert place.nominal == 50.5
    assert place.percentile == 50
    assert not place.far


def test_the_lowest_tenth_is_far(nominal: NominalRange) -> None:
    place = nominal.position("lux", 4.0)
    assert place.percentile == pytest.approx(3.5)
    assert place.far


def test_a_rare_word_is_far_and_a_common_one_is_not(nominal: NominalRange) -> None:
    assert nominal.position("door", "wood").far
    assert nominal.position("door", "wood").share == pytest.approx(0.05)
    assert not nominal.position("door", "glass").far


def test_parameters_that_are_the_same_everywhere_are_left_out(nominal: NominalRange) -> None:
    names = [place.parameter for place in nominal.positions({"lux": 50.0, "door": "wood", "radius": 0.25})]
    assert names == ["door", "lux"]


def test_ties_lie_in_the_middle_of_their_range() -> None:
    mostly_zero = NominalRange.of_variants([{"blur": 0.0}] * 90 + [{"blur": 1.5}] * 10)
    assert not mostly_zero.position("blur", 0.0).far
    assert mostly_zero.position("blur", 1.5).percentile == 95


def test_booleans_are_words() -> None:
    nominal = NominalRange.of_variants([{"person": False}] * 19 + [{"person": True}])
    assert nominal.position("person", True).far
    assert nominal.position("person", True).percentile is None


RANGE = {"low": 2.0, "high": 5.0}


def scenario(**parameters: ValueSpec) -> Scenario:
    return Scenario(
        id="s",
        title="",
        severity="major",
        world="w",
        parameters=parameters,
        variants=VariantsSpec(count=1),
        accept=(),
    )


@pytest.mark.parametrize(
    ("spec", "distribution"),
    [
        (ValueSpec(kind="uniform", numbers=RANGE), stats.uniform(2, 3)),
        (ValueSpec(kind="log_uniform", numbers=RANGE), stats.loguniform(2, 5)),
        (
            ValueSpec(kind="normal", numbers={**RANGE, "mean": 3.0, "std": 0.5}),
            stats.truncnorm((2 - 3) / 0.5, (5 - 3) / 0.5, loc=3, scale=0.5),
        ),
        (ValueSpec(kind="beta", numbers={**RANGE, "alpha": 2.0, "beta": 5.0}), stats.beta(2, 5, 2, 3)),
        (ValueSpec(kind="triangular", numbers={**RANGE, "mode": 3.0}), stats.triang(1 / 3, 2, 3)),
    ],
)
def test_a_percentile_is_that_of_the_distribution_whatever_ran(spec, distribution) -> None:
    for rows in ([], [{"p": 2.1}] * 50):
        nominal = NominalRange.of_scenario(scenario(p=spec), rows)
        for value in np.linspace(2.0, 5.0, 13):
            place = nominal.position("p", float(value))
            assert place.percentile == pytest.approx(100 * distribution.cdf(value), abs=0.1)
            assert place.between == pytest.approx((2.0, 5.0))
            assert place.nominal == pytest.approx(distribution.median(), abs=0.01)


def test_whole_numbers_lie_in_the_middle_of_their_step() -> None:
    spec = ValueSpec(kind="integers", numbers={"low": 0, "high": 3})
    nominal = NominalRange.of_scenario(scenario(n=spec))
    found = [nominal.position("n", value).percentile for value in range(4)]
    assert found == pytest.approx([12.5, 37.5, 62.5, 87.5], abs=0.1)


def test_words_are_as_far_as_their_weight_is_small() -> None:
    spec = ValueSpec(kind="choice", choices=("a", "b"), weights=(0.9, 0.1))
    place = NominalRange.of_scenario(scenario(w=spec)).position("w", "b")
    assert place.share == pytest.approx(0.1)
    assert place.nominal == "a"


def test_what_has_no_distribution_is_held_against_the_variants_at_hand() -> None:
    spec = ValueSpec(kind="expr", expression="a + 1")
    rows = [{"sum": float(k), "world": 3} for k in range(11)]
    nominal = NominalRange.of_scenario(scenario(sum=spec), rows)
    assert nominal.position("sum", 5.0).percentile == pytest.approx(50)
    assert not NominalRange.of_scenario(scenario(sum=spec)).is_varied("sum")
    assert not nominal.is_varied("world")


def test_a_pinned_value_outside_lies_at_the_rim() -> None:
    spec = ValueSpec(kind="uniform", numbers=RANGE)
    place = NominalRange.of_scenario(scenario(p=spec)).position("p", 9.0)
    assert (place.percentile, place.far) == (100.0, True)
