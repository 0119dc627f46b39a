"""Makes any body of an MJCF file drive: one rigid robot on three planar joints, whatever joints it had.

The robot's own joints are locked, because the policy commands a forward speed and a turn and nothing else;
the drive is the servo that every simulator of this project has. Gravity then acts on the site and not on the
robot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.defaults import without_defaults
from simgate.sim_adapters.mujoco.mujoco_log import compiled, rejections
from simgate.sim_adapters.mujoco.native.compiled import robot_bodies, state_at
from simgate.sim_adapters.mujoco.native.conditions import check_conditions, set_conditions
from simgate.sim_adapters.mujoco.native.source import Source
from simgate.sim_adapters.mujoco.native.targets.target import orientation
from simgate.sim_adapters.mujoco.native.ties import Ties
from simgate.sim_adapters.mujoco.servo import add_planar_joints
from simgate.sim_adapters.worlds.native_file import NativeError

PREFIX = "simgate/"
DRIVE_SITE = f"{PREFIX}drive"
CAMERA = f"{PREFIX}camera"
_SAME_M = 1e-6


@dataclass(frozen=True, eq=False)
class PlanarSpec:
    """A file whose robot can drive.

    Attributes:
        spec: Not to be changed, but copied.
        mass_kg: Of the robot.
        yaw_inertia_kgm2: About the vertical through its body's origin.
        height_m: Of that origin above z = 0.
        mass_scale: Factor of the file's ``settotalmass`` on every mass; None when it has none.
    """

    spec: mujoco.MjSpec
    mass_kg: float
    yaw_inertia_kgm2: float
    height_m: float
    mass_scale: float | None


@lru_cache(maxsize=8)
def planar_spec(source: Source, robot: str, pose: str | None) -> PlanarSpec:
    """The file with the robot on planar joints at the world's origin, at its height.

    Raises:
        ValueError: MuJoCo rejects the result.
        NativeError: There is no such pose, or the file hides that a robot hits something.
    """
    spec = source.spec.copy()
    model = compiled(spec)
    data = state_at(model, pose)
    root = int(model.body(robot).id)
    bodies = set(robot_bodies(model, root).tolist())
    check_conditions(spec, model, bodies, source.opened)
    doomed = Ties(spec, model, bodies, source.opened).left_out()
    if pose is not None:
        _lock_at(spec, data, root, bodies)
    _stand_at_origin(spec, model, data, root)
    for element in doomed:
        spec.delete(element)
    # A scene that was exported, and is a site now, brings these along.
    for left in [*spec.sites, *spec.cameras]:
        if left.name in (DRIVE_SITE, CAMERA):
            spec.delete(left)
    base = spec.body(robot)
    base.mocap = False
    add_planar_joints(base, PREFIX)
    without_defaults(base.add_site(name=DRIVE_SITE))
    base.sleep = mujoco.mjtSleepPolicy.mjSLEEP_NEVER
    set_conditions(spec)
    driven = compiled(spec.copy())
    _check_shape(data, driven, root)
    return PlanarSpec(spec, *_inertia(driven), float(data.xpos[root][2]), mass_scale_of(spec, driven))


def _check_shape(data: mujoco.MjData, driven: mujoco.MjModel, root: int) -> None:
    """The robot on its joints must look as it did, whatever frames its file puts it in."""
    now = mujoco.MjData(driven)
    mujoco.mj_kinematics(driven, now)
    own = np.flatnonzero(data.model.body_rootid == root)
    frame = data.xmat[root].reshape(3, 3)
    before = (data.xpos[own] - data.xpos[root]) @ frame + (0.0, 0.0, data.xpos[root][2])
    moved = np.abs(now.xpos[own] - before).max() > _SAME_M
    if moved or np.abs(now.xmat[root] - np.eye(3).reshape(9)).max() > _SAME_M:
        name = data.model.body(root).name
        message = f"body '{name}' or what hangs on it stands in frames that change when it drives"
        raise NativeError("file", message, "write its poses without scale in the frames around them")


def mass_scale_of(spec: mujoco.MjSpec, scaled: mujoco.MjModel) -> float | None:
    """How much heavier ``settotalmass`` makes everything in the file; None without it."""
    if spec.compiler.settotalmass <= 0.0:
        return None
    return float(scaled.body_mass.sum()) / unscaled_mass_kg(spec)


def unscaled_mass_kg(spec: mujoco.MjSpec) -> float:
    """What everything in a file weighs by its own shapes and masses."""
    plain = spec.copy()
    plain.compiler.settotalmass = -1.0
    return float(compiled(plain).body_mass.sum())


def _inertia(model: mujoco.MjModel) -> tuple[float, float]:
    data = mujoco.MjData(model)
    with rejections():
        mujoco.mj_forward(model, data)
    yaw = int(model.joint(f"{PREFIX}yaw").dofadr[0])
    unit, column = np.zeros(model.nv), np.zeros(model.nv)
    unit[yaw] = 1.0
    mujoco.mj_mulM(model, data, column, unit)
    return float(model.body_subtreemass[model.joint(f"{PREFIX}yaw").bodyid[0]]), float(column[yaw])


def _lock_at(spec: mujoco.MjSpec, data: mujoco.MjData, root: int, bodies: set[int]) -> None:
    """Gives the robot's inner bodies the poses that they have now, for when their joints are gone."""
    model = data.model
    for body in spec.bodies:
        if body.id not in bodies or body.id == root or not int(model.body_jntnum[body.id]):
            continue
        parent = int(model.body_parentid[body.id])
        own = _pose(model.body_pos[body.id], model.body_quat[body.id])
        now = _between(
            _pose(data.xpos[parent], data.xquat[parent]), _pose(data.xpos[body.id], data.xquat[body.id])
        )
        _move(body, spec, own, now)


def _stand_at_origin(spec: mujoco.MjSpec, model: mujoco.MjModel, data: mujoco.MjData, root: int) -> None:
    """Puts the robot above the origin and along X, so that its joints say where it is."""
    body = spec.body(model.body(root).name)
    own = _pose(model.body_pos[root], model.body_quat[root])
    upright = _pose(np.array([0.0, 0.0, data.xpos[root][2]]), np.array([1.0, 0.0, 0.0, 0.0]))
    _move(body, spec, own, upright)


def _move(
    body: mujoco.MjsBody, spec: mujoco.MjSpec, own: NDArray[np.float64], wanted: NDArray[np.float64]
) -> None:
    """Gives a body another pose in its parent; what frames lie between is in ``own`` and stays."""
    local = _pose(np.array(body.pos), orientation(body, spec))
    result = local @ np.linalg.inv(own) @ wanted
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, np.ascontiguousarray(result[:3, :3]).reshape(9))
    body.pos = result[:3, 3]
    body.alt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
    body.quat = quaternion


def _pose(position: NDArray[np.float64], quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, np.array(quaternion, dtype=np.float64))
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = matrix.reshape(3, 3), position
    return pose


def _between(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.float64]:
    relative: NDArray[np.float64] = np.linalg.inv(outer) @ inner
    return relative
