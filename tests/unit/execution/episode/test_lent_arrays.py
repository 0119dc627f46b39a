"""What a team's own code is given to look at, and gives back, stays its own: what is recorded does not change."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.execution.episode.picture_run import run_pictures
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.tasks.reach_or_report import REACH_OR_REPORT
from simgate.policies.perception.outputs import Boxes
from simgate.policies.perception.package import ModelPackage, load_package
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.datasets.world import DatasetSite, Shown
from tests.unit.execution.memory_pack import write_model
from tests.unit.execution.memory_plugins import MEMORY_CORRIDOR, MemoryAdapter, MemoryPolicy, MemoryRuntime

TIMING = Timing(200, 10, 10)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModelPackage:
    return load_package(write_model(tmp_path_factory.mktemp("lent") / "model"))


def played(package: ModelPackage, runtimes: list[Any], **changes: Any) -> list[Episode]:
    names = [""] if len(runtimes) == 1 else [f"m{k}" for k in range(len(runtimes))]
    models = [LoopModel(one, package.latency, name) for one, name in zip(runtimes, names, strict=True)]
    policy = changes.pop("policy", MemoryPolicy(TIMING.control_hz, {}))
    task = changes.pop("task", REACH_OR_REPORT)
    cast = Cast(MemoryAdapter(TIMING, {}), policy, models, 0.0, task, TIMING, 3.0)
    scenes = [
        MEMORY_CORRIDOR.build({"door.distance_m": d, "camera.noise_std": noise, "fault": "none"}, ())
        for d, noise in ((2.0, 0.0), (2.5, 0.02))
    ]
    return run_episodes(cast, scenes, [7, 8], [7, 8], LapClock())


class Draws(MemoryRuntime):
    """Draws what it has found into the frames, as for a film."""

    def infer(self, frames: Any) -> list[Boxes]:
        found = super().infer(frames)
        frames[:, 2:6] = 255
        return found


class AnswersInOneBuffer(MemoryRuntime):
    def __init__(self, package: ModelPackage) -> None:
        super().__init__(package)
        self.boxes, self.scores = np.zeros((2, 1, 4), np.float32), np.zeros((2, 1), np.float32)

    def infer(self, frames: Any) -> list[Boxes]:
        found = super().infer(frames)
        for k, one in enumerate(found):
            self.boxes[k], self.scores[k] = one.boxes, one.scores
        return [replace(one, boxes=self.boxes[k], scores=self.scores[k]) for k, one in enumerate(found)]


class Steers(MemoryPolicy):
    """Hears several models."""

    def act(self, observation: Any, detections: Any) -> list[Any]:
        return super().act(observation, [heard.get("m1") for heard in detections])


def test_a_model_that_works_in_its_frames_changes_neither_the_next_models_nor_the_recording(
    package: ModelPackage,
) -> None:
    plain, drawn = (
        played(package, [one(package), MemoryRuntime(package)], policy=Steers(10, {}))
        for one in (MemoryRuntime, Draws)
    )
    for one, other in zip(plain, drawn, strict=True):
        np.testing.assert_array_equal(one.frames, other.frames)
        assert one.trace.digest() == other.trace.digest()


def test_a_runtime_may_answer_in_the_same_arrays_at_every_frame(package: ModelPackage) -> None:
    plain, kept = (played(package, [one(package)]) for one in (MemoryRuntime, AnswersInOneBuffer))
    assert len({one.boxes.tobytes() for one in plain[0].trace.detections}) > 2
    assert [one.trace.digest() for one in plain] == [one.trace.digest() for one in kept]


class Passes:
    """The task of the door robot, by code of a team's own; the same object for all its worlds."""

    def __init__(self, run: type[Any]) -> None:
        self.run, self.name, self.signals, self.facts = run, "passes", REACH_OR_REPORT.signals, ()
        self.told = {"goal": [1.0, 2.0]}

    def brief(self, scene: Any) -> Any:
        return replace(REACH_OR_REPORT.brief(scene), facts=self.told)

    def begin(self, *given: Any) -> Any:
        return self.run(REACH_OR_REPORT.begin(*given))


class Run:
    def __init__(self, inner: Any) -> None:
        self.inner, self.doubt, self.facts = inner, "", inner.facts
        self.kept = [np.zeros(()) for _ in REACH_OR_REPORT.signals]

    def row(self, *given: Any) -> Any:
        return self.inner.row(*given)

    def ended(self, *given: Any) -> str:
        return str(self.inner.ended(*given))


class OneRow(Run):
    def row(self, *given: Any) -> Any:
        for place, value in zip(self.kept, self.inner.row(*given), strict=True):
            place[...] = value
        return self.kept


class Scales(Run):
    def row(self, truth: Any, observation: Any, world: int, act: Any) -> Any:
        observation.channels["front.rgb"][world] //= 2
        return self.inner.row(truth, observation, world, act)


def test_a_task_may_give_its_row_in_the_same_list_at_every_tick(package: ModelPackage) -> None:
    plain, kept = (played(package, [MemoryRuntime(package)], task=Passes(run)) for run in (Run, OneRow))
    assert len(set(plain[0].trace.signals["barrier_distance_m"])) > 5
    assert [one.trace.digest() for one in plain] == [one.trace.digest() for one in kept]


def test_a_task_that_works_in_the_observation_is_refused(package: ModelPackage) -> None:
    with pytest.raises(ValueError, match="read-only"):
        played(package, [MemoryRuntime(package)], task=Passes(Scales))


class Takes(MemoryPolicy):
    """Works in what it is told of the task."""

    def reset(self, briefs: Any, embodiment: Any) -> None:
        super().reset(briefs, embodiment)
        self.heard = [list(brief.facts["goal"]) for brief in briefs]
        for brief in briefs:
            brief.facts.pop("goal")[0] -= 1.0


def test_a_policy_that_works_in_what_it_is_told_of_the_task_changes_it_for_nobody_else(
    package: ModelPackage,
) -> None:
    task, policy = Passes(Run), Takes(TIMING.control_hz, {})
    for _ in range(2):
        played(package, [MemoryRuntime(package)], task=task, policy=policy)
        assert policy.heard == [[1.0, 2.0], [1.0, 2.0]]
    assert task.told == {"goal": [1.0, 2.0]}


def test_a_runtime_may_answer_in_the_same_arrays_for_all_of_a_data_set(
    package: ModelPackage, tmp_path: Path
) -> None:
    pictures = []
    for k, wide in enumerate((8, 16, 32)):  # Each size goes in by itself.
        pixels = np.zeros((24, wide, 3), np.uint8)
        pixels[:, : 2 + k] = 250
        Image.fromarray(pixels).save(path := tmp_path / f"{k}.png")
        pictures.append(Shown(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), ()))
    spec: Any = SimpleNamespace(tells=("boxes",))
    site = DatasetSite(tmp_path, tuple(pictures), spec, tmp_path, tmp_path)
    model = LoopModel(AnswersInOneBuffer(package), package.latency)
    (run,) = run_pictures([model], [site], 10, LapClock())
    assert [one.boxes[0, 2] for one in run.episode.trace.detections] == [2, 3, 4]
