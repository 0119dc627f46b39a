"""Masses by the rules of UsdPhysics: OpenUSD itself adds up what a file says, told the colliders' volumes.

The mass of a body goes before those of its colliders, a collider's mass before densities, a density of the
collider before that of its body, that before its material's, and water's is the last. PhysX counts alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from pxr import Gf, Usd, UsdPhysics, UsdShade

from simgate.sim_adapters.scene.body import Vec3
from simgate.sim_adapters.usd.native.geoms import add_geom
from simgate.sim_adapters.usd.native.solids import Array, Solid, is_enabled_body, placed, unscaled_pose
from simgate.sim_adapters.worlds.native_file import NativeError

_BARE_KG, _BARE_RADIUS_M = 1.0, 0.1
"""A body without colliders is a small ball, in UsdPhysics as in PhysX, with its mass where none is given."""
_STATED = ("physics:mass", "physics:density")
_SHAPED = ("physics:centerOfMass", "physics:diagonalInertia")


@dataclass(frozen=True, slots=True)
class MassProperties:
    """Mass of a body and how it lies.

    Attributes:
        mass_kg: Kilograms.
        centre: Of mass, in the body's frame, metres.
        inertia: About the centre along the principal axes, kg m2.
        axes: Principal axes in the body's frame as a quaternion (w, x, y, z).
        is_even: Whether nothing of the file makes a part of it denser than another.
    """

    mass_kg: float
    centre: Vec3
    inertia: Vec3
    axes: tuple[float, float, float, float]
    is_even: bool


def mass_of(body: Usd.Prim, solids: Sequence[Solid]) -> MassProperties:
    """Mass of a body with the colliders below it that belong to no body of their own.

    Args:
        body: A prim with ``RigidBodyAPI``, or one that counts as a body.
        solids: The shapes of the stage.

    Raises:
        NativeError: A mass or density is negative or no number.
    """
    frame = _inverse(unscaled_pose(body))
    for prim in (body, *_colliders(body)):
        _check_stated(prim)
    colliders: dict[str, list[Solid]] = {str(prim.GetPath()): [] for prim in _colliders(body)}
    for solid in solids:
        if solid.collides and solid.path in colliders:
            colliders[solid.path].append(solid)
    if not any(colliders.values()):
        return _bare(body)
    mass, inertia, centre, axes = UsdPhysics.RigidBodyAPI(body).ComputeMassProperties(
        lambda prim: _volume(prim, colliders.get(str(prim.GetPath()), []), frame)
    )
    w, (x, y, z) = axes.GetReal(), axes.GetImaginary()
    return MassProperties(float(mass), tuple(centre), tuple(inertia), (w, x, y, z), _is_even(body))


def robot_mass_kg(robot: Usd.Prim, solids: Sequence[Solid]) -> float:
    """Sum over the bodies of a robot and over its colliders that belong to none, kilograms.

    A robot without any body is one as a whole.
    """
    prims = list(Usd.PrimRange(robot, Usd.TraverseInstanceProxies()))
    bodies = [prim for prim in prims if is_enabled_body(prim)] or [robot]
    held = {prim.GetPath() for body in bodies for prim in _colliders(body)}
    free = [prim for prim in prims if prim.HasAPI(UsdPhysics.CollisionAPI) and prim.GetPath() not in held]
    return sum(mass_of(prim, solids).mass_kg for prim in (*bodies, *free))


def _colliders(body: Usd.Prim) -> Iterator[Usd.Prim]:
    """Its colliders, those of bodies below it left out."""
    below = iter(Usd.PrimRange(body, Usd.TraverseInstanceProxies()))
    for prim in below:
        if prim != body and is_enabled_body(prim):
            below.PruneChildren()
        elif prim.HasAPI(UsdPhysics.CollisionAPI):
            yield prim


def _check_stated(prim: Usd.Prim) -> None:
    """OpenUSD would pass over what is not above 0, and take water in its place."""
    for name in _STATED:
        value = prim.GetAttribute(name).Get() if prim.HasAttribute(name) else None
        if value is not None and not 0.0 <= value < math.inf:
            raise NativeError("file", f"'{prim.GetPath()}.{name}' is {value:g}", "give it a number above 0")


def _bare(body: Usd.Prim) -> MassProperties:
    """Of a body without colliders: what the file says, and a ball's for what it does not."""
    stated = UsdPhysics.MassAPI(body)
    mass = float(stated.GetMassAttr().Get() or 0.0) or _BARE_KG
    ball = 0.4 * mass * _BARE_RADIUS_M**2
    # The schema's defaults, which stand for nothing said, are no place, no inertia and no turn.
    x, y, z = _said(stated.GetCenterOfMassAttr(), (0.0, 0.0, 0.0))
    moments = _said(stated.GetDiagonalInertiaAttr(), (0.0, 0.0, 0.0))
    inertia = moments if any(moments) else (ball, ball, ball)
    turn = stated.GetPrincipalAxesAttr().Get()
    axes = (turn.GetReal(), *turn.GetImaginary()) if turn is not None else (0.0, 0.0, 0.0, 0.0)
    return MassProperties(
        mass, (x, y, z), inertia, axes if any(axes) else (1.0, 0.0, 0.0, 0.0), is_even=False
    )


