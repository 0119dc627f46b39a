"""Where points of the world are for the robot's camera."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.scene.sensor import Camera


def project(
    points: NDArray[np.float64], camera: Camera, robot: tuple[float, float, float]
) -> NDArray[np.float64]:
    """World points in the frame of the robot's camera.

    Args:
        points: World frame, metres, shape (M, 3).
        camera: Mount and intrinsics.
        robot: (x m, y m, yaw rad) of the robot.

    Returns:
        Shape (M, 3): right, down and forward of the camera, metres.
    """
    c, s = math.cos(robot[2]), math.sin(robot[2])
    cp, sp = math.cos(math.radians(camera.pitch_deg)), math.sin(math.radians(camera.pitch_deg))
    dx, dy = points[:, 0] - robot[0], points[:, 1] - robot[1]
    ahead = c * dx + s * dy - camera.position[0]
    left = c * dy - s * dx - camera.position[1]
    up = points[:, 2] - camera.position[2]
    return np.stack((-left, sp * ahead - cp * up, cp * ahead + sp * up), axis=1)
