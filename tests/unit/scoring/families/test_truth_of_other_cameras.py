"""No answer is held against the truth of another camera, one that nobody tells, or as that of another model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgate.harness.execution.episode.recordings.recording import load_trace, save_trace
from simgate.harness.results.record import LatencySamples
from simgate.harness.scoring.metrics import compute
from simgate.harness.trace import FrameTruth
from simgate.policies.perception.outputs import Boxes, Depth
from tests.unit.scoring.traces import BOX, CLASSES, frame, make_trace, samples, seen

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


def of_models(**in_loop_ms: float) -> LatencySamples:
    """Each of several models was given three frames, which took it so long."""
    own = {name: samples(*[ms] * 3) for name, ms in in_loop_ms.items()}
    return LatencySamples(models=own)


def test_of_several_models_that_gave_no_box_in_time_nothing_is_said_as_of_one():
    """Three frames in 2 s, and answers that take longer: neither found nor missed."""
    trace = make_trace(rows=21, frames=[frame(k, seen()) for k in (0, 10, 20)])
    for latency in (samples(*[5000.0] * 3), of_models(eyes=5000.0, depth=6000.0)):
        found = compute("detection.glass_door.recall", trace, latency)
        assert (found.value, found.undefined) == (None, "no glass_door was ever in view")


def test_of_several_models_a_silent_one_has_missed_what_it_had_time_for():
    trace = make_trace(rows=21, frames=[frame(k, seen()) for k in (0, 10, 20)])
    for latency in (samples(*[100.0] * 3), of_models(eyes=100.0, depth=110.0)):
        assert compute("detection.glass_door.recall", trace, latency).value == 0.0
    found = compute("detection.glass_door.recall", trace, of_models(eyes=100.0, depth=5000.0))
    words = "depth and eyes gave nothing; say which one is to give boxes: model: depth"
    assert (found.value, found.undefined) == (None, words)
    answered = replace(trace, outputs=(Depth(NEAR, 0, model="depth"),))
    answered = replace(answered, delivered_steps=(1,), latency_ms=np.array([5000.0]))
    one_left = compute("detection.glass_door.recall", answered, of_models(eyes=100.0, depth=5000.0))
    assert one_left.value == 0.0
    nobody = compute("detection.glass_door.recall", answered, of_models(depth=5000.0))
    assert (nobody.value, nobody.undefined) == (None, "none of the models gave boxes")
