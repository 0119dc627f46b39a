"""The doorway of an office: frame, leaf, handle and marks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from simgate.sim_adapters.scene.body import Body, Material, Part, Vec3
from simgate.sim_adapters.worlds.world import Value

DOOR_HEIGHT_M = 2.05
BARRIER_BELOW_DEG = 60.0
FRAME_M = 0.06

BARRIER_LABELS: dict[str, tuple[str, str]] = {
    "glass": ("glass_door", "glass"),
    "wood": ("wooden_door", "wood"),
}
"""Door kind -> (semantic label of the leaf, word the robot is expected to report)."""

_FRAMES: dict[str, Vec3] = {
    "steel": (0.55, 0.57, 0.6),
    "white": (0.88, 0.88, 0.86),
    "black": (0.12, 0.12, 0.13),
    "wood": (0.5, 0.34, 0.2),
}
_WOODS: dict[str, Vec3] = {
    "oak": (0.64, 0.46, 0.27),
    "walnut": (0.36, 0.22, 0.13),
    "beech": (0.76, 0.58, 0.4),
    "cherry": (0.55, 0.26, 0.15),
}
_STEEL = Material(rgb=(0.72, 0.73, 0.75), roughness=0.3)
_MARK = Material(rgb=(0.93, 0.93, 0.9), roughness=0.9)


@dataclass(frozen=True, slots=True)
class DoorGeometry:
    """Where the doorway is and how far the leaf is open.

    Attributes:
        distance_m: X of the door plane.
        width_m: Clear width of the doorway, centred on the corridor's axis.
        opening_rad: Opening of the leaf.
    """

    distance_m: float
    width_m: float
    opening_rad: float

    @classmethod
    def of(cls, parameters: Mapping[str, Value]) -> DoorGeometry:
        """Reads the geometry from the world's parameters."""
        return cls(
            float(parameters["door.distance_m"]),
            float(parameters["door.width_m"]),
            math.radians(float(parameters["door.opening_deg"])),
        )

    @property
    def is_barrier(self) -> bool:
        """Whether a leaf at this opening still closes the way."""
        return self.opening_rad < math.radians(BARRIER_BELOW_DEG)


def door_bodies(parameters: Mapping[str, Value], door: DoorGeometry) -> list[Body]:
    """The frame, and the leaf unless ``door.kind`` is ``none``."""
    bodies = [_frame(parameters, door)]
    kind = str(parameters["door.kind"])
    if kind != "none":
        bodies.append(_leaf(parameters, door, kind))
    return bodies


def _frame(parameters: Mapping[str, Value], door: DoorGeometry) -> Body:
    look = Material(rgb=_FRAMES[str(parameters["door.frame"])], roughness=0.6)
    half = 0.5 * FRAME_M
    side = 0.5 * door.width_m + half
    post: Vec3 = (0.09, half, 0.5 * DOOR_HEIGHT_M)
    parts = (
        Part("box", post, (0.0, side, 0.5 * DOOR_HEIGHT_M), material=look),
        Part("box", post, (0.0, -side, 0.5 * DOOR_HEIGHT_M), material=look),
        Part("box", (0.09, side + half, half), (0.0, 0.0, DOOR_HEIGHT_M + half), material=look),
    )
    return Body("door_frame", parts, (door.distance_m, 0.0, 0.0))


def _leaf(parameters: Mapping[str, Value], door: DoorGeometry, kind: str) -> Body:
    """The leaf's frame has its origin at the hinge and the leaf along -Y when shut."""
    width = door.width_m - 0.01
    half_width, half_height = 0.5 * width, 0.5 * (DOOR_HEIGHT_M - 0.02)
    if kind == "glass":
        opacity = float(parameters["door.tint"])
        look = Material(rgb=(0.62, 0.78, 0.74), opacity=opacity, roughness=0.05, lidar_transparent=True)
        half_thickness = 0.006
    else:
        look = Material(rgb=_WOODS[str(parameters["door.wood"])], roughness=0.7, pattern="grain", tile_m=0.3)
        half_thickness = 0.02
    pane = Part(
        "box",
        (half_thickness, half_width, half_height),
        (0.0, -half_width, half_height + 0.01),
        material=look,
    )
    parts = [pane, *_handle(str(parameters["door.handle"]), width, half_thickness)]
    if kind == "glass":
        parts += _marks(str(parameters["door.marking"]), width, half_thickness)
    label = BARRIER_LABELS[kind][0] if door.is_barrier else None
    hinge: Vec3 = (door.distance_m, 0.5 * door.width_m - 0.005, 0.0)
    return Body("door", tuple(parts), hinge, yaw=door.opening_rad, label=label)


def _handle(kind: str, width: float, half_thickness: float) -> list[Part]:
    edge = -width + 0.09
    parts = []
    for side in (-1.0, 1.0):
        offset = side * (half_thickness + 0.035)
        if kind == "bar":
            parts.append(Part("cylinder", (0.016, 0.3, 0.0), (offset, edge, 1.05), material=_STEEL))
        elif kind == "lever":
            parts.append(Part("box", (0.012, 0.065, 0.012), (offset, edge + 0.03, 1.05), material=_STEEL))
            parts.append(Part("box", (0.02, 0.02, 0.05), (offset, edge, 1.05), material=_STEEL))
        else:
            parts.append(Part("box", (0.008, 0.045, 0.15), (offset, edge + 0.01, 1.05), material=_STEEL))
    return parts


def _marks(kind: str, width: float, half_thickness: float) -> list[Part]:
    face = -(half_thickness + 0.002)
    if kind == "stripe":
        size: Vec3 = (0.001, 0.5 * width - 0.02, 0.025)
        return [Part("box", size, (face, -0.5 * width, 1.45), material=_MARK, collides=False)]
    if kind == "dots":
        spots = 7
        return [
            Part(
                "box",
                (0.001, 0.025, 0.025),
                (face, -width * (index + 0.5) / spots, 1.45),
                material=_MARK,
                collides=False,
            )
            for index in range(spots)
        ]
    return []
