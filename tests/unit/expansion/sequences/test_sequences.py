"""Halton sequences, Latin hypercubes and the permutations behind them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simgate.harness.expansion.sequences.halton import halton_base, halton_point
from simgate.harness.expansion.sequences.permutation import permuted
from simgate.harness.expansion.sequences.points import latin_point, uniform_points
from simgate.harness.expansion.sequences.streams import Stream, Streams
from simgate.harness.packs.variants import VariantsSpec


def stream(name: str) -> Stream:
    return Streams("p", "s", 1)[name]


def latin(name: str, index: np.ndarray, count: int) -> np.ndarray:
    variants = VariantsSpec(count=count, method="lhs")
    return uniform_points(variants, stream(name), index, np.zeros(index.shape, dtype=np.int64))


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=5), size=st.integers(1, 3000))
def test_a_permutation_visits_every_number_once(name: str, size: int) -> None:
    numbers = np.arange(size)
    places = permuted(stream(name), 3, numbers, np.full(size, size))
    assert sorted(places.tolist()) == numbers.tolist()


def test_a_number_alone_goes_where_it_goes_among_others() -> None:
    size = np.full(777, 777)
    whole = permuted(stream("a"), 3, np.arange(777), size)
    assert all(permuted(stream("a"), 3, np.array([k]), size[:1])[0] == whole[k] for k in range(0, 777, 50))


def test_the_bases_of_halton_differ_between_names() -> None:
    assert {halton_base(stream(f"n{k}")) for k in range(40)} == {2, 3, 5, 7}


@pytest.mark.parametrize("name", [f"n{k}" for k in range(8)])
def test_the_first_powers_of_the_base_fill_every_equal_part_once(name: str) -> None:
    base = halton_base(stream(name))
    for power in range(1, 5):
        count = base**power
        cells = sorted((halton_point(stream(name), np.arange(count)) * count).astype(int).tolist())
        assert cells == list(range(count))


@pytest.mark.parametrize("count", [1, 7, 100, 1000])
def test_of_a_latin_hypercube_one_point_lies_in_every_equal_part(count: int) -> None:
    cells = sorted((latin("x", np.arange(count), count) * count).astype(int).tolist())
    assert cells == list(range(count))


def test_a_larger_look_goes_on_with_further_hypercubes() -> None:
    points = latin("x", np.arange(300), 100)
    for cube in range(3):
        assert sorted((points[100 * cube : 100 * cube + 100] * 100).astype(int)) == list(range(100))
    assert len(np.unique(points)) == 300


@pytest.mark.parametrize("name", ["a", "b", "c", "d", "e", "f"])
@pytest.mark.parametrize("first", [0, 64_000, 130_000, 1_040_000])
def test_a_point_of_halton_is_the_same_alone_and_in_a_block(name: str, first: int) -> None:
    """A block looks its digits up in tables, of other sizes the further it is; a single point does not."""
    index = np.arange(first, first + 8_192)
    block = halton_point(stream(name), index)
    for k in (0, 1, 1_535, 4_095, 8_191):
        assert block[k] == halton_point(stream(name), index[k])


@pytest.mark.parametrize("method", ["sobol", "halton", "lhs"])
def test_points_alone_equal_points_of_the_whole(method: str) -> None:
    variants = VariantsSpec(count=500, method=method)
    index = np.arange(500)
    whole = uniform_points(variants, stream("x"), index, np.zeros_like(index))
    for k in (0, 1, 77, 499):
        assert uniform_points(variants, stream("x"), index[k : k + 1], np.zeros(1, np.int64))[0] == whole[k]


@pytest.mark.parametrize("method", ["sobol", "halton", "lhs"])
def test_pairs_of_parameters_are_independent(method: str) -> None:
    """Chi-square over 8 x 8 cells; the worst of 276 pairs, with a bound that chance meets once in 10,000."""
    variants = VariantsSpec(count=1024, method=method)
    index = np.arange(1024)
    points = [uniform_points(variants, stream(f"n{k}"), index, np.zeros_like(index)) for k in range(24)]
    worst = max(
        float(((np.histogram2d(a, b, bins=8, range=[[0, 1], [0, 1]])[0] - 16) ** 2 / 16).sum())
        for a, b in combinations(points, 2)
    )
    assert worst < stats.chi2(63).isf(1e-4 / 276)


class Highest(Stream):
    """Always gives the largest number below 1."""

    __slots__ = ()

    def uniform(self, index, attempt=0, lane=0):
        return np.full(np.shape(index), 1.0 - 2.0**-53)


def test_a_point_of_a_latin_hypercube_is_never_rounded_up_to_one() -> None:
    own = stream("x")
    points = latin_point(VariantsSpec(count=3, method="lhs"), Highest(own.key, own.scramble), np.arange(3))
    assert points.max() < 1.0


@pytest.mark.parametrize(
    ("method", "values"),
    [
        ("random", [0.8072111663808438, 0.13483911429044226, 0.7201940864841326]),
        ("sobol", [0.915139925854097, 0.3231367501744161, 0.20731300854128654]),
        ("halton", [0.8065339721180245, 0.6400483369807027, 0.3406317772511776]),
        ("lhs", [0.7880721116638084, 0.2513483911429044, 0.7872019408648413]),
    ],
)
def test_points_are_those_of_every_version(method: str, values: list[float]) -> None:
    # Another value would be another variant under the same id: baselines and pinned tests would mean something else.
    index = np.array([0, 29, 70_000])
    drawn = VariantsSpec(count=100, method=method)
    assert uniform_points(drawn, stream("x"), index, np.zeros(3, dtype=np.int64)).tolist() == values
