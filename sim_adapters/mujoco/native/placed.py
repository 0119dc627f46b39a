"""Bodies of an MJCF file that ``place`` puts down: their room, what they stand on, and putting them there."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.native.compiled import SIGNS, collides
from simgate.sim_adapters.mujoco.native.targets.target import orientation
from simgate.sim_adapters.scene.native import PutDown
from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.placing import PlaceableBody, Surface
from simgate.sim_adapters.worlds.world import Rectangle

_GEOM = mujoco.mjtGeom
_LEVEL = 1e-6
_NEAR_M = 1e-9
_FLAT_M = 1e-5
"""Vertices of meshes are in single precision."""
_FEWEST_CORNERS = 3
_NEAR_RAD = 1e-4
_INSIDE_M = 1e-3
"""What meets the surface meets it by rounding alone."""
_ROUND = (int(_GEOM.mjGEOM_SPHERE), int(_GEOM.mjGEOM_CYLINDER), int(_GEOM.mjGEOM_CAPSULE))
_DIRECTIONS = np.array([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, -1)], dtype=np.float64)


def placeable_body(model: mujoco.MjModel, data: mujoco.MjData, name: str) -> PlaceableBody:
    """The room that a body takes, as the file has it; it rests on what of it can touch.

    Args:
        model: The file.
        data: Its state.
        name: Of the body, which the file has.

    Raises:
        NativeError: It hangs on another body, or has no shape.
    """
    body = int(model.body(name).id)
    if int(model.body_parentid[body]) != 0:
        parent = model.body(int(model.body_parentid[body])).name
        hint = f"name the body that holds it all, for example '{parent}'"
        raise NativeError("element", f"body '{name}' hangs on another body and cannot be put down", hint)
    if int(model.body_mocapid[body]) >= 0:
        raise NativeError("element", f"body '{name}' is a mocap body", 'take mocap="true" out of the file')
    own = [b for b in range(model.nbody) if int(model.body_rootid[b]) == body]
    geoms = [g for g in range(model.ngeom) if int(model.geom_bodyid[g]) in own]
    solid = [g for g in geoms if collides(model, g)]
    if not solid:
        raise NativeError("element", f"nothing of body '{name}' can touch what it would stand on", _SOLID)
    origin = data.xpos[body]
    reach = np.max([support(model, data, g, _DIRECTIONS) for g in geoms], axis=0)
    low = max(float(support(model, data, g, _DIRECTIONS)[-1]) for g in solid)
    ends = reach[:4] * _DIRECTIONS[:4].sum(axis=1)  # x high and low, y high and low
    half = (float(ends[0] - ends[1]) / 2.0, float(ends[2] - ends[3]) / 2.0)
    middle = (
        float(ends[0] + ends[1]) / 2.0 - float(origin[0]),
        float(ends[2] + ends[3]) / 2.0 - float(origin[1]),
    )
    names = [model.body(b).name for b in own] + [model.geom(g).name for g in geoms]
    is_round = len(geoms) == 1 and _is_disc(model, data, geoms[0])
    return PlaceableBody(
        half, middle, float(origin[2]) + low, is_round, tuple(dict.fromkeys(n for n in names if n))
    )


_SOLID = "give it a geom with contype 1 and conaffinity 1"


def _is_disc(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> bool:
    kind = int(model.geom_type[geom])
    stands = abs(float(data.geom_xmat[geom][8])) > 1.0 - _LEVEL
    return kind in _ROUND and (stands or kind == int(_GEOM.mjGEOM_SPHERE))


def support(
    model: mujoco.MjModel, data: mujoco.MjData, geom: int, directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far a geom reaches in world directions, from the world's origin.

    Args:
        model: The file.
        data: Its state.
        geom: Number of the geom, no plane and no height field.
        directions: Unit vectors, shape (D, 3).

    Returns:
        Metres, shape (D,).
    """
    kind, size = int(model.geom_type[geom]), model.geom_size[geom]
    local = directions @ data.geom_xmat[geom].reshape(3, 3)
    if kind in _ROUND:
        half = 0.0 if kind == int(_GEOM.mjGEOM_SPHERE) else float(size[1])
        across = 1.0 if kind != int(_GEOM.mjGEOM_CYLINDER) else np.hypot(local[:, 0], local[:, 1])
        reach = half * np.abs(local[:, 2]) + float(size[0]) * across
    elif kind == int(_GEOM.mjGEOM_ELLIPSOID):
        reach = np.linalg.norm(local * size, axis=1)
    elif kind == int(_GEOM.mjGEOM_MESH):
        mesh = int(model.geom_dataid[geom])
        first, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
        reach = (local @ model.mesh_vert[first : first + count].astype(np.float64).T).max(axis=1)
    else:
        corners = model.geom_aabb[geom][:3] + SIGNS * model.geom_aabb[geom][3:]
        reach = (local @ corners.T).max(axis=1)
    found: NDArray[np.float64] = reach + directions @ data.geom_xpos[geom]
    return found


