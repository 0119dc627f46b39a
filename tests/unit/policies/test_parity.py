import numpy as np
import pytest

from simgate.policies.perception.detections import Detections
from simgate.policies.perception.parity import compare, limits_of, measured, past_limits, percentile

CLASSES = ("glass_door", "person")


def found(*rows):
    """Rows of x0, y0, x1, y1, score, class."""
    table = np.asarray(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64), CLASSES)


DOOR = (10, 10, 50, 90, 0.9, 0)


def test_differences_are_taken_over_pairs_and_the_worst_frame_is_named():
    first = [found(DOOR), found(DOOR, (60, 10, 80, 60, 0.7, 1))]
    second = [found((10, 10, 50.5, 90, 0.89, 0)), found((60, 10, 80, 60, 0.6, 1), (10, 12, 50, 90, 0.9, 0))]
    seen = compare(first, second, (0.5, 0.5), 0.02)
    values = measured(seen)
    assert (seen.frames, len(seen.box_px), seen.worst_frame) == (2, 3, {"box_px": 1, "score": 1})
    assert values["box_max_px"] == pytest.approx(2.0)
    assert values["score_max"] == pytest.approx(0.1)
    assert (values["class_changes"], values["unmatched"]) == (0, 0)


def test_another_class_is_a_change_and_not_two_strangers():
    seen = compare([found(DOOR)], [found((*DOOR[:5], 1))], (0.5, 0.5), 0.02)
    assert (seen.class_changes, seen.unmatched) == (1, 0)


def test_a_lone_detection_at_its_threshold_is_explained_by_the_allowed_difference():
    near, far = (10, 10, 50, 90, 0.51, 0), (10, 10, 50, 90, 0.6, 0)
    assert compare([found(near)], [found()], (0.5, 0.5), 0.02).borderline == 1
    seen = compare([found()], [found(far)], (0.5, 0.5), 0.02)
    assert (seen.borderline, seen.unmatched) == (0, 1)


def test_limits_come_from_the_package_and_no_class_may_change():
    declared = {
        "box_max_px": 1.0,
        "world": "office",
        "score_max": 0.02,
        "frames": "160x120",
        "box_p99_px": True,
    }
    assert limits_of(declared) == {
        "class_changes": 0.0,
        "unmatched": 0.0,
        "box_max_px": 1.0,
        "score_max": 0.02,
    }
    values = dict.fromkeys(("box_max_px", "box_p99_px", "score_max", "score_p99"), 0.5)
    values |= {"class_changes": 1.0, "unmatched": 0.0}
    assert past_limits(values, limits_of(declared)) == ["score_max", "class_changes"]
    assert past_limits(values | {"box_max_px": float("nan")}, limits_of(declared))[0] == "box_max_px"


def test_the_percentile_is_the_nearest_rank():
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert percentile([], 0.99) == 0.0
