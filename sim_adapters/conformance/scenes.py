"""The small scenes of the suite, and what a pinhole camera makes of them, by formula."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.observation import GroundTruth
from simgate.sim_adapters.scene.body import Actor, Body, Material, Part, Vec3
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, Lidar

TIMING = Timing(physics_hz=200, control_hz=10, camera_hz=10)
RED = Material(rgb=(0.9, 0.1, 0.1))
GLASS = Material(rgb=(0.6, 0.8, 0.7), opacity=0.15, lidar_transparent=True)
LAMP = Light("lamp", "ceiling", (0.0, 0.0, 2.5), (0.43, 0.13, -0.894), lux=220.0)
Box = tuple[float, float, float, float]


def wall(x: float, name: str = "wall", look: Material = RED, label: str | None = "wall") -> Body:
    """A wall across the robot's way whose near face is at ``x``."""
    return Body(
        name, (Part("box", (0.05, 3.0, 1.5), (0.05, 0.0, 1.5), material=look),), (x, 0.0, 0.0), label=label
    )


def block(name: str, half: Vec3, position: Vec3, yaw: float = 0.0) -> Body:
    """A red box around ``position``, labelled with its name."""
    return Body(name, (Part("box", half, material=RED),), position, yaw, label=name)


def scene(
    *bodies: Body,
    start: tuple[float, float, float] = (0.0, 0.0, 0.0),
    actors: tuple[Actor, ...] = (),
    camera: Camera | None = None,
) -> Scene:
    """A lit floor with the robot and ``bodies``."""
    floor = Body(
        "floor",
        (Part("box", (15.0, 15.0, 0.05), material=Material(rgb=(0.3, 0.3, 0.3)), collides=False),),
        (0.0, 0.0, -0.05),
    )
    return Scene(
        name="conformance",
        bodies=(floor, *bodies),
        actors=actors,
        lights=(LAMP,),
        ambient_lux=180.0,
        robot=Robot(start=start),
        camera=camera or Camera(),
        lidar=Lidar(),
        task=Task(goal=(8.0, 0.0)),
    )


def drive(
    adapter: SimAdapter, command: tuple[float, float], ticks: int, worlds: int = 1
) -> list[GroundTruth]:
    """Holds a command and returns the truth of world 0 after each control period."""
    commands = np.tile(np.array(command, dtype=np.float64), (worlds, 1))
    truths = []
    for _ in range(ticks):
        adapter.step(commands)
        truths.append(adapter.ground_truth()[0])
    return truths


def corners(half: Vec3, position: Vec3, yaw: float = 0.0) -> list[Vec3]:
    """Corners of a box around ``position``, turned about Z, metres."""
    found = []
    for i, j, k in product((-1.0, 1.0), repeat=3):
        x, y = i * half[0], j * half[1]
        found.append(
            (
                position[0] + x * math.cos(yaw) - y * math.sin(yaw),
                position[1] + x * math.sin(yaw) + y * math.cos(yaw),
                position[2] + k * half[2],
            )
        )
    return found


def pinhole_box(
    points: Iterable[Vec3], camera: Camera, pose: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> Box:
    """Where points are in the image of a robot's camera: the pixels (x0, y0, x1, y1) around them.

    Args:
        points: World frame, metres, all ahead of the camera.
        camera: On the robot.
        pose: (x m, y m, yaw rad) of the robot.
    """
    columns, rows = [], []
    pitch = math.radians(camera.pitch_deg)
    for x, y, z in points:
        dx, dy = x - pose[0], y - pose[1]
        forward = dx * math.cos(pose[2]) + dy * math.sin(pose[2]) - camera.position[0]
        left = dy * math.cos(pose[2]) - dx * math.sin(pose[2]) - camera.position[1]
        up = z - camera.position[2]
        ahead = forward * math.cos(pitch) + up * math.sin(pitch)
        above = up * math.cos(pitch) - forward * math.sin(pitch)
        columns.append(0.5 * camera.width - camera.focal_px * left / ahead)
        rows.append(0.5 * camera.height - camera.focal_px * above / ahead)
    return min(columns), min(rows), max(columns), max(rows)


def beam_angles() -> NDArray[np.float64]:
    """Angle of every beam of the scenes' lidar against the robot's heading, counter-clockwise, radians."""
    lidar = Lidar()
    return np.linspace(-1, 1, lidar.beams) * math.radians(lidar.fov_deg) / 2
