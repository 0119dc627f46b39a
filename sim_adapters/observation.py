"""What a robot can sense, and, as a separate type, what is true.

A policy is given an :class:`Observation` and nothing else. :class:`GroundTruth` never enters
``policies``: only the harness reads it, to score. Two types, so that a policy that peeks does
not type-check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Observation:
    """Sensor readings of N worlds after the same number of physics steps.

    Attributes:
        step: Physics steps since ``reset``.
        frame_step: Physics step at which ``rgb`` was taken (``<= step``).
        rgb: Camera frames, uint8, shape (N, H, W, 3). Owned by the adapter until the next
            ``step``; copy to keep.
        ranges_m: 2D lidar, float64, shape (N, R), metres; ``inf`` where nothing was hit.
        pose: Odometry (x m, y m, yaw rad) in the world frame, float64, shape (N, 3).
        twist: Forward speed in m/s and yaw rate in rad/s, float64, shape (N, 2).
        depth_m: Distance along the optical axis, float32, shape (N, H, W), or None when the
            adapter was not asked for depth.
    """

    step: int
    frame_step: int
    rgb: NDArray[np.uint8]
    ranges_m: NDArray[np.float64]
    pose: NDArray[np.float64]
    twist: NDArray[np.float64]
    depth_m: NDArray[np.float32] | None = None

    @property
    def has_new_frame(self) -> bool:
        """Whether ``rgb`` was taken at this very step."""
        return self.frame_step == self.step


@dataclass(frozen=True, slots=True)
class VisibleEntity:
    """A labelled body of which at least one pixel is seen in the camera frame, through glass too.

    Attributes:
        name: Name of the body in the scene.
        label: Semantic class, for example ``glass_door``.
        box: Tight box of the visible pixels (x0, y0, x1, y1), pixels, right and bottom
            exclusive.
        pixels: Number of visible pixels: nothing stands before the body there, or panes that together let at
            least a tenth of the light through.
        occlusion: Share of the body's pixels, when it is drawn alone, that something hides, 0 to 1.
        distance_m: Distance in the floor plane from the robot's centre to the body, metres.
        truncated: Whether the body drawn alone reaches the image border.
        transmittance: Share of the light that reaches the camera through the panes before the body, mean over
            the visible pixels, 0 to 1; each pane passes 1 less its opacity.
    """

    name: str
    label: str
    box: tuple[int, int, int, int]
    pixels: int
    occlusion: float
    distance_m: float
    truncated: bool
    transmittance: float = 1.0


@dataclass(frozen=True, slots=True)
class Contact:
    """Touching between the robot and one body since the previous observation.

    Attributes:
        body: Name of the body that was touched.
        impulse_ns: Sum of normal impulses, newton seconds.
        depth_m: Largest penetration, metres.
        step: Physics step of the first touch.
        touched: Physics steps in which they touched; empty where the simulator does not tell (also in
            recordings of older versions).
    """

    body: str
    impulse_ns: float
    depth_m: float
    step: int
    touched: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The true state of one world, for scoring only.

    Attributes:
        step: Physics steps since ``reset``.
        frame_step: Physics step of the frame that ``entities`` describes.
        pose: (x m, y m, yaw rad) of the robot.
        twist: (forward m/s, yaw rate rad/s).
        entities: Labelled bodies seen in the frame.
        contacts: Touching since the previous observation.
        clearance_m: For every body that can collide, the gap between the robot's hull and the
            body in the floor plane, metres, negative when they overlap.
        values: Quantities that the task has asked for (:mod:`simgate.sim_adapters.quantities`), by the task's
            names.
    """

    step: int
    frame_step: int
    pose: tuple[float, float, float]
    twist: tuple[float, float]
    entities: tuple[VisibleEntity, ...]
    contacts: tuple[Contact, ...]
    clearance_m: Mapping[str, float]
    values: Mapping[str, float] = field(default_factory=dict)
