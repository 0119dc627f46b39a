"""Poses of prims: the three operations that Isaac Sim expects, in its order."""

from __future__ import annotations

import math

from pxr import Gf, Usd, UsdGeom

from simgate.sim_adapters.scene.body import Vec3

UNIT: Vec3 = (1.0, 1.0, 1.0)


def yaw_quaternion(yaw: float) -> Gf.Quatd:
    """A turn about Z, radians."""
    return Gf.Quatd(math.cos(0.5 * yaw), Gf.Vec3d(0.0, 0.0, math.sin(0.5 * yaw)))


def place(prim: Usd.Prim, position: Vec3, turn: Gf.Quatd | float = 0.0, scale: Vec3 | None = None) -> None:
    """Authors ``translate``, ``orient`` and, where given, ``scale``.

    Args:
        prim: An xformable prim without operations.
        position: In the parent's frame, metres.
        turn: Quaternion, or a turn about Z in radians.
        scale: Factor along each axis.
    """
    xform = UsdGeom.Xformable(prim)
    quaternion = yaw_quaternion(turn) if isinstance(turn, float) else turn
    xform.AddTranslateOp(UsdGeom.XformOp.PrecisionDouble).Set(Gf.Vec3d(*position))
    xform.AddOrientOp(UsdGeom.XformOp.PrecisionDouble).Set(quaternion)
    if scale is not None:
        xform.AddScaleOp(UsdGeom.XformOp.PrecisionDouble).Set(Gf.Vec3d(*scale))
