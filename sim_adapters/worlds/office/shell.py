"""Walls, floor, ceiling, wall boards and the room with the window behind the door."""

from __future__ import annotations

import math
from collections.abc import Mapping

from simgate.sim_adapters.scene.body import Body, Material, Part, Vec3
from simgate.sim_adapters.worlds.office.door import DOOR_HEIGHT_M, FRAME_M, DoorGeometry
from simgate.sim_adapters.worlds.world import Value

CEILING_M = 2.6
BEHIND_M = 1.5
ROOM_DEPTH_M = 3.6
ROOM_HALF_WIDTH_M = 2.2
_HALF_WALL = 0.06

_WALLS: dict[str, Vec3] = {
    "white": (0.82, 0.82, 0.8),
    "grey": (0.58, 0.59, 0.6),
    "beige": (0.76, 0.69, 0.57),
    "blue": (0.45, 0.55, 0.68),
    "green": (0.55, 0.65, 0.53),
}
_CEILINGS: dict[str, Vec3] = {
    "white": (0.85, 0.85, 0.85),
    "grey": (0.6, 0.6, 0.6),
    "dark": (0.25, 0.25, 0.27),
}
_FLOORS: dict[str, Material] = {
    "carpet": Material(rgb=(0.34, 0.37, 0.42), roughness=1.0),
    "tiles": Material(rgb=(0.66, 0.65, 0.62), roughness=0.4, pattern="checker", tile_m=0.6),
    "parquet": Material(rgb=(0.55, 0.4, 0.26), roughness=0.6, pattern="grain", tile_m=0.5),
    "concrete": Material(rgb=(0.48, 0.48, 0.47), roughness=0.9),
}
_BOARDS = (
    Material(rgb=(0.22, 0.32, 0.62)),
    Material(rgb=(0.62, 0.2, 0.2)),
    Material(rgb=(0.25, 0.5, 0.35)),
)


def shell_bodies(parameters: Mapping[str, Value], door: DoorGeometry) -> list[Body]:
    """Everything that is not door, clutter or person."""
    half = 0.5 * float(parameters["corridor.width_m"])
    wall = Material(rgb=_WALLS[str(parameters["wall.color"])], roughness=0.95)
    bodies = [
        _floor(parameters, door),
        _ceiling(parameters, door),
        *_corridor_walls(half, door, wall),
        _end_wall(half, door, wall),
        *_room(half, door, wall, float(parameters["window.lux"])),
    ]
    if parameters["wall.panels"]:
        bodies.append(_boards(half, door))
    return bodies


def _span(door: DoorGeometry) -> tuple[float, float]:
    """Centre and half length in X of the whole building."""
    low, high = -BEHIND_M, door.distance_m + ROOM_DEPTH_M
    return 0.5 * (low + high), 0.5 * (high - low)


def _floor(parameters: Mapping[str, Value], door: DoorGeometry) -> Body:
    base = _FLOORS[str(parameters["floor.material"])]
    look = Material(
        rgb=base.rgb,
        roughness=base.roughness,
        pattern=base.pattern,
        tile_m=base.tile_m,
        reflectance=float(parameters["floor.reflectance"]),
    )
    centre, half = _span(door)
    part = Part("box", (half, ROOM_HALF_WIDTH_M + 0.1, 0.05), material=look, collides=False)
    return Body("floor", (part,), (centre, 0.0, -0.05))


def _ceiling(parameters: Mapping[str, Value], door: DoorGeometry) -> Body:
    look = Material(rgb=_CEILINGS[str(parameters["ceiling.color"])], roughness=1.0)
    centre, half = _span(door)
    lamp = Material(rgb=(0.9, 0.9, 0.9), emission=min(1.0, _lamp_emission(float(parameters["lighting.lux"]))))
    parts = [
        Part("box", (half, ROOM_HALF_WIDTH_M + 0.1, 0.05), (0.0, 0.0, 0.05), material=look, collides=False)
    ]
    step = 2.4
    for index in range(int(2.0 * half / step)):
        x = -half + step * (index + 0.5)
        parts.append(Part("box", (0.3, 0.3, 0.01), (x, 0.0, -0.005), material=lamp, collides=False))
    return Body("ceiling", tuple(parts), (centre, 0.0, CEILING_M))


