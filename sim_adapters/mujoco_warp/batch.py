"""Worlds with articulated robots that one or several simulations step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import eye_of
from simgate.sim_adapters.mujoco.articulated.batch import ArticulatedBatch
from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld
from simgate.sim_adapters.mujoco_warp.engine import WarpEngine
from simgate.sim_adapters.mujoco_warp.together import Together
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.articulated import ArticulatedSite


class WarpBatch(ArticulatedBatch):
    """See :class:`ArticulatedBatch`.

    Args:
        timing: Rates of the loop.
        options: Values of :data:`.options.OPTIONS`.
        device: Name of the device.
    """

    def __init__(self, timing: Timing, options: Mapping[str, Any], device: str) -> None:
        self._engines_of: list[WarpEngine] = []
        super().__init__(timing, "mujoco_warp", lambda _: self._seat)
        self._options, self._device = options, device
        self._together: Together | None = None

    def _seat(self, *world: Any) -> WarpEngine:
        engine = WarpEngine(*world)
        self._engines_of.append(engine)
        return engine

    @property
    def render_s(self) -> float:
        """Wall-clock seconds spent drawing so far."""
        return self._earlier_render_s + (self._together.render_s if self._together else 0.0)

    def reset(self, sites: Sequence[ArticulatedSite]) -> Observation:
        """See :meth:`ArticulatedBatch.reset`."""
        self._engines_of = []
        return super().reset(sites)

    def _prepare_renderer(self, worlds: list[ArticulatedWorld]) -> None:
        self.close_renderer()
        self._together = together = Together(self._engines_of, self._options, self._device)
        for world, engine in zip(worlds, self._engines_of, strict=True):
            engine.simulation = together.of(engine)
            world.show_by(partial(together.view, engine))

    def _advance(self, moving: Sequence[int], told: NDArray[np.float64]) -> None:
        if not moving:
            return
        assert self._together is not None
        worlds = [(self._worlds[k], self._views[k]) for k in moving]
        self._together.begin([self._engines_of[k] for k in moving])
        for k in moving:
            self._worlds[k].begin(told[k])
        while not worlds[0][0].has_ended:
            for world, _ in worlds:
                world.tell()
            self._together.step()
            for world, views in worlds:
                world.look(views)
        self._together.end()

    def frames_on_device(self) -> Any:
        """The newest pictures of the first camera of all worlds; see :meth:`Together.frames`."""
        eye = eye_of(self.embodiment)
        if eye is None or self._together is None:
            return None
        height, width, _ = eye.shape
        camera = self._worlds[0].model.camera(eye.frame.removeprefix("camera/")).id
        return self._together.frames(int(camera), (width, height))

    def close_renderer(self) -> None:
        """Frees what draws; safe to call twice."""
        self._earlier_render_s = self.render_s
        self._together = None
        super().close_renderer()
