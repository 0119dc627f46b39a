"""The driving robot as one embodiment among others: its channels, its action, and a typed view of both.

Camera forward, a flat scan, odometry; speed and turn rate. Adapters that build a :class:`Scene` give it,
policies that drive such a robot read it through :class:`DriveView`, so that types keep their grip.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment, Intrinsics
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.sensor import Camera, Lidar

if TYPE_CHECKING:
    from simgate.sim_adapters.scene.scene import Scene

NAME = "planar_drive"
RGB, DEPTH, SCAN, POSE, TWIST = "front.rgb", "front.depth", "scan", "pose", "twist"
"""Names of the channels."""


def planar_drive(
    robot: Robot, camera: Camera, lidar: Lidar, control_hz: float, camera_hz: float, with_depth: bool = False
) -> Embodiment:
    """The embodiment of a driving robot; commands beyond its top speeds are cut by its drive."""
    lens = Intrinsics(camera.width, camera.height, camera.vertical_fov_deg)
    size = (camera.height, camera.width)
    depth = Channel(DEPTH, "depth", size, "float32", "m", camera_hz, low=0.0, frame="front", intrinsics=lens)
    half = 0.5 * math.radians(lidar.fov_deg)
    scan = Channel(
        SCAN,
        "ranges",
        (lidar.beams,),
        "float64",
        "m",
        control_hz,
        low=0.0,
        frame="robot",
        span_rad=(-half, half),
    )
    channels = (
        Channel(RGB, "rgb", (*size, 3), "uint8", "", camera_hz, frame="front", intrinsics=lens),
        *((depth,) if with_depth else ()),
        scan,
        Channel(POSE, "pose", (3,), "float64", "", control_hz, entries=("x_m", "y_m", "yaw_rad")),
        Channel(TWIST, "twist", (2,), "float64", "", control_hz, entries=("forward_mps", "yaw_rate_rps")),
    )
    top = (robot.max_speed_mps, robot.max_yaw_rate_rps)
    low = (-robot.max_speed_mps, -robot.max_yaw_rate_rps)
    action = ActionSpec(("forward_mps", "yaw_rate_rps"), ("m/s", "rad/s"), low, top, clip=True)
    return Embodiment(NAME, channels, action)


def drive_of(scene: Scene, control_hz: float, camera_hz: float, with_depth: bool = False) -> Embodiment:
    """The embodiment of the driving robot of a scene."""
    return planar_drive(scene.robot, scene.camera, scene.lidar, control_hz, camera_hz, with_depth)


def drive_observation(
    step: int,
    frame_step: int,
    rgb: NDArray[np.uint8],
    ranges_m: NDArray[np.float64],
    pose: NDArray[np.float64],
    twist: NDArray[np.float64],
    depth_m: NDArray[np.float32] | None = None,
) -> Observation:
    """What N driving robots sense; arguments as :class:`DriveView` gives them back."""
    channels: dict[str, NDArray[Any]] = {RGB: rgb, SCAN: ranges_m, POSE: pose, TWIST: twist}
    stamps = {RGB: frame_step, SCAN: step, POSE: step, TWIST: step}
    if depth_m is not None:
        channels[DEPTH], stamps[DEPTH] = depth_m, frame_step
    return Observation(step, channels, stamps)


@dataclass(frozen=True, slots=True)
class DriveView:
    """The channels of a driving robot with their types.

    Raises:
        KeyError: On reading: the robot does not have the channel.
    """

    observation: Observation

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """Camera frames, shape (N, H, W, 3)."""
        return self.observation.channels[RGB]

    @property
    def depth_m(self) -> NDArray[np.float32] | None:
        """Distance along the optical axis, shape (N, H, W); None when the adapter was not asked for depth."""
        return self.observation.channels.get(DEPTH)

    @property
    def ranges_m(self) -> NDArray[np.float64]:
        """2D lidar, shape (N, R), metres; ``inf`` where nothing was hit."""
        return self.observation.channels[SCAN]

    @property
    def pose(self) -> NDArray[np.float64]:
        """Odometry (x m, y m, yaw rad) in the world frame, shape (N, 3)."""
        return self.observation.channels[POSE]

    @property
    def twist(self) -> NDArray[np.float64]:
        """Forward speed in m/s and yaw rate in rad/s, shape (N, 2)."""
        return self.observation.channels[TWIST]

    @property
    def frame_step(self) -> int:
        """Physics step at which :attr:`rgb` was taken."""
        return self.observation.stamps[RGB]

    @property
    def has_new_frame(self) -> bool:
        """Whether :attr:`rgb` was taken at this very step."""
        return self.observation.is_new(RGB)
