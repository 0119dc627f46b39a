"""``office_corridor``: a corridor that ends in a doorway, with or without a door.

World frame: the robot starts near the origin and looks along +X; the door plane is at
``x = door.distance_m``; beyond it lies a small room with the goal, and a window in its far wall.
A leaf hangs on the robot's left jamb and swings away from the robot. Up to 60 degrees of opening the
door counts as a barrier and carries the label of its kind; from there on the way is free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simgate.sim_adapters.scene.body import Body
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, CameraEffects, Lidar
from simgate.sim_adapters.worlds.office.door import BARRIER_LABELS, DoorGeometry, door_bodies
from simgate.sim_adapters.worlds.office.objects import OBJECT_KINDS, placed_body, walking_person
from simgate.sim_adapters.worlds.office.parameters import OFFICE_PARAMETERS
from simgate.sim_adapters.worlds.office.shell import ROOM_DEPTH_M, shell_bodies
from simgate.sim_adapters.worlds.world import Disc, ParameterSpec, PlacedObject, Rectangle, Value

_CEILING_SHARE = 0.55
_CEILING_DIRECTION = (0.43, 0.13, -0.894)
_WALL_GAP_M = 0.05


class OfficeCorridor:
    """The world; see the module's docstring."""

    name = "office_corridor"
    description = (
        "A corridor that ends in a doorway: glass door, wooden door or none; clutter, a person, any light."
    )
    parameters: Mapping[str, ParameterSpec] = OFFICE_PARAMETERS
    object_kinds: Mapping[str, tuple[float, float]] = OBJECT_KINDS
    region_names = ("corridor_floor",)
    keep_clear_names = ("robot_start", "doorway", "goal")

    def region(self, name: str, parameters: Mapping[str, Value]) -> Rectangle:
        """``corridor_floor``: the floor between the robot and the door."""
        if name != "corridor_floor":
            raise KeyError(name)
        half = 0.5 * _number(parameters, "corridor.width_m") - _WALL_GAP_M
        return Rectangle(0.0, -half, _number(parameters, "door.distance_m") - 0.3, half)

    def keep_clear(self, name: str, parameters: Mapping[str, Value]) -> Disc:
        """``robot_start``, ``doorway`` (room to stand before the door) and ``goal``."""
        distance = _number(parameters, "door.distance_m")
        if name == "robot_start":
            return Disc(0.0, _number(parameters, "robot.start_y_m"), 1.0)
        if name == "doorway":
            return Disc(distance, 0.0, 1.7)
        if name == "goal":
            return Disc(distance + 1.8, 0.0, 0.8)
        raise KeyError(name)

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Scene:
        """Makes the scene.

        Raises:
            ValueError: The person would cross behind the door plane or the start lies in a wall.
        """
        width = _number(parameters, "corridor.width_m")
        distance = _number(parameters, "door.distance_m")
        start_y = _number(parameters, "robot.start_y_m")
        radius = _number(parameters, "robot.radius_m")
        if abs(start_y) + radius > 0.5 * width:
            raise ValueError(
                f"robot.start_y_m = {start_y:g} puts the robot (radius {radius:g} m) into the wall of a "
                f"corridor {width:g} m wide; widen corridor.width_m or move the start"
            )
        door = DoorGeometry.of(parameters)
        bodies: list[Body] = [*shell_bodies(parameters, door), *door_bodies(parameters, door)]
        for index, item in enumerate(placed):
            bodies.append(placed_body(f"{item.kind}_{index}", item))
        kind = str(parameters["door.kind"])
        closed = kind != "none" and door.is_barrier
        actors = (walking_person(parameters),) if parameters["person.present"] else ()
        return Scene(
            name=self.name,
            bodies=tuple(bodies),
            actors=actors,
            lights=_lights(parameters, distance),
            ambient_lux=(1.0 - _CEILING_SHARE) * _number(parameters, "lighting.lux"),
            robot=Robot(start=(0.0, start_y, _radians(parameters, "robot.start_yaw_deg")), radius_m=radius),
            camera=Camera(pitch_deg=_number(parameters, "camera.pitch_deg")),
            effects=CameraEffects(
                noise_std=_number(parameters, "camera.noise_std"),
                blur_px=_number(parameters, "camera.blur_px"),
                exposure_ev=_number(parameters, "camera.exposure_ev"),
                dropout_rate=_number(parameters, "camera.dropout_rate"),
            ),
            lidar=Lidar(),
            task=Task(
                goal=(distance + 1.8, 0.0),
                barrier="door" if closed else None,
                barrier_kind=BARRIER_LABELS[kind][1] if closed else None,
            ),
        )


def _lights(parameters: Mapping[str, Value], distance: float) -> tuple[Light, ...]:
    lux = _number(parameters, "lighting.lux")
    ceiling = Light(
        name="ceiling",
        kind="ceiling",
        position=(0.5 * distance, 0.0, 2.5),
        direction=_CEILING_DIRECTION,
        lux=_CEILING_SHARE * lux,
        temperature_k=_number(parameters, "lighting.temperature_k"),
        flicker_hz=_number(parameters, "lighting.flicker_hz"),
        flicker_depth=_number(parameters, "lighting.flicker_depth"),
    )
    window_lux = _number(parameters, "window.lux")
    if window_lux <= 0.0:
        return (ceiling,)
    window = Light(
        name="window",
        kind="window",
        position=(distance + ROOM_DEPTH_M, 0.0, 1.4),
        direction=(-0.94, 0.0, -0.342),
        lux=0.25 * window_lux,
        temperature_k=6500.0,
    )
    return ceiling, window


def _number(parameters: Mapping[str, Value], name: str) -> float:
    return float(parameters[name])


def _radians(parameters: Mapping[str, Value], name: str) -> float:
    return float(parameters[name]) * 3.141592653589793 / 180.0


OFFICE_CORRIDOR = OfficeCorridor()
