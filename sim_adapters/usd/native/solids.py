"""The shapes of a stage as they are now: what is drawn, and what can be touched."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdPhysics

from simgate.sim_adapters.scene.body import Material
from simgate.sim_adapters.usd.native.appearance.looks import look_of
from simgate.sim_adapters.usd.native.meshes import (
    Mesh,
    approximation_of,
    cone,
    convex_parts,
    hull_volume,
    mesh_pieces,
    tube,
    whole_mesh,
)
from simgate.sim_adapters.worlds.native_file import NativeError

Array = NDArray[np.float64]
_SQUARE = 1e-4
_UNDRAWN = (UsdGeom.BasisCurves, UsdGeom.HermiteCurves, UsdGeom.NurbsCurves, UsdGeom.Points)
_PLANE_HALF_M = 50.0
_TRIGGER = "PhysxTriggerAPI"
_SIZES = {"box": 3, "ellipsoid": 3, "cylinder": 2, "capsule": 2, "plane": 2}
"""Numbers of a kind that say how large it is."""
_SIGNS = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Solid:
    """One shape.

    Attributes:
        path: Of its prim.
        kind: ``box`` (half extents), ``ellipsoid`` (radii), ``cylinder`` and ``capsule`` (radius, half
            height, unused; axis Z), ``plane`` (half extents, faces up its Z) or ``mesh`` (unused).
        size: Metres, as ``kind`` says.
        pose: World frame, float64, shape (4, 4), without scale.
        look: What it looks like.
        is_drawn: Whether a camera sees it.
        collides: Whether it can be touched.
        mesh: Of a mesh, in its own frame.
    """

    path: str
    kind: Literal["box", "ellipsoid", "cylinder", "capsule", "plane", "mesh"]
    size: tuple[float, float, float]
    pose: Array
    look: Material
    is_drawn: bool
    collides: bool
    mesh: Mesh | None = None

    def top_m(self) -> float:
        """Height of its highest point above z = 0."""
        up, z = self.pose[2, :3], float(self.pose[2, 3])
        if self.mesh is not None:
            return float((self.mesh.vertices @ up).max()) + z
        if self.kind == "ellipsoid":
            return z + float(np.linalg.norm(up * self.size))
        if self.kind in ("cylinder", "capsule"):
            radius, half, upright = self.size[0], self.size[1], abs(float(up[2]))
            lean = math.sqrt(max(0.0, 1.0 - upright**2)) if self.kind == "cylinder" else 1.0
            return z + upright * half + lean * radius
        return z + float(np.abs(up) @ (self.size if self.kind == "box" else (*self.size[:2], 0.0)))

    def corners_m(self) -> Array:
        """Points whose convex hull holds it, world frame, shape (N, 3)."""
        a, b, c = self.size
        half = {
            "cylinder": (a, a, b), "capsule": (a, a, a + b), "plane": (a, b, 0.0), "box": (a, b, c),
            "ellipsoid": (a, b, c), "mesh": (0.0, 0.0, 0.0),
        }[self.kind]  # fmt: skip
        points: Array = self.mesh.vertices if self.mesh is not None else _SIGNS * half
        return points @ self.pose[:3, :3].T + self.pose[:3, 3]

    def reach_m(self, x: float, y: float) -> float:
        """At most how far it reaches from the vertical through (x, y), metres."""
        if self.mesh is not None or self.kind in ("box", "plane"):
            corners = self.mesh.vertices if self.mesh is not None else _SIGNS * self.size
            places = corners @ self.pose[:2, :3].T + self.pose[:2, 3]
            return float(np.hypot(*(places - (x, y)).T).max())
        offset = math.hypot(self.pose[0, 3] - x, self.pose[1, 3] - y)
        if self.kind == "ellipsoid":
            return offset + max(self.size)
        lean = math.sqrt(max(0.0, 1.0 - float(self.pose[2, 2]) ** 2))
        return offset + self.size[0] + lean * self.size[1]

    def volume_m3(self) -> float:
        """Volume, of a mesh its hull's, cubic metres."""
        a, b, c = self.size
        if self.mesh is not None:
            return hull_volume(self.mesh)
        if self.kind == "box":
            return 8.0 * a * b * c
        if self.kind == "ellipsoid":
            return 4.0 / 3.0 * math.pi * a * b * c
        if self.kind == "plane":
            return 0.0
        ends = 4.0 / 3.0 * math.pi * a**3 if self.kind == "capsule" else 0.0
        return 2.0 * math.pi * a * a * b + ends


