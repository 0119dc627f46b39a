"""What a node that is a model says of a frame, from the fields of its messages."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from simgate.policies.perception.outputs import Boxes, Depth, Masks, Tensors
from simgate.policies.ros.declaration import IMAGE, PARTS_OF_BOXES, Heard
from simgate.policies.ros.link import RosFailed
from simgate.policies.ros.outputs import output_of

KIND = "vision_msgs/msg/Detection2DArray"
BOXES = Heard(topic="/found", type=KIND, boxes={})
DOORS = ("glass", "wood")


def detections(**changed: Any) -> dict[str, Any]:
    """Two boxes, of which the first has two hypotheses, as the bridge reads them."""
    said = {
        "x": [10.0, 50.0],
        "y": [20.0, 60.0],
        "width": [4.0, 8.0],
        "height": [6.0, 2.0],
        "score": [[0.3, 0.6], [0.9]],
        "label": [["wood", "glass"], ["1"]],
    } | changed
    return {PARTS_OF_BOXES[KIND][part]: value for part, value in said.items()}


def test_a_detection_array_is_boxes_by_their_surest_hypothesis_best_first() -> None:
    found = output_of([BOXES], [detections()], DOORS)
    assert isinstance(found, Boxes)
    assert found.boxes.tolist() == [[46.0, 59.0, 54.0, 61.0], [8.0, 17.0, 12.0, 23.0]]
    assert found.scores.tolist() == pytest.approx([0.9, 0.6])
    assert [found.label(k) for k in range(2)] == ["wood", "glass"]
    assert found.problem() == ""


def test_a_frame_without_boxes_says_none() -> None:
    found = output_of([BOXES], [dict.fromkeys(BOXES.paths, ())], DOORS)
    assert isinstance(found, Boxes)
    assert (len(found), found.problem()) == (0, "")


def test_corners_scores_and_classes_may_be_rows_of_numbers() -> None:
    parts = {"left": "a", "top": "b", "right": "c", "bottom": "d", "label": "e"}
    heard = Heard(topic="/found", type="my_msgs/msg/Boxes", boxes=parts)
    rows = {name: np.array([k], np.float32) for k, name in enumerate("abcd")}
    found = output_of([heard], [rows | {"e": np.array([1.0], np.float32)}], DOORS)
    assert isinstance(found, Boxes)
    assert found.boxes.tolist() == [[0.0, 1.0, 2.0, 3.0]]
    assert (found.scores.tolist(), found.class_ids.tolist()) == ([1.0], [1])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"label": [["door", "glass"], ["tree"]]}, "/found says class 'tree', and classes: has glass, wood"),
        ({"label": [["wood", "glass"], ["2"]]}, "/found says class '2'"),
        ({"label": [["wood", "glass"], [0.5]]}, "/found says class '0.5'"),
        ({"x": [1.0]}, "/found does not say the same number of everything: 1 of x, 2 of y"),
        ({"score": [[0.3, math.nan], [0.9]]}, r"/found says \[0.3, nan\] at"),
        ({"score": [[], [0.9]]}, "/found has a box without a hypothesis"),
        ({"label": [["wood"], ["1"]]}, "/found has a box with more scores than classes, 1"),
        ({"x": ["left", "right"]}, "what is no array of numbers"),
    ],
)
def test_what_is_no_box_is_refused_with_its_topic(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(RosFailed, match=said):
        output_of([BOXES], [detections(**changed)], DOORS)


def image(pixels: np.ndarray[Any, Any], encoding: str) -> dict[str, Any]:
    height, width = pixels.shape
    # Rows of pictures may be longer than their pixels.
    rows = np.concatenate(
        [pixels.view(np.uint8).reshape(height, -1), np.full((height, 3), 7, np.uint8)], axis=1
    )
    said = (height, width, encoding, pixels.dtype.byteorder == ">", rows.shape[1], rows.ravel())
    return dict(zip(IMAGE, said, strict=True))


def test_a_picture_of_numbers_is_a_mask() -> None:
    heard = Heard(topic="/mask", type="sensor_msgs/msg/Image", image="mask")
    found = output_of([heard], [image(np.array([[0, 1], [1, 0]], np.uint8), "mono8")], DOORS)
    assert isinstance(found, Masks)
    assert found.labels.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("pixels", "encoding"),
    [
        (np.array([[1500, 0]], "<u2"), "16UC1"),
        (np.array([[1500, 0]], ">u2"), "16UC1"),
        (np.array([[1.5, np.inf]], np.float32), "32FC1"),
    ],
)
def test_depth_is_in_millimetres_or_metres_and_says_nothing_where_it_knows_nothing(
    pixels: np.ndarray[Any, Any], encoding: str
) -> None:
    heard = Heard(topic="/depth", type="sensor_msgs/msg/Image", image="depth")
    found = output_of([heard], [image(pixels, encoding)], ())
    assert isinstance(found, Depth)
    assert found.depth_m[0, 0] == pytest.approx(1.5)
    assert math.isnan(found.depth_m[0, 1])
    assert found.problem() == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"encoding": "rgb8"}, "/depth has the encoding 'rgb8', not one of mono8"),
        ({"width": 9}, "/depth says 9x1, step 7, and has 7 bytes"),
    ],
)
def test_a_picture_that_does_not_hold_what_it_says_is_refused(changed: dict[str, Any], said: str) -> None:
    heard = Heard(topic="/depth", type="sensor_msgs/msg/Image", image="depth")
    with pytest.raises(RosFailed, match=said):
        output_of([heard], [image(np.array([[1, 2]], np.uint16), "16UC1") | changed], ())


def test_anything_else_is_tensors_of_all_its_topics() -> None:
    heard = [Heard(topic=f"/{name}", type="my_msgs/msg/Row", values={name: "data"}) for name in "ab"]
    found = output_of(heard, [{"data": 2.0}, {"data": [1, 2]}], ())
    assert isinstance(found, Tensors)
    assert {name: value.tolist() for name, value in found.values.items()} == {"a": 2.0, "b": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("heard", "said", "why"),
    [
        (
            {"values": {"push": "data"}},
            {"data": math.nan},
            "the node's /said: tensor 'push' holds values that are not finite",
        ),
        (
            {"image": "mask"},
            image(np.array([[0, 7]], np.uint8), "mono8"),
            "the node's /said: class 7 was found",
        ),
        (
            {"image": "depth"},
            image(np.array([[1, 2]], np.uint16), "16UC1"),
            r"the node's /said has \(height, width\) \(1, 2\), its picture \(2, 2\)",
        ),
    ],
)
def test_what_no_model_may_say_is_refused_with_its_topic(
    heard: dict[str, Any], said: dict[str, Any], why: str
) -> None:
    with pytest.raises(RosFailed, match=why):
        output_of([Heard(topic="/said", type="my_msgs/msg/Own", **heard)], [said], DOORS, (2, 2))
