"""Models that look through several cameras: noise and losses of each are its own, and only whole sets are asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the model's package")

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.models.perception_stage import PerceptionStage
from simgate.harness.execution.episode.recordings.recording import load_trace, save_trace
from simgate.harness.trace import places_of_boxes
from simgate.policies.perception.outputs import Depth, Tensors
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment, Intrinsics
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.sensor import CameraEffects
from tests.unit.execution.test_episode import Steady, cast, play
from tests.unit.policies.perception.made_models import echo_package

__all__ = ["cast"]

LENS = Intrinsics(8, 6, 60.0)
FRONT, WRIST, ARM = "front.rgb", "wrist.rgb", "arm.position"
ROBOT = Embodiment(
    "robot",
    (
        *(Channel(name, "rgb", (6, 8, 3), "uint8", "", 10, intrinsics=LENS) for name in (FRONT, WRIST)),
        Channel(ARM, "joints", (2,), "float64", "rad", 20),
    ),
    ActionSpec((), (), (), ()),
)
GREY = np.full((2, 6, 8, 3), 128, np.uint8)


@dataclass
class Keeps:
    """Keeps what it was given."""

    given: list = field(default_factory=list)

    def infer(self, frames, readings=None):
        self.given.append((frames.copy(), {name: values.copy() for name, values in (readings or {}).items()}))
        return [Tensors({"mean": np.array(float(frame.mean()))}) for frame in frames]


class At:
    def __init__(self, latency_ms: float) -> None:
        self.latency_ms = latency_ms

    def sample_ms(self, seed: int, frame_index: int) -> float:
        return self.latency_ms


def package(folder: Path, *cameras: str):
    extra = {f"in{k}": {"channel": name, "width": 8, "height": 6} for k, name in enumerate(cameras)}
    shapes = {"rgb": (3, 6, 8), **dict.fromkeys(extra, (3, 6, 8))}
    return echo_package(folder / "m", {"name": "rgb", "width": 8, "height": 6}, extra, **shapes)


def stage(models, effects: CameraEffects) -> PerceptionStage:
    return PerceptionStage(models, 0.0, [effects] * 2, [7, 8], 200, LapClock(), ROBOT)


def at(step: int, **stamps: int) -> Observation:
    channels = {FRONT: GREY, WRIST: GREY, ARM: np.full((2, 2), float(step))}
    given = {FRONT: step, WRIST: step, ARM: step} | {
        {"front": FRONT, "wrist": WRIST, "arm": ARM}[name]: stamp for name, stamp in stamps.items()
    }
    return Observation(step, channels, given)


def test_noise_of_a_second_camera_is_its_own_and_that_of_the_first_is_as_without_it(tmp_path: Path) -> None:
    both, alone = Keeps(), Keeps()
    noisy = CameraEffects(noise_std=0.05)
    stage([LoopModel(both, At(0.0), "", package(tmp_path, WRIST))], noisy).sense(at(0), [0, 1])
    stage([LoopModel(alone, At(0.0))], noisy).sense(at(0), [0, 1])
    (frames, readings), (only, nothing) = both.given[0], alone.given[0]
    np.testing.assert_array_equal(frames, only)
    assert nothing == {}
    assert not np.array_equal(frames, readings[WRIST])
    assert not np.array_equal(readings[WRIST][0], readings[WRIST][1])
    assert 8.0 < readings[WRIST].std() < 18.0


def test_a_policy_is_shown_which_worlds_have_lost_a_picture_and_the_one_before() -> None:
    losing = stage([], CameraEffects(dropout_rate=0.5))
    before = {name: np.zeros_like(GREY) for name in (FRONT, WRIST)}
    lost = 0
    for k in range(20):
        seen = replace(at(k), channels={**at(k).channels, FRONT: GREY + k, WRIST: GREY - k})
        losing.sense(seen, [0, 1])
        shown = losing.shown(seen)
        for name in (FRONT, WRIST):
            for world in (0, 1):
                is_lost = world in shown.lost.get(name, ())
                is_old = np.array_equal(shown.channels[name][world], before[name][world])
                assert is_old == is_lost
                lost += is_lost
            before[name] = shown.channels[name]
    assert 20 < lost < 60
    assert stage([], CameraEffects()).shown(seen) is seen


def test_a_world_of_which_one_camera_has_lost_its_frame_is_not_asked(tmp_path: Path) -> None:
    model = Keeps()
    losing = stage([LoopModel(model, At(0.0), "", package(tmp_path, WRIST))], CameraEffects(dropout_rate=0.5))
    asked = []
    for k in range(40):
        before = len(model.given)
        losing.sense(at(20 * k), [0, 1])
        asked.append(sum(len(frames) for frames, _ in model.given[before:]))
        for frames, readings in model.given[before:]:
            assert len(frames) == len(readings[WRIST])
    # Two worlds, two cameras: each world is whole in a quarter of the frames.
    assert 10 <= sum(asked) <= 32
    assert sum(map(len, losing.deliver(20 * 40, [0, 1]))) == sum(asked)


def test_each_model_runs_on_its_own_main_channel_and_its_answers_wait_in_a_queue_of_their_own(
    tmp_path: Path,
) -> None:
    feel = {"name": "arm", "channel": ARM, "shape": [2], "unit": "rad"}
    made = echo_package(tmp_path / "feel", feel, {}, arm=(2,))
    eyes, arm = Keeps(), Keeps()
    both = stage([LoopModel(eyes, At(200.0), "eyes"), LoopModel(arm, At(0.0), "feel", made)], CameraEffects())
    both.sense(at(0), [0, 1])
    # Only the joints are new; an answer that is ready waits for none of another model.
    both.sense(at(10, front=0, wrist=0), [0, 1])
    assert (len(eyes.given), len(arm.given)) == (1, 2)
    found = both.deliver(10, [0])[0]
    assert [(d.answer.model, d.answer.channel, d.answer.frame_step) for d in found] == [
        ("feel", ARM, 0), ("feel", ARM, 10),
    ]  # fmt: skip
    assert [d.answer.model for d in both.deliver(40, [0])[0]] == ["eyes"]
    assert set(both.latency_samples(0).models) == {"eyes", "feel"}


def test_a_channel_that_the_robot_lacks_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a model takes 'left\.rgb', which the robot robot does not sense"):
        stage([LoopModel(Keeps(), At(0.0), "", package(tmp_path, "left.rgb"))], CameraEffects())


def test_a_recording_tells_boxes_of_two_models_apart_and_keeps_the_order_of_delivery(
    cast, tmp_path: Path
) -> None:
    """Two lists of classes, and depths that come later than boxes of frames after theirs."""
    first = play(cast(Steady(0.1), limit_s=1.0), 5.0)[0].trace
    one = first.detections[0]
    other = replace(one, classes=("cat", "dog", *one.classes), model="pets")
    answers = [
        replace(one, model="doors", frame_step=0),
        Depth(np.ones((2, 2), np.float32), 20, model="far"),
        replace(other, frame_step=0),
        Depth(np.zeros((2, 2), np.float32), 0, model="far"),
    ]
    trace = replace(
        first,
        detections=(answers[0], answers[2]),
        outputs=(answers[1], answers[3]),
        boxes_at=places_of_boxes(answers),
        delivered_steps=(20, 40, 60, 80),
        latency_ms=np.array([1.0, 2.0, 3.0, 4.0]),
    )
    save_trace(tmp_path / "t.npz", trace)
    back = load_trace(tmp_path / "t.npz")
    assert back.digest() == trace.digest()
    assert [a.model for a in back.answers] == ["doors", "far", "pets", "far"] == [a.model for a in answers]
    assert [a.classes for a in back.detections] == [one.classes, other.classes]
    assert back.of_model("far").latency_ms.tolist() == [2.0, 4.0]
    early = back.before(41)
    assert [a.model for a in early.answers] == ["doors", "far"]
    assert replace(trace, detections=(answers[0], replace(other, model="cats"))).digest() != trace.digest()


def test_a_recording_keeps_of_which_channel_the_boxes_of_an_unnamed_model_are(cast, tmp_path: Path) -> None:
    first = play(cast(Steady(0.1), limit_s=1.0), 5.0)[0].trace
    trace = replace(first, detections=tuple(replace(one, channel=WRIST) for one in first.detections))
    save_trace(tmp_path / "t.npz", trace)
    assert {one.channel for one in load_trace(tmp_path / "t.npz").detections} == {WRIST}
