"""What a model says of a picture is held against the moment of that picture, whenever it arrives."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.execution.episode.recordings.recording import load_trace, save_trace
from simgate.harness.results.record import LatencySamples
from simgate.harness.scoring.metrics import compute
from simgate.harness.tasks.declared import DeclaredTask
from simgate.harness.trace import Trace
from simgate.policies.perception.outputs import Depth, Keypoints, Masks, Poses
from simgate.policies.policy import Act
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.scene.articulated import CameraSensor
from tests.unit.execution.test_episode import Constant
from tests.unit.sim_adapters.articulated.machines import ARM, TIMING, arm

CLASSES = ("other", "brick")
ONE = np.array([0.9], np.float32), np.array([1]), CLASSES
CUBE = {"of": "body/cube"}
TEXT = ARM.replace('pos="0 0 .3" xyaxes="0 -1 0 .7 0 .7"', 'pos="0 0 .1" xyaxes="0 -1 0 .5 0 .87"').replace(
    '<geom name="cube"', '<site name="top" pos="0 0 .05"/><geom name="cube"'
)
TASK = DeclaredTask.read("look", {"signals": {"shoulder": {"joint": "shoulder"}}, "success": "shoulder > 99"})


class Lowers:
    """Presses the shoulder down, so that the camera on it turns."""

    name = "lowers"

    def reset(self, briefs, embodiment) -> None:
        self.count = len(briefs)

    def act(self, observation, outputs) -> list[Act]:
        return [Act((2.0, 0.0), "lower")] * self.count


class Keeps(MujocoAdapter):
    """Keeps what it has given last."""

    def reset(self, scenes):
        self.seen = super().reset(scenes)
        return self.seen

    def step(self, actions, active=None):
        self.seen = super().step(actions, active)
        return self.seen


class Knows:
    """Says what is true at the moment of the picture, by the adapter's own word; nothing of every third picture."""

    def __init__(self, adapter: Keeps, frame: str = "camera") -> None:
        self.adapter, self.frame, self.count = adapter, frame, -1

    def infer(self, frames):
        self.count += 1
        (view,) = self.adapter.ground_truth()[0].views
        (cube,) = view.bodies
        labels = self.adapter.seen.channels["wrist.semantic"][0]
        pose = cube.pose if self.frame == "world" else np.linalg.inv(view.pose) @ cube.pose
        sure = slice(0, 0 if self.count % 3 == 2 else 1)
        ones = (ONE[0][sure], ONE[1][sure], CLASSES)
        point = np.array([[cube.points.get("top", (0, 0))]], np.float32)[sure]
        return [
            {
                "masks": Masks(np.where(labels == 1, 1, -1), CLASSES),
                "poses": Poses(pose[None, :3, 3][sure], pose[None, :3, :3][sure], *ones),
                "keypoints": Keypoints(point, np.ones((len(point), 1), np.float32), *ones, ("top",)),
            }[self.says]
        ]

    def __getitem__(self, kind: str):
        self.says = kind
        return self


class Stale(Keeps):
    """Tells of the first picture for ever."""

    def ground_truth(self):
        (truth,) = super().ground_truth()
        self.first = getattr(self, "first", truth.views)
        return (dataclasses.replace(truth, views=self.first),)


def played(
    folder: Path, kind: str, frame: str = "camera", records=frozenset({"labels", "bodies"}), simulator=Keeps
) -> Trace:
    """The arm turns for a second while the model's answers take 150 ms."""
    looks = CameraSensor("wrist", ("rgb", "semantic"), 64, 48)
    site = arm(
        folder, TEXT, sensors=(("wrist", looks),), watched=("body/cube",), labels=(("body/cube", "brick"),),
        quantities=tuple(TASK.quantities.items()),
    )  # fmt: skip
    adapter = simulator(TIMING)
    try:
        models = [LoopModel(Knows(adapter, frame)[kind], Constant(150.0))]
        cast = Cast(adapter, Lowers(), models, 0.0, TASK, TIMING, 1.0, records)
        return run_episodes(cast, [site], [1], [1], LapClock())[0].trace  # type: ignore[list-item]
    finally:
        adapter.close()


