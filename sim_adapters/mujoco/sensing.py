"""Sensors and truth of a scene at a pose of the robot, whichever engine has moved it there."""

from __future__ import annotations

import math
from collections.abc import Mapping

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.build import GROUP_SOLID, BuiltScene
from simgate.sim_adapters.mujoco.drawing.lighting import light_levels
from simgate.sim_adapters.mujoco.drawing.ray_sight import RaySight
from simgate.sim_adapters.mujoco.drawing.renderer import far_m
from simgate.sim_adapters.mujoco.drawing.sight import Clearance, LabelledBodies, Sight
from simgate.sim_adapters.observation import Contact, GroundTruth, VisibleEntity
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensing.clearance import ClearanceField

Pose = tuple[float, float, float]


class SceneSensing:
    """Lidar, lights and truth of one scene, on a MuJoCo model that is stepped here or posed from outside.

    Args:
        scene: The scene.
        built: Its model.
        data: The model's state, shared with whoever steps or draws it.
        clearance: Measures gaps; by the scene's primitives when left out.
    """

    def __init__(
        self,
        scene: Scene,
        built: BuiltScene,
        data: mujoco.MjData,
        clearance: Clearance | None = None,
    ) -> None:
        self._scene = scene
        self._built = built
        self._data = data
        self.clearance: Clearance = clearance or ClearanceField(scene)
        self._labelled = LabelledBodies(scene, built, self.clearance)
        self._entities: tuple[VisibleEntity, ...] = ()
        self._lights_change = any(light.flicker_hz * light.flicker_depth > 0.0 for light in scene.lights)
        lidar = scene.lidar
        half = 0.5 * math.radians(lidar.fov_deg)
        self._beam_angles = np.linspace(-half, half, lidar.beams)
        self._directions = np.zeros((lidar.beams, 3))
        self._hits = np.zeros(lidar.beams, dtype=np.int32)
        self._distances = np.zeros(lidar.beams)
        self._seen_by_lidar = np.zeros(6, dtype=np.uint8)
        self._seen_by_lidar[GROUP_SOLID] = 1

    def move_actors(self, time_s: float) -> None:
        """Puts every actor where its path says at a simulated time in seconds."""
        for actor, mocap in zip(self._scene.actors, self._built.mocap_ids, strict=True):
            position, yaw = actor.pose_at(time_s)
            self._data.mocap_pos[mocap] = position
            self._data.mocap_quat[mocap] = (math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw))

    def place(self, pose: Pose, time_s: float) -> None:
        """Puts the robot and the actors where another engine says they are.

        Args:
            pose: (x m, y m, yaw rad) of the robot.
            time_s: Simulated time, for the actors.
        """
        x, y = self._built.drive.origin
        self._data.qpos[:] = (pose[0] - x, pose[1] - y, pose[2])
        self.move_actors(time_s)
        self.update_poses()

    def update_poses(self) -> None:
        """Derives the poses of geoms, camera and lights from the state."""
        mujoco.mj_kinematics(self._built.model, self._data)
        mujoco.mj_camlight(self._built.model, self._data)

    def refresh_lights(self, time_s: float) -> None:
        """Sets the lights to a simulated time in seconds; only flicker changes them."""
        if not self._lights_change:
            return
        ambient, colours = light_levels(self._scene, time_s)
        model = self._built.model
        model.vis.headlight.ambient[:] = ambient
        for index, colour in enumerate(colours):
            model.light_diffuse[index] = colour
            model.light_specular[index] = [0.6 * channel for channel in colour]

    def scan(self, pose: Pose, out: NDArray[np.float64]) -> None:
        """Lidar ranges into ``out``, metres, ``inf`` where nothing was hit; glass is passed through.

        Args:
            pose: (x m, y m, yaw rad) of the robot.
            out: float64, shape (R,).
        """
        x, y, yaw = pose
        lidar = self._scene.lidar
        angles = self._beam_angles + yaw
        np.cos(angles, out=self._directions[:, 0])
        np.sin(angles, out=self._directions[:, 1])
        origin = np.array([x, y, lidar.height_m])
        mujoco.mj_multiRay(
            self._built.model,
            self._data,
            origin,
            self._directions.reshape(-1),
            self._seen_by_lidar,
            True,
            self._built.robot_body,
            self._hits,
            self._distances,
            None,
            lidar.beams,
            lidar.range_m,
        )
        out[:] = np.where((self._hits >= 0) & (self._distances <= lidar.range_m), self._distances, np.inf)

    def seen_from(
        self, bodies: NDArray[np.int64], pose: Pose, gaps: Mapping[str, float], time_s: float
    ) -> tuple[VisibleEntity, ...]:
        """The labelled bodies in a frame that another simulator has drawn; moves the model there.

        Args:
            bodies: Index of the body in front at each pixel, negative for none, shape (H, W).
            pose: (x m, y m, yaw rad) of the robot when the frame was taken.
            gaps: Clearance of each body, metres.
            time_s: Simulated time of the frame.
        """
        self.place(pose, time_s)
        return self._labelled.seen(RaySight(self._built, self._data, bodies), gaps, pose[:2], time_s)

    def truth(
        self,
        steps: tuple[int, int],
        time_s: float,
        pose: Pose,
        twist: tuple[float, float],
        contacts: tuple[Contact, ...],
        sight: Sight | None,
    ) -> GroundTruth:
        """The true state of a moment.

        Args:
            steps: Physics steps since reset: now, and of the frame.
            time_s: Simulated time now.
            pose: (x m, y m, yaw rad) of the robot.
            twist: Forward m/s, yaw rate rad/s.
            contacts: Touching since the last observation.
            sight: The frame, if it was taken just now; what the last one showed is kept.
        """
        gaps = self.clearance.gaps(pose[0], pose[1], time_s)
        if sight is not None:
            self._entities = self._labelled.seen(sight, gaps, pose[:2], time_s)
        far = far_m(self._built.model)
        return GroundTruth(steps[0], steps[1], pose, twist, self._entities, contacts, gaps, far_m=far)
