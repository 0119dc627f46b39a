"""Shapes of a stage in MuJoCo's terms, for what is asked of their size alone: nothing moves there."""

from __future__ import annotations

import mujoco
import numpy as np
from pxr import Usd, UsdPhysics

from simgate.sim_adapters.mujoco.mujoco_log import compiled
from simgate.sim_adapters.mujoco.native.compiled import state_at
from simgate.sim_adapters.mujoco.native.placed import support
from simgate.sim_adapters.usd.native.geoms import add_geom, quaternion_of
from simgate.sim_adapters.usd.native.layout import joints_of
from simgate.sim_adapters.usd.native.solids import (
    is_enabled_body,
    read_solids,
    rigid_pose,
    unscaled_pose,
    upwards,
)
from simgate.sim_adapters.usd.paths import is_at_or_below
from simgate.sim_adapters.worlds.native_file import NativeError

_UP = np.array([[0.0, 0.0, 1.0]])


def measured(stage: Usd.Stage, body: str = "") -> tuple[mujoco.MjModel, mujoco.MjData]:
    """All shapes of a stage by their paths, those of one prim on a body of its name.

    Args:
        stage: The stage.
        body: Path of the prim; empty for none.
    """
    spec = mujoco.MjSpec()
    held, frame = spec.worldbody, np.eye(4)
    if body:
        frame = unscaled_pose(stage.GetPrimAtPath(body))
        held = spec.worldbody.add_body(name=body, pos=frame[:3, 3].tolist(), quat=quaternion_of(frame))
    seen: dict[str, int] = {}
    for solid in read_solids(stage):
        is_own = bool(body) and is_at_or_below(solid.path, body)
        seen[solid.path] = number = seen.get(solid.path, 0) + 1
        add_geom(
            spec, held if is_own else spec.worldbody, solid,
            np.linalg.inv(frame) @ solid.pose if is_own else solid.pose,
            name=solid.path if number == 1 else f"{solid.path}#{number}",
            contype=int(solid.collides), conaffinity=int(solid.collides),
        )  # fmt: skip
    model = compiled(spec)
    return model, state_at(model, None)


def highest_of(model: mujoco.MjModel, data: mujoco.MjData, path: str) -> str:
    """Of the shapes that a prim is touched by, a mesh by several, the name of that with the highest top."""
    names = [str(model.geom(geom).name) for geom in range(model.ngeom)]
    own = [
        geom
        for geom, name in enumerate(names)
        if (name == path or name.startswith(f"{path}#")) and model.geom_contype[geom]
    ]
    if len(own) == 1:
        return names[own[0]]
    return names[max(own, key=lambda geom: float(support(model, data, geom, _UP)[0]))]


def check_loose(stage: Usd.Stage, prim: Usd.Prim) -> None:
    """Asks whether a prim can be put down: it is whole, held by nothing, and below nothing that is scaled.

    Raises:
        NativeError: It is not.
    """
    path = str(prim.GetPath())
    above = [one for one in upwards(prim.GetParent()) if is_enabled_body(one)]
    if above:
        message = f"'{path}' is a part of '{above[0].GetPath()}' and cannot be put down"
        raise NativeError("element", message, "name the prim that holds it all")
    inside = [one for one in Usd.PrimRange(prim, Usd.TraverseInstanceProxies()) if is_enabled_body(one)]
    if inside and inside != [prim]:
        message = f"'{path}' holds '{inside[-1].GetPath()}', which moves by itself"
        raise NativeError("element", message, "name the prim that is the rigid body")
    for joint in joints_of(stage):
        schema = UsdPhysics.Joint(joint)
        ends = [*schema.GetBody0Rel().GetTargets(), *schema.GetBody1Rel().GetTargets()]
        if any(is_at_or_below(str(one), path) for one in (joint.GetPath(), *ends)):
            message = f"'{path}' hangs on joint '{joint.GetPath()}' and cannot be put down"
            raise NativeError("element", message, "name what nothing holds")
    if not prim.GetParent().IsPseudoRoot() and rigid_pose(prim.GetParent()) is None:
        message = f"'{path}' hangs on '{prim.GetParent().GetPath()}', which is scaled"
        raise NativeError("element", message, "put it below a prim that is not")