def value(name: str, trace: Trace, **options) -> float:
    found = compute(name, trace, LatencySamples(), options)
    assert found.value is not None, found.undefined
    return found.value


@pytest.mark.parametrize("frame", ["camera", "world"])
def test_a_pose_that_was_right_at_its_picture_is_right_though_it_arrives_late(
    tmp_path: Path, frame: str
) -> None:
    trace = played(tmp_path, "poses", frame)
    turned = [truth.view.pose for truth in trace.truths]
    assert np.abs(turned[0] - turned[-1]).max() > 0.1, "the camera stood still, and nothing was shown"
    asked = {**CUBE, "frame": frame}
    assert value("poses.brick.translation_error_m", trace, **asked) == pytest.approx(0.0, abs=1e-9)
    assert value("poses.brick.rotation_error_deg", trace, **asked) == pytest.approx(0.0, abs=1e-6)
    assert value("poses.brick.add_m", trace, **asked) == pytest.approx(0.0, abs=1e-9)
    other = {**CUBE, "frame": "world" if frame == "camera" else "camera"}
    assert value("poses.brick.translation_error_m", trace, **other) > 0.1
    last = max(one.frame_step for one in trace.outputs)
    seen = [t.step for t in trace.truths if t.step <= last and t.view.bodies[0].pixels]
    missed = [t.step for k, t in enumerate(trace.truths) if t.step in seen and k % 3 == 2]
    assert len(trace.truths) > len(seen) > len(missed) > 0
    assert value("poses.brick.recall", trace, **CUBE) == pytest.approx(1 - len(missed) / len(seen))
    assert value("poses.brick.add_accuracy", trace, **asked) == pytest.approx(1 - len(missed) / len(seen))


def test_a_picture_is_never_judged_by_the_truth_of_another(tmp_path: Path) -> None:
    trace = played(tmp_path, "poses", simulator=Stale)
    assert [truth.step for truth in trace.truths if truth.view is not None] == [0]


def test_points_and_pixels_that_were_right_at_their_picture_are_right(tmp_path: Path) -> None:
    trace = played(tmp_path, "masks")
    assert value("masks.brick.iou", trace) == 1.0
    assert value("masks.mean_iou", trace) == 1.0
    last = max(one.frame_step for one in trace.outputs)
    assert sum((t.labels == 1).sum() for t in trace.truths if t.step <= last) > 100
    trace = played(tmp_path, "keypoints")
    visible = [k for k, t in enumerate(trace.truths) if "top" in t.view.bodies[0].points and t.step <= last]
    missed = [k for k in visible if k % 3 == 2]
    assert value("keypoints.brick.pck", trace, **CUBE, within_share=1e-4) == pytest.approx(
        1 - len(missed) / len(visible)
    )


