"""Measures of perception and motion, each against a public reference or its definition, on random data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pycocotools import mask as coco
from scipy.spatial.transform import Rotation

from simgate.harness.scoring.measures.depth import DepthSums, depth_sums
from simgate.harness.scoring.measures.keypoint import pck
from simgate.harness.scoring.measures.motion import falls, jerk_rms, saturation
from simgate.harness.scoring.measures.pose import add_m, add_s_m, rotation_error_deg, translation_error_m
from simgate.harness.scoring.measures.segmentation import confusion, iou_by_class, mean_iou


@pytest.mark.parametrize("seed", range(20))
def test_iou_of_every_class_is_that_of_pycocotools(seed):
    rng = np.random.default_rng(seed)
    truth, said = rng.integers(0, 4, (2, 24, 32))
    found = iou_by_class(confusion(said, truth, 5))
    for label in range(4):
        one, other = (coco.encode(np.asfortranarray(part == label, np.uint8)) for part in (said, truth))
        assert found[label] == pytest.approx(float(coco.iou([one], [other], [0])[0, 0]), abs=1e-12)
    assert math.isnan(found[4])
    assert mean_iou(confusion(said, truth, 5)) == pytest.approx(found[:4].mean())


def test_what_is_not_judged_counts_for_nothing_and_none_is_said_for_a_miss():
    truth, said = np.array([[0, 0, -1, -1]]), np.array([[0, -1, 0, 1]])
    assert iou_by_class(confusion(said, truth, 2))[0] == 0.5
    assert math.isnan(iou_by_class(confusion(said, truth, 2))[1])
    assert math.isnan(mean_iou(confusion(said, np.full((1, 4), -1), 2)))
    with pytest.raises(ValueError, match="a class from 2 on"):
        confusion(np.array([[2]]), np.array([[0]]), 2)
    with pytest.raises(ValueError, match="cannot be held against"):
        confusion(said, truth.T, 2)


@pytest.mark.parametrize("seed", range(20))
def test_errors_of_depth_are_those_of_their_definition_and_frames_add_up(seed):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.0, 12.0, (2, 8, 9))
    said = truth * rng.lognormal(0, 0.3, truth.shape)
    truth[rng.random(truth.shape) < 0.1] = np.nan
    said[rng.random(said.shape) < 0.2] = np.nan
    total = sum((depth_sums(s, t, 10.0) for s, t in zip(said, truth, strict=True)), DepthSums())
    judged = [(s, t) for s, t in zip(said.ravel(), truth.ravel(), strict=True) if 0 < t <= 10]
    known = [(s, t) for s, t in judged if not math.isnan(s)]
    assert total.abs_rel == pytest.approx(sum(abs(s - t) / t for s, t in known) / len(known))
    assert total.rmse_m == pytest.approx(math.sqrt(sum((s - t) ** 2 for s, t in known) / len(known)))
    assert total.delta1 == sum(max(s / t, t / s) < 1.25 for s, t in known) / len(judged)
    assert total.coverage == len(known) / len(judged)


def test_depth_without_anything_to_judge_has_no_error():
    empty = depth_sums(np.ones((2, 2)), np.full((2, 2), np.inf), 10.0)
    assert all(math.isnan(x) for x in (empty.abs_rel, empty.rmse_m, empty.delta1, empty.coverage))
    silent = depth_sums(np.full((2, 2), np.nan), np.ones((2, 2)), 10.0)
    assert (silent.delta1, silent.coverage) == (0.0, 0.0)
    assert math.isnan(silent.abs_rel)
    with pytest.raises(ValueError, match="cannot be held against"):
        depth_sums(np.ones((2, 2)), np.ones((2, 3)), 10.0)


@pytest.mark.parametrize("seed", range(20))
def test_the_rotation_error_is_the_magnitude_of_scipy_also_at_tiny_and_half_turns(seed):
    rng = np.random.default_rng(seed)
    truth = Rotation.random(random_state=seed)
    axis = rng.normal(size=3)
    for angle in (rng.uniform(0, math.pi), 1e-9, math.pi, 0.0):
        said = truth * Rotation.from_rotvec(axis / np.linalg.norm(axis) * angle)
        expected = math.degrees((said.inv() * truth).magnitude())
        assert rotation_error_deg(said.as_matrix(), truth.as_matrix()) == pytest.approx(expected, abs=1e-6)
    assert translation_error_m(axis, np.zeros(3)) == pytest.approx(math.hypot(*axis))


def test_a_turn_by_a_symmetry_of_the_object_is_no_error():
    half = Rotation.from_euler("z", 180, degrees=True).as_matrix()
    truth = Rotation.random(random_state=1).as_matrix()
    assert rotation_error_deg(truth @ half, truth) == pytest.approx(180)
    assert rotation_error_deg(truth @ half, truth, half[None]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_add_and_add_s_are_those_of_their_definition(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(40, 3))
    said, truth = (
        (Rotation.random(random_state=2 * seed + k).as_matrix(), rng.normal(size=3)) for k in range(2)
    )
    a, b = ([r @ p + t for p in points] for r, t in (said, truth))
    pairs = [np.linalg.norm(x - y) for x, y in zip(a, b, strict=True)]
    nearest = [min(np.linalg.norm(x - y) for x in a) for y in b]
    assert add_m(points, said, truth) == pytest.approx(np.mean(pairs))
    assert add_s_m(points, said, truth) == pytest.approx(np.mean(nearest))


def test_add_s_forgives_what_add_does_not_on_a_symmetric_object():
    square = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]])
    quarter = Rotation.from_euler("z", 90, degrees=True).as_matrix(), np.zeros(3)
    assert add_s_m(square, quarter, (np.eye(3), np.zeros(3))) == pytest.approx(0, abs=1e-12)
    assert add_m(square, quarter, (np.eye(3), np.zeros(3))) == pytest.approx(math.sqrt(2))
    with pytest.raises(ValueError, match="without points"):
        add_m(np.zeros((0, 3)), quarter, quarter)


@pytest.mark.parametrize("seed", range(10))
def test_pck_counts_visible_points_within_a_share_of_their_objects_size(seed):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0, 100, (5, 4, 2))
    said = truth + rng.normal(0, 4, truth.shape)
    said[rng.random((5, 4)) < 0.2] = np.nan
    visible, size = rng.random((5, 4)) < 0.7, rng.uniform(20, 80, 5)
    judged = [
        math.hypot(*(said[k, j] - truth[k, j])) <= 0.1 * size[k]
        for k in range(5)
        for j in range(4)
        if visible[k, j]
    ]
    assert pck(said, truth, visible, size) == pytest.approx(sum(judged) / len(judged))
    assert math.isnan(pck(said, truth, np.zeros((5, 4), bool), size))


def test_motion_by_hand():
    times = np.arange(20)[:, None] * 0.1
    # x = t^3 has a jerk of 6 everywhere, and a parabola none.
    assert jerk_rms(np.concatenate((times**3, times**2), axis=1), 0.1) == pytest.approx(6.0)
    assert math.isnan(jerk_rms(times[:3], 0.1))
    assert jerk_rms(times**2, 0.1, 2) == pytest.approx(2.0)
    # A row without a value, or with an endless one, takes with it what it would be part of, and no more.
    for gap in (np.nan, np.inf):
        holed = np.where(times == times[9], gap, times**3)
        assert jerk_rms(holed, 0.1) == pytest.approx(6.0)
        assert math.isnan(jerk_rms(np.where(np.arange(20)[:, None] % 4 == 3, gap, times), 0.1))
    bound = np.array([1.0, np.inf])
    assert saturation(np.array([[1.0, 99.0], [0.5, 0.0], [-2.0, 1.0], [0.0, 0.0]]), -bound, bound) == 0.25
    assert falls(np.array([0, 70, 50, 70, 10, 80, 5.0]), 60, 20) == 2
    with pytest.raises(ValueError, match="above the limit"):
        falls(np.zeros(2), 20, 60)
