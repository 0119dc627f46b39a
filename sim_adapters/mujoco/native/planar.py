"""Makes any body of an MJCF file drive: one rigid robot on three planar joints, whatever joints it had.

The robot's own joints are locked, because the policy commands a forward speed and a turn and nothing else;
the drive is the servo that every simulator of this project has. Gravity then acts on the site and not on the
robot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.native.site_file import robot_bodies, state_at
from simgate.sim_adapters.mujoco.native.source import Source
from simgate.sim_adapters.mujoco.native.target import orientation
from simgate.sim_adapters.mujoco.servo import add_planar_joints

PREFIX = "simgate/"
DRIVE_SITE = f"{PREFIX}drive"
CAMERA = f"{PREFIX}camera"


@dataclass(frozen=True, eq=False)
class PlanarSpec:
    """A file whose robot can drive.

    Attributes:
        spec: Not to be changed, but copied.
        mass_kg: Of the robot.
        yaw_inertia_kgm2: About the vertical through its body's origin.
        height_m: Of that origin above z = 0.
    """

    spec: mujoco.MjSpec
    mass_kg: float
    yaw_inertia_kgm2: float
    height_m: float


@lru_cache(maxsize=8)
def planar_spec(source: Source, robot: str, pose: str | None) -> PlanarSpec:
    """The file with the robot on planar joints at the world's origin, at its height.

    Raises:
        ValueError: MuJoCo rejects the result.
        NativeError: There is no such pose.
    """
    spec = source.spec.copy()
    model = spec.compile()
    data = state_at(model, pose)
    root = int(model.body(robot).id)
    bodies = set(robot_bodies(model, root).tolist())
    doomed = _bound_to_joints(spec, model, bodies)
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
    base.add_site(name=DRIVE_SITE, pos=[0.0, 0.0, 0.0])
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    return PlanarSpec(spec, *_inertia(spec.copy().compile()), float(data.xpos[root][2]))


def _inertia(model: mujoco.MjModel) -> tuple[float, float]:
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    yaw = int(model.joint(f"{PREFIX}yaw").dofadr[0])
    unit, column = np.zeros(model.nv), np.zeros(model.nv)
    unit[yaw] = 1.0
    mujoco.mj_mulM(model, data, column, unit)
    return float(model.body_subtreemass[model.joint(f"{PREFIX}yaw").bodyid[0]]), float(column[yaw])


def _bound_to_joints(spec: mujoco.MjSpec, model: mujoco.MjModel, bodies: set[int]) -> list[Any]:
    """The robot's joints and everything that could not be without them, users first.

    Sensors and stored poses go as a whole: nothing here reads them, and their layout changes.
    """
    joints = {j for j in range(model.njnt) if int(model.jnt_bodyid[j]) in bodies}
    tendons = {t for t in range(model.ntendon) if _wraps_joint(model, t, joints)}
    own_geoms = {g for g in range(model.ngeom) if int(model.geom_bodyid[g]) in bodies}
    doomed: list[Any] = [*spec.sensors, *spec.keys, *spec.tuples]
    doomed += [a for k, a in enumerate(spec.actuators) if _moves(model, k, bodies, joints, tendons)]
    doomed += [e for k, e in enumerate(spec.equalities) if _binds(model, k, bodies, joints, tendons)]
    doomed += [
        pair
        for k, pair in enumerate(spec.pairs)
        if {int(model.pair_geom1[k]), int(model.pair_geom2[k])} & own_geoms
    ]
    doomed += [tendon for k, tendon in enumerate(spec.tendons) if k in tendons]
    return doomed + [joint for joint in spec.joints if joint.id in joints]


def _wraps_joint(model: mujoco.MjModel, tendon: int, joints: set[int]) -> bool:
    first = int(model.tendon_adr[tendon])
    wraps = range(first, first + int(model.tendon_num[tendon]))
    joint = int(mujoco.mjtWrap.mjWRAP_JOINT)
    return any(model.wrap_type[w] == joint and int(model.wrap_objid[w]) in joints for w in wraps)


def _moves(
    model: mujoco.MjModel, actuator: int, bodies: set[int], joints: set[int], tendons: set[int]
) -> bool:
    """Whether an actuator acts on the robot."""
    kind, target = int(model.actuator_trntype[actuator]), int(model.actuator_trnid[actuator][0])
    trn = mujoco.mjtTrn
    if kind in (int(trn.mjTRN_JOINT), int(trn.mjTRN_JOINTINPARENT)):
        return target in joints
    if kind == int(trn.mjTRN_TENDON):
        return target in tendons
    if kind == int(trn.mjTRN_BODY):
        return target in bodies
    return int(model.site_bodyid[target]) in bodies


def _binds(
    model: mujoco.MjModel, equality: int, bodies: set[int], joints: set[int], tendons: set[int]
) -> bool:
    """Whether a constraint speaks of the robot's joints, or holds its parts together, which are one now."""
    ends = {int(model.eq_obj1id[equality]), int(model.eq_obj2id[equality])}
    kind, objects = int(model.eq_type[equality]), int(model.eq_objtype[equality])
    if kind == int(mujoco.mjtEq.mjEQ_JOINT):
        return bool(ends & joints)
    if kind == int(mujoco.mjtEq.mjEQ_TENDON):
        return bool(ends & tendons)
    if objects == int(mujoco.mjtObj.mjOBJ_SITE):
        ends = {int(model.site_bodyid[site]) for site in ends}
    return ends <= bodies


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
