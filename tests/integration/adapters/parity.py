"""Drives the same scene in two engines, without drawing, and compares where the robot goes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.physx.world_state import PhysxWorld
from simgate.sim_adapters.scene.scene import Scene

TIMING = Timing()
Command = Callable[[float], tuple[float, float]]
"""Simulated seconds -> forward m/s, yaw rate rad/s."""


@dataclass(frozen=True)
class Apart:
    """Largest differences between two trajectories."""

    metres: float
    degrees: float
    speed_mps: float


def drive_both(session: PhysxSession, scene: Scene, command: Command, seconds: float) -> Apart:
    """Holds ``command`` for some seconds in both engines."""
    worlds = (MujocoWorld(scene, TIMING), PhysxWorld(scene, TIMING, session))
    metres = degrees = speed = 0.0
    for tick in range(round(seconds * TIMING.control_hz)):
        for world in worlds:
            world.advance(*command(tick / TIMING.control_hz), TIMING.control_steps)
        (xa, ya, ta), (xb, yb, tb) = (world.pose for world in worlds)
        metres = max(metres, math.hypot(xa - xb, ya - yb))
        degrees = max(degrees, abs(math.degrees(math.remainder(ta - tb, math.tau))))
        speed = max(speed, abs(worlds[0].twist[0] - worlds[1].twist[0]))
    return Apart(metres, degrees, speed)


def first_touch(
    world: MujocoWorld | PhysxWorld, command: tuple[float, float], seconds: float
) -> tuple[int, float]:
    """Physics step of the first contact, and the sum of all impulses."""
    step, impulse = -1, 0.0
    for _ in range(round(seconds * TIMING.control_hz)):
        world.advance(*command, TIMING.control_steps)
        for contact in world.truth(None, 0).contacts:
            step = contact.step if step < 0 else step
            impulse += contact.impulse_ns
    return step, impulse
