"""The Isaac Sim adapter: one world at a time, on the application's one stage."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.commands import checked_commands
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.gpu_identity import gpu_and_driver
from simgate.sim_adapters.isaacsim.application.app import KitApp
from simgate.sim_adapters.isaacsim.articulated.lacks import lacking
from simgate.sim_adapters.isaacsim.camera import CameraFeed, colours_on_device
from simgate.sim_adapters.isaacsim.options import OPTIONS, IsaacOptions
from simgate.sim_adapters.isaacsim.physics_loop import PhysicsLoop
from simgate.sim_adapters.isaacsim.stage.world_stage import WorldStage
from simgate.sim_adapters.isaacsim.world import IsaacWorld
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.planar_drive import drive_observation, drive_of
from simgate.sim_adapters.quantities import Physical
from simgate.sim_adapters.scene.articulated import ArticulatedSite
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.traits import AdapterTraits

if TYPE_CHECKING:
    from simgate.sim_adapters.isaacsim.articulated.robots import IsaacRobots


class IsaacSimAdapter:
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`.

    One world: a stage has one set of lights, and variants differ in theirs, so that worlds side by side would
    light each other. Throughput comes from hosts, one for each GPU.

    Args:
        timing: Rates of the loop.
        options: See :class:`simgate.sim_adapters.isaacsim.options.IsaacOptions`.

    Raises:
        ValueError: An option is unknown or wrong, or ``camera_hz`` does not divide ``control_hz``.

    """

    traits = AdapterTraits(
        max_worlds=1,
        recycle_after=50,  # Every new stage leaves memory behind.
        bit_reproducible=False,  # RTX frames of the same scene differ a little from run to run.
        device_frames=True,
        counts_render_s=True,
        path_options=tuple(name for name, option in OPTIONS.items() if option.kind == "file"),
        quantities=frozenset(get_args(Physical)),
        actuators=True,
        pushes=True,
        lacks=lacking,
    )

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        if timing.control_hz % timing.camera_hz:
            raise ValueError(
                f"isaacsim takes frames where commands end: camera_hz={timing.camera_hz} must divide "
                f"control_hz={timing.control_hz}"
            )
        self._timing = timing
        self._options = IsaacOptions.read(options or {})
        self._app: KitApp | None = None
        self._stage = WorldStage(timing, self._options.assets)
        self._loop = PhysicsLoop(timing, self._options)
        self._feed: CameraFeed | None = None
        self._world: IsaacWorld | None = None
        self._robots: IsaacRobots | None = None
        """The world, while it is one of robots on their own joints."""
        self._driven_s = 0.0

    @staticmethod
    def files(options: Mapping[str, object]) -> list[Path]:
        """The asset table and the USD files that it names; what these read in turn is not looked at.

        Raises:
            StageError: The table cannot be read.
        """
        from simgate.sim_adapters.scene.asset_table import AssetTable

        table = options.get("assets")
        if not isinstance(table, str) or not table:
            return []
        shown = [entry.usd for entry in AssetTable.from_yaml(Path(table)).entries.values()]
        return [Path(table), *(Path(usd) for usd in dict.fromkeys(shown) if "://" not in usd)]

    def describe(self) -> AdapterInfo:
        """Identity; version and GPU are known once the application runs."""
        if self._app is None:
            return AdapterInfo("isaacsim", "", "RTX, not started", "")
        options = self._options
        renderer = f"RTX {options.renderer}, {options.loop} loop, {options.experience}"
        device = f"{gpu_and_driver(self._app.launch.gpu)}; physics on {options.physics_device}"
        return AdapterInfo("isaacsim", self._app.version, renderer, device)

    @property
    def render_s(self) -> float:
        """Wall-clock seconds spent rendering so far."""
        return self._driven_s + (self._robots.render_s if self._robots is not None else 0.0)

    def reset(self, scenes: Sequence[Scene | ArticulatedSite]) -> Observation:
        """Shows a scene at step 0; :meth:`health` says so when its first frame cannot be believed.

        Raises:
            ValueError: Not just one scene, it cannot become a stage, or Isaac Sim cannot move it.
            IsaacSimUnavailable: Isaac Sim cannot be started.
        """
        if not scenes:
            raise ValueError("reset needs at least one scene")
        if len(scenes) > 1:
            raise ValueError(
                f"isaacsim runs one world at a time, got {len(scenes)} scenes: set sim.batch to 1"
            )
        scene = scenes[0]
        if self._app is None:
            self._app = KitApp.shared(self._options)
        self._world = None
        self._loop.stop()
        if isinstance(scene, ArticulatedSite):
            self._close_feed()
            return self._robots_of(self._app).reset([scene])
        self._leave_robots()
        self._show(scene)
        self._loop.prepare()
        shown = self._stage.shown
        if self._feed is None:
            size = (scene.camera.height, scene.camera.width)
            self._feed = CameraFeed(size, shown.camera, self._options.depth)
        began = time.perf_counter()
        self._world = IsaacWorld(scene, shown, self._timing, self._options, self._loop, self._feed)
        self._driven_s += time.perf_counter() - began
        camera = scene.camera
        self._rgb = np.zeros((1, camera.height, camera.width, 3), dtype=np.uint8)
        self._depth = (
            np.zeros((1, camera.height, camera.width), dtype=np.float32) if self._options.depth else None
        )
        self._frame_step = 0
        self._sense(self._world, new_frame=True)
        return self._observation

    def _robots_of(self, app: KitApp) -> IsaacRobots:
        if self._robots is None:
            if self._options.loop != "explicit":
                raise ValueError(
                    f"isaacsim moves robots on their own joints in the explicit loop alone, not the "
                    f"{self._options.loop} one: leave sim.options.loop out"
                )
            from simgate.sim_adapters.isaacsim.articulated.robots import IsaacRobots
            from simgate.sim_adapters.isaacsim.articulated.studio import Studio

            settings = app.apply_render_settings
            studio = Studio(self._stage, self._loop, self._timing, self._options, settings)
            self._robots = IsaacRobots(self._timing, studio)
        return self._robots

    def _leave_robots(self) -> None:
        if self._robots is not None:
            self._driven_s += self._robots.render_s
            self._robots.close()
            self._robots = None

    def _show(self, scene: Scene) -> None:
        """Edits the stage where that is enough, else opens a new one once nothing is attached to the old."""
        assert self._app is not None
        can_edit = self._stage.plan(scene)
        size, camera = (scene.camera.height, scene.camera.width), self._stage.shown.camera
        if can_edit and self._feed is not None and (self._feed.size, self._feed.path) == (size, camera):
            self._stage.edit()
            return
        self._close_feed()
        self._stage.replace()
        self._app.apply_render_settings()

    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation:
        """Holds the command for one control period and senses."""
        if self._robots is not None:
            return self._robots.step(actions, active)
        world = self._running()
        told = checked_commands("isaacsim", actions, 1, active)
        if active is not None and not active[0]:
            return self._observation
        world.advance(float(told[0, 0]), float(told[0, 1]))
        new_frame = world.step_count % self._timing.camera_steps == 0
        if new_frame:
            began = time.perf_counter()
            world.look()
            self._driven_s += time.perf_counter() - began
            self._frame_step = world.step_count
        self._sense(world, new_frame)
        return self._observation

    @property
    def embodiment(self) -> Embodiment:
        """The robot of the scene that was last built."""
        if self._robots is not None:
            return self._robots.embodiment
        scene, timing = self._running().scene, self._timing
        return drive_of(scene, timing.control_hz, timing.camera_hz, self._options.depth)

    def _sense(self, world: IsaacWorld, new_frame: bool) -> None:
        frame = world.frame
        if new_frame and frame.rgb is not None:
            self._rgb[0] = frame.rgb
        if new_frame and self._depth is not None and frame.depth_m is not None:
            self._depth[0] = frame.depth_m
        self._truth = world.truth(self._frame_step)
        self._observation = drive_observation(
            step=world.step_count,
            frame_step=self._frame_step,
            rgb=self._rgb,
            ranges_m=world.scan()[None],
            pose=np.array([self._truth.pose]),
            twist=np.array([self._truth.twist]),
            depth_m=self._depth,
        )

    def device_frames(self) -> Any:
        """The last frame where it was rendered, uint8, shape (1, H, W, 3), over DLPack; None before one.

        For a perception runtime on the same GPU, which then needs no copy through the host. Raw, without
        camera effects; valid until the next ``step``. The rows have gaps: it is a view of RGBA.
        """
        return None if self._world is None else colours_on_device(self._world.frame.device_rgba)

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        """The true state at the last observation."""
        if self._robots is not None:
            return self._robots.ground_truth()
        return () if self._world is None else (self._truth,)

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Reasons why the world cannot be believed."""
        if self._robots is not None:
            return self._robots.health()
        return () if self._world is None else (self._world.problems(),)

    def close(self) -> None:
        """Leaves an empty stage; safe to call twice. The application ends with the process."""
        self._world = None
        if self._app is None:
            return
        self._loop.stop()
        self._leave_robots()
        self._close_feed()
        self._stage.close()
        self._app = None

    def _close_feed(self) -> None:
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def _running(self) -> IsaacWorld:
        if self._world is None:
            raise RuntimeError("isaacsim adapter: step before reset")
        return self._world