def surface_of(model: mujoco.MjModel, data: mujoco.MjData, name: str, within: Rectangle | None) -> Surface:
    """The top of a geom.

    Args:
        model: The file.
        data: Its state.
        name: Of the geom, which the file has.
        within: Part of it on which objects may stand, world frame; None for all of it.

    Raises:
        NativeError: It is not level, or ``within`` is wanted or reaches beyond it.
    """
    geom = int(model.geom(name).id)
    kind, size = int(model.geom_type[geom]), model.geom_size[geom]
    axes, position = data.geom_xmat[geom].reshape(3, 3), data.geom_xpos[geom]
    if kind == int(_GEOM.mjGEOM_MESH):
        return _top_of_mesh(model, data, geom, within)
    if kind not in (int(_GEOM.mjGEOM_PLANE), int(_GEOM.mjGEOM_BOX), int(_GEOM.mjGEOM_CYLINDER)):
        raise _no_top(name)
    up = [k for k in range(3) if abs(abs(axes[2, k]) - 1.0) < _LEVEL]
    upright = kind == int(_GEOM.mjGEOM_BOX) or (
        up == [2] and (axes[2, 2] > 0 or kind != int(_GEOM.mjGEOM_PLANE))
    )
    if not up or not upright:
        raise NativeError(
            "element", f"geom '{name}' is not level", "let one of its axes point up in the file"
        )
    half = np.array(size, dtype=np.float64)
    if kind == int(_GEOM.mjGEOM_PLANE):
        half = np.where(half > 0.0, half, math.inf) * (1.0, 1.0, 0.0)
    height = float(position[2]) + (
        float(half[up[0]]) if kind != int(_GEOM.mjGEOM_CYLINDER) else float(size[1])
    )
    flat = [k for k in range(3) if k != up[0]]
    if within is None:
        aligned = np.abs(axes[:2, flat]).max(axis=0).min() > 1.0 - _LEVEL
        if kind == int(_GEOM.mjGEOM_CYLINDER) or not aligned or not np.isfinite(half[flat]).all():
            what = "has no end" if not np.isfinite(half[flat]).all() else "is no rectangle along x and y"
            raise NativeError(
                "element", f"the top of geom '{name}' {what}", "add within: [x_min, y_min, x_max, y_max]"
            )
        reach = np.abs(axes[:2, flat]) @ half[flat]
        low, high = position[:2] - reach, position[:2] + reach
        return Surface(Rectangle(float(low[0]), float(low[1]), float(high[0]), float(high[1])), height)
    corners = np.array([(x, y) for x in (within.x_min, within.x_max) for y in (within.y_min, within.y_max)])
    local = (corners - position[:2]) @ axes[:2, flat]
    if kind == int(_GEOM.mjGEOM_CYLINDER):
        beyond = np.hypot(local[:, 0], local[:, 1]).max() > size[0] + _NEAR_M
    else:
        beyond = bool((np.abs(local) > half[flat] + _NEAR_M).any())
    if beyond:
        raise NativeError("element", f"'within' reaches beyond the top of geom '{name}'", "make it smaller")
    return Surface(within, height)


def _no_top(name: str) -> NativeError:
    return NativeError(
        "element",
        f"geom '{name}' has no level top",
        "name a box, plane, cylinder or a mesh with a flat top",
    )


