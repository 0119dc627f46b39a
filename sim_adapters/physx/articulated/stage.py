"""A compiled model of MuJoCo, in a state of it, as a stage with articulations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import mujoco
import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics, UsdShade

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.physx.articulated.links import HINGE, JOINTS, Array, Link, links_of, pose_in
from simgate.sim_adapters.physx.articulated.motion import as_written, motion_of_centre
from simgate.sim_adapters.physx.articulated.motors import Motor, motors_of
from simgate.sim_adapters.physx.articulated.surfaces import colliders_of, colliding, friction_of
from simgate.sim_adapters.usd.geometry import define_primitive
from simgate.sim_adapters.usd.paths import BODIES, LOOKS, PHYSICS_SCENE, WORLD, paths_of
from simgate.sim_adapters.usd.physics import apply_physx, define_physics_scene, make_collider
from simgate.sim_adapters.usd.placing import place

FIXED, GROUNDS = f"{WORLD}/Fixed", f"{WORLD}/Grounds"
_GEOM = mujoco.mjtGeom
_KINDS = {
    int(_GEOM.mjGEOM_BOX): "box", int(_GEOM.mjGEOM_SPHERE): "sphere", int(_GEOM.mjGEOM_CAPSULE): "capsule",
    int(_GEOM.mjGEOM_CYLINDER): "cylinder",
}  # fmt: skip
PLANE, _MESH = int(_GEOM.mjGEOM_PLANE), int(_GEOM.mjGEOM_MESH)
_DEG = 180.0 / math.pi
_AWAKE = {"sleepThreshold": 0.0, "stabilizationThreshold": 0.0}


@dataclass(frozen=True, eq=False)
class Machinery:
    """A stage and what its prims are in the model.

    Attributes:
        stage: Metres, kilograms, Z up.
        links: What moves.
        motors: What moves it.
        geoms: Path of a collider -> number of the shape.
        roots: Body of the first link of each articulation -> path of the prim at or below which its root is.
    """

    stage: Usd.Stage
    links: tuple[Link, ...]
    motors: tuple[Motor, ...]
    geoms: dict[str, int] = field(default_factory=dict)
    roots: dict[int, str] = field(default_factory=dict)

    @cached_property
    def link_of(self) -> dict[int, Link]:
        """Link that a body is part of; none for what stands where it is."""
        return {member: link for link in self.links for member in link.members}


def stage_of(model: mujoco.MjModel, data: mujoco.MjData, timing: Timing) -> Machinery:
    """Authors a model: what moves as one is a body, a tree of hinges and slides an articulation.

    The root of an articulation is a free body, or a body of no consequence that is fixed to the world; it is
    marked on that body or on what fixes it: on a link in the middle PhysX would let the robot float.

    Args:
        model: The model.
        data: The state that the stage shows, derived.
        timing: Rates; the physics rate goes to the physics scene.

    Raises:
        ValueError: PhysX has no such joint, actuator or shape.
    """
    links, motors = links_of(model, data), motors_of(model)
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdPhysics.SetStageKilogramsPerUnit(stage, 1.0)
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, WORLD).GetPrim())
    for path in (BODIES, JOINTS, FIXED, GROUNDS, LOOKS):
        UsdGeom.Scope.Define(stage, path)
    define_physics_scene(stage, timing)
    _set_gravity(stage, model)
    machinery = Machinery(stage, links, motors)
    parents = {link.parent for link in links}
    by_body = {link.body: link for link in links}
    for link in links:
        _define_body(stage, model, data, link)
        if link.joint is not None:
            parent = by_body[link.parent].path if link.parent else _define_ground(stage, link)
            if not link.parent:
                machinery.roots[link.body] = parent
            _define_joint(stage, model, data, link, parent, [m for m in motors if m.joint == link.joint])
        elif link.body in parents:
            _make_root(stage.GetPrimAtPath(link.path))
            machinery.roots[link.body] = link.path
    _define_colliders(machinery, model, data)
    return machinery


def _set_gravity(stage: Usd.Stage, model: mujoco.MjModel) -> None:
    scene = UsdPhysics.Scene(stage.GetPrimAtPath(PHYSICS_SCENE))
    is_off = bool(model.opt.disableflags & int(mujoco.mjtDisableBit.mjDSBL_GRAVITY))
    size = 0.0 if is_off else float(np.linalg.norm(model.opt.gravity))
    scene.GetGravityMagnitudeAttr().Set(size)
    if size > 0.0:
        scene.GetGravityDirectionAttr().Set(Gf.Vec3f(*(model.opt.gravity / size).tolist()))


def _define_body(stage: Usd.Stage, model: mujoco.MjModel, data: mujoco.MjData, link: Link) -> None:
    prim = UsdGeom.Xform.Define(stage, link.path).GetPrim()
    place(prim, vec(data.xpos[link.body]), Gf.Quatd(*data.xquat[link.body].tolist()))
    body = _make_body(prim, link.mass_kg, link.centre, link.inertia)
    if link.joint is None:
        speed, spin = motion_of_centre(model, data, link)
        body.CreateVelocityAttr(Gf.Vec3f(*speed.tolist()))
        body.CreateAngularVelocityAttr(Gf.Vec3f(*(_DEG * spin).tolist()))
    apply_physx(prim, "PhysxContactReportAPI", "physxContactReport", {"threshold": 0.0})
    settings: dict[str, Any] = {
        "disableGravity": not link.has_gravity, "linearDamping": 0.0, "angularDamping": 0.0, **_AWAKE,
    }  # fmt: skip
    apply_physx(prim, "PhysxRigidBodyAPI", "physxRigidBody", settings)


def _make_body(prim: Usd.Prim, mass_kg: float, centre: Array, inertia: Array) -> UsdPhysics.RigidBodyAPI:
    body = UsdPhysics.RigidBodyAPI.Apply(prim)
    mass = UsdPhysics.MassAPI.Apply(prim)
    mass.CreateMassAttr(mass_kg)
    mass.CreateCenterOfMassAttr(Gf.Vec3f(*centre.tolist()))
    moments, axes = np.linalg.eigh(inertia)
    if np.linalg.det(axes) < 0.0:
        axes[:, 0] *= -1.0
    mass.CreateDiagonalInertiaAttr(Gf.Vec3f(*moments.tolist()))
    mass.CreatePrincipalAxesAttr(Gf.Quatf(*quaternion(axes)))
    return body


def _make_root(prim: Usd.Prim) -> None:
    UsdPhysics.ArticulationRootAPI.Apply(prim)
    apply_physx(prim, "PhysxArticulationAPI", "physxArticulation", dict(_AWAKE))


def _define_ground(stage: Usd.Stage, link: Link) -> str:
    """A body that is fixed to the world, for a joint on it: an articulation begins with a link."""
    path = f"{GROUNDS}/{link.path.rpartition('/')[2]}"
    ground = UsdGeom.Xform.Define(stage, path).GetPrim()
    place(ground, (0.0, 0.0, 0.0))
    _make_body(ground, 1.0, np.zeros(3), np.eye(3))
    fixed = UsdPhysics.FixedJoint.Define(stage, f"{path}/hold")
    fixed.CreateBody1Rel().SetTargets([Sdf.Path(path)])
    _make_root(fixed.GetPrim())
    return path


def _define_joint(
    stage: Usd.Stage,
    model: mujoco.MjModel,
    data: mujoco.MjData,
    link: Link,
    parent: str,
    motors: Sequence[Motor],
) -> None:
    """Hinge or slide, at its position of this state; PhysX counts from where the model was written."""
    joint = link.joint
    assert joint is not None
    turns = int(model.jnt_type[joint]) == HINGE
    schema = UsdPhysics.RevoluteJoint if turns else UsdPhysics.PrismaticJoint
    made = schema.Define(stage, link.joint_path)
    made.CreateBody0Rel().SetTargets([Sdf.Path(parent)])
    made.CreateBody1Rel().SetTargets([Sdf.Path(link.path)])
    made.CreateAxisAttr(UsdGeom.Tokens.x)
    anchor, along = model.jnt_pos[joint].copy(), _axes_along(model.jnt_axis[joint])
    made.CreateLocalPos1Attr(Gf.Vec3f(*anchor.tolist()))
    made.CreateLocalRot1Attr(Gf.Quatf(*quaternion(along)))
    position, turn = as_written(model, link.body, link.parent)
    axes = _matrix(turn)
    made.CreateLocalPos0Attr(Gf.Vec3f(*(position + axes @ anchor).tolist()))
    made.CreateLocalRot0Attr(Gf.Quatf(*quaternion(axes @ along)))
    unit, instance = (_DEG, "angular") if turns else (1.0, "linear")
    start = _zero(model, joint)
    if model.jnt_limited[joint]:
        low, high = (unit * (float(end) - start) for end in model.jnt_range[joint])
        made.CreateLowerLimitAttr(low)
        made.CreateUpperLimitAttr(high)
    prim, dof = made.GetPrim(), int(model.jnt_dofadr[joint])
    friction = float(model.dof_frictionloss[dof])
    settings = {
        "armature": float(model.dof_armature[dof]),
        "staticFrictionEffort": friction,
        "dynamicFrictionEffort": friction,
        "viscousFrictionCoefficient": float(model.dof_damping[dof]) / unit,
    }
    apply_physx(prim, f"PhysxJointAxisAPI:{instance}", f"physxJointAxis:{instance}", settings)
    q = unit * (float(data.qpos[int(model.jnt_qposadr[joint])]) - start)
    state = {"position": q, "velocity": unit * float(data.qvel[dof])}
    apply_physx(prim, f"PhysicsJointStateAPI:{instance}", f"state:{instance}:physics", state)
    for motor in motors:
        if motor.is_drive:
            drive = UsdPhysics.DriveAPI.Apply(prim, instance)
            drive.CreateTypeAttr(UsdPhysics.Tokens.force)
            drive.CreateStiffnessAttr(motor.stiffness / unit)
            drive.CreateDampingAttr(motor.damping / unit)
            drive.CreateMaxForceAttr(motor.limit)
            held, speed = motor.targets(float(data.ctrl[motor.actuator]))
            drive.CreateTargetPositionAttr(unit * (held - start) if motor.stiffness > 0.0 else 0.0)
            drive.CreateTargetVelocityAttr(unit * speed)


def _zero(model: mujoco.MjModel, joint: int) -> float:
    """Position of a joint where the model was written, which is PhysX' zero."""
    return float(model.qpos0[int(model.jnt_qposadr[joint])])