def test_without_an_object_or_an_answer_it_says_why_it_has_no_value(tmp_path: Path) -> None:
    def why(name: str, trace: Trace, **options) -> str:
        return compute(name, trace, LatencySamples(), options).undefined

    trace = played(tmp_path, "poses")
    assert why("poses.brick.add_m", trace, of="body/fore") == (
        "body/fore was never in view in a frame up to the last one that was answered"
    )
    assert "with 9999 pixels" in why("poses.brick.recall", trace, **CUBE, min_pixels=9999)
    late = why("poses.brick.recall", trace, **CUBE, min_pixels=9999, max_occlusion=0.2, until_s=0.3)
    assert late.endswith(
        "with 9999 pixels hidden by at most 0.2 in a frame up to the last one that was answered or 0.3 s"
    )
    first = [t for t in trace.truths if t.step <= 60 and t.view.bodies[0].pixels]
    early = sum(k % 3 != 2 for k, t in enumerate(trace.truths) if t in first) / len(first)
    assert value("poses.brick.recall", trace, **CUBE, until_s=0.3) == pytest.approx(early)
    assert why("poses.brick.add_m", trace) == "the criterion names no body: add of: body/NAME"
    assert why("poses.lamp.add_m", trace, **CUBE) == "the model gave no poses with a class lamp"
    assert why("poses.other.add_m", trace, **CUBE).startswith(
        "no pose of other was given in a frame in which"
    )
    assert value("poses.other.recall", trace, **CUBE) == 0.0
    assert why("masks.brick.iou", trace) == "the model gave no masks with a class brick"
    bare = played(tmp_path, "poses", records=frozenset())
    assert why("poses.brick.add_m", bare, **CUBE).startswith(
        "the simulator does not tell where bodies are when the first camera is read"
    )
    masks = played(tmp_path, "masks")
    assert why("masks.other.iou", masks) == "no pixel was other, or said to be"
    unlabelled = dataclasses.replace(
        masks, truths=tuple(dataclasses.replace(t, labels=None) for t in masks.truths)
    )
    assert why("masks.mean_iou", unlabelled).startswith("no true class of each pixel")
    points = played(tmp_path, "keypoints")
    strange = tuple(dataclasses.replace(one, names=("toe",)) for one in points.outputs)
    assert "with the name of a point (toe)" in why(
        "keypoints.brick.pck", dataclasses.replace(points, outputs=strange), **CUBE
    )


def test_the_truth_is_kept_where_it_is_asked_for_and_in_recordings_bit_for_bit(tmp_path: Path) -> None:
    bare = played(tmp_path, "poses", records=frozenset())
    whole = played(tmp_path, "poses")
    assert bare.truths == ()
    assert dataclasses.replace(whole, truths=()).digest() == bare.digest() != whole.digest()
    assert {truth.labels is None for truth in played(tmp_path, "poses", records={"bodies"}).truths} == {True}
    assert {truth.view is None for truth in played(tmp_path, "poses", records={"labels"}).truths} == {True}
    save_trace(tmp_path / "t.npz", whole)
    back = load_trace(tmp_path / "t.npz")
    assert back.digest() == whole.digest()
    for name in ("poses.brick.add_s_m", "poses.brick.rotation_error_deg", "poses.brick.recall"):
        assert value(name, back, **CUBE) == value(name, whole, **CUBE)
    assert [truth.step for truth in whole.before(41).truths] == [0, 10, 20, 30, 40]
    cube = back.truths[-1].view.bodies[0]
    for array in (back.truths[0].labels, back.truths[1].view.pose, cube.pose, cube.vertices):
        kept = array.copy()
        array.setflags(write=True)
        array.flat[-1] += 1
        assert back.digest() != whole.digest()
        array[...] = kept
    changed = dataclasses.replace(cube, pixels=cube.pixels + 1, size_px=math.nan)
    view = dataclasses.replace(back.truths[-1].view, bodies=(changed,))
    truths = (*back.truths[:-1], dataclasses.replace(back.truths[-1], view=view))
    assert dataclasses.replace(back, truths=truths).digest() != whole.digest()


class Estimates(Knows):
    """Says of every pixel the depth that the camera reads, the far plane too."""

    def infer(self, frames):
        return [Depth(depth.copy()) for depth in self.adapter.seen.channels["wrist.depth"]]


