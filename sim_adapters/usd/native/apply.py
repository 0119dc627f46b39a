"""Sets targets on a stage, in its root layer: opinions over the file, which itself stays as it is."""

from __future__ import annotations

import math

from pxr import Gf, Usd, UsdGeom, UsdPhysics, UsdShade

from simgate.sim_adapters.scene.native import NativeValue
from simgate.sim_adapters.usd.native.target import Target


def apply(target: Target, stage: Usd.Stage, value: NativeValue) -> None:
    """Sets a target.

    Every call writes the same attributes whatever the value is, so that two variants of a scenario differ in
    values alone and a simulator can go from one to the other without a new stage.
    """
    prim = stage.GetPrimAtPath(target.path)
    number = 0.0 if isinstance(value, (str, tuple)) else float(value)
    if target.kind == "present":
        set_present(prim, bool(value))
    elif target.kind == "material":
        material = UsdShade.Material(stage.GetPrimAtPath(str(value)))
        tokens = UsdShade.Tokens
        for purpose in (tokens.allPurpose, tokens.preview, tokens.full):
            binding = UsdShade.MaterialBindingAPI.Apply(prim)
            binding.Bind(material, tokens.strongerThanDescendants, purpose)
    elif target.kind == "pos":
        assert target.part is not None
        matrix = _local(prim)
        place = matrix.ExtractTranslation()
        place[target.part] = number
        set_local(prim, matrix.SetTranslateOnly(place))
    elif target.kind == "turn":
        set_local(prim, _turned(_local(prim), number))
    elif target.kind == "tilt":
        rise = Gf.Matrix4d().SetRotate(Gf.Rotation(Gf.Vec3d(1.0, 0.0, 0.0), number))
        set_local(prim, rise * _local(prim))
    elif target.kind == "fovy":
        camera = UsdGeom.Camera(prim)
        half = math.tan(0.5 * math.radians(number))
        camera.GetFocalLengthAttr().Set(0.5 * float(camera.GetVerticalApertureAttr().Get()) / half)
    else:
        _set_attribute(target, prim.GetAttribute(target.key), value)


def _turned(matrix: Gf.Matrix4d, degrees: float) -> Gf.Matrix4d:
    """Turned about the vertical through its own origin, in the frame that it hangs in."""
    place = matrix.ExtractTranslation()
    turn = Gf.Matrix4d().SetRotate(Gf.Rotation(Gf.Vec3d(0.0, 0.0, 1.0), degrees))
    return (Gf.Matrix4d(matrix).SetTranslateOnly(Gf.Vec3d(0.0)) * turn).SetTranslateOnly(place)


def _local(prim: Usd.Prim) -> Gf.Matrix4d:
    return Gf.Matrix4d(UsdGeom.Xformable(prim).GetLocalTransformation())


def set_local(prim: Usd.Prim, matrix: Gf.Matrix4d) -> None:
    """Gives a prim one transformation in place of its own operations."""
    xform = UsdGeom.Xformable(prim)
    resets = xform.GetResetXformStack()
    name = "xformOp:transform:simgate"
    op = UsdGeom.XformOp(prim.GetAttribute(name)) if prim.HasAttribute(name) else None
    if op is None:
        op = xform.AddTransformOp(UsdGeom.XformOp.PrecisionDouble, "simgate")
    op.Set(matrix)
    xform.SetXformOpOrder([op], resets)


def set_present(prim: Usd.Prim, is_there: bool) -> None:
    """Shows a prim with all below it, or lets it be neither seen nor touched."""
    imageable = UsdGeom.Imageable(prim)
    own = imageable.GetVisibilityAttr().Get()
    imageable.CreateVisibilityAttr().Set(own if is_there else UsdGeom.Tokens.invisible)
    for part in Usd.PrimRange(prim):
        if part.HasAPI(UsdPhysics.CollisionAPI):
            collision = UsdPhysics.CollisionAPI(part)
            enabled = bool(collision.GetCollisionEnabledAttr().Get())
            collision.CreateCollisionEnabledAttr().Set(enabled and is_there)
        if part.HasAPI(UsdPhysics.RigidBodyAPI):
            body = UsdPhysics.RigidBodyAPI(part)
            enabled = bool(body.GetRigidBodyEnabledAttr().Get())
            body.CreateRigidBodyEnabledAttr().Set(enabled and is_there)


def _set_attribute(target: Target, attribute: Usd.Attribute, value: NativeValue) -> None:
    """Sets an attribute, a component of one, or the brightest channel of a colour, which keeps its hue."""
    if target.kind in ("bool", "token"):
        attribute.Set(value)
        return
    if target.kind in ("number", "integer"):
        assert not isinstance(value, (str, tuple))
        number = int(value) if target.kind == "integer" else float(value)
        attribute.Set(type(attribute.Get())([number]) if target.listed else number)
        return
    own = attribute.Get()
    numbers = [float(channel) for channel in (own[0] if target.listed else own)]
    if isinstance(value, tuple):
        numbers = list(value[:3])
    elif target.part is not None:
        numbers[target.part] = float(value)
    else:
        top = max(numbers)
        numbers = [channel / top * float(value) if top > 0.0 else float(value) for channel in numbers]
    vector = type(own[0] if target.listed else own)(*numbers)
    attribute.Set(type(own)([vector]) if target.listed else vector)
