"""What the network sees and what its output means, and the command that leads to a mark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgate.policies.quadruped.gait import JOINTS, STAND, STRIDE_HZ, Floats

CONTROL_HZ = 50
INPUTS = 46
OUTPUTS = len(JOINTS)
RADIANS_PER_ACTION = 0.25
_LARGEST_ACTION = 4.0
_SPEED_MPS, _YAW_RATE_RPS, _STOP_M = 0.5, 0.8, 0.15


def encode(
    up: Floats, gyro: Floats, command: Floats, angles: Floats, rates: Floats, action: Floats, phase: Floats
) -> NDArray[np.float32]:
    """The network's input (N, 46).

    Args:
        up: (N, 3) the vertical in the trunk's axes.
        gyro: (N, 3) angular rate of the trunk, rad/s.
        command: (N, 2) wanted speed forward, m/s, and yaw rate, rad/s.
        angles: (N, 12) of the joints, radians.
        rates: (N, 12) of the joints, rad/s.
        action: (N, 12) the network's last output, as :func:`bounded` makes it.
        phase: (N,) place in the stride, from 0 to 1.
    """
    clock = 2.0 * np.pi * phase[:, None]
    parts = [-up, 0.25 * gyro, command * (2.0, 1.0), angles - STAND, 0.05 * rates, action]
    return np.concatenate([*parts, np.sin(clock), np.cos(clock)], axis=1).astype(np.float32)


def bounded(action: Floats) -> Floats:
    """The output that is used, and seen at the next step."""
    return np.clip(action, -_LARGEST_ACTION, _LARGEST_ACTION)


def joint_targets(action: Floats) -> Floats:
    """Joint angles in radians that a bounded action asks for; the caller keeps the joints' ranges."""
    return STAND + RADIANS_PER_ACTION * action


def next_phase(phase: Floats) -> Floats:
    """The stride's place one control period later."""
    return (phase + STRIDE_HZ / CONTROL_HZ) % 1.0


def command_to(mark: Floats, place: Floats, yaw: Floats) -> Floats:
    """Turns towards a mark, walks when it lies ahead, stands when it is reached.

    Args:
        mark: (N, 2) metres.
        place: (N, 2) of the trunk, metres.
        yaw: (N,) of the trunk, radians.

    Returns:
        (N, 2) speed forward, m/s, and yaw rate, rad/s.
    """
    away = mark - place
    error = (np.arctan2(away[:, 1], away[:, 0]) - yaw + np.pi) % (2.0 * np.pi) - np.pi
    forward = _SPEED_MPS * np.clip(np.cos(error), 0.0, 1.0)
    turn = np.clip(2.0 * error, -_YAW_RATE_RPS, _YAW_RATE_RPS)
    there = np.hypot(away[:, 0], away[:, 1]) <= _STOP_M
    return np.where(there[:, None], 0.0, np.stack([forward, turn], axis=1))