def _define_colliders(machinery: Machinery, model: mujoco.MjModel, data: mujoco.MjData) -> None:
    stage, geoms = machinery.stage, colliders_of(model)
    wanted, could = colliding(model, geoms)
    rule, friction = friction_of(model, geoms, wanted)
    paths = shape_paths(machinery, model, geoms)
    surfaces: dict[float, int] = {}
    for place_of, geom in enumerate(geoms):
        prim = define_shape(machinery, model, data, geom, paths[geom])
        make_collider(prim)
        binding = UsdShade.MaterialBindingAPI.Apply(prim)
        # Called by their order, so that stages of another friction have the same prims.
        number = surfaces.setdefault(float(friction[place_of]), len(surfaces))
        material = _surface(stage, f"{LOOKS}/Friction_{number}", float(friction[place_of]), rule)
        binding.Bind(material, UsdShade.Tokens.weakerThanDescendants, "physics")
        apart = [paths[geoms[k]] for k in np.flatnonzero(could[place_of] & ~wanted[place_of]) if k > place_of]
        if apart:
            UsdPhysics.FilteredPairsAPI.Apply(prim).CreateFilteredPairsRel().SetTargets(
                [Sdf.Path(path) for path in apart]
            )
        machinery.geoms[paths[geom]] = geom


