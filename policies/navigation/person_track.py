"""Where a person is and where they walk: seen by the camera, placed by the lidar."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.policies.navigation.calibration import CameraModel
from simgate.policies.navigation.mission_frame import Pose

_POSITION_GAIN, _VELOCITY_GAIN = 0.5, 0.25
_GATE_M = 0.9
_FORGET_S = 2.0
_WALKING_MPS = 0.3
_TOP_SPEED_MPS = 2.5
_SIDEWAYS_MPS = 0.2
_NEAR_LINE_M = 0.7
_FEET_TOLERANCE = 0.35


@dataclass(slots=True)
class PersonTrack:
    """Alpha-beta filter on one person, mission frame.

    Attributes:
        x: Metres.
        y: Metres.
        vx: Metres a second.
        vy: Metres a second.
        age_s: Since the last detection.
        seen: Number of detections.
        still_s: How long the person has not walked.
    """

    x: float
    y: float
    vx: float = 0.0
    vy: float = 0.0
    age_s: float = 0.0
    seen: int = 1
    still_s: float = 0.0

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.x += self.vx * seconds
        self.y += self.vy * seconds
        self.age_s += seconds
        # A moment of apparent motion, as the robot turns, does not undo seconds of standing.
        self.still_s = max(self.still_s - 4.0 * seconds, 0.0) if self.is_walking else self.still_s + seconds

    def agrees(self, place: tuple[float, float]) -> bool:
        """Whether a measurement may be of this person."""
        return math.hypot(place[0] - self.x, place[1] - self.y) < _GATE_M

    def see(self, place: tuple[float, float]) -> None:
        """Takes a measurement in, valid now."""
        seconds = max(self.age_s, 0.05)
        dx, dy = place[0] - self.x, place[1] - self.y
        self.x += _POSITION_GAIN * dx
        self.y += _POSITION_GAIN * dy
        gain = _VELOCITY_GAIN / seconds
        self.vx = min(max(self.vx + gain * dx, -_TOP_SPEED_MPS), _TOP_SPEED_MPS)
        self.vy = min(max(self.vy + gain * dy, -_TOP_SPEED_MPS), _TOP_SPEED_MPS)
        self.age_s = 0.0
        self.seen += 1

    @property
    def is_walking(self) -> bool:
        """Whether the person moves."""
        return math.hypot(self.vx, self.vy) > _WALKING_MPS

    @property
    def is_forgotten(self) -> bool:
        """Whether the last detection is too long ago."""
        return self.age_s > _FORGET_S

    def crosses(self, y: float) -> bool:
        """Whether the person walks towards a line along X, or along it sideways while near it."""
        aside = self.y - y
        return abs(self.vy) > _SIDEWAYS_MPS and (aside * self.vy < 0.0 or abs(aside) < _NEAR_LINE_M)

    def outline(self, ahead_s: float, radius_m: float = 0.3) -> NDArray[np.float64]:
        """Points around where the person will be, shape (12, 2)."""
        angles = np.arange(12) * (math.tau / 12)
        centre = np.array((self.x + self.vx * ahead_s, self.y + self.vy * ahead_s))
        ring: NDArray[np.float64] = centre + radius_m * np.stack((np.cos(angles), np.sin(angles)), axis=1)
        return ring


def locate_person(
    box: NDArray[np.float32], pose: Pose, hits: NDArray[np.float64], camera: CameraModel
) -> tuple[float, float] | None:
    """Places a detected person, mission frame, or returns None when the box gives no place.

    The nearest lidar hit in the middle of the box counts when it is about where the feet are, or when
    the feet are below the image; without one the feet alone decide.

    Args:
        box: x0, y0, x1, y1 in pixels.
        pose: Robot pose when the frame was taken, mission frame.
        hits: Lidar hits, mission frame, shape (K, 2).
        camera: Nominal calibration.
    """
    x, y, yaw = pose
    c, s = math.cos(yaw), math.sin(yaw)
    by_feet = camera.floor_distance(float(box[3]))
    cut = float(box[3]) >= camera.height - 2.0
    dx, dy = hits[:, 0] - x, hits[:, 1] - y
    ahead, aside = c * dx + s * dy - camera.forward_m, c * dy - s * dx
    column = 0.5 * camera.width - camera.focal_px * aside / np.maximum(ahead, 0.05)
    margin = 0.15 * float(box[2] - box[0]) - 1.0
    inside = (column > float(box[0]) + margin) & (column < float(box[2]) - margin) & (ahead > 0.05)
    distance = float(ahead[inside].min()) if inside.any() else math.inf
    tolerance = max(0.4, _FEET_TOLERANCE * by_feet)
    plausible = distance < 1.6 if cut else abs(distance - by_feet) < tolerance
    if not plausible:
        if cut or math.isinf(by_feet) or by_feet > 8.0:
            return None
        distance = by_feet
    middle = 0.5 * float(box[0] + box[2])
    forward = camera.forward_m + distance
    left = distance * (0.5 * camera.width - middle) / camera.focal_px
    return x + forward * c - left * s, y + forward * s + left * c
