"""References to assets, checked before anything runs."""

from __future__ import annotations

import math

from pxr import Gf, Tf, Usd, UsdGeom, UsdPhysics, UsdUtils

from simgate.sim_adapters.scene.asset_table import Asset
from simgate.sim_adapters.scene.body import Vec3
from simgate.sim_adapters.scene.stage_error import StageError
from simgate.sim_adapters.usd.native.units import check_layers
from simgate.sim_adapters.usd.placing import UNIT, place, yaw_quaternion
from simgate.sim_adapters.worlds.native_file import NativeError

_QUARTER = math.pi / 2.0


def reference_asset(stage: Usd.Stage, path: str, asset: Asset, fit_to: Usd.Prim) -> Usd.Prim:
    """Shows a body by an asset.

    Args:
        stage: The stage, in metres with Z up.
        path: Of the new prim, below ``fit_to``.
        asset: The asset.
        fit_to: The body's prim, with its primitives.

    Raises:
        StageError: The asset cannot be opened, refers to what cannot be found, has no default prim, has other
            units or another up axis than the stage and no ``convert: true``, or shows such unconverted.
    """
    source = check_asset(asset)
    unit = UsdGeom.GetStageMetersPerUnit(source)
    y_up = UsdGeom.GetStageUpAxis(source) == UsdGeom.Tokens.y
    turn = yaw_quaternion(math.radians(asset.yaw_deg))
    if y_up:
        turn = turn * Gf.Quatd(math.cos(0.5 * _QUARTER), Gf.Vec3d(math.sin(0.5 * _QUARTER), 0.0, 0.0))
    position, scale = asset.position, UNIT
    if asset.fit:
        # Before the reference is there, which would count as part of the body.
        position, scale = _fitted(source, unit, turn, fit_to, asset)
    outer = UsdGeom.Xform.Define(stage, path).GetPrim()
    place(outer, position, 0.0, scale)
    inner = stage.DefinePrim(f"{path}/Content")
    inner.GetReferences().AddReference(asset.usd)
    _orient_content(stage, path, turn, unit)
    _silence_physics(inner)
    return outer


def check_asset(asset: Asset) -> Usd.Stage:
    """Opens an asset and checks it.

    Raises:
        StageError: See :func:`reference_asset`.
    """
    try:
        source = Usd.Stage.Open(asset.usd)
    except Tf.ErrorException:
        raise StageError(f"asset {asset.usd}: cannot be opened; does the file exist and is it USD?") from None
    _, _, missing = UsdUtils.ComputeAllDependencies(asset.usd)
    if missing:
        raise StageError(
            f"asset {asset.usd}: refers to what cannot be found: {', '.join(sorted(missing))}; "
            "copy the files next to it, or mend the references"
        )
    if not source.GetDefaultPrim():
        raise StageError(f"asset {asset.usd}: has no defaultPrim; set it to the prim that is the asset")
    unit, axis = UsdGeom.GetStageMetersPerUnit(source), UsdGeom.GetStageUpAxis(source)
    faults = []
    if not math.isclose(unit, 1.0, rel_tol=1e-6):
        faults.append(f"metersPerUnit is {unit:g}, the stage's is 1")
    if axis != UsdGeom.Tokens.z:
        faults.append(f"upAxis is {axis}, the stage's is Z")
    if faults and not asset.convert:
        raise StageError(
            f"asset {asset.usd}: {' and '.join(faults)}; add 'convert: true' to its entry to have it scaled "
            "and turned, or save it in metres with Z up"
        )
    try:
        check_layers(source)
    except NativeError as error:
        raise StageError(f"asset {asset.usd}: {error}") from None
    return source


def _orient_content(stage: Usd.Stage, path: str, turn: Gf.Quatd, unit: float) -> None:
    """Puts turn and scale between the body and the asset's own operations, which stay as they are."""
    inner = stage.GetPrimAtPath(f"{path}/Content")
    xform = UsdGeom.Xformable(inner)
    own = xform.GetOrderedXformOps()
    orient = xform.AddOrientOp(UsdGeom.XformOp.PrecisionDouble, "simgate")
    orient.Set(turn)
    scale = xform.AddScaleOp(UsdGeom.XformOp.PrecisionDouble, "simgate")
    scale.Set(Gf.Vec3d(unit, unit, unit))
    xform.SetXformOpOrder([orient, scale, *own])


def _fitted(
    source: Usd.Stage, unit: float, turn: Gf.Quatd, fit_to: Usd.Prim, asset: Asset
) -> tuple[Vec3, Vec3]:
    """Position and scale that bring the asset's box onto the box of the body's primitives."""
    purposes = [UsdGeom.Tokens.default_, UsdGeom.Tokens.render, UsdGeom.Tokens.guide]
    boxes = UsdGeom.BBoxCache(Usd.TimeCode.Default(), purposes)
    target = boxes.ComputeUntransformedBound(fit_to).ComputeAlignedRange()
    own = boxes.ComputeLocalBound(source.GetDefaultPrim())
    matrix = Gf.Matrix4d().SetScale(unit) * Gf.Matrix4d().SetRotate(turn)
    own.Transform(matrix)
    extent = own.ComputeAlignedRange()
    size, wanted = extent.GetSize(), target.GetSize()
    if extent.IsEmpty() or min(size) <= 0.0:
        raise StageError(f"asset {asset.usd}: has no extent to fit; remove 'fit: true'")
    factors = [wanted[axis] / size[axis] for axis in range(3)]
    middle, goal = extent.GetMidpoint(), target.GetMidpoint()
    offsets = [goal[axis] - factors[axis] * middle[axis] + asset.position[axis] for axis in range(3)]
    return (offsets[0], offsets[1], offsets[2]), (factors[0], factors[1], factors[2])


def _silence_physics(root: Usd.Prim) -> None:
    """Switches off colliders, bodies and joints of an asset, which shows a body and does not collide."""
    for prim in Usd.PrimRange(root):
        if prim.IsInstance():
            prim.SetInstanceable(False)
    for prim in list(Usd.PrimRange(root)):
        if prim.IsA(UsdPhysics.Joint) or prim.IsA(UsdPhysics.Scene):
            prim.SetActive(False)
        else:
            if prim.HasAPI(UsdPhysics.CollisionAPI):
                UsdPhysics.CollisionAPI(prim).CreateCollisionEnabledAttr(False)
            if prim.HasAPI(UsdPhysics.RigidBodyAPI):
                UsdPhysics.RigidBodyAPI(prim).CreateRigidBodyEnabledAttr(False)
            if prim.HasAPI(UsdPhysics.ArticulationRootAPI):
                prim.RemoveAPI(UsdPhysics.ArticulationRootAPI)
