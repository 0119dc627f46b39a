"""The application's one stage with a world of articulated robots: opened, played, looked at."""

from __future__ import annotations

import time
from collections.abc import Callable

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.isaacsim.articulated.shown import Eye, ShownWorld
from simgate.sim_adapters.isaacsim.camera import CameraFeed
from simgate.sim_adapters.isaacsim.options import IsaacOptions
from simgate.sim_adapters.isaacsim.physics_loop import PhysicsLoop
from simgate.sim_adapters.isaacsim.readiness import Frame, FrameGate
from simgate.sim_adapters.isaacsim.shutter import Shutter
from simgate.sim_adapters.isaacsim.stage.world_stage import WorldStage
from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.drawing.ray_sight import RaySight
from simgate.sim_adapters.mujoco.drawing.renderer import Size, far_m


class Studio:
    """Shows one world after the other.

    Args:
        stage: The application's stage.
        loop: Its clock.
        timing: Rates.
        options: Frames to wait for.
        settings: Sets the launch's render settings again after a new stage.

    Attributes:
        render_s: Wall-clock seconds spent rendering so far.
    """

    def __init__(
        self,
        stage: WorldStage,
        loop: PhysicsLoop,
        timing: Timing,
        options: IsaacOptions,
        settings: Callable[[], None],
    ) -> None:
        self.render_s = 0.0
        self.loop, self.timing = loop, timing
        self._stage, self._options, self._settings = stage, options, settings
        self._feeds: dict[Eye, CameraFeed] = {}
        self._shutters: dict[Eye, Shutter] = {}
        self._drawn_at = -1

    def open(self, shown: ShownWorld) -> None:
        """Has the application play a world from now on."""
        self.loop.stop()
        can_edit = self._stage.plan_layer(shown.made.stage.GetRootLayer())
        feeds = {eye: feed.path for eye, feed in self._feeds.items()}
        if can_edit and feeds == shown.cameras:
            self._stage.edit()
        else:
            self.close_feeds()
            self._stage.replace()
            self._settings()
        self.loop.prepare()
        if not self._feeds:
            self._feeds = {
                eye: CameraFeed((eye.height, eye.width), path, with_depth=True)
                for eye, path in shown.cameras.items()
            }
        gate = FrameGate(1.0 / self.timing.physics_hz, with_depth=True, with_time=self._options.frame_time)
        self._shutters = {
            eye: Shutter(feed, self.loop, gate, self._options) for eye, feed in self._feeds.items()
        }
        self._shown, self._drawn_at = shown, -1
        self.loop.play()

    def view(self, built: BuiltScene, size: Size) -> RtxView:
        """What one camera sees; see :data:`simgate.sim_adapters.mujoco.articulated.pictures.MakeView`."""
        return RtxView(self, built, Eye(built.camera, *size), self._shown.geoms)

    def frame(self, eye: Eye) -> Frame:
        """A frame of the present state; cameras that look at one moment are rendered together."""
        began = time.perf_counter()
        now, shutter = self.loop.step_count, self._shutters[eye]
        frame = shutter.take(drawn=self._drawn_at == now) if now else shutter.first()
        self._drawn_at = now
        self.render_s += time.perf_counter() - began
        return frame

    def problems(self) -> tuple[str, ...]:
        """Why frames or the count of steps cannot be believed."""
        found = [shutter.problem for shutter in self._shutters.values() if shutter.problem]
        return (*dict.fromkeys(found), *([self.loop.lost] if self.loop.lost else ()))

    def close_feeds(self) -> None:
        """Detaches all cameras from the stage; safe to call twice."""
        for feed in self._feeds.values():
            feed.close()
        self._feeds, self._shutters = {}, {}


class RtxView:
    """What one camera sees; see :class:`simgate.sim_adapters.mujoco.articulated.pictures.View`.

    Colours, depth and what is in front are RTX'; what a body would fill alone is told by MuJoCo's rays.

    Args:
        studio: Renders.
        built: The scene, with this camera as its own.
        eye: The camera.
        geoms: Path of what is drawn -> number of the shape.
    """

    def __init__(self, studio: Studio, built: BuiltScene, eye: Eye, geoms: dict[str, int]) -> None:
        self.owners = built.geom_body
        self._studio, self._built, self._eye, self._geoms = studio, built, eye, geoms
        self._size = (eye.height, eye.width)

    def update(self, data: mujoco.MjData) -> None:
        """Takes a frame of the present state."""
        self._frame = self._studio.frame(self._eye)
        self._sight = RaySight(self._built, data, self._groups())

    def _groups(self) -> NDArray[np.int64]:
        ids = self._frame.ids
        if ids is None:
            return np.full(self._size, -1, dtype=np.int64)
        numbers, inverse = np.unique(ids, return_inverse=True)
        geoms = [self._geoms.get(self._frame.paths.get(int(number), ""), -1) for number in numbers]
        groups = [int(self.owners[geom]) if geom >= 0 else -1 for geom in geoms]
        return np.array(groups, dtype=np.int64)[inverse].reshape(ids.shape)

    def color(self, out: NDArray[np.uint8]) -> None:
        """The colours; black where no frame has arrived, which makes the run INVALID."""
        out[:] = 0 if self._frame.rgb is None else self._frame.rgb

    def depth(self, out: NDArray[np.float32]) -> None:
        """Depth; the far plane where nothing is, as in MuJoCo."""
        far = far_m(self._built.model)
        found = self._frame.depth_m
        out[:] = far if found is None else np.nan_to_num(np.minimum(found, far), nan=far, posinf=far)

    @property
    def bodies(self) -> NDArray[np.int64]:
        """Number of the group that is in front at each pixel."""
        return self._sight.bodies

    def depth_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Depth of some of the shapes, as if the others were not there, along the rays."""
        return self._sight.depth_of(chosen)
