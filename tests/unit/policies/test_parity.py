import math

import numpy as np
import pytest

from simgate.policies.perception.inference.parity import (
    Change,
    Seen,
    Side,
    compare,
    limits_of,
    measured,
    past_limits,
    percentile,
)
from simgate.policies.perception.outputs import Boxes

CLASSES = ("glass_door", "person")
THRESHOLDS = {"glass_door": 0.5, "person": 0.5}


def found(*rows, classes=CLASSES):
    """Rows of x0, y0, x1, y1, score, class."""
    table = np.asarray(rows, np.float32).reshape(-1, 6)
    return Boxes(table[:, :4], table[:, 4], table[:, 5].astype(np.int64), classes)


def compared(first, second, tolerance=0.02, **options):
    return compare(Side(first, THRESHOLDS), Side(second, THRESHOLDS), tolerance, **options)


DOOR = (10, 10, 50, 90, 0.9, 0)


def test_differences_are_taken_over_pairs_and_the_worst_frame_is_named():
    first = [found(DOOR), found(DOOR, (60, 10, 80, 60, 0.7, 1))]
    second = [found((10, 10, 50.5, 90, 0.89, 0)), found((60, 10, 80, 60, 0.6, 1), (10, 12, 50, 90, 0.9, 0))]
    seen = compared(first, second)
    values = measured(seen)
    assert (seen.frames, len(seen.box_px), seen.worst_frame) == (2, 3, {"box_px": 1, "score": 1})
    assert values["box_max_px"] == pytest.approx(2.0)
    assert values["score_max"] == pytest.approx(0.1)
    assert (values["class_changes"], values["unmatched"]) == (0, 0)
    assert (values["recall_in_b"], values["recall_in_a"]) == (1, 1)


def test_another_class_is_a_change_and_not_two_strangers():
    seen = compared([found(DOOR)], [found((*DOOR[:5], 1))])
    assert (seen.class_changes, seen.unmatched) == (1, 0)
    assert measured(seen)["recall_in_b"] == 0
    assert [(change.a.label, change.b.label) for change in seen.changes] == [("glass_door", "person")]


def test_classes_are_compared_by_name_whatever_their_order():
    other = found((*DOOR[:5], 1), classes=("person", "glass_door"))
    seen = compared([found(DOOR)], [other])
    assert (seen.changes, dict(seen.in_both)) == ([], {"glass_door": 1})


def test_a_lone_detection_at_its_threshold_is_explained_by_the_allowed_difference():
    near, far = (10, 10, 50, 90, 0.51, 0), (10, 10, 50, 90, 0.6, 0)
    assert compared([found(near)], [found()]).borderline == 1
    seen = compared([found()], [found(far)])
    assert (seen.borderline, seen.unmatched) == (0, 1)


def test_what_fell_under_the_threshold_is_told_from_what_is_gone():
    fell, gone = (10, 10, 50, 90, 0.4, 0), (100, 10, 120, 60, 0.8, 1)
    seen = compared([found(DOOR, gone)], [found(fell)])
    assert [(c.kind, c.a and c.a.label, c.b and round(c.b.score, 3)) for c in seen.changes] == [
        ("threshold", "glass_door", 0.4),
        ("missing", "person", None),
    ]
    assert (measured(seen)["recall_in_b"], seen.box_px) == (0, [])
    turned = compared([found(fell)], [found(DOOR, gone)])
    assert [(c.a and round(c.a.score, 3), c.b.label) for c in turned.changes] == [
        (0.4, "glass_door"),
        (None, "person"),
    ]


def test_a_box_below_the_threshold_takes_no_partner_from_a_detection():
    """It overlaps better than the detection that is the real partner."""
    second = found((10, 10, 50, 80, 0.8, 0), (10, 10, 50, 90, 0.3, 0))
    seen = compared([found(DOOR)], [second])
    assert (seen.changes, seen.box_px) == ([], [10.0])


def test_each_side_has_its_own_thresholds():
    first, second = (
        Side([found((10, 10, 50, 90, 0.6, 0))], {"glass_door": 0.7}),
        Side([found(DOOR)], THRESHOLDS),
    )
    (change,) = compare(first, second, 0.02).changes
    box = (10.0, 10.0, 50.0, 90.0)
    assert change == Change(
        0,
        Seen("glass_door", pytest.approx(0.6), box),
        Seen("glass_door", pytest.approx(0.9), box),
        "threshold",
    )


def test_the_overlap_that_makes_one_object_is_an_option():
    first, second = [found(DOOR)], [found((10, 10, 50, 70, 0.9, 0))]
    assert compared(first, second).changes == []
    assert [c.kind for c in compared(first, second, iou=0.8).changes] == ["missing", "missing"]


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
    values |= {"class_changes": 1.0, "unmatched": 0.0, "recall_in_b": 0.9, "recall_in_a": math.nan}
    assert past_limits(values, limits_of(declared)) == ["score_max", "class_changes"]
    asked = limits_of(declared) | {"recall_in_b": 0.95}
    assert past_limits(values, asked) == ["score_max", "class_changes", "recall_in_b"]
    assert past_limits(values | {"box_max_px": float("nan")}, limits_of(declared))[0] == "box_max_px"


@pytest.mark.parametrize(
    ("limit", "past"),
    [
        ({"recall_in_b": 0.9}, []),
        ({"recall_in_b": 0.91}, ["recall_in_b"]),
        ({"recall_in_a": 0.0}, ["recall_in_a"]),
    ],
)
def test_a_recall_is_to_be_reached_and_that_of_nothing_reaches_none(limit, past):
    assert past_limits({"recall_in_b": 0.9, "recall_in_a": math.nan}, limit) == past


def test_the_percentile_is_the_nearest_rank():
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert percentile([], 0.99) == 0.0
