"""The drive of :mod:`simgate.sim_adapters.drive` as MuJoCo's actuators: three joints, three servos."""

from __future__ import annotations

import mujoco

from simgate.sim_adapters.drive import SERVO_S, SIDE_GRIP_MPS2
from simgate.sim_adapters.mujoco.defaults import without_defaults
from simgate.sim_adapters.scene.robot import Robot


def add_planar_joints(base: mujoco.MjsBody, prefix: str = "") -> None:
    """Two slides and a hinge, in this order, free of damping and limits whatever the file's defaults are."""
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    for name, kind, axis in (
        ("x", slide, [1.0, 0.0, 0.0]),
        ("y", slide, [0.0, 1.0, 0.0]),
        ("yaw", hinge, [0.0, 0.0, 1.0]),
    ):
        joint = without_defaults(base.add_joint(name=f"{prefix}{name}"))
        joint.type, joint.axis = kind, axis
        joint.limited = mujoco.mjtLimited.mjLIMITED_FALSE
        joint.actfrclimited = mujoco.mjtLimited.mjLIMITED_FALSE


def add_servos(
    spec: mujoco.MjSpec,
    site: str,
    robot: Robot,
    mass_kg: float,
    yaw_inertia_kgm2: float,
    prefix: str = "",
    group: int = 0,
) -> None:
    """Velocity servos in the frame of a site on the robot: forward, sideways, turn."""
    for name, gear, inertia, limit in (
        ("forward", [1.0, 0.0, 0.0, 0.0, 0.0, 0.0], mass_kg, robot.max_accel_mps2),
        ("sideways", [0.0, 1.0, 0.0, 0.0, 0.0, 0.0], mass_kg, SIDE_GRIP_MPS2),
        ("turn", [0.0, 0.0, 0.0, 0.0, 0.0, 1.0], yaw_inertia_kgm2, robot.max_yaw_accel_rps2),
    ):
        gain = inertia / SERVO_S
        actuator = without_defaults(spec.add_actuator(name=f"{prefix}{name}", target=site))
        actuator.trntype, actuator.gear, actuator.group = mujoco.mjtTrn.mjTRN_SITE, gear, group
        actuator.gaintype, actuator.gainprm = mujoco.mjtGain.mjGAIN_FIXED, [gain] + [0.0] * 9
        actuator.biastype, actuator.biasprm = mujoco.mjtBias.mjBIAS_AFFINE, [0.0, 0.0, -gain] + [0.0] * 7
        actuator.forcelimited = mujoco.mjtLimited.mjLIMITED_TRUE
        actuator.forcerange = [-inertia * limit, inertia * limit]
        actuator.ctrllimited = mujoco.mjtLimited.mjLIMITED_FALSE
