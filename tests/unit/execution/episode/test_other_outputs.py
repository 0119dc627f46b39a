"""Masks, depth, poses, keypoints and tensors on their way: through the loop, into the trace, its digest, a recording."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.episode.recordings.pictures import end_frame
from simgate.harness.execution.episode.recordings.recording import load_trace, save_trace
from simgate.harness.results.record import LatencySamples
from simgate.harness.scoring.metrics import compute
from simgate.policies.perception.outputs import Boxes, Depth, Keypoints, Masks, Poses, Tensors, arrays_of
from simgate.sim_adapters.planar_drive import DEPTH, RGB, planar_drive
from tests.unit.execution.memory_plugins import MemoryAdapter, MemoryRuntime
from tests.unit.execution.test_episode import TIMING, Constant, Steady, cast, play

__all__ = ["cast"]
CLASSES = ("glass_door",)
ONE = np.array([0.9], np.float32), np.array([0]), CLASSES


def said(kind: str, brightness: float):
    """One output of each kind, whose numbers follow from the frame."""
    return {
        "masks": Masks(np.full((24, 32), -1 if brightness < 0.5 else 0), CLASSES),
        "depth": Depth(np.full((24, 32), brightness, np.float32)),
        "poses": Poses(np.full((1, 3), brightness), np.eye(3)[None], *ONE),
        "keypoints": Keypoints(
            np.full((1, 2, 2), brightness, np.float32), np.ones((1, 2), np.float32), *ONE, ("a", "b")
        ),
        "tensors": Tensors({"cost": np.full(3, brightness), "value": np.array(brightness, np.float32)}),
    }[kind]


class Says(MemoryRuntime):
    def __init__(self, kind: str) -> None:
        self.kind = kind

    def infer(self, frames):
        return [said(self.kind, float(frame.mean()) / 255.0) for frame in frames]


KINDS = ("masks", "depth", "poses", "keypoints", "tensors")


@pytest.mark.parametrize("kind", KINDS)
def test_an_output_reaches_the_policy_after_its_latency_and_is_in_the_trace(cast, kind: str) -> None:
    policy = Steady(0.1)
    trace = play(cast(policy, Constant(150.0), limit_s=1.0, runtime=Says(kind)), 5.0)[0].trace
    # 150 ms at 200 Hz are 30 steps, and the next tick after them is 40 steps after the frame.
    assert policy.told[:4] == [(0, None), (20, None), (40, 0), (60, 20)]
    assert [one.frame_step for one in trace.outputs] == [step - 40 for step in trace.delivered_steps]
    assert (len(trace.outputs), trace.detections) == (len(trace.latency_ms), ())
    assert {type(one) for one in trace.outputs} == {type(said(kind, 0.5))}


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_holds_it_bit_for_bit_and_every_number_is_in_the_digest(
    cast, tmp_path: Path, kind: str
) -> None:
    trace = play(cast(Steady(0.1), limit_s=1.0, runtime=Says(kind)), 5.0)[0].trace
    save_trace(tmp_path / "t.npz", trace)
    back = load_trace(tmp_path / "t.npz")
    assert back.digest() == trace.digest()
    for one, other in zip(trace.outputs, back.outputs, strict=True):
        assert type(one) is type(other)
        assert one.frame_step == other.frame_step
        assert getattr(one, "classes", ()) == getattr(other, "classes", ())
    for name, array in arrays_of(trace.outputs[2]).items():
        kept = array.copy()
        array.flat[-1] += 1
        assert trace.digest() != back.digest(), name
        array[...] = kept
        assert trace.digest() == back.digest()
    assert dataclasses.replace(trace, outputs=trace.outputs[:-1]).digest() != back.digest()


def test_what_no_model_may_say_ends_the_run_with_the_value(cast) -> None:
    class Wrong(Says):
        def infer(self, frames):
            return [Depth(np.full((24, 32), -1.0, np.float32)) for _ in frames]

    with pytest.raises(ValueError, match="a depth is negative"):
        play(cast(Steady(0.1), limit_s=1.0, runtime=Wrong("depth")), 5.0)


@pytest.mark.parametrize("map_of", [lambda a: Masks(a.astype(np.int64), CLASSES), Depth])
def test_a_map_of_another_size_than_the_frame_ends_the_run_with_both_sizes(cast, map_of) -> None:
    class Small(Says):
        def infer(self, frames):
            return [map_of(np.zeros((12, 16), np.float32)) for _ in frames]

    with pytest.raises(ValueError, match=r"\(12, 16\), the frame has \(24, 32\)"):
        play(cast(Steady(0.1), limit_s=1.0, runtime=Small("depth")), 5.0)


@pytest.mark.parametrize("kind", KINDS)
def test_how_old_an_answer_was_is_known_whatever_it_says(cast, kind: str) -> None:
    trace = play(cast(Steady(0.1), Constant(150.0), limit_s=1.0, runtime=Says(kind)), 5.0)[0].trace
    assert compute("latency.age_p50_ms", trace, LatencySamples()).value == 200.0


def test_the_last_answered_frame_is_shown_of_every_kind_of_model(cast) -> None:
    episode = play(cast(Steady(0.1), Constant(150.0), limit_s=1.0, runtime=Says("masks")), 5.0)[0]
    assert end_frame(episode) == len(episode.trace.outputs) - 1


class BoxesAtTimes(Says):
    """Says boxes of every second frame, of the others a depth."""

    count = 0

    def infer(self, frames):
        self.count += 1
        nothing = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), CLASSES)
        return [nothing] if self.count % 2 else super().infer(frames)


def test_answers_of_several_kinds_keep_their_order_and_their_age(cast) -> None:
    runtime = BoxesAtTimes("depth")
    trace = play(cast(Steady(0.1), Constant(150.0), limit_s=1.0, runtime=runtime), 5.0)[0].trace
    assert [one.frame_step for one in trace.answers] == [step - 40 for step in trace.delivered_steps]
    assert compute("latency.age_p99_ms", trace, LatencySamples()).value == 200.0
    assert [one.frame_step for one in trace.before(101).answers] == [0, 20, 40, 60]


def test_an_episode_cut_at_a_doubt_keeps_the_outputs_that_came_before(cast) -> None:
    trace = play(cast(Steady(0.1), Constant(0.0), limit_s=1.0, runtime=Says("depth")), 5.0)[0].trace
    cut = trace.before(61)
    assert [one.frame_step for one in cut.outputs] == [0, 20, 40, 60]
    assert compute("path_length_m", cut, LatencySamples()).value is not None


class WithDepth(MemoryAdapter):
    """Renders a depth, too: the step of the frame, in metres."""

    def reset(self, scenes):
        return self._deep(super().reset(scenes))

    def step(self, commands, active):
        return self._deep(super().step(commands, active))

    def _deep(self, observation):
        frame_step = observation.stamps[RGB]
        depth = np.full(observation.channels[RGB].shape[:3], 1.0 + 0.1 * (frame_step / 20), np.float32)
        channels = {**observation.channels, DEPTH: depth}
        return dataclasses.replace(
            observation, channels=channels, stamps={**observation.stamps, DEPTH: frame_step}
        )

    @property
    def embodiment(self):
        scene, timing = self.scenes[0], self.timing
        return planar_drive(
            scene.robot, scene.camera, scene.lidar, timing.control_hz, timing.camera_hz, with_depth=True
        )


class Twice(Says):
    """Says twice the depth of the frame, which it counts."""

    def infer(self, frames):
        self.count = getattr(self, "count", -1) + 1
        return [
            Depth(np.full(frame.shape[:2], 2.0 * (1.0 + 0.1 * self.count), np.float32)) for frame in frames
        ]


def test_depth_is_held_against_the_depth_of_its_own_frame_whenever_it_arrives(cast, tmp_path: Path) -> None:
    parts = {"adapter": WithDepth(TIMING, {}), "limit_s": 1.0}
    trace = play(cast(Steady(0.1), Constant(150.0), runtime=Twice("depth"), **parts), 5.0, noise=0.0)[0].trace
    save_trace(tmp_path / "t.npz", trace)
    for one in (trace, load_trace(tmp_path / "t.npz")):
        assert compute("depth.abs_rel", one, LatencySamples()).value == pytest.approx(1.0, abs=1e-6)
        assert compute("depth.delta1", one, LatencySamples()).value == 0.0
        assert compute("depth.coverage", one, LatencySamples()).value == 1.0
        assert one.digest() == trace.digest()
    # What a model without depth has nothing to do with is not kept.
    other = play(cast(Steady(0.1), runtime=Says("masks"), **parts), 5.0)[0].trace
    assert {frame.depth_m is None for frame in other.frames} == {True}
    assert compute("depth.abs_rel", other, LatencySamples()).undefined == "the model gave no depth"


class SlowDepth(WithDepth):
    """Renders the depth of every second frame only."""

    def _deep(self, observation):
        fresh = super()._deep(observation)
        stamp = fresh.stamps[DEPTH] // 40 * 40
        return dataclasses.replace(fresh, stamps={**fresh.stamps, DEPTH: stamp})


def test_a_frame_is_not_judged_by_the_depth_of_an_earlier_one(cast) -> None:
    parts = {"adapter": SlowDepth(TIMING, {}), "limit_s": 1.0}
    trace = play(cast(Steady(0.1), runtime=Twice("depth"), **parts), 5.0, noise=0.0)[0].trace
    assert [frame.step for frame in trace.frames if frame.depth_m is not None] == list(range(0, 201, 40))


class TwoSensors(WithDepth):
    """Another sensor at the same camera, named before its own, renders a depth of 9 m through a wider lens."""

    fovy_deg, without_own = 100.0, False

    def _deep(self, observation):
        fresh = super()._deep(observation)
        channels = {**fresh.channels, "wide.depth": np.full_like(fresh.channels[DEPTH], 9.0)}
        return dataclasses.replace(
            fresh, channels=channels, stamps={**fresh.stamps, "wide.depth": fresh.stamps[DEPTH]}
        )

    @property
    def embodiment(self):
        drive = super().embodiment
        own = drive.channel(DEPTH)
        lens = dataclasses.replace(own.intrinsics, fovy_deg=self.fovy_deg or own.intrinsics.fovy_deg)
        wide = dataclasses.replace(own, name="wide.depth", intrinsics=lens)
        others = tuple(one for one in drive.channels if not (self.without_own and one is own))
        return dataclasses.replace(drive, channels=(wide, *others))


class OfOneLens(TwoSensors):
    fovy_deg = None


class OfAnotherLensAlone(TwoSensors):
    without_own = True


@pytest.mark.parametrize(
    ("adapter", "depth_m"),
    [(TwoSensors, [1.0, 1.1, 1.2]), (OfOneLens, [1.0, 1.1, 1.2]), (OfAnotherLensAlone, [None, None, None])],
)
def test_the_true_depth_of_a_picture_is_seen_by_its_own_sensor_or_through_the_same_lens(
    cast, adapter, depth_m
) -> None:
    parts = {"adapter": adapter(TIMING, {}), "limit_s": 1.0}
    frames = play(cast(Steady(0.1), runtime=Twice("depth"), **parts), 5.0, noise=0.0)[0].trace.frames[:3]
    seen = [None if frame.depth_m is None else round(float(frame.depth_m.max()), 6) for frame in frames]
    assert seen == depth_m
