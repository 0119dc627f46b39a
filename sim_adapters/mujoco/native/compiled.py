"""What a compiled MuJoCo model says of its bodies and geoms: poses, boxes, what can touch what."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.worlds.low_walls import FLOOR_M
from simgate.sim_adapters.worlds.native_file import NativeError

SIGNS = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], dtype=np.float64)


def state_at(model: mujoco.MjModel, pose: str | None) -> mujoco.MjData:
    """All poses of a model at a keyframe, or as the file places everything.

    Raises:
        NativeError: There is no such keyframe.
    """
    data = mujoco.MjData(model)
    if pose is not None:
        known = tuple(model.key(k).name for k in range(model.nkey) if model.key(k).name)
        if pose not in known:
            raise NativeError("element", f"the file has no key '{pose}'", unknown=pose, known=known)
        mujoco.mj_resetDataKeyframe(model, data, int(model.key(pose).id))
    mujoco.mj_kinematics(model, data)
    mujoco.mj_camlight(model, data)
    return data


def robot_bodies(model: mujoco.MjModel, root: int) -> NDArray[np.int64]:
    """Numbers of a top-level body and everything that hangs on it."""
    return np.flatnonzero(model.body_rootid == root)


def collides(model: mujoco.MjModel, geom: int) -> bool:
    """Whether a geom takes part in collisions at all."""
    return bool(model.geom_contype[geom] or model.geom_conaffinity[geom])


def is_floor(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> bool:
    """Whether a geom is driven on and never touched."""
    if int(model.geom_type[geom]) == int(mujoco.mjtGeom.mjGEOM_PLANE):
        return bool(data.geom_xmat[geom][8] > 1.0 - 1e-6)
    return float(box_corners(model, data, geom)[:, 2].max()) < FLOOR_M


def touchable(model: mujoco.MjModel, robot: list[int]) -> NDArray[np.bool_]:
    """For each geom whether one of a robot's geoms can touch it, by the file's types and affinities."""
    types = int(np.bitwise_or.reduce(model.geom_contype[robot], initial=0))
    affinities = int(np.bitwise_or.reduce(model.geom_conaffinity[robot], initial=0))
    found: NDArray[np.bool_] = (model.geom_conaffinity & types | model.geom_contype & affinities) != 0
    return found


def box_corners(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> NDArray[np.float64]:
    """World corners of the box around a geom, metres, shape (8, 3)."""
    centre, half = model.geom_aabb[geom][:3], model.geom_aabb[geom][3:]
    local = centre + SIGNS * half
    corners: NDArray[np.float64] = local @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
    return corners
