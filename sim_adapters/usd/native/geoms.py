"""Shapes of a stage as geoms of MuJoCo."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from simgate.sim_adapters.usd.native.solids import Array, Solid

_GEOM = mujoco.mjtGeom
_TYPES = {
    "box": _GEOM.mjGEOM_BOX, "ellipsoid": _GEOM.mjGEOM_ELLIPSOID, "cylinder": _GEOM.mjGEOM_CYLINDER,
    "capsule": _GEOM.mjGEOM_CAPSULE, "plane": _GEOM.mjGEOM_PLANE, "mesh": _GEOM.mjGEOM_MESH,
}  # fmt: skip


def add_geom(spec: mujoco.MjSpec, body: Any, solid: Solid, pose: Array, **settings: Any) -> None:
    """Adds a shape to a body of a model.

    Args:
        spec: The model; meshes are added to it.
        body: The body.
        solid: The shape.
        pose: Of the shape in the body's frame, shape (4, 4).
        settings: Further attributes of the geom.
    """
    geom = body.add_geom(
        type=_TYPES[solid.kind], pos=pose[:3, 3].tolist(), quat=quaternion_of(pose), **settings
    )
    if solid.mesh is None:
        geom.size = list(solid.size)
        return
    kind = mujoco.mjtMeshInertia
    geom.meshname = f"mesh_{len(spec.meshes)}"
    spec.add_mesh(
        name=geom.meshname,
        uservert=solid.mesh.vertices.ravel().tolist(),
        userface=solid.mesh.faces.ravel().tolist(),
        inertia=kind.mjMESH_INERTIA_CONVEX if solid.collides else kind.mjMESH_INERTIA_SHELL,
    )


def quaternion_of(pose: Array) -> list[float]:
    """Quaternion (w, x, y, z) of a pose without scale."""
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, np.ascontiguousarray(pose[:3, :3]).reshape(9))
    return [float(part) for part in quaternion]
