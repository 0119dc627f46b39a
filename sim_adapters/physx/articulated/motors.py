"""Actuators of a compiled model as PhysX has them: a drive of a joint, or a torque that is written."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.articulated.actuation import joint_name
from simgate.sim_adapters.mujoco.articulated.names import MOVING

_TRN, _GAIN, _BIAS, _DYN = mujoco.mjtTrn, mujoco.mjtGain, mujoco.mjtBias, mujoco.mjtDyn
_ON_JOINT = (int(_TRN.mjTRN_JOINT), int(_TRN.mjTRN_JOINTINPARENT))


@dataclass(frozen=True, slots=True)
class Motor:
    """One actuator: ``force = gear * (gain * ctrl + bias) - stiffness * q - damping * dq``, within its limit.

    Attributes:
        actuator: Its number, which is that of its control too.
        joint: The joint that it moves.
        gain: Force for each unit of the control, gear included.
        bias: Force at control 0, gear included.
        stiffness: N m/rad or N/m at the joint.
        damping: N m s/rad or N s/m at the joint.
        limit: Largest force or torque at the joint; infinite for none.
        low: Smallest control.
        high: Largest control.
    """

    actuator: int
    joint: int
    gain: float
    bias: float
    stiffness: float
    damping: float
    limit: float
    low: float
    high: float

    @property
    def is_drive(self) -> bool:
        """Whether PhysX closes its loop: it holds a position or a speed."""
        return self.stiffness > 0.0 or self.damping > 0.0

    def force(self, ctrl: float) -> float:
        """What it is told, as a force at the joint; of one that is no drive within its limit."""
        told = self.gain * min(max(ctrl, self.low), self.high) + self.bias
        return told if self.is_drive else min(max(told, -self.limit), self.limit)

    def targets(self, ctrl: float) -> tuple[float, float]:
        """Position and speed that a drive is to hold."""
        told = self.force(ctrl)
        return (told / self.stiffness, 0.0) if self.stiffness > 0.0 else (0.0, told / self.damping)


def motors_of(model: mujoco.MjModel) -> tuple[Motor, ...]:
    """The actuators of a model.

    Raises:
        ValueError: One is of another kind than PhysX' drives and torques.
    """
    motors = tuple(_motor(model, a) for a in range(model.actuator_trnid.shape[0]))
    for number, motor in enumerate(motors):
        shared = [other for other in motors[:number] if other.joint == motor.joint]
        if shared and (motor.is_drive or any(other.is_drive for other in shared)):
            name = joint_name(model, motor.joint)
            raise ValueError(
                f"joint '{name}' has two actuators, and PhysX gives it one drive: leave one of them out"
            )
    return motors


def _motor(model: mujoco.MjModel, actuator: int) -> Motor:
    name = str(model.actuator(actuator).name) or f"actuator {actuator}"
    joint = int(model.actuator_trnid[actuator][0])
    if int(model.actuator_trntype[actuator]) not in _ON_JOINT or int(model.jnt_type[joint]) not in MOVING:
        raise ValueError(
            f"actuator '{name}' pulls on no hinge or slide (a tendon, a site, a body): {_REMEDY}"
        )
    bias_type = int(model.actuator_biastype[actuator])
    is_plain = int(model.actuator_dyntype[actuator]) == int(_DYN.mjDYN_NONE)
    is_plain &= int(model.actuator_gaintype[actuator]) == int(_GAIN.mjGAIN_FIXED)
    if not is_plain or bias_type not in (int(_BIAS.mjBIAS_NONE), int(_BIAS.mjBIAS_AFFINE)):
        raise ValueError(f"actuator '{name}' has a state of its own or is a muscle: {_REMEDY}")
    gear = float(model.actuator_gear[int(model.actuator_outadr[actuator])][0])
    gain = float(model.actuator_gainprm[actuator][0])
    bias = model.actuator_biasprm[actuator][:3] if bias_type == int(_BIAS.mjBIAS_AFFINE) else np.zeros(3)
    stiffness, damping = -float(bias[1]) * gear * gear, -float(bias[2]) * gear * gear
    if stiffness < 0.0 or damping < 0.0:
        raise ValueError(f"actuator '{name}' pushes away from its target (biasprm above 0): {_REMEDY}")
    limits = (
        [_limit(model.actuator_forcerange[actuator], abs(gear), name)]
        if model.actuator_forcelimited[actuator]
        else []
    )
    if model.jnt_actfrclimited[joint]:
        limits.append(_limit(model.jnt_actfrcrange[joint], 1.0, name))
    first = int(model.actuator_ctrladr[actuator])
    low, high = (
        model.actuator_ctrlrange[first] if model.actuator_ctrllimited[first] else (-math.inf, math.inf)
    )
    return Motor(
        first, joint, gear * gain, gear * float(bias[0]), stiffness, damping,
        min(limits, default=math.inf), float(low), float(high),
    )  # fmt: skip


_REMEDY = "give it a motor, position or velocity on a joint, or write drive: {joints: all, mode: ..., ...}"


def _limit(ends: NDArray[np.float64], times: float, name: str) -> float:
    low, high = (float(end) for end in ends)
    if not math.isclose(-low, high):
        raise ValueError(
            f"actuator '{name}' pushes with {high:g} and pulls with {-low:g}, and a drive of PhysX has one "
            "limit for both: give it a range of forces about 0"
        )
    return high * times
