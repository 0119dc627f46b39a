"""Worlds with articulated robots in as few simulations as their structures allow."""

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
from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.drawing.renderer import Size, assets_of
from simgate.sim_adapters.mujoco_warp.camera import CameraOfAll, CameraOfOne
from simgate.sim_adapters.mujoco_warp.engine import WarpEngine
from simgate.sim_adapters.mujoco_warp.merged import put_model, shared_by_all
from simgate.sim_adapters.mujoco_warp.simulation import Simulation
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.articulated import ArticulatedSite


class WarpBatch(ArticulatedBatch):
    """See :class:`ArticulatedBatch`; worlds that differ in what one simulation shares get one each.

    Args:
        timing: Rates of the loop.
        options: Values of :data:`.options.OPTIONS`.
        device: Name of the device.
    """

    def __init__(self, timing: Timing, options: Mapping[str, Any], device: str) -> None:
        self._engines_of: list[WarpEngine] = []
        super().__init__(timing, "mujoco_warp", lambda _: self._seat)
        self._options, self._device = options, device
        self._simulations: list[Simulation] = []
        self.cameras: dict[tuple[int, int, Size], CameraOfAll] = {}
        """By simulation, number of the camera and size."""

    def _seat(self, *world: Any) -> WarpEngine:
        engine = WarpEngine(*world)
        self._engines_of.append(engine)
        return engine

    @property
    def renderer_name(self) -> str:
        """What draws."""
        return f"MuJoCo Warp's ray tracer on {self._device}"

    @property
    def render_s(self) -> float:
        """Wall-clock seconds spent drawing so far."""
        return self._earlier_render_s + sum(camera.render_s for camera in self.cameras.values())

    def reset(self, sites: Sequence[ArticulatedSite]) -> Observation:
        """See :meth:`ArticulatedBatch.reset`."""
        self._engines_of = []
        return super().reset(sites)

    def _prepare_renderer(self, worlds: list[ArticulatedWorld]) -> None:
        import warp

        self.close_renderer()
        groups: dict[bytes, tuple[list[WarpEngine], list[Any]]] = {}
        for engine in self._engines_of:
            built = engine.machine.built
            with warp.ScopedDevice(self._device):
                model = put_model(built.model)
            engines, models = groups.setdefault(shared_by_all(model, assets_of(built)), ([], []))
            engines.append(engine)
            models.append(model)
        self._simulations = [
            Simulation(engines, models, self._options, self._device) for engines, models in groups.values()
        ]
        for world, engine in zip(worlds, self._engines_of, strict=True):
            world.show_by(partial(self._view, engine))
        for simulation in self._simulations:
            simulation.begin(range(len(simulation.engines)))
            simulation.settle()

    def _view(self, engine: WarpEngine, built: BuiltScene, size: Size) -> CameraOfOne:
        number, simulation = next(
            (k, one) for k, one in enumerate(self._simulations) if engine in one.engines
        )
        key = (number, built.camera, size)
        if key not in self.cameras:
            self.cameras[key] = CameraOfAll(simulation, built.camera, size)
        return CameraOfOne(self.cameras[key], engine, built)

    def _advance(self, moving: Sequence[int], told: NDArray[np.float64]) -> None:
        if not moving:
            return
        worlds = [(self._worlds[k], self._views[k]) for k in moving]
        at = {id(self._engines_of[k]) for k in moving}
        simulations = []
        for simulation in self._simulations:
            rows = [engine.row for engine in simulation.engines if id(engine) in at]
            if rows:
                simulation.begin(rows)
                simulations.append(simulation)
        for k in moving:
            self._worlds[k].begin(told[k])
        while not worlds[0][0].has_ended:
            for world, _ in worlds:
                world.tell()
            for simulation in simulations:
                simulation.step()
            for world, views in worlds:
                world.look(views)
        for simulation in simulations:
            simulation.end()

    def frames_on_device(self) -> Any:
        """The newest pictures of the first camera of all worlds, uint8, shape (N, H, W, 3), on their device.

        None where there is none, or worlds are in several simulations.
        """
        eye = eye_of(self.embodiment)
        if eye is None or len(self._simulations) != 1:
            return None
        height, width, _ = eye.shape
        camera = self._worlds[0].model.camera(eye.frame.removeprefix("camera/")).id
        drawn = self.cameras.get((0, int(camera), (width, height)))
        return None if drawn is None else drawn.colours

    def close_renderer(self) -> None:
        """Frees what draws; safe to call twice."""
        self._earlier_render_s = self.render_s
        self.cameras = {}
        super().close_renderer()
