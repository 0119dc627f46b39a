"""A batch of worlds that MuJoCo draws, whichever engine moves them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.commands import checked_commands
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.drawing.renderer import FrameRenderer, SceneView, assets_of
from simgate.sim_adapters.mujoco.drawing.sight import Sight
from simgate.sim_adapters.mujoco.mujoco_log import warn_on_stderr
from simgate.sim_adapters.mujoco.options import OPTIONS
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.options import Options, read_options
from simgate.sim_adapters.planar_drive import drive_observation, drive_of
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.traits import AdapterTraits


class View(Sight, Protocol):
    """A camera of one world."""

    def update(self, data: mujoco.MjData) -> None:
        """Takes over poses and lights, before all that is drawn of a moment."""
        ...

    def color(self, out: NDArray[np.uint8]) -> None:
        """The picture into ``out``, shape (H, W, 3)."""
        ...

    def depth(self, out: NDArray[np.float32]) -> None:
        """Distance along the optical axis into ``out``, metres, shape (H, W)."""
        ...


class DrawnWorld(Protocol):
    """One world: an engine moves it, and its MuJoCo model follows."""

    scene: Scene
    built: BuiltScene
    data: mujoco.MjData

    @property
    def pose(self) -> tuple[float, float, float]:
        """(x m, y m, yaw rad in (-pi, pi]) of the robot."""
        ...

    @property
    def twist(self) -> tuple[float, float]:
        """Forward speed m/s and yaw rate rad/s."""
        ...

    def advance(self, forward_mps: float, yaw_rate_rps: float, steps: int) -> None:
        """Holds a command for so many physics steps; afterwards the model is where the world is."""
        ...

    def refresh_lights(self) -> None:
        """Sets the lights to the present moment."""
        ...

    def scan(self, out: NDArray[np.float64]) -> None:
        """Lidar ranges into ``out``, metres."""
        ...

    def truth(self, sight: Sight | None, frame_step: int) -> GroundTruth:
        """The true state now, with what a frame shows of it that was taken just now (None: the last one)."""
        ...

    def problems(self) -> tuple[str, ...]:
        """Why this world cannot be believed; empty when it is sound."""
        ...


W = TypeVar("W", bound=DrawnWorld)


class RenderedAdapter(ABC, Generic[W]):
    """Worlds stepped one after the other, drawn by one OpenGL context.

    Args:
        timing: Rates of the loop.
        options: Values of :attr:`options`.

    Raises:
        ValueError: An option is unknown or wrong.
    """

    name: str
    """Entry-point name of the adapter."""
    traits = AdapterTraits(counts_render_s=True)
    options: Options = OPTIONS
    """What it may be told."""

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        self._told = read_options(f"{self.name} adapter", self.options, options or {})
        self._with_depth: bool = self._told["depth"]
        warn_on_stderr()
        self._timing = timing
        self._renderer: FrameRenderer | None = None
        self._worlds: list[W] = []
        self._views: Sequence[View] = []
        self.render_s = 0.0
        """Wall-clock seconds spent drawing so far, for the benchmark."""

    @abstractmethod
    def describe(self) -> AdapterInfo:
        """Identity for the fingerprint."""

    @abstractmethod
    def _make_worlds(self, scenes: Sequence[Scene]) -> list[W]:
        """One world for each scene at step 0."""

    @property
    def renderer_name(self) -> str:
        """What draws; known once a first scene was built."""
        return self._renderer.description if self._renderer else "OpenGL, not started"

    def reset(self, scenes: Sequence[Scene]) -> Observation:
        """Builds one world for each scene.

        Raises:
            ValueError: No scene, scenes of different image or lidar sizes, or the engine rejects one.
        """
        if not scenes:
            raise ValueError("reset needs at least one scene")
        sizes = {(s.camera.width, s.camera.height, s.lidar.beams) for s in scenes}
        if len(sizes) > 1:
            raise ValueError(
                f"scenes of one batch must share image size and lidar beams, got {sorted(sizes)}"
            )
        # A scene that is refused must not leave the last episode running.
        self._worlds = []
        self._worlds = self._make_worlds(scenes)
        self._step = 0
        self._frame_step = 0
        self._prepare_renderer()
        self._views = [self._view_of(world) for world in self._worlds]
        self._allocate(*sizes.pop())
        for index in range(len(scenes)):
            self._sense(index, new_frame=True)
        return self._observation()

    def _view_of(self, world: W) -> View:
        """What draws a world."""
        return SceneView(self._gl, world.built)

    @property
    def _gl(self) -> FrameRenderer:
        assert self._renderer is not None
        return self._renderer

    @property
    def embodiment(self) -> Embodiment:
        """The driving robot of the scenes that were last built."""
        if not self._worlds:
            raise RuntimeError(f"{self.name} adapter: no embodiment before reset")
        scene, timing = self._worlds[0].scene, self._timing
        return drive_of(scene, timing.control_hz, timing.camera_hz, self._with_depth)

    @property
    def _drawn_s(self) -> float:
        return self._gl.render_s

    def _prepare_renderer(self) -> None:
        camera = self._worlds[0].scene.camera
        old = self._renderer
        fits = {assets_of(world.built) for world in self._worlds}
        if len(fits) > 1:
            raise ValueError("scenes of one batch must come from one file, with the same pictures and meshes")
        size = (camera.width, camera.height)
        if old is not None and ((old.width, old.height) != size or old.assets not in fits):
            old.close()
            old = None
        if old is None:
            self._renderer = FrameRenderer(self._worlds[0].built)

    def _allocate(self, width: int, height: int, beams: int) -> None:
        n = len(self._worlds)
        self._rgb = np.zeros((n, height, width, 3), dtype=np.uint8)
        self._depth = np.zeros((n, height, width), dtype=np.float32) if self._with_depth else None
        self._ranges = np.zeros((n, beams))
        self._pose = np.zeros((n, 3))
        self._twist = np.zeros((n, 2))
        self._truth: list[GroundTruth] = [None] * n  # type: ignore[list-item]

    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation:
        """Holds the actions to the next command or frame, and senses.

        Raises:
            RuntimeError: There is no scene.
            ValueError: The actions have another shape or are no finite numbers.
        """
        if not self._worlds:
            raise RuntimeError(f"{self.name} adapter: step before reset")
        told = checked_commands(self.name, actions, len(self._worlds), active)
        ahead = self._timing.steps_ahead(self._step)
        self._step += ahead
        new_frame = self._step % self._timing.camera_steps == 0
        if new_frame:
            self._frame_step = self._step
        moving = [k for k in range(len(self._worlds)) if active is None or active[k]]
        self._advance(moving, told, ahead)
        for index in moving:
            self._sense(index, new_frame)
        return self._observation()

    def _advance(self, moving: Sequence[int], told: NDArray[np.float64], steps: int) -> None:
        """Holds the commands of some worlds for so many physics steps."""
        for index in moving:
            self._worlds[index].advance(float(told[index, 0]), float(told[index, 1]), steps)

    def _sense(self, index: int, new_frame: bool) -> None:
        world, view = self._worlds[index], self._views[index]
        drawn_s = self._drawn_s
        if new_frame:
            world.refresh_lights()
            view.update(world.data)
            view.color(self._rgb[index])
            if self._depth is not None:
                view.depth(self._depth[index])
        world.scan(self._ranges[index])
        self._pose[index] = world.pose
        self._twist[index] = world.twist
        self._truth[index] = world.truth(view if new_frame else None, self._frame_step)
        self.render_s += self._drawn_s - drawn_s

    def _observation(self) -> Observation:
        return drive_observation(
            step=self._step,
            frame_step=self._frame_step,
            rgb=self._rgb,
            ranges_m=self._ranges,
            pose=self._pose,
            twist=self._twist,
            depth_m=self._depth,
        )

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        """The true state of each world at the last observation."""
        return tuple(self._truth)

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Reasons why a world cannot be believed."""
        return tuple(world.problems() for world in self._worlds)

    def close(self) -> None:
        """Frees worlds and graphics; safe to call twice."""
        self._views, self._worlds = [], []
        self._close_renderer()

    def _close_renderer(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
