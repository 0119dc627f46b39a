import numpy as np
import pytest

from simgate.policies.reference_model.thresholds import choose_thresholds
from tests.unit.policies.reference_model.frame_sets import detections, frame_set

BOX = (40, 20, 80, 100)
WOOD = {"entities": [("wooden_door", BOX, 2.0)], "kind": "wood"}
GLASS = {"entities": [("glass_door", BOX, 2.0)]}
FREE = {"kind": "none"}


def chosen(found_scores, alarm_scores):
    """Glass's threshold after so many shut doors found and so many open doorways with alarms; 0 for none."""
    frames = [WOOD, *[GLASS] * len(found_scores), *[FREE] * len(alarm_scores)]
    scores = [0.0, *found_scores, *alarm_scores]
    found = [detections(("glass_door", score, BOX)) if score else detections() for score in scores]
    return choose_thresholds(frame_set(*frames), found)["glass_door"]


def test_a_door_gets_the_threshold_between_its_alarms_and_its_finds():
    threshold = chosen([0.9] * 300, [0.0] * 500 + [0.4] * 20)
    assert 0.4 < threshold < 0.7


def test_among_thresholds_that_are_equally_good_the_middle_one_is_taken():
    assert abs(chosen([0.6] * 300, [0.0] * 480 + [0.3] * 20) - 0.45) < 0.02


def test_neither_requirement_is_bought_with_the_other():
    # 300 doors of which 3 may be missed with some room; 1,000 doorways of which 10 may alarm.
    finds = [0.9] * 294 + list(np.linspace(0.3, 0.5, 6))
    alarms = [0.0] * 980 + list(np.linspace(0.2, 0.6, 20))
    threshold = chosen(finds, alarms)
    assert sum(score >= threshold for score in finds) / len(finds) > 0.98
    assert sum(score >= threshold for score in alarms) / len(alarms) <= 0.01


def test_a_hopeless_detector_still_gets_a_threshold_in_range():
    assert 0.2 <= chosen([0.1] * 100, [0.9] * 100) <= 0.7


def test_a_door_is_judged_in_open_doorways_and_not_in_front_of_other_doors():
    frames = [WOOD] * 1000 + [GLASS] * 100 + [FREE] * 100
    found = [detections() for _ in range(1000)] + [detections(("glass_door", 0.9, BOX))] * 100
    found += [detections(("glass_door", 0.5, BOX))] * 100
    assert choose_thresholds(frame_set(*frames), found)["glass_door"] > 0.5


def test_a_person_gets_the_lowest_threshold_that_is_quiet_elsewhere():
    scores = [0.0] * 970 + list(np.linspace(0.3, 0.45, 30))
    frames = frame_set(WOOD, GLASS, *[FREE] * len(scores))
    found = [detections(("person", score, BOX)) if score else detections() for score in [0, 0, *scores]]
    threshold = choose_thresholds(frames, found)["person"]
    assert 0.4 < threshold < 0.5
    assert sum(score >= threshold for score in scores) <= 6


def test_frames_that_show_no_shut_door_of_a_kind_are_no_evidence():
    with pytest.raises(ValueError, match="no threshold for wooden_door: 0 shut ones, 1 open doorways"):
        choose_thresholds(frame_set(GLASS, FREE), [detections(), detections()])
