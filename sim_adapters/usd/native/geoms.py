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


_FEWEST = 4
"""Vertices that a mesh of MuJoCo has at least."""


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
    vertices, faces = solid.mesh.vertices, solid.mesh.faces
    if len(vertices) < _FEWEST:
        # A lone triangle, as a part of a mesh with a material of its own: in three about its middle.
        vertices = np.vstack((vertices, vertices.mean(axis=0)))
        faces = np.concatenate(
            [
                np.column_stack((faces[:, :2], np.full(len(faces), 3))),
                np.column_stack((faces[:, 1:], np.full(len(faces), 3))),
                np.column_stack((faces[:, ::2][:, ::-1], np.full(len(faces), 3))),
            ]
        )
    kind = mujoco.mjtMeshInertia
    geom.meshname = f"mesh_{len(spec.meshes)}"
    spec.add_mesh(
        name=geom.meshname,
        uservert=vertices.ravel().tolist(),
        userface=faces.ravel().tolist(),
        inertia=kind.mjMESH_INERTIA_CONVEX if solid.collides else kind.mjMESH_INERTIA_SHELL,
    )


def quaternion_of(pose: Array) -> list[float]:
    """Quaternion (w, x, y, z) of a pose without scale."""
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, np.ascontiguousarray(pose[:3, :3]).reshape(9))
    return [float(part) for part in quaternion]
