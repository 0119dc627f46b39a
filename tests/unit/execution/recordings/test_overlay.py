"""Drawing never judges: whatever a model says, there is a picture."""

import numpy as np
import pytest

from simgate.harness.execution.pictures.colors import class_color
from simgate.harness.execution.pictures.overlay import AXES, FOUND_COLOR, picture, scale_for
from simgate.policies.perception.outputs import Boxes, Depth, Keypoints, Masks, Poses
from simgate.sim_adapters.embodiment import Intrinsics

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


def pixels(*outputs, **more):
    return np.asarray(picture(FRAME, outputs, 1, **more))


def changed(drawn):
    return {(int(x), int(y)) for y, x in np.argwhere((drawn != FRAME).any(axis=2))}


def test_a_mask_tints_the_pixels_of_its_classes_and_no_others():
    labels = np.full((24, 32), -1)
    labels[20:, 10:12] = 0
    drawn = pixels(Masks(labels, ("floor",)))
    assert {(x, y) for x, y in changed(drawn) if y > 14} == {(x, y) for x in (10, 11) for y in range(20, 24)}


def test_a_pose_is_drawn_where_a_pinhole_camera_sees_its_axes():
    lens = Intrinsics(32, 24, 60.0)
    upright = Poses(
        np.array([[0.1, -0.05, 1.0]]), np.eye(3)[None], np.ones(1, np.float32), np.zeros(1, int), ("cup",)
    )
    drawn = np.asarray(picture(FRAME, [upright], 10, lens=lens))
    reach = 0.12 * lens.focal_px
    middle = (16 + 0.1 * lens.focal_px, 12 - 0.05 * lens.focal_px)
    for axis, (dx, dy) in ((0, (reach, 0.0)), (1, (0.0, reach))):
        x, y = round(10 * (middle[0] + 0.8 * dx)), round(10 * (middle[1] + 0.8 * dy))
        assert tuple(drawn[y, x]) == AXES[axis]


def test_a_pose_behind_the_camera_and_one_without_a_lens_are_not_drawn():
    behind = Poses(
        np.array([[0.0, 0.0, -1.0]]), np.eye(3)[None], np.ones(1, np.float32), np.zeros(1, int), ("cup",)
    )
    assert not changed(pixels(behind, lens=Intrinsics(32, 24, 60.0)))
    assert not changed(pixels(behind))


def test_keypoints_are_dots_at_their_places_hollow_where_they_are_unsure():
    points = np.array([[[8.0, 16.0], [24.0, 16.0], [np.nan, 3.0]]], np.float32)
    sure = np.array([[0.9, 0.1, 0.9]], np.float32)
    found = Keypoints(points, sure, np.ones(1, np.float32), np.zeros(1, int), ("",), ("hip", "knee", "toe"))
    drawn = pixels(found)
    assert tuple(drawn[16, 8]) == class_color(0)
    assert tuple(drawn[16, 24]) == tuple(FRAME[0, 0])
    assert tuple(drawn[16, 27]) == class_color(1)


def test_the_depth_of_a_model_is_beside_the_frame_and_the_true_one_in_the_same_colours():
    said = np.tile(np.linspace(1.0, 3.0, 32, dtype=np.float32), (24, 1))
    drawn = pixels(Depth(said), depth_m=said)
    assert drawn.shape == (24, 96, 3)
    assert (drawn[:8, 32:64] == drawn[:8, 64:]).all()
    assert pixels(Depth(said)).shape == (24, 64, 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_what_has_no_place_is_left_out(bad):
    points = np.full((1, 1, 2), bad, np.float32)
    one = np.ones(1, np.float32)
    found = Keypoints(points, np.ones((1, 1), np.float32), one, np.zeros(1, int), ("",), ("hip",))
    # Its name stands in the picture, the dot does not.
    assert not (pixels(found) == class_color(0)).all(axis=2).any()


def test_small_frames_are_enlarged_and_large_ones_are_not():
    assert (scale_for(160), scale_for(400), scale_for(480)) == (3, 3, 1)