def test_where_nothing_is_there_is_no_true_depth_though_the_camera_reads_its_far_plane(
    tmp_path: Path,
) -> None:
    text = TEXT.replace('fovy="60"', 'fovy="150"')
    sensors = (("wrist", CameraSensor("wrist", ("rgb", "depth", "instance"), 64, 48)),)
    adapter = Keeps(TIMING)
    try:
        site = arm(tmp_path, text, sensors=sensors, quantities=tuple(TASK.quantities.items()))
        models = [LoopModel(Estimates(adapter), Constant(0.0))]
        cast = Cast(adapter, Lowers(), models, 0.0, TASK, TIMING, 0.2, {"labels"})
        trace = run_episodes(cast, [site], [1], [1], LapClock())[0].trace  # type: ignore[list-item]
        far = adapter.ground_truth()[0].far_m
    finally:
        adapter.close()
    for frame, picture, said in zip(trace.frames, trace.truths, trace.outputs, strict=False):
        nothing = picture.labels == 0
        assert 0 < nothing.sum() < nothing.size
        np.testing.assert_allclose(said.depth_m[nothing], far, rtol=1e-6)
        np.testing.assert_array_equal(np.isinf(frame.depth_m), nothing)
    assert value("depth.abs_rel", trace) == 0.0


def test_each_camera_has_the_truth_of_its_own_pictures(tmp_path: Path) -> None:
    wall = '<camera name="wall" pos="2.5 0 1.2" xyaxes="0 1 0 -.35 0 .94" fovy="50"/>'
    text = TEXT.replace('<geom name="floor"', f'{wall}<geom name="floor"')
    sensors = (
        ("wrist", CameraSensor("wrist", ("rgb", "semantic"), 64, 48)),
        ("wall", CameraSensor("wall", ("rgb", "semantic"), 160, 120, rate_hz=10)),
    )
    adapter = Keeps(TIMING)
    try:
        site = arm(
            tmp_path, text, sensors=sensors, watched=("body/cube",), labels=(("body/cube", "brick"),),
            quantities=tuple(TASK.quantities.items()),
        )  # fmt: skip
        cast = Cast(adapter, Lowers(), (), 0.0, TASK, TIMING, 1.0, {"labels", "bodies"})
        trace = run_episodes(cast, [site], [1], [1], LapClock())[0].trace  # type: ignore[list-item]
    finally:
        adapter.close()
    of = {name: [t for t in trace.truths if f"{name}.rgb" in t.channels] for name in ("wrist", "wall")}
    assert [t.step for t in of["wrist"]] == list(range(0, 201, 10))
    assert [t.step for t in of["wall"]] == list(range(0, 201, 20))
    assert {("" in t.channels, t.labels.shape) for t in of["wrist"]} == {(True, (48, 64))}
    assert {("" in t.channels, t.labels.shape) for t in of["wall"]} == {(False, (120, 160))}
    for name, channel in (
        ("wrist", ""),
        ("wrist", "wrist.rgb"),
        ("wall", "wall.rgb"),
        ("wall", "wall.semantic"),
    ):
        poses = [np.linalg.inv(t.view.pose) @ t.view.bodies[0].pose for t in of[name]]
        said = [
            Poses(pose[None, :3, 3], pose[None, :3, :3], *ONE, t.step, channel=channel)
            for pose, t in zip(poses, of[name], strict=True)
        ]
        masks = [Masks(np.where(t.labels == 1, 1, -1), CLASSES, t.step, channel=channel) for t in of[name]]
        judged = dataclasses.replace(trace, outputs=(*said, *masks))
        assert value("poses.brick.translation_error_m", judged, **CUBE) == pytest.approx(0.0, abs=1e-9)
        assert value("masks.brick.iou", judged) == 1.0
        elsewhere = [dataclasses.replace(one, channel="" if name == "wall" else "wall.rgb") for one in said]
        wrong = dataclasses.replace(trace, outputs=tuple(elsewhere))
        assert value("poses.brick.translation_error_m", wrong, **CUBE) > 0.5
    lidar = dataclasses.replace(
        trace, outputs=tuple(dataclasses.replace(one, channel="scan.points") for one in said)
    )
    found = compute("poses.brick.recall", lidar, LatencySamples(), CUBE)
    assert "when scan.points is read, of which the model speaks" in found.undefined
