from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.execution.episode.models.inference_time import QUEUED_MS
from simgate.harness.execution.episode.recordings.recording import load_trace, save_trace
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.tasks.reach_or_report import REACH_OR_REPORT, SIGNALS
from simgate.policies.driving import drive
from simgate.policies.perception.package import load_package
from simgate.policies.policy import Act
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.planar_drive import DriveView
from tests.unit.execution.memory_pack import write_model
from tests.unit.execution.memory_plugins import MEMORY_CORRIDOR, MemoryAdapter, MemoryPolicy, MemoryRuntime

TIMING = Timing(200, 10, 10)


class Steady:
    """Drives at one speed, whatever comes, and notes what it was told."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.told: list[tuple[int, int | None]] = []

    def reset(self, briefs, embodiment) -> None:
        self.count = len(briefs)

    def act(self, observation, detections) -> list[Act]:
        newest = detections[0].frame_step if detections[0] is not None else None
        self.told.append((observation.step, newest))
        return [drive(self.speed, 0.0, "drive") for _ in range(self.count)]


class Waits(Steady):
    """Asks somebody at every tick for every world, as a policy behind a server does."""

    latency_mode = "simulated"

    def act(self, observation, outputs) -> list[Act]:
        self.told.append((observation.step, None))
        return [drive(self.speed, 0.0, "drive") for _ in range(self.count)]

    def latencies(self, world: int) -> list[tuple[float, float]]:
        return [(float(step), 1.0) for step, _ in self.told]


class Constant:
    def __init__(self, latency_ms: float) -> None:
        self.latency_ms = latency_ms

    def sample_ms(self, seed: int, frame_index: int) -> float:
        return self.latency_ms


@pytest.fixture
def cast(tmp_path: Path):
    def make(
        policy=None, latency=None, limit_s: float = 6.0, timing: Timing = TIMING, runtime=None, **changes
    ) -> Cast:
        package = load_package(write_model(tmp_path / "model"))
        parts = {
            "adapter": MemoryAdapter(timing, {}),
            "policy": policy or MemoryPolicy(timing.control_hz, {}),
            "models": [LoopModel(runtime or MemoryRuntime(package), latency or package.latency)],
            "extra_ms": 0.0,
            "task": REACH_OR_REPORT,
            "timing": timing,
            "time_limit_s": limit_s,
        }
        return Cast(**(parts | changes))

    return make


def measured(cast: Cast, **changes) -> Cast:
    """The same with the latency that was just measured."""
    return dataclasses.replace(cast, models=[LoopModel(one.runtime, None) for one in cast.models], **changes)


def play(
    cast: Cast, *doors: float, fault: str = "none", noise: float = 0.02, dropout: float = 0.0
) -> list[Episode]:
    scenes = [
        MEMORY_CORRIDOR.build({"door.distance_m": d, "camera.noise_std": noise, "fault": fault}, ())
        for d in doors
    ]
    scenes = [
        dataclasses.replace(s, effects=dataclasses.replace(s.effects, dropout_rate=dropout)) for s in scenes
    ]
    seeds = [7 + k for k in range(len(doors))]
    return run_episodes(cast, scenes, seeds, seeds, LapClock())


def test_a_robot_that_sees_the_door_stops_before_it_and_says_so(cast) -> None:
    trace = play(cast(), 3.0)[0].trace
    assert (trace.end, trace.report, trace.contacts, trace.invalid_reasons) == ("done", "glass", (), ())
    assert 0.3 < trace.signals["barrier_distance_m"][-1] < 1.5


def test_a_robot_that_does_not_see_it_collides_and_the_trace_shows_half_a_second_more(cast) -> None:
    trace = play(cast(), 2.0, fault="blind")[0].trace
    assert trace.end == "collision"
    assert trace.times_s[-1] - trace.contacts[0].step / 200 == pytest.approx(0.5)


def test_an_episode_ends_at_the_time_limit(cast) -> None:
    trace = play(cast(Steady(0.1), limit_s=2.0), 5.0)[0].trace
    assert (trace.end, trace.times_s[-1]) == ("time_limit", 2.0)


def test_an_episode_ends_within_the_radius_of_the_goal(cast) -> None:
    scene = MEMORY_CORRIDOR.build({"door.distance_m": 9.0, "camera.noise_std": 0.0, "fault": "none"}, ())
    near = scene.task.__class__(goal=(2.0, 0.0), goal_radius_m=0.5)
    episode = run_episodes(cast(Steady(1.0)), [dataclasses.replace(scene, task=near)], [1], [1], LapClock())[
        0
    ]
    assert episode.trace.end == "goal"
    assert episode.trace.signals["goal_distance_m"][-1] <= 0.5 < episode.trace.signals["goal_distance_m"][-2]


def test_the_trace_has_every_signal_for_every_tick_and_a_frame_for_every_camera_period(cast) -> None:
    timing = Timing(200, 20, 10)
    trace = play(cast(Steady(0.1), limit_s=1.0, timing=timing), 5.0)[0].trace
    assert list(trace.steps) == list(range(0, 201, 10))
    assert set(trace.signals) == {signal.name for signal in SIGNALS}
    assert all(values.shape == trace.steps.shape for values in trace.signals.values())
    assert [frame.step for frame in trace.frames] == list(range(0, 201, 20))
    assert math.isnan(trace.signals["person_distance_m"][0])


@pytest.mark.parametrize(
    ("latency_ms", "ticks_late"), [(0.0, 0), (1.0, 1), (100.0, 1), (101.0, 2), (250.0, 3)]
)
def test_detections_reach_the_policy_as_late_as_the_latency_says(cast, latency_ms, ticks_late) -> None:
    policy = Steady(0.1)
    play(cast(policy, Constant(latency_ms), limit_s=2.0), 5.0)
    for step, newest in policy.told:
        expected = step - 20 * ticks_late
        assert newest == (expected if expected >= 0 else None)


def test_extra_latency_adds_to_every_frame_and_is_recorded(cast) -> None:
    policy = Steady(0.1)
    episode = play(cast(policy, Constant(20.0), extra_ms=150.0, limit_s=2.0), 5.0)[0]
    assert policy.told[2] == (40, 0)
    assert set(episode.latency.in_loop_ms) == {170.0}
    assert set(episode.trace.latency_ms) == {170.0}
    assert len(episode.latency.measured_ms) == len(episode.latency.in_loop_ms)


def test_measured_latency_is_the_inference_just_timed(cast) -> None:
    simulated = cast(Steady(0.1), limit_s=1.0)
    episode = play(measured(simulated, extra_ms=5.0), 5.0)[0]
    latency = episode.latency
    assert latency.mode == "measured"
    pairs = list(zip(latency.in_loop_ms, latency.measured_ms, strict=True))
    assert len(pairs) > 3
    assert all(5.0 <= felt <= measured + 5.0 for felt, measured in pairs)
    # What a busy machine took from a call without making it a standstill is left out too, but is short.
    assert sum(measured + 5.0 - felt > QUEUED_MS for felt, measured in pairs) <= latency.stalls


def test_a_machine_that_stands_still_is_not_a_slow_model(cast) -> None:
    from time import sleep

    simulated = cast(Steady(0.1), limit_s=0.5)
    infer = simulated.models[0].runtime.infer

    def descheduled(frames):
        sleep(0.08)
        return infer(frames)

    simulated.models[0].runtime.infer = descheduled
    latency = play(measured(simulated), 5.0)[0].latency
    assert latency.stalls == len(latency.measured_ms) > 3
    assert min(latency.measured_ms) >= 80.0
    assert max(latency.in_loop_ms) < 40.0


def test_measured_latency_of_several_worlds_is_that_of_one_frame(cast) -> None:
    simulated = cast(Steady(0.1), limit_s=0.3)
    sizes = []
    infer = simulated.models[0].runtime.infer

    def counting(frames):
        sizes.append(len(frames))
        return infer(frames)

    simulated.models[0].runtime.infer = counting
    play(measured(simulated), 5.0, 6.0)
    assert set(sizes) == {1}
    sizes.clear()
    play(simulated, 5.0, 6.0)
    assert set(sizes) == {2}


def test_a_policy_without_a_model_is_told_nothing_and_frames_are_kept(cast) -> None:
    policy = Steady(0.1)
    episode = play(cast(policy, models=(), limit_s=1.0), 5.0)[0]
    assert {newest for _, newest in policy.told} == {None}
    assert len(episode.frames) == len(episode.trace.frames) == 11


def test_a_dropped_frame_never_reaches_the_model(cast) -> None:
    scene = MEMORY_CORRIDOR.build({"door.distance_m": 5.0, "camera.noise_std": 0.0, "fault": "none"}, ())
    scene = dataclasses.replace(scene, effects=dataclasses.replace(scene.effects, dropout_rate=0.5))
    episode = run_episodes(cast(Steady(0.1), Constant(0.0)), [scene], [3], [3], LapClock())[0]
    dropped = [frame.dropped for frame in episode.trace.frames]
    assert 0 < sum(dropped) < len(dropped)
    assert dropped == [frame is None for frame in episode.frames]
    seen = [frame.step for frame in episode.trace.frames if not frame.dropped]
    assert [found.frame_step for found in episode.trace.detections] == seen


def test_kept_frames_are_what_the_model_saw_and_not_the_simulators_buffer(cast) -> None:
    episode = play(cast(), 3.0, noise=0.0)[0]
    first, last = episode.frames[0], episode.frames[-1]
    assert first is not None and last is not None
    assert not np.array_equal(first, last)


class Looks(Steady):
    """Keeps the pictures that it is shown."""

    def reset(self, briefs, embodiment) -> None:
        super().reset(briefs, embodiment)
        self.seen: list = []

    def act(self, observation, detections) -> list[Act]:
        self.seen.append(DriveView(observation).rgb[0].copy())
        return super().act(observation, detections)


def test_a_policy_is_shown_pictures_as_the_cameras_effects_leave_them(cast) -> None:
    looks = Looks(0.1)
    (episode,) = play(cast(looks, limit_s=1.0), 5.0, noise=0.05)
    np.testing.assert_array_equal(looks.seen, episode.frames)
    (clean,) = play(cast(looks, limit_s=1.0), 5.0, noise=0.0)
    np.testing.assert_array_equal(looks.seen, clean.frames)
    assert not np.array_equal(episode.frames[0], clean.frames[0])


class Scales(MemoryPolicy):
    """Works in what it is told and shown."""

    def act(self, observation, detections) -> list[Act]:
        acts = super().act(observation, detections)
        for said in filter(None, detections):
            said.boxes[...] = 1.0
            said.scores[...] = 0.0
        for values in observation.channels.values():
            values[...] = 0
        return acts


def test_what_a_policy_does_in_what_it_is_told_and_shown_is_not_recorded(cast) -> None:
    plain, scaled = (
        play(cast(policy(TIMING.control_hz, {})), 2.0)[0].trace for policy in (MemoryPolicy, Scales)
    )
    assert any(len(answer.boxes) for answer in plain.detections)
    assert scaled.digest() == plain.digest()


def test_worlds_of_one_batch_end_apart_and_play_as_they_do_alone(cast) -> None:
    together = play(cast(), 2.0, 4.0, 3.0)
    lengths = [len(episode.trace.steps) for episode in together]
    assert len(set(lengths)) == 3
    scenes = [
        MEMORY_CORRIDOR.build({"door.distance_m": d, "camera.noise_std": 0.02, "fault": "none"}, ())
        for d in (2.0, 4.0, 3.0)
    ]
    alone = [run_episodes(cast(), [s], [7 + k], [7 + k], LapClock())[0] for k, s in enumerate(scenes)]
    assert [e.trace.digest() for e in together] == [e.trace.digest() for e in alone]


def test_latencies_of_a_policy_are_those_of_the_episode_and_not_of_the_rest_of_its_batch(cast) -> None:
    short, long = play(cast(Waits(1.0), models=(), limit_s=4.0), 1.5, 9.0)
    assert len(short.trace.times_s) < len(long.trace.times_s)
    for one in (short, long):
        assert len(one.latency.in_loop_ms) == len(one.trace.times_s)


def test_the_same_seed_gives_the_same_trace_and_another_seed_another_one(cast) -> None:
    scene = MEMORY_CORRIDOR.build({"door.distance_m": 3.0, "camera.noise_std": 0.02, "fault": "none"}, ())
    digests = [
        run_episodes(cast(), [scene], [seed], [seed], LapClock())[0].trace.digest() for seed in (5, 5, 6)
    ]
    assert digests[0] == digests[1] != digests[2]


class Says(Steady):
    """Says how sure it is of its way."""

    def act(self, observation, detections) -> list[Act]:
        acts = super().act(observation, detections)
        return [
            dataclasses.replace(act, facts={"confidence": 0.9 if self.speed > 0 else 0.1}) for act in acts
        ]


def test_what_a_policy_says_is_part_of_its_traces_identity(cast) -> None:
    trace = play(cast(Says(0.5), limit_s=0.5), 3.0)[0].trace
    assert trace.facts["policy.confidence"] == 0.9
    other = dataclasses.replace(trace, facts={**trace.facts, "policy.confidence": 0.8})
    silent = play(cast(Steady(0.5), limit_s=0.5), 3.0)[0].trace
    assert len({trace.digest(), other.digest(), silent.digest()}) == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("nan", "non-finite"),
        ("black", "black camera frame"),
        ("frozen", "stands still"),
        ("overlap", "overlaps door"),
        ("stall", "out of step"),
    ],
)
def test_a_simulation_that_cannot_be_believed_says_why(cast, fault: str, reason: str) -> None:
    trace = play(cast(), 3.0, fault=fault)[0].trace
    assert any(reason in text for text in trace.invalid_reasons)


def test_time_is_booked_by_phase_and_adds_up(cast) -> None:
    clock = LapClock()
    scene = MEMORY_CORRIDOR.build({"door.distance_m": 3.0, "camera.noise_std": 0.02, "fault": "none"}, ())
    run_episodes(cast(), [scene], [1], [1], clock)
    assert {"build", "truth", "effects", "inference", "policy", "record", "step"} <= set(clock.seconds)
    assert sum(clock.seconds.values()) == pytest.approx(clock.total_s)
    assert all(seconds >= 0 for seconds in clock.seconds.values())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class_ids": np.array([9])}, "class 9 was found, but the package names"),
        ({"scores": np.array([math.nan], np.float32)}, "not finite"),
        ({"boxes": np.array([[0, 0, math.inf, 1]], np.float32)}, "not finite"),
    ],
)
def test_detections_that_no_model_may_give_end_the_episode_whatever_the_runtime(cast, changes, words) -> None:
    class Strange(MemoryRuntime):
        def infer(self, frames):
            return [dataclasses.replace(one, **changes) if len(one) else one for one in super().infer(frames)]

    playing = cast()
    strange = Strange(playing.models[0].runtime.package)
    with pytest.raises(ValueError, match=words):
        play(dataclasses.replace(playing, models=[LoopModel(strange, playing.models[0].latency)]), 3.0)


@pytest.mark.parametrize("camera_hz", [5, 8, 10, 20, 25])
def test_every_frame_reaches_the_model_at_its_own_moment_whatever_the_rates(cast, camera_hz: int) -> None:
    """``camera_hz`` below, beside and above ``control_hz``; rows stay those of the control ticks."""
    timing = Timing(physics_hz=200, control_hz=10, camera_hz=camera_hz)
    trace = play(cast(timing=timing), 2.5)[0].trace
    last, period = int(trace.steps[-1]), 200 // camera_hz
    assert trace.steps.tolist() == list(range(0, last + 1, 20))
    assert [frame.step for frame in trace.frames] == list(range(0, last + 1, period))
    answered = [found.frame_step for found in trace.detections]
    assert answered == [frame.step for frame in trace.frames[: len(answered)]]
    assert (trace.end, trace.invalid_reasons) == ("done", ())
    assert all(step % 20 == 0 for step in trace.delivered_steps)


def test_the_actions_are_in_the_trace_where_a_criterion_needs_them_and_nowhere_else(
    cast, tmp_path: Path
) -> None:
    bare = play(cast(Steady(0.4), limit_s=1.0), 5.0)[0].trace
    told = play(cast(Steady(0.4), limit_s=1.0, records=frozenset({"actions"})), 5.0)[0].trace
    assert bare.actions is None
    assert told.actions.names == ("forward_mps", "yaw_rate_rps")
    assert told.actions.values.tolist() == [[0.4, 0.0]] * len(told.steps)
    save_trace(tmp_path / "t.npz", told)
    back = load_trace(tmp_path / "t.npz")
    assert back.digest() == told.digest() != bare.digest()
    assert dataclasses.replace(told, actions=None).digest() == bare.digest()
    assert (back.actions.names, back.actions.high.tolist()) == (
        told.actions.names,
        told.actions.high.tolist(),
    )
    assert len(told.before(41).actions.values) == len(told.before(41).steps) == 3
    back.actions.values[-1, 0] += 1e-9
    assert back.digest() != told.digest()
