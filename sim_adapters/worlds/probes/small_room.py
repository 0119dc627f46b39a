"""The smallest world of a driving robot that shows whether a simulator can build, step and draw at all."""

from __future__ import annotations

from simgate.sim_adapters.scene.body import Body, Material, Part
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, Lidar


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
