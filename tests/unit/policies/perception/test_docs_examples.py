"""The examples of docs/models.md, each run on a model that finds one object where it is known to be."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("onnx", reason="makes the models")

from simgate.policies.perception.decoder_spec import DECODERS
from simgate.policies.perception.outputs import require_sound
from simgate.policies.perception.package import PackageError, check_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from tests.unit.policies.perception.made_models import constant_onnx, package

TEXT = Path(__file__).parents[4].joinpath("docs", "models.md").read_text()
PART = TEXT.partition("### An example for each decoder")[2].partition("### ")[0]
EXAMPLES = [text for text in re.findall(r"```yaml\n(.*?)```", PART, re.DOTALL) if "decoder:" in text]
LABEL = 1
"""Class of the object, wooden_door."""


def filled(shape, **places):
    """Zeros, and values at an index that is written like ``_0_4_17``."""
    array = np.zeros(shape, np.float32)
    for index, value in places.items():
        array[tuple(int(part) for part in index.strip("_").split("_"))] = value
    return array


def heatmap():
    """The box (40, 32) to (72, 64) around the cell in row 6, column 7, whose centre is (60, 52)."""
    box = np.zeros((1, 4, 15, 20), np.float32)
    box[0, :, 6, 7] = (20 / 8, 20 / 8, 12 / 8, 12 / 8)
    return {"heatmap": filled((1, 3, 15, 20), _0_1_6_7=0.9), "box": box}


def yolo_v8():
    """1280 x 720 halved, 140 rows of border above: centre (240, 180 + 140)."""
    table = np.zeros((1, 7, 8400), np.float32)
    table[0, :, 17] = (240, 320, 160, 180, 0, 0.9, 0)
    return {"output0": table}


def yolox():
    """1280 x 720 halved, no border above: centre (240, 180)."""
    table = np.zeros((1, 8400, 8), np.float32)
    table[0, 17] = (240, 180, 160, 180, 0.9, 0, 0.95, 0)
    return {"output": table}


def detr():
    """Shares of the stretched picture are those of the frame."""
    logits = filled((1, 100, 4))
    logits[..., 3] = 9
    logits[0, 5] = (0, 9, 0, 0)
    boxes = np.full((1, 100, 4), 0.1, np.float32)
    boxes[0, 5] = (480 / 1280, 360 / 720, 320 / 1280, 360 / 720)
    return {"logits": logits, "pred_boxes": boxes}


def end_to_end():
    """As for YOLOv8, by corners."""
    table = np.zeros((1, 300, 6), np.float32)
    table[0, 0] = (160, 230, 320, 410, 0.9, LABEL)
    return {"output0": table}


LARGE, SMALL = ((720, 1280), (320, 180, 640, 540)), ((120, 160), (40, 32, 72, 64))
ANSWERS = {
    "center_heatmap:": (heatmap, SMALL),
    "yolo: YOLOv8": (yolo_v8, LARGE),
    "yolo: YOLOX": (yolox, LARGE),
    "detr:": (detr, LARGE),
    "detections:": (end_to_end, LARGE),
}


def named(word):
    (block,) = [block for block in EXAMPLES if block.startswith(f"# {word}")]
    return yaml.safe_load(block)


def test_every_decoder_has_an_example_and_every_letterbox_says_how_it_is_made():
    read = [yaml.safe_load(block) for block in EXAMPLES]
    assert {example["decoder"]["kind"] for example in read} == set(DECODERS)
    boxed = [example["input"] for example in read if example["input"]["resize"] == "letterbox"]
    assert boxed and all({"pad", "placement"} <= set(one) for one in boxed)


@pytest.mark.parametrize("word", ANSWERS)
def test_an_example_finds_the_object_where_it_is(tmp_path, word):
    example = named(word)
    answer, (size, box) = ANSWERS[word]
    spec = example["input"]
    content = constant_onnx(answer(), frames=(spec["name"], spec["height"], spec["width"]))
    runtime = OnnxRuntime(package(tmp_path, content, **example), "cpu")
    (found,) = runtime.infer(np.zeros((1, *size, 3), np.uint8))
    np.testing.assert_allclose(found.boxes, [box], atol=0.01)
    assert found.class_ids.tolist() == [LABEL]


OTHERS = {
    "masks:": lambda: {"logits": np.repeat(filled((1, 3, 60, 80), _0_1_6_7=9.0), 2, 0)[:1]},
    "depth:": lambda: {"inverse_depth": filled((1, 60, 80), _0_6_7=0.25)},
    "poses:": lambda: {
        "t_mm": filled((1, 3, 3), _0_1_2=1500.0),
        "q": np.tile(np.array([1, 0, 0, 0], np.float32), (1, 3, 1)),
        "seen": filled((1, 3), _0_1=0.9),
    },
    "keypoints:": lambda: {
        "corners": np.full((1, 2, 4, 3), 0.5, np.float32) * np.array([20, 40, 1], np.float32),
        "scores": filled((1, 2), _0_1=0.9),
        "labels": np.ones((1, 2), np.float32),
    },
    "tensors:": lambda: {"embedding": filled((1, 5), _0_3=2.0)},
}


@pytest.mark.parametrize("word", OTHERS)
def test_an_example_of_another_output_says_what_its_model_says(tmp_path, word):
    example = named(word)
    spec = example["input"]
    content = constant_onnx(OTHERS[word](), frames=(spec["name"], spec["height"], spec["width"]))
    runtime = OnnxRuntime(package(tmp_path, content, **example), "cpu")
    (found,) = runtime.infer(np.zeros((1, 120, 160, 3), np.uint8))
    require_sound([found], 1)
    kind = word.rstrip(":")
    # The frame is twice as large as the input: cell (6, 7) are its rows 12 and 13, columns 14 and 15.
    if kind == "masks":
        assert np.argwhere(found.labels == LABEL).tolist() == [[12, 14], [12, 15], [13, 14], [13, 15]]
        assert (found.labels != LABEL).sum() == (found.labels == -1).sum() == 120 * 160 - 4
    elif kind == "depth":
        assert np.argwhere(found.depth_m == 4.0).tolist() == [[12, 14], [12, 15], [13, 14], [13, 15]]
        assert np.isnan(found.depth_m).sum() == 120 * 160 - 4
    elif kind == "poses":
        assert (found.class_ids.tolist(), found.translations_m.tolist()) == ([LABEL], [[0.0, 0.0, 1.5]])
    elif kind == "keypoints":
        assert (found.points[0, 0].tolist(), len(found), found.names[0]) == ([20.0, 40.0], 1, "top_left")
    else:
        assert found.values["features"].tolist() == [0, 0, 0, 2, 0]


def test_a_depth_model_needs_no_classes_and_a_detector_does(tmp_path):
    for word, code in (("depth:", None), ("detr:", "model-package-key")):
        example = named(word)
        spec = example["input"]
        answer = OTHERS["depth:"]() if code is None else detr()
        content = constant_onnx(answer, frames=(spec["name"], spec["height"], spec["width"]))
        path = package(tmp_path / word.strip(":"), content, **example).path
        path.write_text(
            "\n".join(
                x
                for x in path.read_text().splitlines()
                if not x.startswith(("classes", "- glass", "- wood", "- person"))
            )
        )
        assert [one.code for one in check_package(path)] == ([] if code is None else [code])


def test_an_output_of_another_shape_is_refused_by_lint(tmp_path):
    example = named("masks:")
    content = constant_onnx({"logits": np.zeros((1, 4, 60, 80), np.float32)}, frames=("image", 60, 80))
    with pytest.raises(PackageError, match=r"shape \[.*4, 60, 80\], the package says \[N, 3, any, any\]"):
        package(tmp_path, content, **example)