def _top_of_mesh(model: mujoco.MjModel, data: mujoco.MjData, geom: int, within: Rectangle | None) -> Surface:
    """The level top of a mesh's hull, as which it is touched."""
    name, mesh = str(model.geom(geom).name), int(model.geom_dataid[geom])
    first, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
    own = model.mesh_vert[first : first + count].astype(np.float64)
    points = own @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
    height = float(points[:, 2].max())
    rim = points[points[:, 2] > height - _FLAT_M, :2]
    if len(rim) < _FEWEST_CORNERS:
        raise _no_top(name)
    if within is None:
        message = f"the top of geom '{name}', a mesh, has no sides to go by"
        raise NativeError("element", message, "add within: [x_min, y_min, x_max, y_max]")
    corners = np.array([(x, y) for x in (within.x_min, within.x_max) for y in (within.y_min, within.y_max)])
    for corner in corners:
        # Outside of a convex outline all of it lies in less than half a turn around.
        around = np.sort(np.arctan2(*(rim - corner).T[::-1]))
        gaps = np.diff(np.append(around, around[0] + 2.0 * math.pi))
        if float(gaps.max()) > math.pi + _NEAR_RAD and np.hypot(*(rim - corner).T).min() > _FLAT_M:
            raise NativeError(
                "element", f"'within' reaches beyond the top of geom '{name}'", "make it smaller"
            )
    return Surface(within, height)


def put_bodies(spec: mujoco.MjSpec, put: PutDown) -> None:
    """Puts bodies where a variant has them; those that are not placed are taken out.

    Args:
        spec: The file with its values, before it is compiled.
        put: What is where.
    """
    taken = {one.body for one in put.placed}
    own = {name: orientation(spec.body(name), spec) for name in put.bodies}
    spec.copy_during_attach = True
    poses = len(spec.keys)
    for one in put.placed:
        body = spec.body(one.body)
        if one.suffix:
            body = spec.worldbody.add_frame().attach_body(body, "", one.suffix)
            # Every copy brings the stored poses along, under names that the copy of another body has too.
            for key in list(spec.keys)[poses:]:
                spec.delete(key)
        turn, result = np.array([math.cos(one.yaw / 2), 0.0, 0.0, math.sin(one.yaw / 2)]), np.zeros(4)
        mujoco.mju_mulQuat(result, turn, own[one.body])
        body.pos, body.quat = one.position, result
        body.alt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
    for name in put.bodies:
        if name not in taken:
            spec.delete(spec.body(name))


def starts_of(model: mujoco.MjModel, put: PutDown) -> tuple[tuple[int, float], ...]:
    """Where loose bodies that were put down start, index into ``qpos`` and value: a stored pose would
    have them elsewhere."""
    found: list[tuple[int, float]] = []
    for one in put.placed:
        body = int(model.body(f"{one.body}{one.suffix}").id)
        joint = int(model.body_jntadr[body])
        if joint >= 0 and int(model.jnt_type[joint]) == int(mujoco.mjtJoint.mjJNT_FREE):
            first = int(model.jnt_qposadr[joint])
            found += [(first + k, float(model.qpos0[first + k])) for k in range(7)]
    return tuple(found)


def require_clear(
    model: mujoco.MjModel, data: mujoco.MjData, put: PutDown, besides: int | None = None
) -> None:
    """Refuses a world in which what was put down stands inside something.

    Args:
        model: The world.
        data: Its state at the start.
        put: What was put down.
        besides: A top-level body that is not yet where it starts; None for none.

    Raises:
        ValueError: With both names.
    """
    if not put.placed:
        return
    mujoco.mj_fwdPosition(model, data)
    names = [f"{one.body}{one.suffix}" for one in put.placed]
    for geoms, distance in zip(data.contact.geom, data.contact.dist, strict=True):
        roots = [int(model.body_rootid[model.geom_bodyid[geom]]) for geom in geoms]
        if float(distance) > -_INSIDE_M or besides in roots:
            continue
        held = [_whose(model, int(geom), names) for geom in geoms]
        if held[0] == held[1] or not {*held} & {*names}:
            continue
        mine = 0 if held[0] in names else 1
        depth_mm = -1000.0 * float(distance)
        raise ValueError(
            f"'{held[mine]}' was put down {depth_mm:.0f} mm inside '{held[1 - mine]}': keep that place "
            "free by keep_clear, or narrow the surface by within"
        )


def _whose(model: mujoco.MjModel, geom: int, names: list[str]) -> str:
    """What a shape counts as: what was put down (of a stage, by its path), else its body or its own name."""
    own, root = str(model.geom(geom).name), int(model.body_rootid[model.geom_bodyid[geom]])
    by_path = next((name for name in names if own.startswith((f"{name}/", f"{name}#"))), "")
    return by_path or (str(model.body(root).name) if root else own)
