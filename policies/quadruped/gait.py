"""A trot computed from geometry: the stand that actions count from, and what networks first learn to copy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEGS = ("FL", "FR", "RL", "RR")
JOINTS = tuple(f"{leg}_{joint}" for leg in LEGS for joint in ("abduction", "hip", "knee"))
STRIDE_HZ = 2.0
HIP_HEIGHT_M = 0.265  # Over the centre of the foot.
_LIFT_M = 0.07
_LINK_M = 0.2
_SIDE = np.array([1.0, -1.0, 1.0, -1.0])
_ABDUCTION_M = 0.07 * _SIDE
_HUBS_M = np.array([[0.17, 0.06], [0.17, -0.06], [-0.17, 0.06], [-0.17, -0.06]])
_FEET_M = _HUBS_M + np.stack([np.zeros(4), _ABDUCTION_M], axis=1)
LEG_PHASE = np.array([0.0, 0.5, 0.5, 0.0])


def joint_angles(feet: Floats) -> Floats:
    """Inverse kinematics of the four legs.

    Args:
        feet: (..., 4, 3) centres of the feet from the abduction hinges, metres, in the trunk's axes.

    Returns:
        (..., 12) angles in radians, in the order of :data:`JOINTS`; out of reach, the nearest.
    """
    x, y, z = feet[..., 0], feet[..., 1], feet[..., 2]
    down = np.sqrt(np.maximum(y * y + z * z - _ABDUCTION_M**2, 1e-4))
    abduction = np.arctan2(z, y) - np.arctan2(-down, _ABDUCTION_M)
    abduction = (abduction + np.pi) % (2.0 * np.pi) - np.pi
    bend = np.arccos(np.clip(np.hypot(x, down) / (2.0 * _LINK_M), 0.0, 0.995))
    angles = np.stack([abduction, bend - np.arctan2(x, down), -2.0 * bend], axis=-1)
    return angles.reshape(*feet.shape[:-2], len(JOINTS))


def trot(phase: Floats, command: Floats) -> Floats:
    """Joint angles (N, 12) of a trot.

    Args:
        phase: (N,) place in the stride, from 0 to 1.
        command: (N, 2) speed forward in m/s, and yaw rate in rad/s, counter-clockwise.
    """
    leg = (phase[:, None] + LEG_PHASE) % 1.0
    forward = command[:, :1] - command[:, 1:] * _FEET_M[:, 1]
    sideways = command[:, 1:] * _FEET_M[:, 0]
    stands = leg < 0.5
    # From +1 (in front) to -1 (behind) while the foot stands, and back through the air.
    along = np.where(stands, 1.0 - 4.0 * leg, -np.cos(2.0 * np.pi * (leg - 0.5)))
    lift = np.where(stands, 0.0, _LIFT_M * np.sin(2.0 * np.pi * (leg - 0.5)))
    half_stance_s = 0.25 / STRIDE_HZ
    feet = [
        forward * half_stance_s * along,
        _ABDUCTION_M + sideways * half_stance_s * along,
        lift - HIP_HEIGHT_M,
    ]
    return joint_angles(np.stack(feet, axis=-1))


STAND: Floats = joint_angles(np.stack([np.zeros(4), _ABDUCTION_M, np.full(4, -HIP_HEIGHT_M)], axis=-1))
"""Angles (12,) at which the robot stands."""
