"""A small, real simulator, world, policy and runtime that live in memory, for tests of the engine.

The robot drives along X towards a bright door that fills more of the frame the nearer it is. What goes wrong
is chosen by the world's parameter ``fault``, which travels as the name of a body.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from simgate.policies.driving import drive
from simgate.policies.perception.outputs import Boxes
from simgate.policies.perception.runtime import RuntimeInfo
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Contact, GroundTruth, Observation, VisibleEntity
from simgate.sim_adapters.planar_drive import DriveView, drive_observation, planar_drive
from simgate.sim_adapters.scene.body import Body, Part
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, CameraEffects, Lidar
from simgate.sim_adapters.worlds.world import Disc, ParameterSpec, PlacedObject, Rectangle, Value

WIDTH, HEIGHT = 32, 24
FAULTS = (
    "none",
    "kill",
    "kill_once",
    "kill_thrice",
    "hang",
    "raise",
    "nan",
    "black",
    "frozen",
    "overlap",
    "stall",
    "blind",
    "litter",
)
ENTRY_POINTS = ",".join(
    f"{group}=tests.unit.execution.memory_plugins:{name}"
    for group, name in (
        ("sim_adapters:memory", "MemoryAdapter"),
        ("worlds:memory_corridor", "MEMORY_CORRIDOR"),
        ("policies:memory_policy", "MemoryPolicy"),
        ("runtimes:memory_runtime", "MemoryRuntime"),
    )
)


class MemoryCorridor:
    name = "memory_corridor"
    description = "A door straight ahead."
    parameters: Mapping[str, ParameterSpec] = {
        "door.distance_m": ParameterSpec("number", 3.0, "Distance of the door.", "m", 0.0, 20.0),
        "camera.noise_std": ParameterSpec("number", 0.0, "Sensor noise.", "", 0.0, 0.5, appearance=True),
        "fault": ParameterSpec("choice", "none", "What goes wrong.", choices=FAULTS),
    }
    object_kinds: Mapping[str, tuple[float, float]] = {}
    region_names: tuple[str, ...] = ()
    keep_clear_names: tuple[str, ...] = ()

    def region(self, name: str, parameters: Mapping[str, Value]) -> Rectangle:
        raise KeyError(name)

    def keep_clear(self, name: str, parameters: Mapping[str, Value]) -> Disc:
        raise KeyError(name)

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Scene:
        distance = float(parameters["door.distance_m"])
        box = Part("box", (0.05, 1.0, 1.0))
        bodies = [Body("door", (box,), (distance, 0.0, 1.0), label="glass_door")]
        if parameters["fault"] != "none":
            bodies.append(Body(f"fault-{parameters['fault']}", (box,), (50.0, 0.0, 0.0)))
        return Scene(
            name=self.name,
            bodies=tuple(bodies),
            robot=Robot(start=(0.0, 0.0, 0.0)),
            camera=Camera(WIDTH, HEIGHT),
            lidar=Lidar(beams=5),
            task=Task(goal=(distance + 3.0, 0.0), barrier="door", barrier_kind="glass"),
            effects=CameraEffects(noise_std=float(parameters["camera.noise_std"])),
        )


MEMORY_CORRIDOR = MemoryCorridor()


class MemoryAdapter:
    """Kinematic worlds; ``options["mark_dir"]`` is where ``kill_once`` remembers that it has killed, and
    ``options["pace_s"]`` slows every step down."""

    def __init__(self, timing: Timing, options: Mapping[str, object]) -> None:
        self.timing = timing
        self.options = options
        self.scenes: tuple[Scene, ...] = ()

    def describe(self) -> AdapterInfo:
        return AdapterInfo("memory", "1", "numpy", "cpu")

    def reset(self, scenes: Sequence[Scene]) -> Observation:
        self.scenes = tuple(scenes)
        self.step_count = 0
        self.x = np.array([scene.robot.start[0] for scene in scenes], dtype=np.float64)
        self.speed = np.zeros(len(scenes))
        self.faults = [_fault_of(scene) for scene in scenes]
        self.frames = np.zeros((len(scenes), HEIGHT, WIDTH, 3), dtype=np.uint8)
        for world in range(len(scenes)):
            if self.faults[world] == "overlap":
                self.x[world] = scenes[world].bodies[0].position[0]
            self._draw(world)
        return self._observe()

    def step(self, commands, active=None) -> Observation:
        time.sleep(float(self.options.get("pace_s", 0.0)))
        ahead = self.timing.steps_ahead(self.step_count)
        self.step_count += ahead
        for world, scene in enumerate(self.scenes):
            if active is not None and not active[world]:
                continue
            self._misbehave(world)
            self.speed[world] = commands[world, 0]
            x = self.x[world] + commands[world, 0] * ahead / self.timing.physics_hz
            self.x[world] = min(x, scene.bodies[0].position[0] - scene.robot.radius_m)
            if self._frame_step == self.step_count:
                self._draw(world)
        return self._observe()

    @property
    def embodiment(self) -> Embodiment:
        scene, timing = self.scenes[0], self.timing
        return planar_drive(scene.robot, scene.camera, scene.lidar, timing.control_hz, timing.camera_hz)

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        return tuple(self._truth(world) for world in range(len(self.scenes)))

    def health(self) -> tuple[tuple[str, ...], ...]:
        return tuple(() for _ in self.scenes)

    def close(self) -> None:
        self.scenes = ()

    @property
    def _frame_step(self) -> int:
        return self.step_count - self.step_count % self.timing.camera_steps

    def _gap(self, world: int) -> float:
        scene = self.scenes[world]
        return float(scene.bodies[0].position[0] - scene.robot.radius_m - self.x[world])

    def _truth(self, world: int) -> GroundTruth:
        gap = self._gap(world)
        half = _half_width(gap)
        box = (WIDTH // 2 - half, 4, WIDTH // 2 + half, 20)
        seen = VisibleEntity("door", "glass_door", box, 32 * half, 0.0, gap + 0.25, False)
        contacts = (Contact("door", 5.0, 0.001, self.step_count),) if self.step_count and gap <= 0 else ()
        x = math.nan if self.faults[world] == "nan" and self.step_count > 100 else float(self.x[world])
        stalled = self.faults[world] == "stall" and self.step_count > 0
        late = 1 if stalled else 0
        return GroundTruth(
            self.step_count - late,
            self._frame_step,
            (x, 0.0, 0.0),
            (float(self.speed[world]), 0.0),
            (seen,),
            contacts,
            {"door": gap},
        )

    def _observe(self) -> Observation:
        count = len(self.scenes)
        pose = np.zeros((count, 3))
        pose[:, 0] = self.x
        twist = np.stack([self.speed, np.zeros(count)], axis=1)
        return drive_observation(
            self.step_count, self._frame_step, self.frames, np.full((count, 5), np.inf), pose, twist
        )

    def _draw(self, world: int) -> None:
        frame = self.frames[world]
        fault = self.faults[world]
        if fault == "black":
            frame[:] = 0
        elif fault != "frozen" or self.step_count == 0:
            frame[:] = np.arange(WIDTH, dtype=np.uint8)[None, :, None] + int(self.x[world] * 20)
            half = _half_width(self._gap(world))
            if fault != "blind":
                frame[4:20, WIDTH // 2 - half : WIDTH // 2 + half] = 250

    def _misbehave(self, world: int) -> None:
        fault = self.faults[world]
        if fault == "raise":
            raise ValueError("the gearbox of this world is missing")
        if fault == "hang":
            time.sleep(3600.0)
        if fault == "litter":
            left = subprocess.Popen(["sleep", "1000"])
            (Path(str(self.options["mark_dir"])) / f"litter-{left.pid}").touch()
        if fault in ("kill", "litter"):
            os.kill(os.getpid(), signal.SIGKILL)
        if fault in ("kill_once", "kill_thrice"):
            door_at = self.scenes[world].bodies[0].position[0]
            for life in range(1 if fault == "kill_once" else 3):
                mark = Path(str(self.options["mark_dir"])) / f"killed-{door_at:.6f}-{life}"
                if not mark.exists():
                    mark.touch()
                    os.kill(os.getpid(), signal.SIGKILL)


class MemoryRuntime:
    """Finds the columns that are brighter than noise can make the background."""

    def __init__(self, package) -> None:
        self.package = package
        self.classes = package.classes

    def describe(self) -> RuntimeInfo:
        artifact = self.package.artifact("onnx")
        name = f"{self.package.name} {self.package.version}"
        return RuntimeInfo("memory_runtime", "1", "cpu", name, artifact.sha256)

    def infer(self, frames) -> list[Boxes]:
        return [self._find(frame) for frame in frames]

    def _find(self, frame) -> Boxes:
        columns = np.flatnonzero(frame[8:16].mean(axis=(0, 2)) > 225)
        boxes = np.zeros((0, 4), dtype=np.float32)
        if len(columns):
            boxes = np.array([[columns[0], 4, columns[-1] + 1, 20]], dtype=np.float32)
        count = len(boxes)
        scores = np.full(count, 0.9, dtype=np.float32)
        return Boxes(boxes, scores, np.zeros(count, dtype=np.int64), self.classes)

    def close(self) -> None:
        pass


class MemoryPolicy:
    """Drives on until the door fills half of the frame, then stops, reports and is done."""

    name = "memory_policy"

    def __init__(self, control_hz: int, options: Mapping[str, object]) -> None:
        self.options = options

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        self.stopped = [False] * len(briefs)

    def act(self, observation: Observation, detections) -> list[Act]:
        decisions = []
        for world, found in enumerate(detections):
            if found is not None and len(found) and found.boxes[0, 2] - found.boxes[0, 0] >= WIDTH / 2:
                self.stopped[world] = True
            if self.stopped[world]:
                still = abs(float(DriveView(observation).twist[world, 0])) < 1e-9
                decisions.append(drive(0.0, 0.0, "stop", "glass", done=still))
            else:
                decisions.append(drive(1.0, 0.0, "cruise"))
        return decisions


def _fault_of(scene: Scene) -> str:
    for body in scene.bodies:
        if body.name.startswith("fault-"):
            return body.name.removeprefix("fault-")
    return "none"


def _half_width(gap: float) -> int:
    return int(min(14.0, 8.0 / max(gap, 0.1) + 1.0))
