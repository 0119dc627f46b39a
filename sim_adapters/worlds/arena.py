"""``arena``: a square hall in which everything stands anywhere: robot, boxes, a pallet, barrels, people.

World frame: the origin is the middle of the floor. Nothing is given but the hall and the goal; a pack's
``place`` puts the robot (just one) and everything else on the floor, with sizes of its choice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from simgate.sim_adapters.scene.body import Body, Material, Part, Vec3
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, CameraEffects, Lidar
from simgate.sim_adapters.worlds.arena_objects import OBJECT_KINDS, ROUND_KINDS, SIZABLE_KINDS, standing_body
from simgate.sim_adapters.worlds.world import Disc, ParameterSpec, PlacedObject, Rectangle, Value

_HALF_WALL_M = 0.1
_WALL_HEIGHT_M = 2.4
_ROBOT_HEIGHT_M = 0.5
_GOAL_CLEAR_M = 1.0
_CEILING_SHARE = 0.55
_FLOOR = Material(rgb=(0.5, 0.5, 0.48), roughness=0.9, pattern="checker", tile_m=1.0)
_WALL = Material(rgb=(0.75, 0.74, 0.7), roughness=0.95, pattern="checker", tile_m=0.4)


def _number(default: float, unit: str, low: float, high: float, meaning: str) -> ParameterSpec:
    return ParameterSpec("number", default, meaning, unit, low, high)


def _seen(default: float, unit: str, low: float, high: float, meaning: str) -> ParameterSpec:
    return ParameterSpec("number", default, meaning, unit, low, high, appearance=True)


class Arena:
    """The world; see the module's docstring."""

    name = "arena"
    description = (
        "A square hall with a goal; robot, boxes, pallet, barrels and people stand where a pack puts them."
    )
    parameters: Mapping[str, ParameterSpec] = {
        "camera.exposure_ev": _seen(0.0, "EV", -3.0, 3.0, "Exposure of the camera; +1 doubles the light."),
        "camera.noise_std": _seen(0.01, "", 0.0, 0.2, "Pixel noise, as a share of full scale."),
        "goal.x_m": _number(
            4.0, "m", -20.0, 20.0, "Where the robot shall drive, from the middle of the hall."
        ),
        "goal.y_m": _number(
            4.0, "m", -20.0, 20.0, "Where the robot shall drive, from the middle of the hall."
        ),
        "hall.side_m": _number(10.0, "m", 4.0, 40.0, "Side of the hall between its walls."),
        "lighting.lux": _seen(400.0, "lux", 10.0, 2000.0, "Illuminance on the floor."),
        "lighting.temperature_k": _seen(4500.0, "K", 2500.0, 8000.0, "Colour temperature of the lamps."),
    }
    object_kinds: Mapping[str, tuple[float, float]] = OBJECT_KINDS
    round_kinds = ROUND_KINDS
    sizable_kinds: Mapping[str, tuple[float, float]] = SIZABLE_KINDS
    region_names = ("floor",)
    keep_clear_names = ("goal",)

    def region(self, name: str, parameters: Mapping[str, Value]) -> Rectangle:
        """``floor``: the whole hall."""
        if name != "floor":
            raise KeyError(name)
        half = 0.5 * float(parameters["hall.side_m"])
        return Rectangle(-half, -half, half, half)

    def keep_clear(self, name: str, parameters: Mapping[str, Value]) -> Disc:
        """``goal``: one metre around the goal."""
        if name != "goal":
            raise KeyError(name)
        return Disc(float(parameters["goal.x_m"]), float(parameters["goal.y_m"]), _GOAL_CLEAR_M)

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Scene:
        """Makes the scene; the robot's hull is the widest circle in its footprint.

        Raises:
            ValueError: Not just one robot was placed, or the goal lies outside the hall.
        """
        side = float(parameters["hall.side_m"])
        goal = (float(parameters["goal.x_m"]), float(parameters["goal.y_m"]))
        if max(map(abs, goal)) > 0.5 * side:
            raise ValueError(
                f"the goal ({goal[0]:g}, {goal[1]:g}) lies outside of a hall of {side:g} m; "
                "move goal.x_m and goal.y_m, or enlarge hall.side_m"
            )
        robots = [item for item in placed if item.kind == "robot"]
        if len(robots) != 1:
            raise ValueError(
                f"{len(robots)} robots were placed in the arena, there must be one: "
                "place: {robot: {count: 1, kinds: robot, region: floor}}"
            )
        others = [item for item in placed if item.kind != "robot"]
        return Scene(
            name=self.name,
            bodies=(*_hall(side), *(standing_body(f"{o.kind}_{i}", o) for i, o in enumerate(others))),
            lights=(_lamps(parameters),),
            ambient_lux=(1.0 - _CEILING_SHARE) * float(parameters["lighting.lux"]),
            robot=_robot(robots[0]),
            camera=Camera(),
            effects=CameraEffects(
                noise_std=float(parameters["camera.noise_std"]),
                exposure_ev=float(parameters["camera.exposure_ev"]),
            ),
            lidar=Lidar(),
            task=Task(goal=goal),
        )


def _robot(item: PlacedObject) -> Robot:
    half_x, half_y = OBJECT_KINDS["robot"]
    length = 2.0 * half_x if item.length_m is None else item.length_m
    width = 2.0 * half_y if item.width_m is None else item.width_m
    radius = 0.5 * min(length, width)
    return Robot(start=(item.x, item.y, item.yaw), radius_m=radius, height_m=_ROBOT_HEIGHT_M)


def _lamps(parameters: Mapping[str, Value]) -> Light:
    return Light(
        name="lamps",
        kind="ceiling",
        position=(0.0, 0.0, _WALL_HEIGHT_M),
        direction=(0.43, 0.13, -math.sqrt(1.0 - 0.43**2 - 0.13**2)),
        lux=_CEILING_SHARE * float(parameters["lighting.lux"]),
        temperature_k=float(parameters["lighting.temperature_k"]),
    )


def _hall(side: float) -> list[Body]:
    half = 0.5 * side
    floor = Part("box", (half + 0.2, half + 0.2, 0.05), material=_FLOOR, collides=False)
    bodies = [Body("floor", (floor,), (0.0, 0.0, -0.05))]
    middle, height = half + _HALF_WALL_M, 0.5 * _WALL_HEIGHT_M
    for name, x, y in (
        ("east", middle, 0.0),
        ("west", -middle, 0.0),
        ("north", 0.0, middle),
        ("south", 0.0, -middle),
    ):
        along: Vec3 = (_HALF_WALL_M, half + 2.0 * _HALF_WALL_M, height)
        size = along if y == 0.0 else (half, _HALF_WALL_M, height)
        bodies.append(Body(f"wall_{name}", (Part("box", size, material=_WALL),), (x, y, height)))
    return bodies


ARENA = Arena()
