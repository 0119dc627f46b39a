"""The scrambled sequences: stratified in one dimension, independent in two."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from simgate.harness.expansion.sequences.sobol import scrambled_point
from simgate.harness.expansion.sequences.streams import Stream, Streams

POINTS = 256


def stream(name: str, seed: int = 1) -> Stream:
    return Streams("pack", "scenario", seed)[name]


def columns(count: int) -> np.ndarray:
    return np.stack([scrambled_point(stream(f"parameter_{i}"), np.arange(POINTS)) for i in range(count)])


@pytest.mark.parametrize("exponent", range(13))
def test_the_first_two_to_the_m_points_hit_every_equal_part_once(exponent: int) -> None:
    count = 2**exponent
    for name in "abc":
        cells = np.floor(scrambled_point(stream(name), np.arange(count)) * count)
        assert sorted(cells) == list(range(count))


@pytest.mark.parametrize("octave", [16, 64, 256])
def test_every_later_octave_hits_every_equal_part_once(octave: int) -> None:
    cells = np.floor(scrambled_point(stream("a"), np.arange(octave, 2 * octave)) * octave)
    assert sorted(cells) == list(range(octave))


def test_a_point_needs_no_other_point() -> None:
    together = scrambled_point(stream("a"), np.arange(1000))
    for k in (0, 1, 2, 3, 511, 999):
        assert scrambled_point(stream("a"), np.array([k]))[0] == together[k]


def test_no_two_parameters_leave_a_part_of_the_plane_empty() -> None:
    points = columns(40)
    for first, second in itertools.combinations(points, 2):
        counts, _, _ = np.histogram2d(first, second, bins=4, range=[[0, 1], [0, 1]])
        assert counts.min() > 0


def test_pairs_of_parameters_correlate_no_more_than_random_pairings() -> None:
    points = columns(60)
    correlations = np.corrcoef(points)[np.triu_indices(60, 1)]
    assert np.std(correlations) < 1.15 / np.sqrt(POINTS)
    assert np.abs(correlations).max() < 5 / np.sqrt(POINTS)


def test_each_point_is_uniform_over_seeds() -> None:
    points = np.stack([scrambled_point(stream("a", seed), np.arange(8)) for seed in range(3000)])
    for k in range(8):
        assert stats.kstest(points[:, k], "uniform").pvalue > 1e-4


def test_points_are_strictly_inside() -> None:
    points = scrambled_point(stream("a"), np.arange(2**17))
    assert points.min() > 0 and points.max() < 1
