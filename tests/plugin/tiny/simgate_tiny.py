"""A small real simulator for the tests of the plugin: a disc drives straight past, or into, a block.

Everything but the physics is the product's: packs, engine, host processes, scoring, journal and gate. The
parameter ``fault`` makes what real simulators do to their users happen on demand.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simgate.policies.driving import drive
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Contact, GroundTruth, Observation
from simgate.sim_adapters.planar_drive import drive_observation, planar_drive
from simgate.sim_adapters.scene.body import Body, Part
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from simgate.sim_adapters.worlds.world import Disc, ParameterSpec, PlacedObject, Rectangle

BLOCK_X_M = 1.5
GOAL_X_M = 3.0
RADIUS_M = 0.25
CAMERA = Camera(width=16, height=12)


class TinyFloor:
    """A floor with a block beside, or in, the robot's straight way."""

    name = "tiny_floor"
    description = "A disc drives three metres straight ahead past a block."
    parameters: Mapping[str, ParameterSpec] = {
        "block.offset_m": ParameterSpec("number", 1.0, "How far the block stands beside the way", "m", -5, 5),
        "block.color": ParameterSpec("choice", "red", "Colour of the block", choices=("red", "blue")),
        "fault": ParameterSpec(
            "choice", "none", "What goes wrong", choices=("none", "nonfinite", "raise", "die", "slow")
        ),
    }
    object_kinds: Mapping[str, tuple[float, float]] = {}
    region_names = ("floor",)
    keep_clear_names = ("robot_start",)

    def region(self, name: str, parameters: Mapping[str, Any]) -> Rectangle:
        return Rectangle(0, -2, GOAL_X_M, 2)

    def keep_clear(self, name: str, parameters: Mapping[str, Any]) -> Disc:
        return Disc(0, 0, 0.5)

    def build(self, parameters: Mapping[str, Any], placed: Sequence[PlacedObject]) -> Scene:
        offset = float(parameters["block.offset_m"])
        block = Body("block", (Part("box", (0.2, 0.2, 0.2)),), (BLOCK_X_M, offset, 0.2), label="block")
        fault = Body(f"fault-{parameters['fault']}", (Part("box", (0.1, 0.1, 0.1)),), (9, 9, 0))
        return Scene(
            name=self.name,
            bodies=(block, fault),
            robot=Robot(start=(0.0, 0.0, 0.0), radius_m=RADIUS_M),
            camera=CAMERA,
            lidar=Lidar(beams=3),
            task=Task(goal=(GOAL_X_M, 0.0), goal_radius_m=0.3),
        )


TINY_FLOOR = TinyFloor()


class TinyAdapter:
    """Moves discs at the speed they are told."""

    def __init__(self, *, timing: Timing, options: Mapping[str, object]) -> None:
        self._timing = timing

    def describe(self) -> AdapterInfo:
        return AdapterInfo("tiny", "1.0", "gradient", os.environ.get("CUDA_VISIBLE_DEVICES", "cpu"))

    def reset(self, scenes: Sequence[Scene]) -> Observation:
        self._scenes = list(scenes)
        self._faults = [scene.bodies[1].name.removeprefix("fault-") for scene in scenes]
        self._step = 0
        self._x = np.zeros(len(scenes))
        self._touched = np.zeros(len(scenes), dtype=bool)
        self._new_contacts: list[tuple[Contact, ...]] = [()] * len(scenes)
        for fault in self._faults:
            if fault == "raise":
                raise RuntimeError("the tiny simulator cannot build this scene")
            if fault == "die":
                os._exit(7)
            if fault == "slow":
                time.sleep(0.5)
        return self._observe()

    def step(self, commands: Any, active: Any = None) -> Observation:
        steps = self._timing.control_steps
        self._step += steps
        self._x += commands[:, 0] * steps / self._timing.physics_hz
        for world, gap in enumerate(self._gaps()):
            self._new_contacts[world] = ()
            if gap <= 0 and not self._touched[world]:
                self._touched[world] = True
                self._new_contacts[world] = (Contact("block", 1.0, -gap, self._step),)
            if self._faults[world] == "nonfinite" and self._step > 2 * steps:
                self._x[world] = math.nan
        return self._observe()

    @property
    def embodiment(self) -> Embodiment:
        scene, timing = self._scenes[0], self._timing
        return planar_drive(scene.robot, scene.camera, scene.lidar, timing.control_hz, timing.camera_hz)

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        return tuple(
            GroundTruth(
                self._step, self._step, (float(x), 0.0, 0.0), (1.0, 0.0), (), contacts, {"block": float(gap)}
            )
            for x, gap, contacts in zip(self._x, self._gaps(), self._new_contacts, strict=True)
        )

    def health(self) -> tuple[tuple[str, ...], ...]:
        return ((),) * len(self._scenes)

    def close(self) -> None:
        pass

    def _gaps(self) -> list[float]:
        offsets = [scene.bodies[0].position[1] for scene in self._scenes]
        return [
            math.hypot(max(0.0, abs(BLOCK_X_M - x) - 0.2), max(0.0, abs(offset) - 0.2)) - RADIUS_M
            for x, offset in zip(self._x, offsets, strict=True)
        ]

    def _observe(self) -> Observation:
        count = len(self._scenes)
        ramp = (np.arange(CAMERA.height * CAMERA.width * 3) + self._step) % 251
        frame = ramp.astype(np.uint8).reshape(CAMERA.height, CAMERA.width, 3)
        pose = np.stack([self._x, np.zeros(count), np.zeros(count)], axis=1)
        return drive_observation(
            step=self._step,
            frame_step=self._step,
            rgb=np.repeat(frame[None], count, axis=0),
            ranges_m=np.full((count, 3), np.inf),
            pose=pose,
            twist=np.tile([1.0, 0.0], (count, 1)),
        )


class Straight:
    """Drives straight ahead at one metre a second."""

    name = "straight"

    def __init__(self, *, control_hz: int, options: Mapping[str, object]) -> None:
        self._count = 0

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        self._count = len(briefs)

    def act(self, observation: Observation, detections: Sequence[object]) -> list[Act]:
        return [drive(1.0, 0.0, "cruise")] * self._count
