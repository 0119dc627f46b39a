"""Worlds of one file, and their course under one engine or the other, as the tests of PhysX compare them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.native.source import open_source
from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.scene.articulated import ArticulatedSite

PACKS = Path(__file__).parents[3] / "scenarios"
HINGE = '<body name="robot"><joint name="j" {}/><geom size=".1"/></body>'
MOTOR = '<actuator><motor joint="j"/></actuator>'
TIMING = Timing(physics_hz=200, control_hz=20, camera_hz=20)


def site(path: Path, robot: str, **asked: Any) -> ArticulatedSite:
    return ArticulatedSite(path.stem, "mjcf", str(path), open_source(path).sha256, robot, **asked)


def written(folder: Path, world: str, robot: str = "robot", rest: str = "", **asked: Any) -> ArticulatedSite:
    path = folder / "world.xml"
    path.write_text(f"<mujoco><worldbody>{world}</worldbody>{rest}</mujoco>")
    return site(path, robot, **asked)


def course(
    adapter: PhysxAdapter | MujocoAdapter,
    world: ArticulatedSite,
    told: Callable[[float], Any],
    seconds: float,
    timing: Timing,
) -> tuple[dict[str, np.ndarray], list[dict[str, float]]]:
    """Every reading and every quantity of an episode, tick by tick."""
    sensed = adapter.reset([world])
    read: dict[str, list[np.ndarray]] = {name: [] for name in sensed.channels}
    values = []
    for tick in range(round(seconds * timing.control_hz)):
        sensed = adapter.step(np.array([told(tick / timing.control_hz)], dtype=float).reshape(1, -1))
        for name, rows in sensed.channels.items():
            read[name].append(rows[0].copy())
        values.append(dict(adapter.ground_truth()[0].values))
    assert adapter.health() == ((),)
    adapter.close()
    return {name: np.array(rows) for name, rows in read.items()}, values