def shape_paths(machinery: Machinery, model: mujoco.MjModel, geoms: Iterable[int]) -> dict[int, str]:
    """A path for each of some shapes, below its link or among what stands."""
    found = {}
    for geom in geoms:
        link = machinery.link_of.get(int(model.geom_bodyid[geom]))
        name = f"{model.geom(geom).name or f'geom {geom}'}#{geom}"
        found[geom] = paths_of(link.path if link is not None else FIXED, [name])[name]
    return found


def define_shape(
    machinery: Machinery, model: mujoco.MjModel, data: mujoco.MjData, geom: int, path: str
) -> Usd.Prim:
    """A shape where it is in a state.

    Raises:
        ValueError: PhysX has no such shape.
    """
    link = machinery.link_of.get(int(model.geom_bodyid[geom]))
    pose = data.geom_xpos[geom], data.geom_xmat[geom].reshape(3, 3)
    prim, scale = _outline(machinery.stage, model, geom, path, moves=link is not None)
    position, axes = pose_in(data, link.body, *pose) if link is not None else pose
    place(prim, vec(position), Gf.Quatd(*quaternion(axes)), scale)
    return prim


def _outline(
    stage: Usd.Stage, model: mujoco.MjModel, geom: int, path: str, *, moves: bool
) -> tuple[Usd.Prim, Any]:
    kind = int(model.geom_type[geom])
    if kind in _KINDS:
        return define_primitive(stage, path, _KINDS[kind], model.geom_size[geom].tolist())
    if kind == PLANE and not moves:
        plane = UsdGeom.Plane.Define(stage, path)
        plane.CreateAxisAttr(UsdGeom.Tokens.z)
        return plane.GetPrim(), None
    if kind == _MESH:
        mesh = int(model.geom_dataid[geom])
        first, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
        begin, faces = int(model.mesh_faceadr[mesh]), int(model.mesh_facenum[mesh])
        made = UsdGeom.Mesh.Define(stage, path)
        made.CreatePointsAttr([Gf.Vec3f(*p) for p in model.mesh_vert[first : first + count].tolist()])
        made.CreateFaceVertexCountsAttr([3] * faces)
        made.CreateFaceVertexIndicesAttr(model.mesh_face[begin : begin + faces].reshape(-1).tolist())
        made.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
        UsdPhysics.MeshCollisionAPI.Apply(made.GetPrim()).CreateApproximationAttr("convexHull")
        return made.GetPrim(), None
    name = model.geom(geom).name or f"geom {geom}"
    what = str(mujoco.mjtGeom(kind).name).removeprefix("mjGEOM_").lower()
    raise ValueError(
        f"geom '{name}' is a {what}{' that moves' if kind == PLANE else ''}, which PhysX has not: make it a "
        "box, sphere, capsule, cylinder or mesh, or let it touch nothing (contype and conaffinity 0)"
    )