def _lamp_emission(lux: float) -> float:
    return float(0.25 + 0.75 * min(1.0, math.sqrt(lux / 400.0)))


def _box(name: str, centre: Vec3, half: Vec3, look: Material) -> Body:
    return Body(name, (Part("box", half, material=look),), centre)


def _corridor_walls(half: float, door: DoorGeometry, look: Material) -> list[Body]:
    length = 0.5 * (door.distance_m + BEHIND_M)
    centre = 0.5 * (door.distance_m - BEHIND_M)
    size: Vec3 = (length, _HALF_WALL, 0.5 * CEILING_M)
    y = half + _HALF_WALL
    return [
        _box("wall_left", (centre, y, 0.5 * CEILING_M), size, look),
        _box("wall_right", (centre, -y, 0.5 * CEILING_M), size, look),
        _box("wall_back", (-BEHIND_M, 0.0, 0.5 * CEILING_M), (_HALF_WALL, half, 0.5 * CEILING_M), look),
    ]


def _end_wall(half: float, door: DoorGeometry, look: Material) -> Body:
    """The wall with the doorway; wide enough to close the room's side as well."""
    inner = 0.5 * door.width_m + FRAME_M
    outer = max(half, ROOM_HALF_WIDTH_M)
    side_half, side_centre = 0.5 * (outer - inner), 0.5 * (outer + inner)
    top = DOOR_HEIGHT_M + FRAME_M
    lintel_half = 0.5 * (CEILING_M - top)
    parts = (
        Part(
            "box",
            (_HALF_WALL, side_half, 0.5 * CEILING_M),
            (0.0, side_centre, 0.5 * CEILING_M),
            material=look,
        ),
        Part(
            "box",
            (_HALF_WALL, side_half, 0.5 * CEILING_M),
            (0.0, -side_centre, 0.5 * CEILING_M),
            material=look,
        ),
        Part("box", (_HALF_WALL, inner, lintel_half), (0.0, 0.0, top + lintel_half), material=look),
    )
    return Body("wall_end", parts, (door.distance_m, 0.0, 0.0))


def _room(half: float, door: DoorGeometry, look: Material, window_lux: float) -> list[Body]:
    centre, far = door.distance_m + 0.5 * ROOM_DEPTH_M, door.distance_m + ROOM_DEPTH_M
    side: Vec3 = (0.5 * ROOM_DEPTH_M, _HALF_WALL, 0.5 * CEILING_M)
    y = ROOM_HALF_WIDTH_M + _HALF_WALL
    bodies = [
        _box("room_left", (centre, y, 0.5 * CEILING_M), side, look),
        _box("room_right", (centre, -y, 0.5 * CEILING_M), side, look),
        _box("room_far", (far, 0.0, 0.5 * CEILING_M), (_HALF_WALL, ROOM_HALF_WIDTH_M, 0.5 * CEILING_M), look),
    ]
    if window_lux > 0.0:
        glow = min(1.0, (window_lux / 2000.0) ** (1.0 / 2.2))
        pane = Part(
            "box",
            (0.01, 1.3, 0.6),
            material=Material(rgb=(0.9, 0.95, 1.0), emission=glow),
            collides=False,
        )
        bodies.append(Body("window", (pane,), (far - _HALF_WALL - 0.011, 0.0, 1.5)))
    return bodies


def _boards(half: float, door: DoorGeometry) -> Body:
    parts = []
    count = max(1, int(door.distance_m / 1.6))
    for index in range(count):
        side = 1.0 if index % 2 == 0 else -1.0
        position: Vec3 = (0.6 + 1.6 * index, side * (half - 0.011), 1.4)
        if position[0] + 0.45 > door.distance_m:
            break
        look = _BOARDS[index % len(_BOARDS)]
        parts.append(Part("box", (0.45, 0.01, 0.55), position, material=look, collides=False))
    return Body("boards", tuple(parts))
