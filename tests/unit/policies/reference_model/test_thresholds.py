import numpy as np

from policies.reference_model.thresholds import choose_thresholds
from tests.unit.policies.reference_model.frame_sets import detections, frame_set

BOX = (40, 20, 80, 100)


def thresholds_for(alarm_scores):
    frames = frame_set(*[{"kind": "none"} for _ in alarm_scores])
    found = [detections(("glass_door", score, BOX)) if score else detections() for score in alarm_scores]
    return choose_thresholds(frames, found)["glass_door"]


def test_a_quiet_detector_gets_the_lowest_threshold():
    assert thresholds_for([0.0] * 1000) == 0.2


def test_the_threshold_lies_above_all_but_a_few_false_alarms():
    scores = [0.0] * 970 + list(np.linspace(0.3, 0.45, 30))
    chosen = thresholds_for(scores)
    assert 0.4 < chosen < 0.5
    assert sum(score >= chosen for score in scores) <= 6


def test_a_noisy_detector_does_not_become_deaf():
    assert thresholds_for([0.9] * 100) == 0.7


def test_a_door_is_judged_in_open_doorways_and_not_in_front_of_other_doors():
    shut = [{"entities": [("wooden_door", BOX, 2.0)], "kind": "wood"} for _ in range(1000)]
    free = [{"kind": "none"} for _ in range(100)]
    found = [detections() for _ in shut] + [detections(("glass_door", 0.5, BOX)) for _ in free]
    assert choose_thresholds(frame_set(*shut, *free), found)["glass_door"] > 0.5