def _surface(stage: Usd.Stage, path: str, friction: float, rule: str) -> UsdShade.Material:
    material = UsdShade.Material.Get(stage, path)
    if material:
        return material
    material = UsdShade.Material.Define(stage, path)
    api = UsdPhysics.MaterialAPI.Apply(material.GetPrim())
    api.CreateStaticFrictionAttr(friction)
    api.CreateDynamicFrictionAttr(friction)
    api.CreateRestitutionAttr(0.0)
    apply_physx(material.GetPrim(), "PhysxMaterialAPI", "physxMaterial", {"frictionCombineMode": rule})
    return material


def vec(values: Array) -> tuple[float, float, float]:
    """Three numbers."""
    return float(values[0]), float(values[1]), float(values[2])


def quaternion(axes: Array) -> list[float]:
    """A rotation matrix as (w, x, y, z)."""
    found = np.zeros(4)
    mujoco.mju_mat2Quat(found, np.ascontiguousarray(axes).reshape(-1))
    return [float(value) for value in found]


def _matrix(turn: Array) -> Array:
    found = np.zeros(9)
    mujoco.mju_quat2Mat(found, turn)
    return found.reshape(3, 3)


def _axes_along(direction: Array) -> Array:
    """A frame whose X axis points along a direction."""
    x = direction / np.linalg.norm(direction)
    away = np.eye(3)[int(np.argmin(np.abs(x)))]
    y = np.cross(x, away)
    y /= np.linalg.norm(y)
    return np.column_stack((x, y, np.cross(x, y)))
