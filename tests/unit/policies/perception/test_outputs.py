"""What no model may say, from whichever runtime."""

import numpy as np
import pytest

from simgate.policies.perception.outputs import Boxes, require_sound


def found(boxes=((1, 2, 3, 4),), scores=(0.5,), ids=(0,)):
    return Boxes(np.asarray(boxes, np.float32), np.asarray(scores, np.float32), np.asarray(ids), ("a", "b"))


@pytest.mark.parametrize("box", [(1, 2, 3, 4), (3, 4, 1, 2), (1, 2, 1, 2), (-9, -9, 900, 900)])
def test_any_finite_box_is_taken(box):
    given = [found([box]), found(np.zeros((0, 4)), (), ())]
    require_sound(given, 2)
    assert [one.boxes.tolist() for one in given] == [[list(box)], []]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (found(ids=(2,)), r"class 2 was found, but the package names 2 classes \(0 to 1: a, b\)"),
        (found(ids=(-1,)), "class -1 was found"),
        (found([(np.nan, 2, 3, 4)]), "not finite"),
        (found(scores=(np.inf,)), "not finite"),
        (found(ids=(0, 1)), r"classes \(2,\)"),
        (found([(1, 2, 3)]), r"boxes \(1, 3\)"),
    ],
)
def test_what_is_no_detection_is_refused_by_name(one, words):
    with pytest.raises(ValueError, match=words):
        require_sound([found(), one], 2)


def test_each_frame_has_an_answer():
    with pytest.raises(ValueError, match="2 frames went in, detections of 1 came out"):
        require_sound([found()], 2)
