"""How large a body would be in the image if nothing stood in front of it.

The silhouette is the convex hull of the body's projected corner points, clipped at the image border: exact
for a door leaf, slightly too large for a person. Occlusion is measured against it, by geometry and not by a
second rendering, so that every simulator gives the same number.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.scene.body import Body, Part
from simgate.sim_adapters.scene.sensor import Camera

Point = tuple[float, float]
_NEAR_M = 0.02
_ROUND = 8


def corner_points(body: Body) -> NDArray[np.float64]:
    """Points whose convex hull encloses the body, in the body's frame, metres, shape (M, 3)."""
    points: list[tuple[float, float, float]] = []
    for part in body.parts:
        c, s = math.cos(part.yaw), math.sin(part.yaw)
        for x, y, z in _part_points(part):
            px, py, pz = part.position
            points.append((px + c * x - s * y, py + s * x + c * y, pz + z))
    cloud = np.array(points, dtype=np.float64)
    if len(cloud) <= 2 * _ROUND:
        return cloud
    from scipy.spatial import ConvexHull

    return np.ascontiguousarray(cloud[ConvexHull(cloud).vertices])


def _part_points(part: Part) -> list[tuple[float, float, float]]:
    if part.kind == "box":
        a, b, c = part.size
        return [(sx * a, sy * b, sz * c) for sx in (-1, 1) for sy in (-1, 1) for sz in (-1, 1)]
    radius = part.size[0]
    half = 0.0 if part.kind == "sphere" else part.size[1]
    ring = [
        (radius * math.cos(math.tau * k / _ROUND), radius * math.sin(math.tau * k / _ROUND))
        for k in range(_ROUND)
    ]
    points = [(x, y, sz * half) for x, y in ring for sz in (-1.0, 1.0)]
    if part.kind in ("capsule", "sphere"):
        points += [(0.0, 0.0, half + radius), (0.0, 0.0, -half - radius)]
    return points


def project(
    points: NDArray[np.float64], camera: Camera, robot: tuple[float, float, float]
) -> NDArray[np.float64]:
    """World points in the frame of the robot's camera.

    Args:
        points: World frame, metres, shape (M, 3).
        camera: Mount and intrinsics.
        robot: (x m, y m, yaw rad) of the robot.

    Returns:
        Shape (M, 3): right, down and forward of the camera, metres.
    """
    c, s = math.cos(robot[2]), math.sin(robot[2])
    cp, sp = math.cos(math.radians(camera.pitch_deg)), math.sin(math.radians(camera.pitch_deg))
    dx, dy = points[:, 0] - robot[0], points[:, 1] - robot[1]
    ahead = c * dx + s * dy - camera.position[0]
    left = c * dy - s * dx - camera.position[1]
    up = points[:, 2] - camera.position[2]
    return np.stack((-left, sp * ahead - cp * up, cp * ahead + sp * up), axis=1)


def silhouette(points: NDArray[np.float64], camera: Camera) -> tuple[float, bool]:
    """Area in the image, in pixels, and whether the image border cuts it.

    Args:
        points: Camera frame (right, down, forward), metres, shape (M, 3).
        camera: Intrinsics.
    """
    depth = points[:, 2]
    cut = False
    if depth.min() < _NEAR_M:
        points = _clip_near(points)
        cut = True
        if len(points) == 0:
            return 0.0, True
    focal = camera.focal_px
    u = 0.5 * camera.width + focal * points[:, 0] / points[:, 2]
    v = 0.5 * camera.height + focal * points[:, 1] / points[:, 2]
    outside = u.min() < 0.0 or v.min() < 0.0 or u.max() > camera.width or v.max() > camera.height
    hull = _hull(sorted(zip(u.tolist(), v.tolist(), strict=True)))
    if outside:
        hull = _clip_image(hull, float(camera.width), float(camera.height))
    return _area(hull), bool(cut or outside)


def _clip_near(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points before the near plane, and where the lines between the two sides pierce it."""
    front = points[points[:, 2] >= _NEAR_M]
    back = points[points[:, 2] < _NEAR_M]
    if len(front) == 0:
        return front
    a, b = front[:, None, :], back[None, :, :]
    share = (_NEAR_M - a[..., 2]) / (b[..., 2] - a[..., 2])
    pierced = (a + share[..., None] * (b - a)).reshape(-1, 3)
    return np.concatenate((front, pierced))


def _hull(points: list[Point]) -> list[Point]:
    """Convex hull of sorted points (Andrew's monotone chain, 1979)."""
    if len(points) < 3:
        return points

    def chain(ordered: list[Point]) -> list[Point]:
        kept: list[Point] = []
        for x, y in ordered:
            while len(kept) >= 2:
                (ax, ay), (bx, by) = kept[-2], kept[-1]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0:
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return chain(points) + chain(points[::-1])


def _clip_image(polygon: list[Point], width: float, height: float) -> list[Point]:
    """Sutherland-Hodgman clipping to the image rectangle."""
    for axis, limit, sign in ((0, 0.0, 1.0), (0, width, -1.0), (1, 0.0, 1.0), (1, height, -1.0)):
        clipped: list[Point] = []
        for before, after in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            d0, d1 = sign * (before[axis] - limit), sign * (after[axis] - limit)
            if d0 >= 0.0:
                clipped.append(before)
            if (d0 >= 0.0) != (d1 >= 0.0):
                t = d0 / (d0 - d1)
                clipped.append(
                    (before[0] + t * (after[0] - before[0]), before[1] + t * (after[1] - before[1]))
                )
        polygon = clipped
        if not polygon:
            return []
    return polygon


def _area(polygon: list[Point]) -> float:
    if len(polygon) < 3:
        return 0.0
    total = 0.0
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        total += x0 * y1 - x1 * y0
    return 0.5 * abs(total)
