"""Pictures of a scene by MuJoCo, at the poses that PhysX has given."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.build import build_model
from simgate.sim_adapters.mujoco.drawing.renderer import FrameRenderer, SceneView, assets_of
from simgate.sim_adapters.mujoco.sensing import SceneSensing
from simgate.sim_adapters.mujoco.stage_twin.twin import build_twin
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.native.variant_stage import VariantStage


@dataclass(frozen=True)
class DrawnState:
    """What the renderer knows of the world: it lags behind physics until fabric is updated.

    Attributes:
        robot: (x m, y m, yaw rad).
        actors: (position, quaternion wxyz) of each.
        time_s: Simulated time of this state.
        episode_s: The same since physics was started.
    """

    robot: tuple[float, float, float]
    actors: tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]
    time_s: float
    episode_s: float


class Picture:
    """Draws one scene."""

    _renderer: FrameRenderer | None = None

    def __init__(self, scene: Scene, timing: Timing, variant: VariantStage | None) -> None:
        if variant is None:
            self._built = build_model(scene, timing)
            self._mocaps = self._built.mocap_ids
        else:
            twin = build_twin(scene, timing, variant, steps=False)
            self._built, self._mocaps = twin.built, tuple(twin.followers.values())
        self._data = mujoco.MjData(self._built.model)
        self._sensing = SceneSensing(scene, self._built, self._data)
        self.size = (scene.camera.height, scene.camera.width)
        renderer = Picture._renderer
        fits = renderer is not None and (renderer.height, renderer.width) == self.size
        if renderer is None or not fits or renderer.assets != assets_of(self._built):
            if renderer is not None:
                renderer.close()
            Picture._renderer = renderer = FrameRenderer(self._built)
        self._view = SceneView(renderer, self._built)
        self.body_names = self._built.names

    def draw(self, state: DrawnState) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.float32]]:
        """Colour (H, W, 3), body index by pixel (H, W), depth (H, W)."""
        x, y = self._built.drive.origin
        self._data.qpos[:] = (state.robot[0] - x, state.robot[1] - y, state.robot[2])
        for mocap, (position, quaternion) in zip(self._mocaps, state.actors, strict=True):
            self._data.mocap_pos[mocap] = position
            self._data.mocap_quat[mocap] = quaternion
        self._sensing.update_poses()
        self._sensing.refresh_lights(state.episode_s)
        self._view.update(self._data)
        colour = np.zeros((*self.size, 3), dtype=np.uint8)
        depth = np.zeros(self.size, dtype=np.float32)
        self._view.color(colour)
        bodies = self._view.bodies
        self._view.depth(depth)
        return colour, bodies, depth
