"""The smallest world that shows whether a simulator can build, step and draw at all."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.embodiment import eye_of
from simgate.sim_adapters.scene.body import Body, Material, Part
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from simgate.sim_adapters.traits import traits_of


def first_look(adapter: SimAdapter) -> NDArray[np.uint8] | None:
    """Builds the smallest world that a simulator takes, and looks at it.

    Returns:
        The first frame of its first colour camera; None without one, or where it takes neither scenes nor
        robots on their own joints.
    """
    traits = traits_of(adapter)
    builder: Any = adapter
    with tempfile.TemporaryDirectory(prefix="simgate-probe-") as folder:
        if traits.planar:
            seen = builder.reset([room()])
        elif traits.actuators:
            from simgate.sim_adapters.scene.articulated import CameraSensor
            from simgate.sim_adapters.worlds.small_arm import machines

            site = machines(Path(folder))[0]  # At the control rate, which fits whatever the physics rate is.
            seen = builder.reset(
                [replace(site, sensors=(("view", CameraSensor("wrist", ("rgb",), 32, 24)),))]
            )
        else:
            return None
    eye = eye_of(adapter.embodiment)
    return None if eye is None else seen.channels[eye.name][0]


def room() -> Scene:
    """A floor and a red box under a lamp, simulator-neutral."""
    tiles = Material(rgb=(0.6, 0.6, 0.6), pattern="checker")
    floor = Part("box", (5.0, 5.0, 0.05), material=tiles, collides=False)
    box = Part("box", (0.2, 0.4, 0.4), material=Material(rgb=(0.8, 0.1, 0.1)))
    return Scene(
        name="probe",
        bodies=(
            Body("floor", (floor,), (0.0, 0.0, -0.05)),
            Body("box", (box,), (2.0, 0.0, 0.4), label="box"),
        ),
        robot=Robot(start=(0.0, 0.0, 0.0)),
        camera=Camera(),
        lidar=Lidar(),
        task=Task(goal=(4.0, 2.0)),
        lights=(Light("lamp", "ceiling", (1.0, 0.0, 2.5), (0.0, 0.0, -1.0), lux=500.0),),
        ambient_lux=100.0,
    )
