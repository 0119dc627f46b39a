"""A camera of all worlds of a simulation, drawn at once by ray tracing, and one world's view of it.

The ray tracer draws what lets light through as if it did not: a second pass without it gives what is behind,
and both are mixed by its opacity. Of panes behind one another only the first is seen.
"""

from __future__ import annotations

import importlib
import time
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.build import UNCOUNTED_GEOM, BuiltScene, geom_opacity
from simgate.sim_adapters.mujoco.drawing.ray_sight import RaySight
from simgate.sim_adapters.mujoco.drawing.renderer import Size, far_m
from simgate.sim_adapters.mujoco_warp.engine import WarpEngine
from simgate.sim_adapters.mujoco_warp.library import library
from simgate.sim_adapters.mujoco_warp.mixing import mixed
from simgate.sim_adapters.mujoco_warp.simulation import Simulation

_GROUPS = 6
wp: Any = importlib.import_module("warp")


class CameraOfAll:
    """Draws a camera of every world.

    Args:
        simulation: The worlds.
        camera: Number of the camera.
        size: Width and height, pixels.
    """

    def __init__(self, simulation: Simulation, camera: int, size: Size) -> None:
        self._simulation, self.size = simulation, size
        built = simulation.first
        self._mjw = library()
        self.render_s = 0.0
        """Wall-clock seconds spent drawing so far."""
        width, height = size
        opacity = np.array([geom_opacity(engine.machine.built.model) for engine in simulation.engines])
        self._has_panes = bool((opacity < 1.0).any())
        model = built.model
        active = [number == camera for number in range(model.ncam)]
        skies = model.ntex and (model.tex_type == int(mujoco.mjtTexture.mjTEXTURE_SKYBOX)).any()
        with wp.ScopedDevice(simulation.device):
            self._context = self._mjw.create_render_context(
                model, nworld=len(simulation.engines), cam_res=size, render_rgb=True, render_depth=True,
                render_seg=True, cam_active=active, use_shadows=True, render_skybox=bool(skies),
                enabled_geom_groups=[g for g in range(_GROUPS) if g not in built.unseen_groups],
                use_precomputed_rays=False,
            )  # fmt: skip
            self._opacity = wp.array(opacity.astype(np.float32), dtype=wp.float32)
            self._panes = opacity < 1.0
            self.colours = wp.zeros((len(simulation.engines), height, width, 3), dtype=wp.uint8)
            """The newest pictures on their device, uint8, shape (N, H, W, 3)."""
        self._drawn = -1

    def draw(self) -> None:
        """Draws the present moment, once for all worlds."""
        simulation = self._simulation
        if self._drawn == simulation.draws:
            return
        began = time.perf_counter()
        context, model = self._context, simulation.model
        with wp.ScopedDevice(simulation.device):
            self._mjw.refit_bvh(model, simulation.data, context)
            behind = context.rgb_data
            if self._has_panes:
                behind = self._without_panes()
            self._mjw.render(model, simulation.data, context)
            count, pixels = context.rgb_data.shape
            wp.launch(
                mixed, dim=(count, pixels),
                inputs=[context.rgb_data, behind, context.seg_data, self._opacity, self.size[0]],
                outputs=[self.colours],
            )  # fmt: skip
        self._drawn = simulation.draws
        shape = (count, self.size[1], self.size[0])
        self.rgb = self.colours.numpy()
        self.depth_m = context.depth_data.numpy().reshape(shape)
        self.things = context.seg_data.numpy().reshape(*shape, 2)
        self.render_s += time.perf_counter() - began

    def _without_panes(self) -> Any:
        """What is behind all panes, packed, shape (N, H * W)."""
        simulation = self._simulation
        model, kept = simulation.model, simulation.model.geom_rgba
        colours = np.broadcast_to(kept.numpy(), (*self._panes.shape, 4)).copy()
        colours[self._panes, 3] = 0.0  # The ray tracer goes through what is not there at all.
        model.geom_rgba = wp.array(colours, dtype=wp.vec4)
        try:
            self._mjw.render(model, simulation.data, self._context)
        finally:
            model.geom_rgba = kept
        return wp.clone(self._context.rgb_data)


class CameraOfOne:
    """See :class:`simgate.sim_adapters.mujoco.articulated.pictures.View`."""

    def __init__(self, camera: CameraOfAll, engine: WarpEngine, built: BuiltScene) -> None:
        self._camera, self._row, self._built = camera, engine.row, built
        self.owners = built.geom_body
        self._owner_of = np.append(built.geom_body, UNCOUNTED_GEOM)

    def update(self, data: mujoco.MjData) -> None:
        """Draws what the simulation holds, which is what ``data`` follows."""
        self._camera.draw()
        self._sight = None
        self._data = data

    def color(self, out: NDArray[np.uint8]) -> None:
        """The picture into ``out``, shape (H, W, 3)."""
        out[:] = self._camera.rgb[self._row]

    def depth(self, out: NDArray[np.float32]) -> None:
        """Distance along the optical axis into ``out``, metres, the far plane where nothing is."""
        seen = self._camera.depth_m[self._row]
        far = far_m(self._built.model)
        out[:] = np.where(seen > 0.0, np.minimum(seen, far), far)

    @property
    def bodies(self) -> NDArray[np.int64]:
        """Number of the group that is in front at each pixel, negative for none, shape (H, W)."""
        things = self._camera.things[self._row]
        is_geom = things[..., 1] == int(mujoco.mjtObj.mjOBJ_GEOM)
        found: NDArray[np.int64] = self._owner_of[np.where(is_geom, things[..., 0], -1)]
        return found

    def depth_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Distance of some of the shapes along the rays, as if the others were not there, (H, W)."""
        return RaySight(self._built, self._data, self.bodies).depth_of(chosen)
