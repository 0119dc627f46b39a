"""A room, a policy and a pack for runs on the double: straight ahead to the goal, unless it is scripted.

The parameter ``mark`` puts a body of that name into the room, at which the double's faults are aimed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Criterion, LatencySpec, Pack, Scenario, SimSpec
from simgate.harness.packs.variants import VariantsSpec
from simgate.policies.driving import drive
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.body import Body, Material, Part
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from simgate.sim_adapters.worlds.world import Disc, ParameterSpec, PlacedObject, Rectangle, Value

MARKS = ("none", "dead", "exit0", "hung", "no_frame", "black", "constant", "skewed", "lost_steps")
TIME_LIMIT_S = 3.0
PLUGINS = ",".join(
    f"{group}=tests.integration.adapters.isaac_room:{name}"
    for group, name in (("worlds:isaac_room", "ISAAC_ROOM"), ("policies:straight_on", "StraightOn"))
)


class IsaacRoom:
    name = "isaac_room"
    description = "A lit floor with a far wall."
    parameters: Mapping[str, ParameterSpec] = {
        "mark": ParameterSpec("choice", "none", "Name of a body that is put into a corner.", choices=MARKS),
    }
    object_kinds: Mapping[str, tuple[float, float]] = {}
    region_names: tuple[str, ...] = ()
    keep_clear_names: tuple[str, ...] = ()

    def region(self, name: str, parameters: Mapping[str, Value]) -> Rectangle:
        raise KeyError(name)

    def keep_clear(self, name: str, parameters: Mapping[str, Value]) -> Disc:
        raise KeyError(name)

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Scene:
        tiles = Material(rgb=(0.6, 0.6, 0.6), pattern="checker")
        floor = Body("floor", (Part("box", (8.0, 8.0, 0.05), material=tiles, collides=False),), (0, 0, -0.05))
        red = Material(rgb=(0.8, 0.1, 0.1))
        wall = Body("wall", (Part("box", (0.05, 3.0, 1.5), material=red),), (6.0, 0.0, 1.5), label="wall")
        bodies = [floor, wall]
        if parameters["mark"] != "none":
            bodies.append(Body(str(parameters["mark"]), (Part("box", (0.1, 0.1, 0.1)),), (-3.0, 3.0, 0.1)))
        return Scene(
            name=self.name,
            bodies=tuple(bodies),
            robot=Robot(start=(0.0, 0.0, 0.0)),
            camera=Camera(),
            lidar=Lidar(),
            task=Task(goal=(1.2, 0.0)),
            lights=(Light("lamp", "ceiling", (0.0, 0.0, 2.5), (0.43, 0.13, -0.894), lux=300.0),),
            ambient_lux=150.0,
        )


ISAAC_ROOM = IsaacRoom()


class StraightOn:
    name = "straight_on"

    def __init__(self, control_hz: int, options: Mapping[str, object]) -> None:
        self.options = options

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        self.count = len(briefs)

    def act(self, observation: Observation, detections: object) -> list[Act]:
        return [drive(0.8, 0.0, "cruise") for _ in range(self.count)]


def make_pack(folder: Path, **options: object) -> Pack:
    return Pack(
        path=str(folder / "pack.yaml"),
        name="isaac_room",
        model="",
        policy="straight_on",
        sim=SimSpec(adapter="isaacsim", time_limit_s=TIME_LIMIT_S, batch=2, options=options),
        latency=LatencySpec(),
        scenarios=(
            Scenario(
                id="straight",
                title="Straight on",
                severity="critical",
                world="isaac_room",
                variants=VariantsSpec(count=8),
                accept=(Criterion(metric="collisions", op="at_most", bound=0),),
            ),
        ),
        source_sha256="0" * 64,
    )


def make_variants(marks: Sequence[str]) -> list[Variant]:
    return [
        Variant(
            id=f"straight::v{index:04d}",
            scenario="straight",
            index=index,
            parameters={"mark": mark},
            seed=100 + index,
            digest=hashlib.sha256(f"{index} {mark}".encode()).hexdigest(),
        )
        for index, mark in enumerate(marks)
    ]
