"""Prims of a stage that ``place`` puts down: there where a variant has them, as often as it wants them."""

from __future__ import annotations

import math

from pxr import Gf, Sdf, Usd, UsdGeom

from simgate.sim_adapters.scene.native import PutDown
from simgate.sim_adapters.usd.native.apply import set_local, set_present

_UP = Gf.Vec3d(0.0, 0.0, 1.0)


def put_prims(stage: Usd.Stage, put: PutDown) -> None:
    """Puts prims where a variant has them, in the root layer; those that are not placed are not there.

    A copy is a prim beside the file's own that refers to it, with all that the variant sets.

    Args:
        stage: A stage over the file.
        put: What is where.
    """
    own = {name: _world(stage.GetPrimAtPath(name)) for name in put.bodies}
    taken = {one.body for one in put.placed}
    for name in put.bodies:
        if name not in taken:
            set_present(stage.GetPrimAtPath(name), False)
    for one in put.placed:
        prim = stage.GetPrimAtPath(one.body)
        if one.suffix:
            prim = stage.DefinePrim(f"{one.body}{one.suffix}")
            prim.GetReferences().AddInternalReference(Sdf.Path(one.body))
        turned = Gf.Matrix4d(own[one.body]).SetTranslateOnly(Gf.Vec3d(0.0))
        turned *= Gf.Matrix4d().SetRotate(Gf.Rotation(_UP, math.degrees(one.yaw)))
        wanted = turned.SetTranslateOnly(Gf.Vec3d(*one.position))
        set_local(prim, wanted * _world(prim.GetParent()).GetInverse())


def _world(prim: Usd.Prim) -> Gf.Matrix4d:
    return Gf.Matrix4d(UsdGeom.Imageable(prim).ComputeLocalToWorldTransform(Usd.TimeCode.Default()))
