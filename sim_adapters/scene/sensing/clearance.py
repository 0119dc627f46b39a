"""Gap in the floor plane between the robot's hull and every body, the same for all simulators."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.scene.body import Actor, Body, Part
from simgate.sim_adapters.scene.scene import Scene


class ClearanceField:
    """Distances from the robot's centre to the colliding parts of a scene.

    Every part is a rectangle with rounded corners: half extents plus a radius (a disc has half
    extents 0). Parts that start above the robot's hull do not count.

    Args:
        scene: The scene; its fixed bodies are laid out once, actors at each query.
    """

    def __init__(self, scene: Scene) -> None:
        self._radius = scene.robot.radius_m
        self._height = scene.robot.height_m
        self._actors = scene.actors
        self._bodies = {body.name: body for body in scene.bodies}
        rows: list[tuple[float, ...]] = []
        owners: list[str] = []
        for body in scene.bodies:
            for row in self._rows(body, body.position[0], body.position[1], body.position[2], body.yaw):
                rows.append(row)
                owners.append(body.name)
        self._rows_fixed = np.array(rows, dtype=np.float64).reshape(-1, 7)
        self.names: tuple[str, ...] = tuple(dict.fromkeys(owners))
        starts = [owners.index(name) for name in self.names]
        self._starts = np.array(starts, dtype=np.intp)
        self._actor_parts = [self._actor_rows(actor) for actor in scene.actors]

    def _rows(
        self, body: Body, x: float, y: float, z: float, yaw: float, drawn: bool = False
    ) -> list[tuple[float, ...]]:
        """Rows (x, y, cos, sin, half x, half y, radius) of the parts at robot height; ``drawn``: of all."""
        rows: list[tuple[float, ...]] = []
        for part in body.parts:
            above = z + part.position[2] - _half_height(part) > self._height
            if not drawn and (not part.collides or above):
                continue
            c, s = math.cos(yaw), math.sin(yaw)
            px = x + c * part.position[0] - s * part.position[1]
            py = y + s * part.position[0] + c * part.position[1]
            turn = yaw + part.yaw
            if part.kind == "box":
                rows.append((px, py, math.cos(turn), math.sin(turn), part.size[0], part.size[1], 0.0))
            else:
                rows.append((px, py, 1.0, 0.0, 0.0, 0.0, part.size[0]))
        return rows

    def _actor_rows(self, actor: Actor) -> NDArray[np.float64]:
        return np.array(self._rows(actor.body, 0.0, 0.0, 0.0, 0.0), dtype=np.float64).reshape(-1, 7)

    def gaps(self, x: float, y: float, time_s: float) -> dict[str, float]:
        """Gap between hull and body for each colliding body, metres, negative on overlap.

        Args:
            x: Robot's centre, metres.
            y: Robot's centre, metres.
            time_s: Simulated time, for the actors.
        """
        gaps: dict[str, float] = {}
        if len(self._starts):
            distances = _distances(self._rows_fixed, x, y)
            nearest = np.minimum.reduceat(distances, self._starts) - self._radius
            gaps = dict(zip(self.names, nearest.tolist(), strict=True))
        for actor, rows in zip(self._actors, self._actor_parts, strict=True):
            if not len(rows):
                continue
            position, yaw = actor.pose_at(time_s)
            c, s = math.cos(yaw), math.sin(yaw)
            dx, dy = x - position[0], y - position[1]
            gaps[actor.body.name] = float(
                _distances(rows, c * dx + s * dy, c * dy - s * dx).min() - self._radius
            )
        return gaps

    def from_centre(self, name: str, gap_m: float, x: float, y: float, time_s: float) -> float:
        """Distance in the floor plane from the robot's centre to a body, metres: the hull is a disc.

        Args:
            name: The body's.
            gap_m: Its gap there and then, infinite for a body that cannot be hit, which is as far as drawn.
            x: Robot's centre, metres.
            y: Robot's centre, metres.
            time_s: Simulated time, for the actors.
        """
        if math.isfinite(gap_m):
            return gap_m + self._radius
        moving = {actor.body.name: actor for actor in self._actors}
        if name in moving:
            body, (place, yaw) = moving[name].body, moving[name].pose_at(time_s)
        else:
            body = self._bodies[name]
            place, yaw = body.position, body.yaw
        rows = self._rows(body, place[0], place[1], place[2], yaw, drawn=True)
        return float(_distances(np.array(rows, dtype=np.float64).reshape(-1, 7), x, y).min(initial=math.inf))


def _half_height(part: Part) -> float:
    if part.kind == "box":
        return part.size[2]
    if part.kind == "cylinder":
        return part.size[1]
    if part.kind == "capsule":
        return part.size[0] + part.size[1]
    return part.size[0]


def _distances(rows: NDArray[np.float64], x: float, y: float) -> NDArray[np.float64]:
    dx, dy = x - rows[:, 0], y - rows[:, 1]
    along = np.maximum(np.abs(rows[:, 2] * dx + rows[:, 3] * dy) - rows[:, 4], 0.0)
    across = np.maximum(np.abs(rows[:, 2] * dy - rows[:, 3] * dx) - rows[:, 5], 0.0)
    return np.hypot(along, across) - rows[:, 6]
