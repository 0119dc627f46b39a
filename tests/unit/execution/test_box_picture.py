"""Drawing never judges: whatever a model says, there is a picture."""

import numpy as np
import pytest

from simgate.harness.execution.episode.box_picture import FOUND_COLOR, picture
from simgate.policies.perception.outputs import Boxes

FRAME = np.full((24, 32, 3), 90, np.uint8)


def found(*boxes, label="door"):
    count = len(boxes)
    scores = np.linspace(0.9, 0.5, count, dtype=np.float32)
    return Boxes(np.asarray(boxes, np.float32), scores, np.zeros(count, np.int64), (label,))


def amber(detections, scale=3):
    drawn = np.asarray(picture(FRAME, [detections], scale))
    assert drawn.shape == (24 * scale, 32 * scale, 3)
    return {(int(x), int(y)) for y, x in np.argwhere((drawn == FOUND_COLOR).all(axis=2))}


@pytest.mark.parametrize(
    "box",
    [
        (10, 15, 10.2, 15.2),  # under a third of a pixel
        (10, 15, 10, 15),
        (20, 18, 10, 14),  # inverted
        (-50, -50, -10, -10),  # outside
        (40, 30, 90, 70),
        (-1e30, -1e30, 1e30, 1e30),
        (3.4e38, 0, 3.4e38, 1),
    ],
)
def test_every_finite_box_leaves_a_mark(box):
    assert amber(found(box, label=""))


def test_a_box_below_one_pixel_is_drawn_where_it_is():
    assert (30, 45) in amber(found((10, 15, 10.2, 15.2)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_box_that_is_not_finite_is_left_out_and_the_others_are_drawn(bad):
    assert amber(found((bad, 2, 5, 6), (10, 15, 20, 20))) >= {(30, 45), (59, 59)}


def test_thousands_of_boxes_are_drawn():
    assert amber(found(*[(k % 30, k % 20, k % 30 + 2, k % 20 + 2) for k in range(3000)]))


@pytest.mark.parametrize(
    ("label", "drawn_as"),
    [("Tür", "Tur"), ("门", "\\u95e8"), ("дверь", "\\u0434\\u0432\\u0435\\u0440\\u044c")],
)
def test_a_class_name_that_the_font_cannot_write_is_written_in_ascii(label, drawn_as):
    pictures = [picture(FRAME, [found((4, 14, 20, 22), label=name)], 8) for name in (label, drawn_as, "door")]
    assert pictures[0] == pictures[1]
    assert pictures[0] != pictures[2]


@pytest.mark.parametrize("label", ["", "two\nlines", "\x1b[31m", "x" * 500])
def test_any_class_name_is_drawn(label):
    assert amber(found((4, 14, 20, 22), label=label))
