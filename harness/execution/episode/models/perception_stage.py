"""From what the robots sense to what their policies are given: effects, inference, latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import (
    LoopModel,
    WorldAnswers,
    WorldCamera,
    all_samples,
    seed_of,
)
from simgate.harness.execution.episode.models.device_frames import FrameSource, frames_for
from simgate.harness.execution.episode.models.inference_time import InferenceTime, Stopwatch
from simgate.harness.execution.episode.models.latency import Delivery
from simgate.harness.execution.pictures.kept_frames import KeptFrames, seen_places
from simgate.harness.execution.pictures.views import View, view_of
from simgate.harness.results.record import LatencySamples
from simgate.policies.perception.outputs import require_sound
from simgate.policies.perception.runtime import DEVICE_MS, Asked, Frames, LiveModel, answers
from simgate.sim_adapters.embodiment import Embodiment, eye_of
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.sensor import CameraEffects


@dataclass(frozen=True, eq=False)
class _Taken:
    """What came of a channel in one moment.

    Attributes:
        step: Physics step at which it was read.
        worlds: Those of which there is something.
        values: (N, ...) of these worlds.
        untouched: Whether every world is there, and nothing was changed.
    """

    step: int
    worlds: tuple[int, ...]
    values: NDArray[Any]
    untouched: bool = False


class PerceptionStage:
    """Perception of N worlds, one batched inference of each model per frame or reading of its main input.

    Args:
        models: Those of the pack.
        extra_ms: Added to every latency, milliseconds.
        effects: What the colour cameras of each world do to their frames.
        seeds: One for each world.
        physics_hz: Physics steps a second.
        clock: Books the phases ``effects`` and ``inference``.
        embodiment: The robots.
        on_device: Gives the simulator's frames where they were rendered. They go to a runtime on that device
            when no camera effect has changed or lost one; all others go through host memory.
        exact: Whether all frames are kept as they were, however long the episode is.
    """

    def __init__(
        self,
        models: Sequence[LoopModel],
        extra_ms: float,
        effects: Sequence[CameraEffects],
        seeds: Sequence[int],
        physics_hz: int,
        clock: LapClock,
        embodiment: Embodiment,
        on_device: FrameSource | None = None,
        *,
        exact: bool = False,
    ) -> None:
        eye = eye_of(embodiment)
        self._eye = eye.name if eye else ""
        self._embodiment = embodiment
        self._models = tuple(models)
        self._extra_ms, self._clock, self._on_device = extra_ms, clock, on_device
        for model in models:
            if model.live is not None:
                model.live.begin([seed_of(seed, model.name) for seed in seeds], embodiment, physics_hz)
        kinds = {channel.name: channel.kind for channel in embodiment.channels}
        wanted = [self._eye, *(self._named(c) for m in models for c in (m.channel, *m.channels))]
        self._modelled = frozenset(wanted)
        self._is_worn = any(one != CameraEffects() for one in effects)
        if self._is_worn:  # The policy may look by any of them.
            wanted += [name for name, kind in kinds.items() if kind == "rgb"]
        self._asked = tuple(name for name in dict.fromkeys(wanted) if name)
        for name in self._asked:
            if name not in kinds:
                raise ValueError(f"a model takes '{name}', which the robot {embodiment.name} does not sense")
        self._cameras = {
            name: [
                WorldCamera(look, seed_of(seed, "" if name == self._eye else name), exact=exact)
                for look, seed in zip(effects, seeds, strict=True)
            ]
            for name in self._asked
            if kinds[name] == "rgb"
        }
        self._answers = [
            [WorldAnswers(seed_of(seed, model.name), physics_hz) for model in models] for seed in seeds
        ]
        self._worlds = len(seeds)
        self._taken: dict[str, _Taken] = {}
        self._earlier: dict[str, _Taken] = {}

    def frames(self, world: int) -> KeptFrames:
        """Every frame so far of the robot's first colour camera, as a model sees it; None for a lost one."""
        return self._cameras[self._eye][world].frames if self._eye else KeptFrames()

    def views(self, world: int) -> dict[str, View]:
        """The frames of every other colour camera that models look at, as they see them, without the lost."""
        found = {}
        for name, cameras in self._cameras.items():
            camera = cameras[world]
            seen = seen_places(camera.frames)
            if seen and name != self._eye and name in self._modelled:
                found[name] = view_of(self._embodiment.channel(name), camera.steps, camera.frames, seen)
        return found

    def latency_samples(self, world: int) -> LatencySamples:
        """All latencies of a world so far."""
        return all_samples(self._models, self._answers[world])

    def sense(self, observation: Observation, active: Sequence[int]) -> None:
        """Takes what is new of the active worlds, and runs each model whose main input is."""
        if not self._asked:
            return
        new = [name for name in self._asked if observation.stamps[name] > self._step_of(name)]
        for name in new:
            if name in self._taken:
                self._earlier[name] = self._taken[name]
            look = self._look if name in self._cameras else self._read
            self._taken[name] = look(name, observation, active)
        if new:
            self._clock.lap("effects")
        for index, model in enumerate(self._models):
            if self._named(model.channel) in new:
                self._run(index, model, active)

    def shown(self, observation: Observation) -> Observation:
        """What policies are shown: pictures as the cameras' effects have left them, and which were lost."""
        if not self._is_worn:
            return observation
        pictures, lost = dict(observation.channels), dict[str, tuple[int, ...]]()
        for name, cameras in self._cameras.items():
            pictures[name] = np.stack([self._newest(name, camera) for camera in cameras])
            gone = tuple(k for k, one in enumerate(cameras) if one.frames and one.frames[-1] is None)
            lost |= {name: gone} if gone else {}
        return replace(observation, channels=pictures, lost=lost)

    def _newest(self, name: str, camera: WorldCamera) -> NDArray[np.uint8]:
        frames = camera.frames
        last = next((k for k in reversed(range(len(frames))) if frames.is_there(k)), None)
        known = None if last is None else frames[last]
        return np.zeros(self._embodiment.channel(name).shape, np.uint8) if known is None else known

    def deliver(self, step: int, active: Sequence[int]) -> list[list[Delivery]]:
        """For each world what reaches its policy at this control tick; nothing for inactive ones."""
        arrived: list[list[Delivery]] = [[] for _ in range(self._worlds)]
        if not self._models:
            return arrived
        for world in active:
            arrived[world] = [one for said in self._answers[world] for one in said.queue.deliver(step)]
        return arrived

    def _named(self, channel: str) -> str:
        return channel or self._eye

    def _step_of(self, name: str) -> int:
        return self._taken[name].step if name in self._taken else -1

    def _read(self, name: str, observation: Observation, active: Sequence[int]) -> _Taken:
        values = observation.channels[name][list(active)]
        return _Taken(observation.stamps[name], tuple(active), values)

    def _look(self, name: str, observation: Observation, active: Sequence[int]) -> _Taken:
        """The new frames of a colour camera, as its effects leave them."""
        seen: list[int] = []
        taken: list[NDArray[np.uint8]] = []
        untouched, anew = len(active) == self._worlds, True
        cameras, gone = self._cameras[name], observation.lost.get(name, ())
        for world in active:
            raw = observation.channels[name][world]
            frame = None if world in gone else cameras[world].take(raw)
            cameras[world].steps.append(observation.stamps[name])
            untouched, anew = untouched and frame is raw, anew and frame is not raw
            if frame is None:
                cameras[world].frames.append(None)
            else:
                seen.append(world)
                taken.append(frame)
        if anew and len(taken) == 1:
            batch = taken[0][np.newaxis]  # What a camera's effects have made is nobody else's: no copy.
        else:
            batch = np.stack(taken) if taken else observation.channels[name][:0]
        for world, frame in zip(seen, batch, strict=True):
            cameras[world].frames.append(frame)
        return _Taken(observation.stamps[name], tuple(seen), batch, untouched)

    def _run(self, index: int, model: LoopModel, active: Sequence[int]) -> None:
        """Gives a model what came of its main input, with what else it takes."""
        main = self._taken[self._named(model.channel)]
        for world in active:
            self._answers[world][index].readings += 1
        beside = {name: self._beside(self._named(name), main) for name in model.channels}
        # What has lost the frame of one of its cameras is not asked.
        worlds = [w for w in main.worlds if all(w in taken.worlds for taken in beside.values())]
        if not worlds:
            return
        if model.live is not None:
            self._ask(index, model, model.live, worlds, {self._named(model.channel): main, **beside})
            return
        frames: Frames | None = None
        # Measured latency is that of each frame alone; frames on a device go in together.
        of_eye = self._named(model.channel) == self._eye
        if main.untouched and of_eye and (model.latency is not None or len(worlds) == 1):
            frames = frames_for(model.runtime, self._on_device, len(worlds))
        if frames is None:
            frames = _of(main, worlds)
        further = {name: _of(taken, worlds) for name, taken in beside.items()}
        if model.latency is None and isinstance(frames, np.ndarray):
            for k, world in enumerate(worlds):
                alone = {name: values[k : k + 1] for name, values in further.items()}
                self._infer(index, model, [world], frames[k : k + 1], alone, main.step)
        else:
            self._infer(index, model, worlds, frames, further, main.step)

    def _beside(self, name: str, main: _Taken) -> _Taken:
        """The newest of another channel that had been read when the main input was."""
        taken = self._taken[name]
        return taken if taken.step <= main.step else self._earlier.get(name, taken)

    def _ask(
        self,
        index: int,
        model: LoopModel,
        live: LiveModel,
        worlds: Sequence[int],
        shown: Mapping[str, _Taken],
    ) -> None:
        """Shows a model that lives through the episode what came, and books what it says."""
        main = next(iter(shown.values()))
        readings = {name: _of(taken, worlds) for name, taken in shown.items()}
        stamps = {name: taken.step for name, taken in shown.items()}
        found = live.answer(Asked(main.step, tuple(worlds), readings, stamps))
        self._clock.lap("inference")
        name = self._named(model.channel)
        frame = readings[name].shape[1:3]
        size = (int(frame[0]), int(frame[1])) if name in self._cameras else None
        require_sound([answer for answer, _ in found], len(worlds), size)
        for world, (answer, took_ms) in zip(worlds, found, strict=True):
            said = self._answers[world][index]
            latency_ms = said.latency_of(model.latency, InferenceTime(took_ms, took_ms), self._extra_ms)
            channel = "" if name == self._eye else name
            named = replace(deepcopy(answer), frame_step=main.step, model=model.name, channel=channel)
            said.queue.push(named, latency_ms)

    def ended(self, world: int) -> None:
        """The episode of a world is over."""
        for model in self._models:
            if model.live is not None:
                model.live.ended(world)

    def _infer(
        self,
        index: int,
        model: LoopModel,
        worlds: Sequence[int],
        frames: Frames,
        further: dict[str, NDArray[Any]],
        step: int,
    ) -> None:
        watch = Stopwatch()
        found = answers(model.runtime, frames, further)
        wall_ms = self._clock.lap("inference") * 1000.0
        took = watch.stop(wall_ms, DEVICE_MS.of(model.runtime))
        of_frames = self._named(model.channel) in self._cameras
        size = (int(frames.shape[1]), int(frames.shape[2])) if of_frames else None
        require_sound(found, len(worlds), size)
        for world, answer in zip(worlds, found, strict=True):
            said = self._answers[world][index]
            latency_ms = said.latency_of(model.latency, took, self._extra_ms)
            # Its own: a runtime may give the same arrays at every frame.
            named = replace(deepcopy(answer), frame_step=step, model=model.name, channel=model.channel)
            said.queue.push(named, latency_ms)


def _of(taken: _Taken, worlds: Sequence[int]) -> NDArray[Any]:
    """What was taken of some of its worlds, for a model to work in: all others have it as it was."""
    if len(worlds) == len(taken.worlds):
        return taken.values.copy()
    return taken.values[[taken.worlds.index(world) for world in worlds]]
