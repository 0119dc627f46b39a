"""Physics on a stage: the scene's solver, colliders, and bodies that move."""

from __future__ import annotations

from typing import Any

from pxr import Gf, Sdf, Usd, UsdPhysics

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.usd.paths import PHYSICS_SCENE

GRAVITY_MPS2 = 9.81
CONTACT_OFFSET_M = 0.01
"""Distance at which PhysX starts to solve for a contact; touching begins at 0."""
_LOCK_Z, _LOCK_TILT = 4, 3
_TYPES = {
    bool: Sdf.ValueTypeNames.Bool,
    int: Sdf.ValueTypeNames.UInt,
    float: Sdf.ValueTypeNames.Float,
    str: Sdf.ValueTypeNames.Token,
}


def define_physics_scene(stage: Usd.Stage, timing: Timing) -> None:
    """Gravity, step rate, and a solver on the CPU that repeats itself."""
    scene = UsdPhysics.Scene.Define(stage, PHYSICS_SCENE)
    scene.CreateGravityDirectionAttr(Gf.Vec3f(0.0, 0.0, -1.0))
    scene.CreateGravityMagnitudeAttr(GRAVITY_MPS2)
    settings: dict[str, Any] = {
        "timeStepsPerSecond": timing.physics_hz,
        "enableEnhancedDeterminism": True,
        "enableGPUDynamics": False,
        "broadphaseType": "MBP",
        "solverType": "TGS",
        # A force is meant for the whole step: TGS would otherwise spread it over its iterations.
        "enableExternalForcesEveryIteration": False,
    }
    apply_physx(scene.GetPrim(), "PhysxSceneAPI", "physxScene", settings)


def make_collider(prim: Usd.Prim) -> None:
    """Lets a prim collide, at its very surface."""
    UsdPhysics.CollisionAPI.Apply(prim)
    apply_physx(
        prim, "PhysxCollisionAPI", "physxCollision", {"contactOffset": CONTACT_OFFSET_M, "restOffset": 0.0}
    )


def make_kinematic(prim: Usd.Prim) -> None:
    """A body that goes where it is told and pushes what is in its way."""
    body = UsdPhysics.RigidBodyAPI.Apply(prim)
    body.CreateKinematicEnabledAttr(True)


def make_robot_body(prim: Usd.Prim, robot: Robot) -> None:
    """The robot as one rigid body in the plane, with its mass and contact reports."""
    UsdPhysics.RigidBodyAPI.Apply(prim)
    mass = UsdPhysics.MassAPI.Apply(prim)
    mass.CreateMassAttr(robot.mass_kg)
    mass.CreateCenterOfMassAttr(Gf.Vec3f(0.0, 0.0, 0.5 * robot.height_m))
    tilt = robot.tilt_inertia_kgm2
    mass.CreateDiagonalInertiaAttr(Gf.Vec3f(tilt, tilt, robot.yaw_inertia_kgm2))
    mass.CreatePrincipalAxesAttr(Gf.Quatf(1.0))
    settings: dict[str, Any] = {
        "disableGravity": True,
        "linearDamping": 0.0,
        "angularDamping": 0.0,
        "sleepThreshold": 0.0,
        "stabilizationThreshold": 0.0,
    }
    apply_physx(prim, "PhysxRigidBodyAPI", "physxRigidBody", settings)
    for name, value in (("lockedPosAxis", _LOCK_Z), ("lockedRotAxis", _LOCK_TILT)):
        prim.CreateAttribute(f"physxRigidBody:{name}", Sdf.ValueTypeNames.Int, False).Set(value)
    apply_physx(prim, "PhysxContactReportAPI", "physxContactReport", {"threshold": 0.0})


def apply_physx(prim: Usd.Prim, schema: str, prefix: str, settings: dict[str, Any]) -> None:
    """Applies a PhysX schema by its name and authors attributes of it.

    The schemas are data without code; authoring by name needs neither them nor a plugin of them.
    """
    prim.AddAppliedSchema(schema)
    for name, value in settings.items():
        uniform = name in ("broadphaseType", "solverType", "frictionCombineMode")
        attribute = prim.CreateAttribute(
            f"{prefix}:{name}",
            _TYPES[type(value)],
            False,
            Sdf.VariabilityUniform if uniform else Sdf.VariabilityVarying,
        )
        attribute.Set(value)
