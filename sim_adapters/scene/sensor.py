"""Camera, its effects, and lidar."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera on the robot, looking forward.

    Attributes:
        width: Image width, pixels.
        height: Image height, pixels.
        vertical_fov_deg: Vertical field of view, degrees; pixels are square.
        position: In the robot's frame (X forward, Z up from the floor), metres.
        pitch_deg: Positive looks up, degrees.
    """

    width: int = 160
    height: int = 120
    vertical_fov_deg: float = 60.0
    position: tuple[float, float, float] = (0.2, 0.0, 0.6)
    pitch_deg: float = 0.0

    @property
    def focal_px(self) -> float:
        """Focal length in pixels, the same in both directions."""
        return 0.5 * self.height / math.tan(0.5 * math.radians(self.vertical_fov_deg))


@dataclass(frozen=True, slots=True)
class CameraEffects:
    """What happens between the lens and the frame, the same for every simulator.

    Attributes:
        noise_std: Standard deviation of additive Gaussian noise, share of full scale.
        blur_px: Standard deviation of a Gaussian blur, pixels.
        exposure_ev: Exposure, stops; +1 doubles linear light.
        dropout_rate: Probability that a frame never arrives, 0 to 1.
        jpeg_quality: Of JPEG compression, 1 to 95; 100 compresses nothing.
        occlusion: Share of the frame that one grey square covers, at a place of its own in every episode.
    """

    noise_std: float = 0.0
    blur_px: float = 0.0
    exposure_ev: float = 0.0
    dropout_rate: float = 0.0
    jpeg_quality: int = 100
    occlusion: float = 0.0


@dataclass(frozen=True, slots=True)
class Lidar:
    """A horizontal scanner on the robot's axis.

    Attributes:
        beams: Number of beams, evenly spread, the middle one straight ahead, counter-clockwise.
        fov_deg: Angle between the first and the last beam, degrees.
        range_m: Largest range; beyond it a beam reads ``inf``.
        height_m: Height of the scan plane above the floor.
    """

    beams: int = 121
    fov_deg: float = 240.0
    range_m: float = 10.0
    height_m: float = 0.25
