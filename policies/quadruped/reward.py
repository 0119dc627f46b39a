"""What training pays for one control period."""

from __future__ import annotations

import numpy as np

from simgate.policies.quadruped.gait import Floats
from simgate.policies.quadruped.robots import Robots

_SCALE, _FALL = 0.1, 20.0
_HEIGHT_M, _TOUCH_N = 0.28, 1.0


def reward(robots: Robots, before: Floats, earlier: Floats) -> Floats:
    """Rewards (N,): follow the command, stay level, tread softly, stay near the computed trot.

    Args:
        robots: After the step.
        before: (N, 12) :attr:`Robots.beyond_gait` one step ago.
        earlier: (N, 12) two steps ago.
    """
    velocity, gyro, tilt = robots.velocity, robots.gyro, robots.floor_normal_in_trunk[:, :2]
    beyond = robots.beyond_gait
    astray = (velocity[:, 0] - robots.command[:, 0]) ** 2 + velocity[:, 1] ** 2
    terms = [
        1.5 * np.exp(-astray / 0.06),
        0.8 * np.exp(-((gyro[:, 2] - robots.command[:, 1]) ** 2) / 0.15),
        0.5 - velocity[:, 2] ** 2,
        -0.05 * (gyro[:, :2] ** 2).sum(axis=1),
        -4.0 * (tilt**2).sum(axis=1),
        -30.0 * (robots.height - _HEIGHT_M) ** 2,
        -4e-4 * (robots.torque**2).sum(axis=1),
        -0.15 * (robots.foot_speed**2 * (robots.touch > _TOUCH_N)).sum(axis=1),
        -0.01 * (beyond**2).sum(axis=1),
        -0.03 * ((beyond - before) ** 2).sum(axis=1),
        -0.01 * ((beyond - 2.0 * before + earlier) ** 2).sum(axis=1),
    ]
    total: Floats = np.sum(terms, axis=0) - _FALL * robots.fallen
    return _SCALE * total
