"""The drive of :mod:`simgate.sim_adapters.drive` as MuJoCo's actuators: three joints, three servos."""

from __future__ import annotations

import mujoco

from simgate.sim_adapters.drive import SERVO_S, SIDE_GRIP_MPS2
from simgate.sim_adapters.scene.robot import Robot


def add_planar_joints(base: mujoco.MjsBody, prefix: str = "") -> None:
    """Two slides and a hinge, in this order, free of damping whatever the file's defaults are."""
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    for name, kind, axis in (
        ("x", slide, [1.0, 0.0, 0.0]),
        ("y", slide, [0.0, 1.0, 0.0]),
        ("yaw", hinge, [0.0, 0.0, 1.0]),
    ):
        joint = base.add_joint(name=f"{prefix}{name}", type=kind, axis=axis)
        joint.pos = [0.0, 0.0, 0.0]
        joint.damping = [0.0] * len(joint.damping)
        joint.stiffness = [0.0] * len(joint.stiffness)
        joint.frictionloss = joint.armature = joint.ref = joint.springref = 0.0
        joint.limited = mujoco.mjtLimited.mjLIMITED_FALSE
        joint.actfrclimited = mujoco.mjtLimited.mjLIMITED_FALSE


def add_servos(
    spec: mujoco.MjSpec, site: str, robot: Robot, mass_kg: float, yaw_inertia_kgm2: float, prefix: str = ""
) -> None:
    """Velocity servos in the frame of a site on the robot: forward, sideways, turn."""
    for name, gear, inertia, limit in (
        ("forward", [1.0, 0.0, 0.0, 0.0, 0.0, 0.0], mass_kg, robot.max_accel_mps2),
        ("sideways", [0.0, 1.0, 0.0, 0.0, 0.0, 0.0], mass_kg, SIDE_GRIP_MPS2),
        ("turn", [0.0, 0.0, 0.0, 0.0, 0.0, 1.0], yaw_inertia_kgm2, robot.max_yaw_accel_rps2),
    ):
        gain = inertia / SERVO_S
        actuator = spec.add_actuator(
            name=f"{prefix}{name}",
            trntype=mujoco.mjtTrn.mjTRN_SITE,
            target=site,
            gear=gear,
            gaintype=mujoco.mjtGain.mjGAIN_FIXED,
            gainprm=[gain] + [0.0] * 9,
            biastype=mujoco.mjtBias.mjBIAS_AFFINE,
            biasprm=[0.0, 0.0, -gain] + [0.0] * 7,
            forcelimited=True,
            forcerange=[-inertia * limit, inertia * limit],
        )
        actuator.dyntype = mujoco.mjtDyn.mjDYN_NONE
        actuator.ctrllimited = mujoco.mjtLimited.mjLIMITED_FALSE
