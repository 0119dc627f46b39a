"""How far a point of the floor is from geoms, seen from above: from what they cover of the floor."""

from __future__ import annotations

import math
from collections.abc import Iterable

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.native.compiled import SIGNS

_GEOM = mujoco.mjtGeom
_ROUND = 64
"""Points on a circle; a cylinder's rim is off by at most a thousandth of its radius."""
_TURNS = np.linspace(0.0, 2.0 * math.pi, _ROUND, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURNS), np.sin(_TURNS), np.zeros(_ROUND)], axis=1)
_UPRIGHT = 1e-6


class FloorDistances:
    """Distances in the floor plane from points to geoms of a model; a mesh counts as its convex hull.

    Args:
        model: The model.
        data: Its state; answers are for the poses that it holds.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self._model, self._data = model, data
        self._hulls: dict[int, NDArray[np.float64]] = {}

    def to_any(self, geoms: Iterable[int], x: float, y: float) -> float:
        """Distance to the nearest of some geoms, metres; 0 over or under one of them, ``inf`` for none."""
        return min((self._to(geom, x, y) for geom in geoms), default=math.inf)

    def _to(self, geom: int, x: float, y: float) -> float:
        kind, size = int(self._model.geom_type[geom]), self._model.geom_size[geom]
        rotation, position = self._data.geom_xmat[geom].reshape(3, 3), self._data.geom_xpos[geom]
        if kind == int(_GEOM.mjGEOM_PLANE):
            return _to_plane(rotation[:, 2], position, x, y)
        radius = float(size[0]) if kind in (int(_GEOM.mjGEOM_SPHERE), int(_GEOM.mjGEOM_CAPSULE)) else 0.0
        if kind == int(_GEOM.mjGEOM_ELLIPSOID):
            outline = _ellipse(rotation, size) + position[:2]
        else:
            outline = (self._points(geom, kind, size) @ rotation.T + position)[:, :2]
        return max(0.0, _to_hull(outline - (x, y)) - radius)

    def _points(self, geom: int, kind: int, size: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points in the geom's frame whose convex hull, grown by its radius, it is; shape (N, 3)."""
        if kind == int(_GEOM.mjGEOM_SPHERE):
            return np.zeros((1, 3))
        if kind == int(_GEOM.mjGEOM_CAPSULE):
            return np.array([[0.0, 0.0, -size[1]], [0.0, 0.0, size[1]]])
        if kind == int(_GEOM.mjGEOM_CYLINDER):
            up = np.array([0.0, 0.0, size[1]])
            return np.concatenate([_CIRCLE * size[0] - up, _CIRCLE * size[0] + up])
        if kind == int(_GEOM.mjGEOM_MESH):
            mesh = int(self._model.geom_dataid[geom])
            if mesh not in self._hulls:
                self._hulls[mesh] = self._hull_of(mesh)
            return self._hulls[mesh]
        centre, half = self._model.geom_aabb[geom][:3], self._model.geom_aabb[geom][3:]
        corners: NDArray[np.float64] = centre + SIGNS * half
        return corners

    def _hull_of(self, mesh: int) -> NDArray[np.float64]:
        first, count = int(self._model.mesh_vertadr[mesh]), int(self._model.mesh_vertnum[mesh])
        points: NDArray[np.float64] = self._model.mesh_vert[first : first + count].astype(np.float64)
        from scipy.spatial import ConvexHull, QhullError

        try:
            return points[ConvexHull(points).vertices]
        except QhullError:
            return points  # It is flat.


def _to_plane(normal: NDArray[np.float64], position: NDArray[np.float64], x: float, y: float) -> float:
    """A wall is as far as its foot; what leans has no end and covers the floor everywhere."""
    if abs(normal[2]) > _UPRIGHT:
        return 0.0
    return max(0.0, float(normal[0] * (x - position[0]) + normal[1] * (y - position[1])))


def _ellipse(rotation: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Outline of an ellipsoid from above, about its middle, shape (N, 2)."""
    spread = (rotation * size**2) @ rotation.T
    root = np.linalg.cholesky(spread[:2, :2])
    outline: NDArray[np.float64] = _CIRCLE[:, :2] @ root.T
    return outline


def _to_hull(points: NDArray[np.float64]) -> float:
    """Distance from the origin to the convex hull of points in the plane; 0 inside."""
    hull = _hull(points)
    if len(hull) == 1:
        return math.hypot(*hull[0])
    ends = hull[1:] + hull[:1]
    inside, best = len(hull) > 2, math.inf
    for (ax, ay), (bx, by) in zip(hull, ends, strict=True):
        dx, dy = bx - ax, by - ay
        inside = inside and ax * by - ay * bx >= 0.0
        along = min(max(-(ax * dx + ay * dy) / (dx * dx + dy * dy), 0.0), 1.0)
        best = min(best, math.hypot(ax + along * dx, ay + along * dy))
    return 0.0 if inside else best


def _hull(points: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Convex hull, counter-clockwise (Andrew 1979); two points for what is a line."""
    ordered = sorted({(float(x), float(y)) for x, y in points})
    if len(ordered) < 3:
        return ordered
    halves = []
    for some in (ordered, ordered[::-1]):
        half: list[tuple[float, float]] = []
        for point in some:
            while len(half) > 1 and _turn(half[-2], half[-1], point) <= 0.0:
                half.pop()
            half.append(point)
        halves.append(half[:-1])
    return halves[0] + halves[1]


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
