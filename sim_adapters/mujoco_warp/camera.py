"""A camera of all worlds of a simulation, drawn at once by ray tracing, and one world's view of it.

The ray tracer draws what lets light through as if it did not: a second pass without it gives what is behind,
and both are mixed by its opacity. Of panes behind one another only the first is seen.
"""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Iterator
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.build import UNCOUNTED_GEOM, BuiltScene, geom_opacity
from simgate.sim_adapters.mujoco.drawing.ray_sight import RaySight
from simgate.sim_adapters.mujoco.drawing.renderer import Size, far_m
from simgate.sim_adapters.mujoco_warp.engine import Seat
from simgate.sim_adapters.mujoco_warp.library import library
from simgate.sim_adapters.mujoco_warp.mixing import mixed
from simgate.sim_adapters.mujoco_warp.simulation import Simulation

_GROUPS = 6
_NEAR_M = 0.01
wp: Any = importlib.import_module("warp")


def lends_its_ambient(model: mujoco.MjModel) -> bool:
    """Whether a light can carry the headlight's ambient, which MuJoCo Warp compiles into its kernel."""
    return bool(model.nlight and model.light_active[0] and model.vis.headlight.active)


def seen_by(model: mujoco.MjModel) -> bytes:
    """What a picture depends on, beside a model's arrays and files, that worlds of a simulation share."""
    head = model.vis.headlight
    shared = [np.array(head.active), head.diffuse, head.specular, model.light_type, model.light_attenuation]
    shared.append(np.array(model.light_active[:1]))
    return b"".join(np.ascontiguousarray(one).tobytes() for one in (*shared, *(
        () if lends_its_ambient(model) else (head.ambient,)
    )))  # fmt: skip


@contextlib.contextmanager
def same_for_all(model: mujoco.MjModel) -> Iterator[None]:
    """Without what differs from world to world and would be compiled into a kernel: how near and far a camera
    sees scales its rays, or is asked of each world afterwards."""
    head, view = model.vis.headlight, model.vis.map
    ambient, near, far = head.ambient.copy(), view.znear, view.zfar
    if lends_its_ambient(model):
        head.ambient[:] = 0.0
    view.znear, view.zfar = _NEAR_M / model.stat.extent, 0.0
    try:
        yield
    finally:
        head.ambient[:], view.znear, view.zfar = ambient, near, far


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
        opacity = np.array([geom_opacity(seat.built.model) for seat in simulation.seats])
        self._has_panes = bool((opacity < 1.0).any())
        model = built.model
        active = [number == camera for number in range(model.ncam)]
        skies = model.ntex and (model.tex_type == int(mujoco.mjtTexture.mjTEXTURE_SKYBOX)).any()
        with wp.ScopedDevice(simulation.device), same_for_all(model):
            self._context = self._mjw.create_render_context(
                model, nworld=len(simulation.seats), cam_res=size, render_rgb=True, render_depth=True,
                render_seg=True, cam_active=active, use_shadows=True, render_skybox=bool(skies),
                enabled_geom_groups=[g for g in range(_GROUPS) if g not in built.unseen_groups],
                use_precomputed_rays=False,
            )  # fmt: skip
            self._opacity = wp.array(opacity.astype(np.float32), dtype=wp.float32)
            self._panes = opacity < 1.0
            self.colours = wp.zeros((len(simulation.seats), height, width, 3), dtype=wp.uint8)
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
            self._light()
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

    def _light(self) -> None:
        """Every world's lights as they are now: its own headlight's ambient comes from the first of them."""
        models = [seat.built.model for seat in self._simulation.seats]
        for name in ("light_ambient", "light_diffuse", "light_specular"):
            colours = np.array([getattr(model, name) for model in models], dtype=np.float32)
            if name == "light_ambient" and lends_its_ambient(models[0]):
                colours[:, 0] += [model.vis.headlight.ambient for model in models]
            if colours.size:
                setattr(self._simulation.model, name, wp.array(colours, dtype=wp.vec3))

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

    def __init__(self, camera: CameraOfAll, seat: Seat, built: BuiltScene) -> None:
        self._camera, self._row, self._built = camera, seat.row, built
        self.owners, self.opacity = built.geom_body, geom_opacity(built.model)
        self._owner_of = np.append(built.geom_body, UNCOUNTED_GEOM)

    def update(self, data: mujoco.MjData) -> None:
        """Draws what the simulation holds, which is what ``data`` follows."""
        self._camera.draw()
        self._data = data
        self._sight: RaySight | None = None

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
        is_geom &= self._camera.depth_m[self._row] <= far_m(self._built.model)
        found: NDArray[np.int64] = self._owner_of[np.where(is_geom, things[..., 0], -1)]
        return found

    def depth_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Distance of some of the shapes along the rays, as if the others were not there, (H, W)."""
        return self._rays.depth_of(chosen)

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Whether what is in front at each pixel lets light through, shape (H, W)."""
        return self._rays.clear

    @property
    def _rays(self) -> RaySight:
        if self._sight is None:
            self._sight = RaySight(self._built, self._data, self.bodies)
        return self._sight
