"""No answer is held against the truth of another camera, or against one that nobody tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgate.harness.execution.episode.recording import load_trace, save_trace
from simgate.harness.scoring.metrics import compute
from simgate.harness.trace import FrameTruth
from simgate.policies.perception.outputs import Boxes, Depth
from tests.unit.scoring.traces import BOX, CLASSES, make_trace, samples

NEAR = np.full((3, 4), 2.0, np.float32)


def boxes(channel: str) -> Boxes:
    one = np.array([BOX], np.float32), np.array([0.9], np.float32), np.array([0])
    return Boxes(*one, CLASSES, 0, channel=channel)


@pytest.mark.parametrize(
    ("eye", "channel"),
    [("rgb", ""), ("rgb", "depth"), ("front.rgb", "front.rgb"), ("front.rgb", "front.depth")],
)
def test_an_answer_about_the_camera_whose_truth_is_known_is_judged(eye: str, channel: str):
    trace = make_trace(
        frames=[FrameTruth(0, (), depth_m=NEAR)], outputs=(Depth(NEAR, 0, channel=channel),), eye=eye
    )
    assert compute("depth.abs_rel", trace, samples()).value == 0.0
    found = make_trace(frames=[FrameTruth(0, ())], detections=[boxes(channel)], eye=eye)
    assert compute("detection.glass_door.precision", found, samples()).value == 0.0


@pytest.mark.parametrize("channel", ["wrist.rgb", "scan.points"])
def test_an_answer_about_another_camera_is_not_judged_by_the_truth_of_the_first(channel: str):
    frames = [FrameTruth(0, (), depth_m=NEAR)]
    trace = make_trace(frames=frames, outputs=(Depth(NEAR, 0, channel=channel),), eye="front.rgb")
    words = f"the model looks at {channel}, and what is true of its pictures is known of front.rgb alone"
    assert compute("depth.abs_rel", trace, samples()).undefined == words
    found = make_trace(frames=frames, detections=[boxes(channel)], eye="front.rgb")
    for what in ("recall", "precision", "f1", "ap50", "false_alarms_per_min", "ece"):
        assert compute(f"detection.glass_door.{what}", found, samples()).undefined == words


def test_where_nobody_tells_what_is_in_view_no_box_is_wrong(tmp_path):
    trace = make_trace(frames=[FrameTruth(0, ())], detections=[boxes("")], tells_entities=False)
    save_trace(tmp_path / "t.npz", replace(trace, eye="front.rgb"))
    for one in (trace, load_trace(tmp_path / "t.npz")):
        found = compute("detection.glass_door.precision", one, samples())
        assert found.undefined == "the simulator does not tell which bodies are in view"
    assert load_trace(tmp_path / "t.npz").eye == "front.rgb"


def test_where_two_models_give_boxes_the_criterion_must_say_whose_count():
    trace = make_trace(
        frames=[FrameTruth(0, ())],
        detections=[replace(boxes(""), model="feel"), replace(boxes(""), model="eyes")],
    )
    found = compute("detection.glass_door.precision", trace, samples())
    assert found.undefined == "eyes and feel give boxes; say which one counts: model: eyes"
    assert compute("detection.glass_door.precision", trace, samples(), {"model": "feel"}).value == 0.0
