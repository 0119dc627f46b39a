"""What a robot's data sheet says about its sensors. The true mounting may differ; nobody tells it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class CameraModel:
    """A level pinhole camera that looks straight ahead.

    Attributes:
        width: Image width, pixels.
        height: Image height, pixels.
        vertical_fov_deg: Vertical field of view.
        forward_m: From the robot's centre to the lens.
        height_m: Height of the lens above the floor.
    """

    width: int = 160
    height: int = 120
    vertical_fov_deg: float = 60.0
    forward_m: float = 0.2
    height_m: float = 0.6

    @property
    def focal_px(self) -> float:
        """Focal length, pixels."""
        return 0.5 * self.height / math.tan(0.5 * math.radians(self.vertical_fov_deg))

    def bearing(self, column: float) -> float:
        """Direction of an image column, radians, positive left."""
        return math.atan2(0.5 * self.width - column, self.focal_px)

    @property
    def half_fov_rad(self) -> float:
        """Half the horizontal field of view."""
        return math.atan2(0.5 * self.width, self.focal_px)

    def floor_distance(self, row: float) -> float:
        """Forward distance from the lens to the floor seen in an image row, metres.

        ``h f / (row - centre)``; ``inf`` at and above the horizon.
        """
        below = row - 0.5 * self.height
        return self.height_m * self.focal_px / below if below > 0.0 else math.inf

    def floor_distance_std(self, distance: float, angle_std_rad: float) -> float:
        """Error of :meth:`floor_distance` for an error of the viewing angle, metres."""
        return (distance**2 + self.height_m**2) / self.height_m * angle_std_rad


@lru_cache(maxsize=8)
def beam_directions(beams: int, fov_deg: float) -> NDArray[np.float64]:
    """Unit vectors of lidar beams in the robot's frame, shape (beams, 2), right to left."""
    half = 0.5 * math.radians(fov_deg)
    angles = np.linspace(-half, half, beams)
    directions = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    directions.setflags(write=False)
    return directions
