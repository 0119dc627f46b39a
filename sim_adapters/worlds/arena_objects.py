"""What stands in the arena; every object fills its footprint and can be sized."""

from __future__ import annotations

from simgate.sim_adapters.scene.body import Body, Material, Part
from simgate.sim_adapters.worlds.world import PlacedObject

OBJECT_KINDS: dict[str, tuple[float, float]] = {
    "robot": (0.3, 0.25),
    "box": (0.4, 0.3),
    "pallet": (0.6, 0.4),
    "barrel": (0.3, 0.3),
    "person": (0.15, 0.25),
}
ROUND_KINDS = ("barrel",)
SIZABLE_KINDS: dict[str, tuple[float, float]] = {
    "robot": (0.3, 1.5),
    "box": (0.2, 3.0),
    "pallet": (0.6, 2.0),
    "barrel": (0.3, 1.2),
    "person": (0.2, 0.8),
}

_CARDBOARD = Material(rgb=(0.62, 0.5, 0.36), roughness=0.9, pattern="grain", tile_m=0.3)
_TIMBER = Material(rgb=(0.6, 0.47, 0.3), roughness=0.95)
_STEEL = Material(rgb=(0.25, 0.36, 0.5), roughness=0.5)
_JACKET = Material(rgb=(0.85, 0.4, 0.1), roughness=1.0)
_TROUSERS = Material(rgb=(0.2, 0.2, 0.26), roughness=1.0)
_SKIN = Material(rgb=(0.78, 0.6, 0.5), roughness=0.9)

_DECK_M = 0.144
_LOAD_HALF_HEIGHT_M = 0.35


def standing_body(name: str, item: PlacedObject) -> Body:
    """An object of one of :data:`OBJECT_KINDS` but the robot, where expansion has put it."""
    half_x, half_y = OBJECT_KINDS[item.kind]
    if item.length_m is not None and item.width_m is not None:
        half_x, half_y = 0.5 * item.length_m, 0.5 * item.width_m
    parts = {"box": _box, "pallet": _pallet, "barrel": _barrel, "person": _person}[item.kind](half_x, half_y)
    label = "person" if item.kind == "person" else None
    return Body(name, parts, (item.x, item.y, 0.0), item.yaw, label=label)


def _box(half_x: float, half_y: float) -> tuple[Part, ...]:
    half_z = 0.5 * min(1.2, max(0.4, 2.0 * min(half_x, half_y)))
    return (Part("box", (half_x, half_y, half_z), (0.0, 0.0, half_z), material=_CARDBOARD),)


def _pallet(half_x: float, half_y: float) -> tuple[Part, ...]:
    """A loaded pallet: bare ones lie below the plane of the lidar."""
    deck = Part("box", (half_x, half_y, 0.5 * _DECK_M), (0.0, 0.0, 0.5 * _DECK_M), material=_TIMBER)
    size = (0.95 * half_x, 0.95 * half_y, _LOAD_HALF_HEIGHT_M)
    return deck, Part("box", size, (0.0, 0.0, _DECK_M + _LOAD_HALF_HEIGHT_M), material=_CARDBOARD)


def _barrel(radius: float, _: float) -> tuple[Part, ...]:
    return (Part("cylinder", (radius, 0.45, 0.0), (0.0, 0.0, 0.45), material=_STEEL),)


def _person(half_x: float, half_y: float) -> tuple[Part, ...]:
    """Somebody who stands still, chest towards their own X."""
    return (
        Part("box", (0.8 * half_x, 0.35 * half_y, 0.42), (0.0, 0.5 * half_y, 0.42), material=_TROUSERS),
        Part("box", (0.8 * half_x, 0.35 * half_y, 0.42), (0.0, -0.5 * half_y, 0.42), material=_TROUSERS),
        Part("box", (half_x, half_y, 0.32), (0.0, 0.0, 1.16), material=_JACKET),
        Part("sphere", (min(0.12, half_x, half_y), 0.0, 0.0), (0.0, 0.0, 1.62), material=_SKIN),
    )