def _said(attribute: Usd.Attribute, default: Vec3) -> Vec3:
    value = attribute.Get()
    if value is None or not all(map(math.isfinite, value)):
        return default
    return float(value[0]), float(value[1]), float(value[2])


def _is_even(body: Usd.Prim) -> bool:
    colliders = list(_colliders(body))
    if any(prim.GetAttribute(name).HasAuthoredValue() for prim in (body, *colliders) for name in _SHAPED):
        return False
    return len(colliders) == 1 or not any(_says_its_own(prim) for prim in colliders if prim != body)


def _says_its_own(collider: Usd.Prim) -> bool:
    if collider.HasAPI(UsdPhysics.MassAPI):
        return True
    material, _ = UsdShade.MaterialBindingAPI(collider).ComputeBoundMaterial("physics")
    return bool(material) and bool(UsdPhysics.MaterialAPI(material).GetDensityAttr().Get())


def _volume(
    prim: Usd.Prim, parts: Sequence[Solid], body_frame: Array
) -> UsdPhysics.RigidBodyAPI.MassInformation:
    """Volume, centre and inertia at a density of 1 of a collider in its own frame, and where that is."""
    pose, _ = placed(prim)
    information = UsdPhysics.RigidBodyAPI.MassInformation()
    information.volume = 0.0
    information.inertia, information.centerOfMass = Gf.Matrix3f(0.0), Gf.Vec3f(0.0)
    local = body_frame @ pose
    information.localPos = Gf.Vec3f(*map(float, local[:3, 3]))
    turn = Gf.Matrix3d(*map(float, local[:3, :3].T.ravel()))
    information.localRot = Gf.Quatf(turn.ExtractRotation().GetQuat())
    measured = _measured([part for part in parts if part.kind != "plane"], _inverse(pose))
    if measured is not None:
        information.volume, centre, inertia = measured
        information.centerOfMass = Gf.Vec3f(*centre)
        information.inertia = Gf.Matrix3f(*inertia)
    return information


def _measured(parts: Sequence[Solid], frame: Array) -> tuple[float, list[float], list[float]] | None:
    """Volume, centre and inertia tensor of shapes in a frame; None for what has no volume."""
    spec = mujoco.MjSpec()
    body = spec.worldbody.add_body()
    for part in parts:
        add_geom(spec, body, part, frame @ part.pose, density=1.0)
    try:
        model = spec.compile()
    except ValueError:
        return None
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, model.body_iquat[1])
    axes = turn.reshape(3, 3)
    tensor = axes @ np.diag(model.body_inertia[1]) @ axes.T
    return float(model.body_mass[1]), model.body_ipos[1].tolist(), tensor.ravel().tolist()


def _inverse(pose: Array) -> Array:
    return np.asarray(np.linalg.inv(pose), dtype=np.float64)
