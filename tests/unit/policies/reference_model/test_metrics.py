import math

import numpy as np
import pytest

from simgate.policies.reference_model.metrics import (
    ajar,
    average_precision,
    best_score,
    closed,
    match,
    open_doorway,
    recall_at,
)
from tests.unit.policies.reference_model.frame_sets import detections, frame_set

BOX = (40, 20, 80, 100)
ELSEWHERE = (100, 20, 140, 100)


def glass(box=BOX, distance=2.0):
    return {"entities": [("glass_door", box, distance)]}


def judged(frames, found, within=10.0):
    wanted = frames.counted() & (frames.distances_m <= within)
    return match(frames, found, "glass_door", wanted)


def test_perfect_detections_have_average_precision_one():
    frames = frame_set(glass(), glass(ELSEWHERE), {"entities": []})
    found = [detections(("glass_door", 0.9, BOX)), detections(("glass_door", 0.6, ELSEWHERE)), detections()]
    matches = judged(frames, found)
    assert average_precision(matches) == pytest.approx(1.0)
    assert recall_at(matches, 0.5) == (2, 2)
    assert recall_at(matches, 0.7) == (1, 2)


def test_a_better_scored_false_alarm_lowers_average_precision_and_a_worse_one_does_not():
    frames = frame_set(glass(), {"entities": []})
    before = [detections(("glass_door", 0.5, BOX)), detections(("glass_door", 0.9, BOX))]
    after = [detections(("glass_door", 0.9, BOX)), detections(("glass_door", 0.5, BOX))]
    assert average_precision(judged(frames, before)) == pytest.approx(0.5)
    assert average_precision(judged(frames, after)) == pytest.approx(1.0)


def test_the_second_box_on_one_door_is_a_false_alarm():
    frames = frame_set(glass())
    matches = judged(frames, [detections(("glass_door", 0.9, BOX), ("glass_door", 0.8, (41, 20, 80, 100)))])
    assert list(matches.correct) == [True, False]


def test_a_box_that_overlaps_by_less_than_half_is_wrong_and_the_door_is_missed():
    frames = frame_set(glass())
    matches = judged(frames, [detections(("glass_door", 0.9, (40, 20, 60, 60)))])
    assert list(matches.correct) == [False] and recall_at(matches, 0.1) == (0, 1)


def test_a_door_beyond_the_limit_is_neither_wanted_nor_a_false_alarm():
    frames = frame_set(glass(distance=6.0))
    matches = judged(frames, [detections(("glass_door", 0.9, BOX))], within=4.0)
    assert len(matches.scores) == 0 and recall_at(matches, 0.1) == (0, 0)
    assert math.isnan(average_precision(matches))


def test_a_class_that_is_swapped_matches_nothing():
    frames = frame_set(glass())
    assert recall_at(judged(frames, [detections(("wooden_door", 0.9, BOX))]), 0.1) == (0, 1)


def test_slivers_at_the_side_and_specks_are_not_counted():
    frames = frame_set(glass((0, 0, 15, 120)), glass((150, 0, 160, 120)), glass((70, 50, 76, 58)), glass())
    assert list(frames.counted()[:, 0]) == [False, False, False, True]


def test_frames_are_shut_ajar_or_open():
    frames = frame_set(
        {"opening_deg": 0.0},
        {"opening_deg": 20.0},
        {"opening_deg": 90.0},
        {"kind": "none"},
        {"kind": "none", "door_distance_m": -1.0},
    )
    assert list(closed(frames)) == [True, False, False, False, False]
    assert list(ajar(frames)) == [False, True, False, False, False]
    assert list(open_doorway(frames)) == [False, False, True, True, False]


def test_the_best_score_of_a_class_is_zero_where_it_was_not_seen():
    found = [detections(("glass_door", 0.9, BOX), ("person", 0.95, BOX)), detections()]
    np.testing.assert_allclose(best_score(found, "glass_door"), [0.9, 0.0], atol=1e-6)
