"""A horizontal lidar scan of a scene by analytic ray casting, for simulators without a fitting lidar.

A physics ray stops at the first collider, glass or not, and a ray-traced lidar is noisy by design. Here beams
lie in one plane, so every part is a rectangle or a disc in it and a range is a closed formula.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.scene.body import Body, Part
from simgate.sim_adapters.scene.scene import Scene

_PARALLEL = 1e-12


class PlaneScan:
    """Ranges of a scene's lidar.

    Parts that the beam passes (``lidar_transparent``) and parts that the scan plane does not cut are left
    out. Parts that cannot be collided with are seen all the same: light does not ask.

    Args:
        scene: Its fixed bodies are laid out once, its actors at each scan.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        half = 0.5 * math.radians(scene.lidar.fov_deg)
        self._angles = np.linspace(-half, half, scene.lidar.beams)
        rows = [row for body in scene.bodies for row in self._rows(body, body.position, body.yaw)]
        self._fixed = _table(rows)

    def ranges(self, pose: tuple[float, float, float], time_s: float) -> NDArray[np.float64]:
        """Range of each beam, metres, ``inf`` where nothing is within the lidar's range; shape (R,).

        Args:
            pose: (x m, y m, yaw rad) of the robot.
            time_s: Simulated time, for the actors.
        """
        moving = [
            row for actor in self._scene.actors for row in self._rows(actor.body, *actor.pose_at(time_s))
        ]
        table = np.concatenate((self._fixed, _table(moving))) if moving else self._fixed
        nearest = np.full(len(self._angles), np.inf)
        if len(table):
            angles = self._angles + pose[2]
            nearest = _nearest(table, pose[0], pose[1], np.cos(angles), np.sin(angles))
        return np.where(nearest <= self._scene.lidar.range_m, nearest, np.inf)

    def _rows(self, body: Body, position: tuple[float, float, float], yaw: float) -> list[tuple[float, ...]]:
        """Cuts of the body's parts with the scan plane: x, y, cos, sin, half x, half y, radius."""
        rows: list[tuple[float, ...]] = []
        for part in body.parts:
            if part.material.lidar_transparent:
                continue
            offset = self._scene.lidar.height_m - (position[2] + part.position[2])
            c, s = math.cos(yaw), math.sin(yaw)
            x = position[0] + c * part.position[0] - s * part.position[1]
            y = position[1] + s * part.position[0] + c * part.position[1]
            if part.kind == "box":
                if abs(offset) <= part.size[2]:
                    turn = yaw + part.yaw
                    rows.append((x, y, math.cos(turn), math.sin(turn), part.size[0], part.size[1], 0.0))
            elif (radius := _disc_radius(part, offset)) > 0.0:
                rows.append((x, y, 1.0, 0.0, 0.0, 0.0, radius))
        return rows


def _disc_radius(part: Part, offset: float) -> float:
    """Radius of a round part's cut, ``offset`` above its centre; 0 when the plane misses it."""
    radius = part.size[0]
    if part.kind == "cylinder":
        return radius if abs(offset) <= part.size[1] else 0.0
    straight = part.size[1] if part.kind == "capsule" else 0.0
    beyond = max(0.0, abs(offset) - straight)
    return math.sqrt(radius**2 - beyond**2) if beyond < radius else 0.0


def _table(rows: list[tuple[float, ...]]) -> NDArray[np.float64]:
    return np.array(rows, dtype=np.float64).reshape(-1, 7)


def _nearest(
    table: NDArray[np.float64], x: float, y: float, cos: NDArray[np.float64], sin: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance to the nearest cut along each beam, ``inf`` for none; shape (R,)."""
    c, s = table[:, 2, None], table[:, 3, None]
    dx, dy = x - table[:, 0, None], y - table[:, 1, None]
    origin = np.stack((c * dx + s * dy, c * dy - s * dx))
    way = np.stack((c * cos + s * sin, c * sin - s * cos))
    round_ones = table[:, 6] > 0.0
    found = np.full(way.shape[1:], np.inf)
    found[~round_ones] = _into_boxes(origin[:, ~round_ones], way[:, ~round_ones], table[~round_ones, 4:6])
    found[round_ones] = _into_discs(origin[:, round_ones], way[:, round_ones], table[round_ones, 6, None])
    nearest: NDArray[np.float64] = found.min(axis=0)
    return nearest


def _into_boxes(
    origin: NDArray[np.float64], way: NDArray[np.float64], half: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The slab method (Kay and Kajiya, 1986) in the plane; a beam that starts inside does not see the box."""
    halves = half.T[:, :, None]
    safe = np.where(np.abs(way) < _PARALLEL, _PARALLEL, way)
    first, second = (-halves - origin) / safe, (halves - origin) / safe
    enter = np.minimum(first, second).max(axis=0)
    leave = np.maximum(first, second).min(axis=0)
    return np.where((enter <= leave) & (enter >= 0.0), enter, np.inf)


def _into_discs(
    origin: NDArray[np.float64], way: NDArray[np.float64], radius: NDArray[np.float64]
) -> NDArray[np.float64]:
    along = -(origin * way).sum(axis=0)
    aside_squared = (origin**2).sum(axis=0) - along**2
    depth_squared = radius**2 - aside_squared
    enter = along - np.sqrt(np.maximum(depth_squared, 0.0))
    return np.where((depth_squared >= 0.0) & (enter >= 0.0), enter, np.inf)