def read_solids(stage: Usd.Stage) -> list[Solid]:
    """Every shape that is drawn or can be touched, in the order of the stage.

    Raises:
        NativeError: A prim is of a kind that cannot be read, or has a shape that cannot be touched as it is.
    """
    found: list[Solid] = []
    for prim in Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies()):
        found += _solids_of(prim)
    return found


def _solids_of(prim: Usd.Prim) -> Iterator[Solid]:
    imageable = UsdGeom.Imageable(prim)
    if not imageable or not (prim.IsA(UsdGeom.Gprim) or prim.IsA(UsdGeom.PointInstancer)):
        return
    is_shown = imageable.ComputeVisibility() != UsdGeom.Tokens.invisible
    is_drawn = is_shown and imageable.ComputePurpose() in (UsdGeom.Tokens.default_, UsdGeom.Tokens.render)
    collides = can_touch(prim)
    if not (is_drawn or collides) or any(prim.IsA(schema) for schema in _UNDRAWN):
        return
    pose, scale = placed(prim)
    if prim.IsA(UsdGeom.Mesh):
        yield from _mesh_solids(prim, pose, scale, is_drawn, collides)
        return
    kind, size, turn, mesh = _shape(prim, scale)
    _check_shape(prim, kind, size, mesh, collides=collides)
    yield Solid(str(prim.GetPath()), kind, size, pose @ turn, look_of(prim), is_drawn, collides, mesh)


def _check_shape(
    prim: Usd.Prim, kind: str, size: tuple[float, float, float], mesh: Mesh | None, *, collides: bool
) -> None:
    extents = np.ptp(mesh.vertices, axis=0) if mesh is not None else np.array(size[: _SIZES[kind]])
    if not ((extents > 0.0) & np.isfinite(extents)).all():
        raise NativeError("file", f"'{prim.GetPath()}' has no size", "give it one, or deactivate it")
    if kind == "plane" and collides and any(map(is_moving_body, upwards(prim))):
        raise NativeError(
            "file",
            f"'{prim.GetPath()}' is a plane that physics moves, which no engine can touch",
            "make it a box",
        )


def can_touch(prim: Usd.Prim) -> bool:
    """Whether a prim is a collider that is switched on, and none that only notices what passes through."""
    if not prim.HasAPI(UsdPhysics.CollisionAPI) or _TRIGGER in prim.GetPrimTypeInfo().GetAppliedAPISchemas():
        return False
    enabled = UsdPhysics.CollisionAPI(prim).GetCollisionEnabledAttr().Get()
    return enabled is None or bool(enabled)


def _mesh_solids(
    prim: Usd.Prim, pose: Array, scale: Array, is_drawn: bool, collides: bool
) -> Iterator[Solid]:
    """Pieces to draw, by their materials, and convex parts to touch."""
    path = str(prim.GetPath())
    for owner, mesh in mesh_pieces(prim, scale) if is_drawn else ():
        yield Solid(path, "mesh", (0.0, 0.0, 0.0), pose, look_of(owner), True, False, mesh)
    if not collides:
        return
    bound = _bound(prim, scale)
    if bound is not None:
        kind, size, at = bound
        yield Solid(path, kind, size, pose @ at, Material(), False, True)
        return
    for part in convex_parts(prim, scale, is_moved=any(map(is_moving_body, upwards(prim)))):
        yield Solid(path, "mesh", (0.0, 0.0, 0.0), pose, Material(), False, True, part)


