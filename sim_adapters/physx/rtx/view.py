"""A camera whose colours and depth are ovrtx's; who is in front is told by the geometry, drawn by MuJoCo."""

from __future__ import annotations

import time
from collections.abc import Callable

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.drawing.renderer import FrameRenderer, SceneView, Size, far_m
from simgate.sim_adapters.physx.rtx.film import Film
from simgate.sim_adapters.physx.rtx.shown_stage import ShownStage


class RtxView(SceneView):
    """See :class:`SceneView`; the frame of a moment is rendered by :meth:`update`.

    Args:
        renderer: MuJoCo's context.
        built: The scene.
        size: Width and height of its pictures.
        film: Renders.
        stage: What it renders.
        product: Of this camera.
        shine: The intensities of the stage's lights now, float32, shape (L,).
    """

    def __init__(
        self,
        renderer: FrameRenderer,
        built: BuiltScene,
        size: Size,
        film: Film,
        stage: ShownStage,
        product: str,
        shine: Callable[[], NDArray[np.float32]],
    ) -> None:
        super().__init__(renderer, built, size)
        self._film, self._stage, self._product, self._shine = film, stage, product, shine
        self._far_m = far_m(built.model)

    def update(self, data: mujoco.MjData) -> None:
        """Takes over poses and lights, and renders a frame of them."""
        super().update(data)
        width, height = self._size
        geometry = np.zeros((height, width), dtype=np.float32)
        super().depth(geometry)
        # Deeper than all but the far plane itself is what no depth is known of.
        unknown = self.clear | (geometry >= 0.99 * self._far_m)
        began = time.perf_counter()
        self._stage.show(data, self._shine())
        self._frame = self._film.take(self._product, unknown, geometry)
        self._renderer.render_s += time.perf_counter() - began

    def color(self, out: NDArray[np.uint8]) -> None:
        """The colours; black where no frame has come, which makes the run INVALID."""
        out[:] = 0 if self._frame is None else self._frame.rgb

    def depth(self, out: NDArray[np.float32]) -> None:
        """Depth; the far plane where nothing is, as MuJoCo tells it."""
        if self._frame is None:
            out[:] = self._far_m
            return
        found = self._frame.depth_m
        nothing = ~np.isfinite(found) | (found <= 0.0) | (found > self._far_m)
        out[:] = np.where(nothing, self._far_m, found)
