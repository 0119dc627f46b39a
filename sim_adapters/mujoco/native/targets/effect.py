"""Targets that MuJoCo would take and that would change nothing: a parameter of which no run ever depends."""

from __future__ import annotations

import math
from typing import Any

import mujoco

from simgate.sim_adapters.mujoco.native.targets.elements import XYZ
from simgate.sim_adapters.worlds.native_file import NativeError

_GEOM = mujoco.mjtGeom
_SIZES = {
    _GEOM.mjGEOM_SPHERE: 1, _GEOM.mjGEOM_CAPSULE: 2, _GEOM.mjGEOM_CYLINDER: 2, _GEOM.mjGEOM_ELLIPSOID: 3,
    _GEOM.mjGEOM_BOX: 3, _GEOM.mjGEOM_PLANE: 3,
}  # fmt: skip
"""Shape -> how many of its sizes count."""
_AIMED = (mujoco.mjtCamLight.mjCAMLIGHT_TARGETBODY, mujoco.mjtCamLight.mjCAMLIGHT_TARGETBODYCOM)


def require_effect(kind: str, name: str, key: str, part: int | None, element: Any) -> None:
    """Refuses a target that nothing depends on in this file.

    Args:
        kind: Of element, as in a target.
        name: Of the element.
        key: What is set.
        part: Number of the component; None for the whole.
        element: As parsed.

    Raises:
        NativeError: With what to set or write in its place.
    """
    reason = None
    if kind == "geom" and key == "size":
        reason = _of_size(element, part or 0)
    if reason is None and kind in ("geom", "site") and (key in ("pos", "size") or key.startswith("turn_")):
        reason = "it is given by fromto", "write pos and size in the file"
        reason = None if math.isnan(float(element.fromto[0])) else reason
    elif kind == "actuator":
        reason = _of_strength(element)
    elif kind == "geom" and key == "mass":
        reason = _of_mass(element)
    elif kind == "camera" and key == "fovy" and float(element.sensor_size[0]) > 0.0:
        reason = "it is given by sensorsize and focal length", "write fovy in the file"
    elif key in ("pitch_deg", "dir") and element.mode in _AIMED:
        reason = f"it is aimed at '{element.targetbody}'", f"set pos of body '{element.targetbody}'"
    elif kind == "visual" and not element.active:
        reason = "it is off in the file", 'write active="1" in the file'
    if reason is not None:
        said = f"{key}.{XYZ[part]}" if key == "size" and part is not None else key
        raise NativeError("target", f"{said} of {kind} '{name}' has no effect: {reason[0]}", reason[1])


def _of_strength(actuator: Any) -> tuple[str, str] | None:
    """Why an actuator has no strength that one number tells: muscles and those of plugins."""
    plain = (mujoco.mjtGain.mjGAIN_FIXED, mujoco.mjtGain.mjGAIN_AFFINE)
    straight = (mujoco.mjtBias.mjBIAS_NONE, mujoco.mjtBias.mjBIAS_AFFINE)
    if actuator.gaintype in plain and actuator.biastype in straight:
        return None
    return "it is a muscle or a plugin's", "write its force in the file"


def _of_mass(geom: Any) -> tuple[str, str] | None:
    """Why a shape's mass changes nothing, or not by as much as is said; None when it counts as it is."""
    compiler, body = geom.compiler, geom.parent
    if math.isnan(float(geom.mass)):
        return "the file gives its density, or none", "write mass in the file"
    if compiler.settotalmass > 0.0:
        return "settotalmass makes another mass of it", "take settotalmass out of the file"
    if body.explicitinertial and compiler.inertiafromgeom != mujoco.mjtInertiaFromGeom.mjINERTIAFROMGEOM_TRUE:
        return f"<inertial> of body '{body.name}' counts instead", "take <inertial> out of the file"
    if not compiler.inertiagrouprange[0] <= geom.group <= compiler.inertiagrouprange[1]:
        return "its group is not in inertiagrouprange", "put it into a group that is"
    while body.name != "world":
        if body.joints:
            return None
        body = body.parent
    return "it hangs on nothing that moves in the file", "set the mass of something that does"


def _of_size(geom: Any, part: int) -> tuple[str, str] | None:
    if geom.meshname or geom.type not in _SIZES:
        what = "a height field" if geom.type == _GEOM.mjGEOM_HFIELD else "a mesh"
        return f"{what} has the size of its file", "scale it in the file"
    count = _SIZES[geom.type]
    if part < count:
        return None
    shape = geom.type.name.removeprefix("mjGEOM_").lower()
    return (
        f"a {shape} has no more than {', '.join(f'size.{axis}' for axis in XYZ[:count])}",
        "set one of these",
    )