def _bound(prim: Usd.Prim, scale: Array) -> tuple[Any, tuple[float, float, float], Array] | None:
    """Box or ball around a mesh that asks to collide as one: along its axes, as PhysX has them."""
    approximation = approximation_of(prim)
    if approximation not in ("boundingCube", "boundingSphere"):
        return None
    corners = whole_mesh(prim, scale).vertices
    low, high = corners.min(axis=0), corners.max(axis=0)
    at, half = np.eye(4), 0.5 * (high - low)
    at[:3, 3] = 0.5 * (low + high)
    if approximation == "boundingCube":
        return "box", (float(half[0]), float(half[1]), float(half[2])), at
    radius = float(np.linalg.norm(half))
    return "ellipsoid", (radius, radius, radius), at


def upwards(prim: Usd.Prim) -> Iterator[Usd.Prim]:
    """A prim and those above it, nearest first."""
    while prim and not prim.IsPseudoRoot():
        yield prim
        prim = prim.GetParent()


def is_enabled_body(prim: Usd.Prim) -> bool:
    """Whether a prim is a rigid body that is switched on."""
    return (
        prim.HasAPI(UsdPhysics.RigidBodyAPI)
        and UsdPhysics.RigidBodyAPI(prim).GetRigidBodyEnabledAttr().Get() is not False
    )


def is_moving_body(prim: Usd.Prim) -> bool:
    """Whether a prim is a rigid body that physics moves."""
    return is_enabled_body(prim) and not UsdPhysics.RigidBodyAPI(prim).GetKinematicEnabledAttr().Get()


def world_matrix(prim: Usd.Prim) -> Array:
    """Transformation into the world frame as columns, float64, shape (4, 4)."""
    matrix = UsdGeom.Imageable(prim).ComputeLocalToWorldTransform(Usd.TimeCode.Default())
    return np.array(matrix, dtype=np.float64).T


def rigid_pose(prim: Usd.Prim) -> Array | None:
    """World pose of a prim; None where it scales or shears."""
    matrix = world_matrix(prim)
    if not np.allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=_SQUARE):
        return None
    return matrix


def unscaled_pose(prim: Usd.Prim) -> Array:
    """World pose of a prim without the scale that it and what it hangs on have."""
    matrix = world_matrix(prim)
    matrix[:3, :3] /= np.linalg.norm(matrix[:3, :3], axis=0)
    return matrix


def placed(prim: Usd.Prim) -> tuple[Array, Array]:
    """World pose and scale along the prim's own axes; a mirror image has a negative first scale."""
    matrix = world_matrix(prim)
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    if not np.isfinite(matrix).all():
        raise NativeError("file", f"'{prim.GetPath()}' is at a place that is no number", "mend its xformOps")
    if (scale < 1e-9).any():
        raise NativeError(
            "file", f"'{prim.GetPath()}' is scaled to nothing", "give it a size, or deactivate it"
        )
    turn = matrix[:3, :3] / scale
    if not np.allclose(turn.T @ turn, np.eye(3), atol=_SQUARE):
        raise NativeError(
            "file", f"'{prim.GetPath()}' is sheared", "scale a prim before its parent turns it, not after"
        )
    if np.linalg.det(turn) < 0.0:
        turn[:, 0] *= -1.0
        scale = scale * (-1.0, 1.0, 1.0)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = turn, matrix[:3, 3]
    return pose, scale


