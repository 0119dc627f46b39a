"""Bodies: shapes with materials at a pose, and actors that move along a path."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Vec3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Material:
    """Look of a surface.

    Attributes:
        rgb: Base colour, display-referred, each 0 to 1.
        opacity: 1 is opaque, 0 invisible. Below 1 the material is glass: light passes.
        roughness: 0 is a mirror-like highlight, 1 matte.
        reflectance: Share of a planar mirror image, 0 to 1 (floors).
        emission: Light the surface gives off by itself, display-referred, 0 to 1 (a window pane).
        pattern: ``plain``, ``checker`` (tiles) or ``grain`` (wood); the darker cells have a
            quarter less of ``rgb``.
        tile_m: Edge of a pattern's cell, metres.
        lidar_transparent: Whether a lidar beam passes, as it does through clear glass.
    """

    rgb: Vec3 = (0.7, 0.7, 0.7)
    opacity: float = 1.0
    roughness: float = 0.8
    reflectance: float = 0.0
    emission: float = 0.0
    pattern: Literal["plain", "checker", "grain"] = "plain"
    tile_m: float = 0.5
    lidar_transparent: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive of a body.

    Attributes:
        kind: ``box`` (size = half extents), ``cylinder`` (size = radius, half height, unused;
            axis Z), ``sphere`` (size = radius) or ``capsule`` (radius, half length of the
            straight part; axis Z).
        size: Metres, as ``kind`` says.
        position: In the body's frame, metres.
        yaw: Turn about Z in the body's frame, radians.
        material: Look.
        collides: Whether the robot can hit it.
    """

    kind: Literal["box", "cylinder", "sphere", "capsule"]
    size: Vec3
    position: Vec3 = (0.0, 0.0, 0.0)
    yaw: float = 0.0
    material: Material = Material()
    collides: bool = True


@dataclass(frozen=True, slots=True)
class Body:
    """A rigid set of parts at a pose.

    Attributes:
        name: Unique in the scene.
        parts: At least one primitive.
        position: World frame, metres.
        yaw: Turn about Z, radians.
        label: Semantic class, or None for background.
    """

    name: str
    parts: tuple[Part, ...]
    position: Vec3 = (0.0, 0.0, 0.0)
    yaw: float = 0.0
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A pose at a time; between waypoints an actor moves in a straight line.

    Attributes:
        time_s: Simulated time, seconds.
        position: World frame, metres.
        yaw: Turn about Z, radians.
    """

    time_s: float
    position: Vec3
    yaw: float = 0.0


@dataclass(frozen=True, slots=True)
class Actor:
    """A body that follows its waypoints whatever happens (a person who walks across).

    Attributes:
        body: The body; its own pose is ignored.
        path: Waypoints by increasing time; held before the first and after the last.
    """

    body: Body
    path: tuple[Waypoint, ...]

    def pose_at(self, time_s: float) -> tuple[Vec3, float]:
        """Position (metres) and yaw (radians) at a simulated time in seconds."""
        path = self.path
        if time_s <= path[0].time_s:
            return path[0].position, path[0].yaw
        for before, after in pairwise(path):
            if time_s < after.time_s:
                share = (time_s - before.time_s) / (after.time_s - before.time_s)
                mixed = tuple(
                    a + share * (b - a) for a, b in zip(before.position, after.position, strict=True)
                )
                turn = math.remainder(after.yaw - before.yaw, math.tau)
                return (mixed[0], mixed[1], mixed[2]), before.yaw + share * turn
        return path[-1].position, path[-1].yaw
