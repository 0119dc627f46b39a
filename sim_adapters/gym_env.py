"""Any adapter as a single-robot ``gymnasium.Env``, to train or probe policies on the worlds that gate them.

The observation is what :class:`simgate.sim_adapters.observation.Observation` gives a policy; ground truth
is only in ``info``, for rewards and debugging. The gate itself does not run through this class.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.sensors.effects import apply_effects

SceneSampler = Callable[[np.random.Generator], Scene]
Sensed = dict[str, Any]

_COLLISION_PENALTY = 5.0


class SimEnv(gym.Env[Sensed, NDArray[np.float32]]):
    """One robot in one world.

    Observation: ``rgb`` uint8 (H, W, 3); ``ranges_m`` float32 (R,), clipped to the lidar's range; ``pose``
    float32 (3,) metres and radians; ``twist`` float32 (2,) m/s and rad/s; ``goal`` float32 (2,) metres,
    world frame.
    Action: float32 (2,) in [-1, 1]: share of the robot's top speed and yaw rate.
    Reward: metres gained towards the goal, minus 5 at a collision. The episode terminates at the goal or at a
    collision and is truncated at the time limit.

    Args:
        adapter: The simulator, made with the same ``timing``.
        timing: Rates of the loop.
        scenes: Draws a scene; all scenes must share image size and lidar.
        time_limit_s: Simulated seconds until truncation.
    """

    # The base class declares it as an instance variable.
    metadata: dict[str, Any] = {  # noqa: RUF012
        "render_modes": ["rgb_array"],
        "render_fps": 10,
    }

    def __init__(
        self, adapter: SimAdapter, timing: Timing, scenes: SceneSampler, time_limit_s: float = 25.0
    ) -> None:
        self.render_mode = "rgb_array"
        self._adapter = adapter
        self._timing = timing
        self._scenes = scenes
        self._limit_steps = round(time_limit_s * timing.physics_hz)
        self._scene = scenes(np.random.default_rng(0))
        camera, lidar = self._scene.camera, self._scene.lidar
        wide = np.float32(np.finfo(np.float32).max)
        self.observation_space = spaces.Dict(
            {
                "rgb": spaces.Box(0, 255, (camera.height, camera.width, 3), np.uint8),
                "ranges_m": spaces.Box(0.0, lidar.range_m, (lidar.beams,), np.float32),
                "pose": spaces.Box(-wide, wide, (3,), np.float32),
                "twist": spaces.Box(-wide, wide, (2,), np.float32),
                "goal": spaces.Box(-wide, wide, (2,), np.float32),
            }
        )
        self.action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)
        self._frame = np.zeros((camera.height, camera.width, 3), dtype=np.uint8)
        self._frame_index = 0
        self._noise_seed = 0
        self._goal_distance = math.inf

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Sensed, dict[str, Any]]:
        """Draws a scene and starts it; ``options={"scene": Scene}`` starts that one.

        Raises:
            ValueError: The scene has another image size or lidar, or the simulator cannot build it.
        """
        super().reset(seed=seed)
        given = (options or {}).get("scene")
        scene = given if given is not None else self._scenes(self.np_random)
        self._require_size(scene)
        self._noise_seed = int(self.np_random.integers(2**63 - 1))
        observation = self._adapter.reset([scene])
        self._scene = scene
        self._frame_index = 0
        # The first frame can be lost: what is seen then must not be the last episode.
        self._frame = np.zeros_like(self._frame)
        truth = self._adapter.ground_truth()[0]
        self._goal_distance = self._distance(truth)
        self._take_frame(observation)
        return self._sensed(observation), {"truth": truth}

    def step(self, action: NDArray[np.float32]) -> tuple[Sensed, float, bool, bool, dict[str, Any]]:
        """Holds the action for one control period.

        Raises:
            RuntimeError: There is no episode: before the first ``reset``, or after ``close``.
            ValueError: The action is not two finite numbers.
        """
        robot = self._scene.robot
        share = np.clip(self._checked(action), -1.0, 1.0)
        command = np.array([[share[0] * robot.max_speed_mps, share[1] * robot.max_yaw_rate_rps]])
        collided, observation = False, None
        while observation is None or not self._timing.is_control(observation.step):
            observation = self._adapter.step(command)
            self._take_frame(observation)
            truth = self._adapter.ground_truth()[0]
            collided = collided or bool(truth.contacts)
        distance = self._distance(truth)
        reward = self._goal_distance - distance
        self._goal_distance = distance
        if collided:
            reward -= _COLLISION_PENALTY
        terminated = collided or distance <= self._scene.task.goal_radius_m
        truncated = observation.step >= self._limit_steps
        return self._sensed(observation), float(reward), terminated, truncated, {"truth": truth}

    def render(self) -> NDArray[np.uint8]:
        """The last frame as the robot saw it, uint8, shape (H, W, 3)."""
        return self._frame.copy()

    def close(self) -> None:
        """Closes the adapter."""
        self._adapter.close()

    def _checked(self, action: object) -> NDArray[np.float64]:
        """The action as float64; a simulator would make something of anything, a clipped ``nan`` included."""
        given = np.asarray(action)
        if given.dtype.kind not in "fiu" or given.shape != self.action_space.shape:
            raise ValueError(
                "an action is two numbers from -1 to 1, shares of top speed and yaw rate, "
                f"not {given.dtype} of shape {given.shape}"
            )
        if not np.isfinite(given).all():
            raise ValueError(f"the action {given.tolist()} is not finite")
        return given.astype(np.float64)

    def _require_size(self, scene: Scene) -> None:
        """All scenes fit the observation space, which was made for the first one."""
        for what, found, wanted in (
            ("image size", _image_size(scene), _image_size(self._scene)),
            ("lidar beams and range", _lidar_size(scene), _lidar_size(self._scene)),
        ):
            if found != wanted:
                raise ValueError(f"all scenes of an environment share {what} {wanted}; this one has {found}")

    def _distance(self, truth: GroundTruth) -> float:
        goal = self._scene.task.goal
        return math.hypot(goal[0] - truth.pose[0], goal[1] - truth.pose[1])

    def _take_frame(self, observation: Observation) -> None:
        """Frames also come between commands: each counts, and the newest is what the policy sees."""
        sensed = DriveView(observation)
        if sensed.has_new_frame:
            frame = apply_effects(sensed.rgb[0], self._scene.effects, self._noise_seed, self._frame_index)
            self._frame_index += 1
            if frame is not None:
                self._frame = frame.copy()

    def _sensed(self, observation: Observation) -> Sensed:
        sensed = DriveView(observation)
        limit = self._scene.lidar.range_m
        return {
            "rgb": self._frame.copy(),
            "ranges_m": np.minimum(sensed.ranges_m[0], limit).astype(np.float32),
            "pose": sensed.pose[0].astype(np.float32),
            "twist": sensed.twist[0].astype(np.float32),
            "goal": np.array(self._scene.task.goal, dtype=np.float32),
        }


def _image_size(scene: Scene) -> tuple[int, int]:
    return scene.camera.width, scene.camera.height


def _lidar_size(scene: Scene) -> tuple[int, float]:
    return scene.lidar.beams, scene.lidar.range_m
