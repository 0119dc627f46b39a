"""Tests of two samples: what is alike is not called different, what differs is, in any order of the frames."""

import numpy as np
import pytest

from simgate.harness.drift.frame_statistics import NAMED, NAMES, episode_statistics, frame_statistics
from simgate.harness.drift.two_samples import compare, foreignness
from simgate.policies.perception.outputs import Boxes

NAMES_3 = ("a", "b", "c")


def test_halves_of_one_distribution_are_called_different_in_at_most_one_of_twenty():
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(40):
        first, second = random.normal(size=(2, 14, 3)) * [1, 5, 0.1]
        alarms += compare(first, second, NAMES_3).drifts()
    assert alarms <= 6  # 2 expected at most; more than 6 of 40 has a chance below 1 %


def test_a_shift_is_found_named_and_has_the_larger_effect_the_larger_it_is():
    random = np.random.default_rng(2)
    first, second = random.normal(size=(2, 40, 3))
    near, far = (compare(first, second + np.array([0, shift, 0]), NAMES_3) for shift in (1.0, 4.0))
    assert near.drifts()
    assert far.drifts()
    assert min(far.single, key=lambda one: one.p_value).name == "b"
    assert compare(first, second, NAMES_3).effect < near.effect < far.effect <= 1.0
    assert near.tests[0].by_chance < 0.1


@pytest.mark.parametrize("second", [slice(None), slice(None, None, -1), slice(2, 14)])
def test_a_side_that_the_other_one_holds_is_compared_with_nothing(second):
    table = np.random.default_rng(4).normal(size=(20, 3))
    with pytest.raises(ValueError, match="all episodes of one side are on the other side too"):
        compare(table, table[second], NAMES_3)


def test_episodes_that_are_all_alike_are_compared_with_nothing():
    with pytest.raises(ValueError, match="nothing is compared"):
        compare(np.ones((20, 3)), np.ones((9, 3)), NAMES_3)


def test_the_energy_coefficient_is_that_of_its_definition():
    random = np.random.default_rng(3)
    first, second = random.normal(size=(9, 2)), random.normal(size=(11, 2)) + 1.0
    both = np.concatenate([first, second])
    a, b = ((one - both.mean(axis=0)) / both.std(axis=0) for one in (first, second))

    def mean(x, y):
        return np.linalg.norm(x[:, None] - y[None], axis=2).sum()

    across = mean(a, b) / 99
    value = 2 * across - mean(a, a) / 72 - mean(b, b) / 110
    assert compare(first, second, ("x", "y")).effect == pytest.approx(value / (2 * across))


def test_the_order_of_frames_in_an_episode_changes_nothing():
    random = np.random.default_rng(4)
    frames = list(random.normal(size=(17, len(NAMES))))
    shuffled = [frames[k] for k in random.permutation(17)]
    assert np.array_equal(episode_statistics(frames), episode_statistics(shuffled))


def test_of_few_episodes_nothing_is_told():
    with pytest.raises(ValueError, match="of fewer than 8 on a side nothing can be told"):
        compare(np.zeros((7, 2)), np.zeros((40, 2)), ("a", "b"))


def test_a_change_that_only_several_statistics_together_show_is_found_by_the_classifier():
    random = np.random.default_rng(8)
    common = random.normal(size=(80, 1)) * 2.0
    table = np.hstack([common + random.normal(size=(80, 1)) * 0.3, common])
    table[40:, 0] += 0.8
    found = compare(table[:40], table[40:], ("a", "b"))
    assert next(one for one in found.tests if one.name == "classifier").p_value < 0.05
    assert all(one.p_value > 0.05 for one in found.single)


def test_statistics_of_a_picture_say_what_was_done_to_it():
    random = np.random.default_rng(5)
    frame = random.integers(40, 200, (24, 32, 3)).astype(np.uint8)
    before = dict(zip(NAMES, frame_statistics(frame, None), strict=True))
    red = frame.astype(float)
    red[..., 0] *= 1.2
    cast = dict(zip(NAMES, frame_statistics(red.astype(np.uint8), None), strict=True))
    smooth = (
        frame.astype(float) + np.roll(frame, 1, 0) + np.roll(frame, 1, 1) + np.roll(frame, (1, 1), (0, 1))
    ) / 4
    blurred = dict(zip(NAMES, frame_statistics(smooth.astype(np.uint8), None), strict=True))
    assert cast["red_over_green"] > 1.1 * before["red_over_green"]
    assert blurred["sharpness"] < before["sharpness"]
    assert set(NAMED) < set(NAMES)


def test_statistics_tell_what_the_model_said():
    box = Boxes(
        boxes=np.array([[0, 0, 16, 12]], np.float32),
        scores=np.array([0.75], np.float32),
        class_ids=np.zeros(1, np.int64),
        classes=("cup",),
    )
    said = dict(zip(NAMES, frame_statistics(np.zeros((24, 32, 3), np.uint8), box), strict=True))
    assert (said["detections"], said["best_score"], said["box_area"]) == (1.0, 0.75, 0.25)


def test_a_frame_unlike_all_others_is_the_most_foreign():
    random = np.random.default_rng(6)
    frames = random.normal(size=(30, 5))
    frames[11] += 9.0
    assert int(np.argmax(foreignness(frames, random.normal(size=(30, 5))))) == 11
