import math

import numpy as np
import pytest

from simgate.policies.navigation.watch import Watch
from simgate.policies.perception.outputs import Boxes
from tests.unit.policies.navigation.corridor import CLASSES, DOOR_HEIGHT_M, box_of

NOTHING = np.zeros((0, 2))
GOAL = (6.8, 0.0)


def detections(step, *found):
    return Boxes(
        np.array([box for _, _, box in found], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in found], np.float32),
        np.array([CLASSES.index(label) for label, _, _ in found], np.int64),
        CLASSES,
        step,
    )


def door_seen_from(pose, label="glass_door", x=5.0):
    return label, 0.8, box_of(pose, (x, 0.0), 1.1, DOOR_HEIGHT_M)


def test_a_late_detection_is_placed_from_where_the_robot_was():
    watch = Watch(GOAL, 0.1)
    for tick in range(20):
        here = (0.1 * tick, 0.0, 0.0)
        then = max(tick - 3, 0)
        seen = door_seen_from((0.1 * then, 0.0, 0.0))
        watch.update(tick * 20, here, NOTHING, detections(then * 20, seen))
    assert watch.door is not None and watch.door.confirmed
    assert watch.door.x == pytest.approx(5.0, abs=0.2)


def test_no_news_is_no_evidence_against_a_door():
    watch = Watch(GOAL, 0.1)
    pose = (2.0, 0.0, 0.0)
    for tick in range(5):
        watch.update(tick * 20, pose, NOTHING, detections(tick * 20, door_seen_from(pose)))
    for tick in range(5, 25):
        watch.update(tick * 20, pose, NOTHING, None)
    assert watch.door is not None and watch.door.confirmed


def test_frames_that_should_show_the_door_and_do_not_take_it_away():
    watch = Watch(GOAL, 0.1)
    pose = (2.0, 0.0, 0.0)
    for tick in range(5):
        watch.update(tick * 20, pose, NOTHING, detections(tick * 20, door_seen_from(pose)))
    for tick in range(5, 25):
        watch.update(tick * 20, pose, NOTHING, detections(tick * 20))
    assert watch.door is None


def test_a_person_before_the_door_does_not_take_it_away():
    watch = Watch(GOAL, 0.1)
    pose = (2.0, 0.0, 0.0)
    person = ("person", 0.8, box_of(pose, (4.0, 0.0), 0.5, 1.78))
    for tick in range(5):
        watch.update(tick * 20, pose, NOTHING, detections(tick * 20, door_seen_from(pose)))
    for tick in range(5, 25):
        watch.update(tick * 20, pose, NOTHING, detections(tick * 20, person))
    assert watch.door is not None and watch.door.confirmed


def test_a_door_is_forgotten_once_it_lies_behind():
    watch = Watch(GOAL, 0.1)
    for tick in range(5):
        pose = (2.0, 0.0, 0.0)
        watch.update(tick * 20, pose, NOTHING, detections(tick * 20, door_seen_from(pose)))
    watch.update(200, (5.6, 0.0, 0.0), NOTHING, None)
    assert watch.door is None


def test_the_robot_is_held_back_by_who_crosses_and_let_go_when_they_have_passed():
    watch = Watch(GOAL, 0.1)
    pose = (0.0, 0.0, 0.0)
    for tick in range(10):
        y = 0.9 - 0.08 * tick
        seen = ("person", 0.8, box_of(pose, (2.0, y), 0.5, 1.78))
        watch.update(tick * 20, pose, np.array([[2.0, y]]), detections(tick * 20, seen))
    assert watch.person_limit(pose, 0.0) < 0.6
    assert len(watch.person_outlines(pose)) == 2
    assert math.isinf(watch.person_limit((3.0, 0.0, 0.0), 0.0))
