"""A stage with a robot on its own joints as a file of MuJoCo: bodies, joints, drives, masses, surfaces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from pxr import Usd, UsdPhysics

from simgate.sim_adapters.mujoco.build import add_material
from simgate.sim_adapters.mujoco.mujoco_log import compiled
from simgate.sim_adapters.mujoco.native.build import GROUP_HIDDEN
from simgate.sim_adapters.mujoco.native.opened_files import OpenedFiles
from simgate.sim_adapters.mujoco.native.source import Source
from simgate.sim_adapters.mujoco.stage_twin.sensed import add_sensed
from simgate.sim_adapters.mujoco.stage_twin.surfaces import FRICTION, frictions_of, number_at
from simgate.sim_adapters.mujoco.stage_twin.tree import Array, Hung, authored_off, hung_bodies
from simgate.sim_adapters.scene.articulated import ArticulatedSite
from simgate.sim_adapters.scene.body import Material
from simgate.sim_adapters.scene.native import NativeValue, PutDown
from simgate.sim_adapters.usd.native.apply import apply
from simgate.sim_adapters.usd.native.contacts import filters_of
from simgate.sim_adapters.usd.native.geoms import add_geom, quaternion_of
from simgate.sim_adapters.usd.native.masses import mass_of
from simgate.sim_adapters.usd.native.put import put_prims
from simgate.sim_adapters.usd.native.solids import read_solids, unscaled_pose, upwards
from simgate.sim_adapters.usd.native.source import UsdSource, promised_source
from simgate.sim_adapters.usd.native.target import parse_target
from simgate.sim_adapters.usd.native.variant_stage import over
from simgate.sim_adapters.usd.paths import is_at_or_below
from simgate.sim_adapters.usd.physics import GRAVITY_MPS2
from simgate.sim_adapters.worlds.native_file import NativeError

START = "start"
"""Stored pose in which joints are where the stage has them."""
_NOTHING = PutDown()
_ELSEWHERE_M = 1e-3
_KNOWN = (
    "PhysicsDriveAPI", "PhysicsJointStateAPI", "PhysicsArticulationRootAPI", "PhysxArticulationAPI",
    "PhysxJointAxisAPI", "PhysxJointAPI", "NewtonArticulationRootAPI",
)  # fmt: skip
"""What may be applied to a joint; couplings, soft limits and envelopes of motors would be lost."""
_FAST = 1e5
"""A limit of speed from which on it limits nothing, degrees or metres a second."""
_SELF = "physxArticulation:enabledSelfCollisions"
_STILL = ("physics:velocity", "physics:angularVelocity")
_AT_REST = "let the robot's task begin at rest"


def jointed_source(
    source: UsdSource, values: tuple[tuple[str, NativeValue], ...], put: PutDown = _NOTHING
) -> tuple[Source, tuple[Hung, ...]]:
    """A stage with the values of a variant as a file of MuJoCo's, and how its bodies hang on each other.

    Names are the paths of the prims. What a variant puts down is a body, also where nothing moves it.

    Raises:
        NativeError: The stage has what is not taken over.
        ValueError: MuJoCo rejects it.
    """
    stage = over(source)
    for target, value in [(parse_target(text, stage), value) for text, value in values]:
        apply(target, stage, value)
    put_prims(stage, put)
    made = _Maker(stage, [f"{one.body}{one.suffix}" for one in put.placed])
    spec = made.spec
    model = compiled(spec.copy())
    spec.add_key(name=START, qpos=made.start(model), ctrl=made.told)
    model = compiled(spec.copy())
    _check_places(stage, made.hung, model)
    opened = OpenedFiles(source.path)
    return Source(source.path, spec, model, opened, source.files, source.sha256), made.hung


@lru_cache(maxsize=8)
def whole_of(source: UsdSource, objects: tuple[str, ...]) -> mujoco.MjModel:
    """A stage as it is without any variant's values: by its names those of all variants are told apart.

    Args:
        source: The stage.
        objects: What variants put down.

    Raises:
        NativeError: See :func:`jointed_source`.
    """
    stage = over(source)
    return compiled(_Maker(stage, objects).spec)


def variant_of(site: ArticulatedSite) -> tuple[Source, ArticulatedSite, mujoco.MjModel]:
    """The stage of a variant as a file of MuJoCo's, the site left to be made of it, and the whole file.

    Raises:
        NativeError: The stage has what is not taken over.
        ValueError: The file has changed, or MuJoCo rejects it.
    """
    stage = promised_source(Path(site.path), site.sha256)
    source, _ = jointed_source(stage, site.values, site.put)
    return source, replace(site, values=(), pose=START), whole_of(stage, site.put.bodies)


class _Maker:
    def __init__(self, stage: Usd.Stage, objects: Sequence[str] = ()) -> None:
        self.spec = spec = mujoco.MjSpec()
        self.stage, self.told = stage, list[float]()
        self._solids = read_solids(stage)
        self._materials: dict[Material, str] = {}
        self._starts: dict[str, float] = {}
        spec.compiler.degree = False
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.gravity = _gravity(stage)
        self.hung = hung_bodies(stage)
        self._bodies: dict[str, Any] = {"": spec.worldbody}
        for one in self.hung:
            self._add_body(one)
        for path in objects:
            if path not in self._bodies:
                self._add_still(path)
        for one in self.hung:
            self._add_drive(one)
        self._add_solids()
        self._keep_apart()
        add_sensed(spec, stage, self._holder)

    def _prim(self, path: str) -> Usd.Prim:
        return self.stage.GetPrimAtPath(path)

    def _add_body(self, one: Hung) -> None:
        prim = self._prim(one.path)
        if any(prim.HasAttribute(name) and any(prim.GetAttribute(name).Get() or ()) for name in _STILL):
            raise NativeError("file", f"'{one.path}' starts in motion", _AT_REST)
        body = self._bodies[one.parent].add_body(
            name=one.path, pos=one.pose[:3, 3].tolist(), quat=quaternion_of(one.pose)
        )
        self._bodies[one.path] = body
        if prim.HasAttribute("physxRigidBody:disableGravity"):
            body.gravcomp = float(bool(prim.GetAttribute("physxRigidBody:disableGravity").Get()))
        self._weigh(one, body)
        if one.kind == "free":
            body.add_freejoint(name=one.path)
        elif one.kind != "fixed":
            self._add_joint(one, body)

    def _add_still(self, path: str) -> None:
        """A body of what is put down and stands there."""
        pose = unscaled_pose(self._prim(path))
        self._bodies[path] = self.spec.worldbody.add_body(
            name=path, pos=pose[:3, 3].tolist(), quat=quaternion_of(pose)
        )

    def _weigh(self, one: Hung, body: Any) -> None:
        """The third trap of articulations: what has neither mass nor shape gets an invented one."""
        prim = self._prim(one.path)
        stated = (
            prim.HasAPI(UsdPhysics.MassAPI) and (UsdPhysics.MassAPI(prim).GetMassAttr().Get() or 0.0) > 0.0
        )
        if not stated and not any(s.collides and self._owner(s.path) == one.path for s in self._solids):
            raise NativeError(
                "file",
                f"'{one.path}' has neither a mass nor a shape that collides: PhysX invents a mass for it",
                "give it physics:mass and physics:diagonalInertia",
            )
        mass = mass_of(prim, self._solids)
        body.explicitinertial = True
        body.mass, body.inertia = mass.mass_kg, list(mass.inertia)
        body.ipos, body.iquat = list(mass.centre), list(mass.axes)

    def _add_joint(self, one: Hung, body: Any) -> None:
        assert one.joint is not None
        prim, path = one.joint, str(one.joint.GetPath())
        turns = one.kind == "hinge"
        unit, instance = (math.pi / 180.0, "angular") if turns else (1.0, "linear")
        kind = mujoco.mjtJoint.mjJNT_HINGE if turns else mujoco.mjtJoint.mjJNT_SLIDE
        joint = body.add_joint(name=path, type=kind, pos=one.anchor.tolist(), axis=one.axis.tolist())
        low, high = (
            number_at(prim, f"physics:{end}Limit", sign * math.inf)
            for end, sign in (("lower", -1), ("upper", 1))
        )
        _check_joint(prim, low, high)
        if math.isfinite(low):
            joint.limited, joint.range = mujoco.mjtLimited.mjLIMITED_TRUE, [unit * low, unit * high]
        axis = f"physxJointAxis:{instance}"
        joint.armature = number_at(prim, f"{axis}:armature", number_at(prim, "physxJoint:armature", 0.0))
        joint.frictionloss = friction = number_at(prim, f"{axis}:dynamicFrictionEffort", 0.0)
        if (breakaway := number_at(prim, f"{axis}:staticFrictionEffort", friction)) > friction:
            message = (
                f"joint '{path}' has a static friction of {breakaway:g} and a dynamic one of {friction:g}"
            )
            hint = "write the same dynamicFrictionEffort and staticFrictionEffort"
            raise NativeError("file", f"{message}, and MuJoCo has one of both", hint)
        joint.damping = [number_at(prim, f"{axis}:viscousFrictionCoefficient", 0.0) / unit, 0.0, 0.0]
        self._starts[path] = unit * number_at(prim, f"state:{instance}:physics:position", 0.0)
        if number_at(prim, f"state:{instance}:physics:velocity", 0.0):
            raise NativeError("file", f"'{path}' starts in motion", _AT_REST)

    def _add_drive(self, one: Hung) -> None:
        """A drive of the file as an actuator: told a position, or a speed where it has no stiffness."""
        if one.joint is None or one.kind == "fixed":
            return
        turns, path = one.kind == "hinge", str(one.joint.GetPath())
        instance, unit = ("angular", math.pi / 180.0) if turns else ("linear", 1.0)
        if not one.joint.HasAPI(UsdPhysics.DriveAPI, instance):
            return
        drive = f"drive:{instance}:physics"
        if str(one.joint.GetAttribute(f"{drive}:type").Get()) == "acceleration":
            message = f"the drive of '{path}' is of type acceleration, which MuJoCo has not"
            raise NativeError("file", message, "make it a force, with a stiffness in N m/deg or N/m")
        stiffness, damping = (
            number_at(one.joint, f"{drive}:{name}", 0.0) / unit for name in ("stiffness", "damping")
        )
        if stiffness <= 0.0 and damping <= 0.0:
            return
        actuator = self.spec.add_actuator(name=path, target=path, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        actuator.gaintype, actuator.biastype = mujoco.mjtGain.mjGAIN_FIXED, mujoco.mjtBias.mjBIAS_AFFINE
        actuator.gainprm = [stiffness or damping] + [0.0] * 9
        speed = unit * number_at(one.joint, f"{drive}:targetVelocity", 0.0)
        # Where a position is told, the speed that damping is about stays the file's.
        actuator.biasprm = [damping * speed if stiffness > 0.0 else 0.0, -stiffness, -damping] + [0.0] * 7
        most = number_at(one.joint, f"{drive}:maxForce", math.inf)
        if math.isfinite(most):
            actuator.forcelimited, actuator.forcerange = mujoco.mjtLimited.mjLIMITED_TRUE, [-most, most]
        if stiffness > 0.0:
            actuator.inheritrange = (
                1.0 if self.spec.joint(path).limited == mujoco.mjtLimited.mjLIMITED_TRUE else 0.0
            )
        position = unit * number_at(one.joint, f"{drive}:targetPosition", 0.0)
        self.told.append(position if stiffness > 0.0 else speed)

    def _owner(self, path: str) -> str:
        """The body that a prim moves with; empty for what stands."""
        above = (str(prim.GetPath()) for prim in upwards(self._prim(path)))
        return next((path for path in above if path in self._bodies), "")

    def _holder(self, path: str) -> tuple[Any, Array]:
        """The same as a body of the model, and its pose in the world."""
        owner = self._owner(path)
        return self._bodies[owner], unscaled_pose(self._prim(owner)) if owner else np.eye(4)

    def _add_solids(self) -> None:
        seen: dict[str, int] = {}
        slips = frictions_of(self.stage, [solid for solid in self._solids if solid.collides])
        for solid in self._solids:
            body, frame = self._holder(solid.path)
            seen[solid.path] = seen.get(solid.path, 0) + 1
            number = seen[solid.path]
            add_geom(
                self.spec, body, solid, np.linalg.inv(frame) @ solid.pose,
                name=solid.path if number == 1 else f"{solid.path}#{number}",
                material=add_material(self.spec, solid.look, self._materials),
                group=0 if solid.is_drawn else GROUP_HIDDEN, density=0.0,
                contype=int(solid.collides), conaffinity=int(solid.collides),
                friction=[slips.get(solid.path, FRICTION), 0.005, 0.0001],
            )  # fmt: skip

    def _keep_apart(self) -> None:
        """Bodies that a joint is between, and articulations whose links do not touch each other.

        MuJoCo lets a body touch the one that it hangs on where that one is held by the world.

        Raises:
            NativeError: Something else keeps shapes apart.
        """
        for name, ends in filters_of(self.stage, {solid.path for solid in self._solids if solid.collides}):
            if all(ends):
                message = (
                    f"{name} keeps shapes from touching, which is not taken over for robots on their joints"
                )
                raise NativeError("file", message, "take it out, or switch a collider off")
        above = {one.path: one.parent for one in self.hung}
        apart = {
            _first(above, one.path)
            for prim in self.stage.Traverse(Usd.TraverseInstanceProxies())
            if prim.HasAttribute(_SELF) and prim.GetAttribute(_SELF).Get() is False
            for one in self.hung
            if is_at_or_below(one.path, str(prim.GetPath())) or one.joint == prim
        }
        links = [path for path in above if _first(above, path) in apart]
        for number, one in enumerate(links):
            for other in links[:number]:
                if _first(above, one) == _first(above, other) and other != above[one] and one != above[other]:
                    self.spec.add_exclude(bodyname1=one, bodyname2=other)
        for one, parent in above.items():
            if parent:
                self.spec.add_exclude(bodyname1=one, bodyname2=parent)

    def start(self, model: mujoco.MjModel) -> list[float]:
        """Positions of all joints where the stage has them."""
        found = model.qpos0.copy()
        for path, position in self._starts.items():
            found[int(model.joint(path).qposadr[0])] = position
        return [float(value) for value in found]


def _check_joint(joint: Usd.Prim, low: float, high: float) -> None:
    """Asks that a joint has nothing that would be lost.

    Raises:
        NativeError: It has.
    """
    path = joint.GetPath()
    if math.isfinite(low) != math.isfinite(high):
        message = f"joint '{path}' has a limit at one end, from {low:g} to {high:g}"
        raise NativeError("file", message, "give it both, or none")
    applied = (str(name) for name in joint.GetPrimTypeInfo().GetAppliedAPISchemas())
    lost = [name for name in applied if name.partition(":")[0] not in _KNOWN]
    lost += [
        attribute.GetName()
        for attribute in joint.GetAuthoredAttributes()
        if attribute.GetName().endswith((":maxJointVelocity", ":jointFriction"))
        and 0.0 < float(attribute.Get() or 0.0) < _FAST
    ]
    if UsdPhysics.Joint(joint).GetCollisionEnabledAttr().Get():
        lost.append("physics:collisionEnabled")  # The two bodies would touch each other.
    if lost:
        message = f"joint '{path}' has {lost[0]}, which MuJoCo does not take over"
        raise NativeError("file", message, "take it out, or model the robot as MJCF")


def _first(above: dict[str, str], path: str) -> str:
    """The body that a robot begins with, of one of its bodies."""
    while above[path]:
        path = above[path]
    return path


def _gravity(stage: Usd.Stage) -> list[float]:
    scenes = [prim for prim in stage.Traverse() if prim.IsA(UsdPhysics.Scene)]
    if not scenes:
        return [0.0, 0.0, -GRAVITY_MPS2]
    scene = UsdPhysics.Scene(scenes[0])
    size, along = scene.GetGravityMagnitudeAttr().Get(), np.array(scene.GetGravityDirectionAttr().Get())
    if size is None or size < 0.0:  # The schema's words for: as on Earth.
        size = GRAVITY_MPS2
    if not along.any():
        along = np.array([0.0, 0.0, -1.0])
    return [float(value) for value in size * along / np.linalg.norm(along)]


def _check_places(stage: Usd.Stage, hung: tuple[Hung, ...], model: mujoco.MjModel) -> None:
    """A body that stands elsewhere than its joints put it would jump there at the first step.

    Raises:
        NativeError: One does.
    """
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.key(START).id)
    mujoco.mj_kinematics(model, data)
    at: dict[str, Array] = {}
    for one in hung:
        body, pose = int(model.body(one.path).id), np.eye(4)
        pose[:3, :3], pose[:3, 3] = data.xmat[body].reshape(3, 3), data.xpos[body]
        at[one.path] = pose
    for path, off_m in authored_off(stage, hung, at):
        if off_m > _ELSEWHERE_M:
            raise NativeError(
                "file",
                f"'{path}' stands {1000 * off_m:.0f} mm (or as many milliradians) away from where its joints "
                "put it",
                "move it there, or say where the joint starts (PhysicsJointStateAPI, state:...:position)",
            )
