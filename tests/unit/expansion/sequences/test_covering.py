"""Covering arrays are complete, counted combination by combination, and short."""

from __future__ import annotations

import hashlib
from itertools import combinations, product

import numpy as np
import pytest

from simgate.harness.expansion.designs.covering import Group, TooManyCombinations, covering_array

ALKS_CUT_IN = (5, 5, 2, 5, 7, 6, 5)
"""Levels of the cut-in scenario of UN Regulation 157's examples: 42 rows are the lower bound for pairs."""


def free(levels: tuple[int, ...]) -> list[Group]:
    return [Group((i,), np.arange(n)[:, None]) for i, n in enumerate(levels)]


def held(rows: list[tuple[int, ...]], strength: int) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    parameters = range(len(rows[0]))
    return {(at, tuple(row[i] for i in at)) for row in rows for at in combinations(parameters, strength)}


def missing(levels: tuple[int, ...], rows: np.ndarray, strength: int) -> int:
    everything = held(list(product(*map(range, levels))), strength)
    return len(everything - held([tuple(row) for row in rows.tolist()], strength))


def test_pairs_of_the_cut_in_scenario_are_all_there_in_at_most_fifty_rows() -> None:
    rows = covering_array(ALKS_CUT_IN, free(ALKS_CUT_IN), 2)
    assert missing(ALKS_CUT_IN, rows, 2) == 0
    assert 42 <= len(rows) <= 50


def test_triples_of_the_cut_in_scenario_are_all_there() -> None:
    rows = covering_array(ALKS_CUT_IN, free(ALKS_CUT_IN), 3)
    assert missing(ALKS_CUT_IN, rows, 3) == 0
    assert 210 <= len(rows) <= 313


def test_full_strength_is_the_full_grid() -> None:
    rows = covering_array((2, 3, 4), free((2, 3, 4)), 3)
    assert len(rows) == 24 and missing((2, 3, 4), rows, 3) == 0


def test_the_array_is_a_function_of_its_arguments() -> None:
    assert np.array_equal(*(covering_array((3, 4, 2, 5), free((3, 4, 2, 5)), 2) for _ in range(2)))


def test_arrays_are_the_ones_of_this_version() -> None:
    """Runs of other versions can be paired with ours only as long as these rows stay."""
    levels, forbidden = generated(3)
    arrays = [
        covering_array((3, 4, 2, 5), free((3, 4, 2, 5)), 2),
        covering_array((3, 3, 2, 4, 2), free((3, 3, 2, 4, 2)), 3),
        covering_array(levels, grouped(levels, forbidden), 2),
    ]
    assert [array.shape for array in arrays] == [(20, 4), (37, 5), (25, 6)]
    assert arrays[0][:3].tolist() == [[0, 3, 0, 1], [2, 1, 0, 2], [1, 3, 1, 0]]
    found = hashlib.sha256(b"".join(array.astype("<i8").tobytes() for array in arrays))
    assert found.hexdigest()[:16] == "13a57d73514d8d5c"


@pytest.mark.parametrize(
    ("levels", "strength", "combinations"), [((50,) * 8, 4, 70 * 50**4), ((100_001, 3), 2, 300_003)]
)
def test_a_model_beyond_all_bounds_is_refused_at_once(
    levels: tuple[int, ...], strength: int, combinations: int
) -> None:
    with pytest.raises(TooManyCombinations) as refused:
        covering_array(levels, free(levels), strength)
    assert refused.value.combinations == combinations


def test_a_model_of_as_many_combinations_as_are_allowed_is_covered(monkeypatch) -> None:
    monkeypatch.setattr("simgate.harness.expansion.designs.covering.MAX_COMBINATIONS", 12)
    assert len(covering_array((3, 4), free((3, 4)), 2)) == 12
    with pytest.raises(TooManyCombinations):
        covering_array((13,), free((13,)), 1)


def generated(seed: int) -> tuple[tuple[int, ...], list[dict[int, int]]]:
    """Levels of six parameters and eight combinations of two or three values that may not occur."""
    rng = np.random.default_rng(seed)
    levels = tuple(int(n) for n in rng.integers(2, 6, size=6))
    forbidden = []
    for _ in range(8):
        at = rng.choice(6, size=int(rng.integers(2, 4)), replace=False)
        forbidden.append({int(p): int(rng.integers(levels[p])) for p in at})
    return levels, forbidden


def grouped(levels: tuple[int, ...], forbidden: list[dict[int, int]]) -> list[Group]:
    """Everything in one group: the feasible rows, listed."""
    rows = [
        row
        for row in product(*map(range, levels))
        if not any(all(row[p] == v for p, v in rule.items()) for rule in forbidden)
    ]
    return [Group(tuple(range(len(levels))), np.array(rows))]


@pytest.mark.parametrize("strength", [2, 3])
@pytest.mark.parametrize("seed", range(10))
def test_under_constraints_every_feasible_combination_and_no_other_row_is_there(
    monkeypatch: pytest.MonkeyPatch, seed: int, strength: int
) -> None:
    # Each array is complete by itself: two are enough to choose from, and sixteen take eight times as long.
    monkeypatch.setattr("simgate.harness.expansion.designs.covering._MOST_ARRAYS", 2)
    levels, forbidden = generated(seed)
    groups = grouped(levels, forbidden)
    rows = [tuple(row) for row in covering_array(levels, groups, strength).tolist()]
    feasible = {tuple(row) for row in groups[0].rows.tolist()}
    assert set(rows) <= feasible
    assert held(rows, strength) == held(sorted(feasible), strength)