def _shape(prim: Usd.Prim, scale: Array) -> tuple[Any, tuple[float, float, float], Array, Mesh | None]:
    """Kind, size, a turn that brings the axis to Z, and the mesh of what is none of the exact shapes."""
    stretch, none = np.abs(scale), np.eye(4)
    if prim.IsA(UsdGeom.Cube):
        half = 0.5 * float(UsdGeom.Cube(prim).GetSizeAttr().Get()) * stretch
        return "box", (float(half[0]), float(half[1]), float(half[2])), none, None
    if prim.IsA(UsdGeom.Sphere):
        radii = float(UsdGeom.Sphere(prim).GetRadiusAttr().Get()) * stretch
        return "ellipsoid", (float(radii[0]), float(radii[1]), float(radii[2])), none, None
    axis = prim.GetAttribute("axis")
    if not axis:
        raise NativeError(
            "file", f"'{prim.GetPath()}' is a {prim.GetTypeName()}, which cannot be read",
            "make it a mesh, or a cube, sphere, cylinder, capsule, cone or plane",
        )  # fmt: skip
    turn, order = _axis_to_z(str(axis.Get()))
    across, up = stretch[list(order[:2])], float(stretch[order[2]])
    if not _is_exact(prim, across):
        return "mesh", (0.0, 0.0, 0.0), turn, _tessellated(prim, across, up)
    kind, size = _along_axis(prim, across, up)
    return kind, size, turn, None


def _is_exact(prim: Usd.Prim, across: Array) -> bool:
    round_still = bool(np.isclose(across[0], across[1], rtol=1e-3))
    if prim.IsA(UsdGeom.Capsule):
        return round_still
    return prim.IsA(UsdGeom.Plane) or (round_still and prim.IsA(UsdGeom.Cylinder))


def _along_axis(prim: Usd.Prim, across: Array, up: float) -> tuple[str, tuple[float, float, float]]:
    if prim.IsA(UsdGeom.Plane):
        plane = UsdGeom.Plane(prim)
        sides = (float(plane.GetWidthAttr().Get()), float(plane.GetLengthAttr().Get()))
        halves = [
            min(0.5 * side * float(factor), _PLANE_HALF_M) for side, factor in zip(sides, across, strict=True)
        ]
        return "plane", (halves[0], halves[1], 0.01)
    if prim.IsA(UsdGeom.Capsule):
        capsule = UsdGeom.Capsule(prim)
        radius = float(capsule.GetRadiusAttr().Get()) * float(across[0])
        return "capsule", (radius, 0.5 * float(capsule.GetHeightAttr().Get()) * up, 0.0)
    cylinder = UsdGeom.Cylinder(prim)
    radius = float(cylinder.GetRadiusAttr().Get()) * float(across[0])
    return "cylinder", (radius, 0.5 * float(cylinder.GetHeightAttr().Get()) * up, 0.0)


def _tessellated(prim: Usd.Prim, across: Array, up: float) -> Mesh:
    """What USD has and MuJoCo has not: cones, and round shapes that are squeezed."""
    height = float(prim.GetAttribute("height").Get()) * up
    if prim.IsA(UsdGeom.Cone):
        return cone(float(prim.GetAttribute("radius").Get()) * across, height)
    names = ("radiusBottom", "radiusTop") if prim.GetAttribute("radiusTop") else ("radius", "radius")
    ends = [prim.GetAttribute(name).Get() for name in names]
    if prim.IsA(UsdGeom.Capsule) or prim.GetTypeName() == "Capsule_1":
        height += float(ends[0] + ends[1]) * up
    return tube(float(ends[0]) * across, float(ends[1]) * across, height)


def _axis_to_z(axis: str) -> tuple[Array, tuple[int, int, int]]:
    """A turn from a shape along Z to one along ``axis``, and which of the prim's axes are its X, Y and Z."""
    turn = np.eye(4)
    if axis == "X":  # X, Y, Z of the shape lie along Y, Z, X of the prim.
        turn[:3, :3] = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
        return turn, (1, 2, 0)
    if axis == "Y":
        turn[:3, :3] = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
        return turn, (2, 0, 1)
    return turn, (0, 1, 2)
