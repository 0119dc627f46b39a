"""Clutter on the floor, and the person who walks across."""

from __future__ import annotations

import math
from collections.abc import Mapping

from simgate.sim_adapters.scene.body import Actor, Body, Material, Part, Vec3, Waypoint
from simgate.sim_adapters.worlds.world import PlacedObject, Value

OBJECT_KINDS: dict[str, tuple[float, float]] = {
    "box": (0.2, 0.16),
    "bin": (0.17, 0.17),
    "chair": (0.24, 0.24),
}

_CARDBOARD = Material(rgb=(0.62, 0.5, 0.36), roughness=0.9)
_PLASTIC = Material(rgb=(0.2, 0.21, 0.23), roughness=0.6)
_FABRIC = Material(rgb=(0.24, 0.3, 0.42), roughness=1.0)
_METAL = Material(rgb=(0.5, 0.5, 0.52), roughness=0.4)
_SKIN = Material(rgb=(0.78, 0.6, 0.5), roughness=0.9)
_TROUSERS = Material(rgb=(0.2, 0.2, 0.26), roughness=1.0)

_CLOTHES: dict[str, Vec3] = {
    "navy": (0.15, 0.2, 0.38),
    "red": (0.65, 0.16, 0.16),
    "green": (0.2, 0.42, 0.26),
    "grey": (0.5, 0.5, 0.52),
    "khaki": (0.55, 0.5, 0.36),
}

PERSON_RADIUS_M = 0.22
_PASSED_X_M = -0.9


def placed_body(name: str, item: PlacedObject) -> Body:
    """An object of one of :data:`OBJECT_KINDS` where expansion has put it."""
    makers = {"box": _box_parts, "bin": _bin_parts, "chair": _chair_parts}
    return Body(name, makers[item.kind](), (item.x, item.y, 0.0), item.yaw, label=None)


def _box_parts() -> tuple[Part, ...]:
    half_x, half_y = OBJECT_KINDS["box"]
    return (Part("box", (half_x, half_y, 0.2), (0.0, 0.0, 0.2), material=_CARDBOARD),)


def _bin_parts() -> tuple[Part, ...]:
    radius = OBJECT_KINDS["bin"][0]
    return (Part("cylinder", (radius, 0.3, 0.0), (0.0, 0.0, 0.3), material=_PLASTIC),)


def _chair_parts() -> tuple[Part, ...]:
    half = OBJECT_KINDS["chair"][0]
    legs = tuple(
        Part("box", (0.03, 0.03, 0.22), (sx * (half - 0.03), sy * (half - 0.03), 0.22), material=_METAL)
        for sx in (-1.0, 1.0)
        for sy in (-1.0, 1.0)
    )
    seat = Part("box", (half, half, 0.03), (0.0, 0.0, 0.46), material=_FABRIC)
    back = Part("box", (0.03, half, 0.22), (-half + 0.03, 0.0, 0.7), material=_FABRIC)
    return (*legs, seat, back)


def walking_person(parameters: Mapping[str, Value]) -> Actor:
    """A person who waits at the left wall, crosses, and walks out past the robot's right side.

    Half-way across they stand still for ``person.pause_s``.

    Raises:
        ValueError: The crossing lies behind the door plane.
    """
    x = float(parameters["person.cross_at_m"])
    distance = float(parameters["door.distance_m"])
    if x > distance - 0.5:
        raise ValueError(
            f"person.cross_at_m = {x:g} lies behind or in the door at door.distance_m = {distance:g}; "
            "keep it 0.5 m smaller, for example with `where: [person.cross_at_m < door.distance_m - 0.5]`"
        )
    speed = float(parameters["person.speed_mps"])
    start = float(parameters["person.start_s"])
    side = 0.5 * float(parameters["corridor.width_m"]) - PERSON_RADIUS_M - 0.08
    half_way, pause = start + side / speed, float(parameters["person.pause_s"])
    crossed = start + 2.0 * side / speed + pause
    gone = crossed + (x - _PASSED_X_M) / speed
    turn = 0.25 / speed
    stands = [Waypoint(time, (x, 0.0, 0.0), -0.5 * math.pi) for time in (half_way, half_way + pause)]
    path = (
        Waypoint(start, (x, side, 0.0), -0.5 * math.pi),
        *(stands if pause else ()),
        Waypoint(crossed, (x, -side, 0.0), -0.5 * math.pi),
        Waypoint(crossed + turn, (x, -side, 0.0), -math.pi),
        Waypoint(gone + turn, (_PASSED_X_M, -side, 0.0), -math.pi),
    )
    return Actor(_person(str(parameters["person.clothes"])), path)


def _person(clothes: str) -> Body:
    look = Material(rgb=_CLOTHES[clothes], roughness=1.0)
    parts = (
        Part("capsule", (0.085, 0.35, 0.0), (0.0, 0.1, 0.435), material=_TROUSERS),
        Part("capsule", (0.085, 0.35, 0.0), (0.0, -0.1, 0.435), material=_TROUSERS),
        Part("capsule", (0.17, 0.24, 0.0), (0.0, 0.0, 1.13), material=look),
        Part("capsule", (0.055, 0.25, 0.0), (0.0, 0.21, 1.12), material=look),
        Part("capsule", (0.055, 0.25, 0.0), (0.0, -0.21, 1.12), material=look),
        Part("sphere", (0.12, 0.0, 0.0), (0.0, 0.0, 1.66), material=_SKIN),
    )
    return Body("person", parts, label="person")
