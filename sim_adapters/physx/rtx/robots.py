"""The cameras of robots on their own joints."""

from __future__ import annotations

from functools import partial

import mujoco
import numpy as np

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.isaacsim.articulated.shown import Eye, eyes_of, show
from simgate.sim_adapters.mujoco.articulated.batch import ArticulatedBatch
from simgate.sim_adapters.mujoco.articulated.machine import Machine
from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld
from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.drawing.renderer import FrameRenderer, Size
from simgate.sim_adapters.physx.articulated.engine import PhysxEngine
from simgate.sim_adapters.physx.articulated.stage import Machinery
from simgate.sim_adapters.physx.rtx.film import Film
from simgate.sim_adapters.physx.rtx.products import author_product
from simgate.sim_adapters.physx.rtx.shown_stage import ShownStage
from simgate.sim_adapters.physx.rtx.view import RtxView
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.scene.articulated import ArticulatedSite, CameraSensor
from simgate.sim_adapters.worlds.native_file import NativeError


class RtxRobots(ArticulatedBatch):
    """See :class:`ArticulatedBatch`; one world, whose cameras are ovrtx's.

    Args:
        timing: Rates.
        film: Renders.
        session: Moves the world.
    """

    def __init__(self, timing: Timing, film: Film, session: PhysxSession) -> None:
        super().__init__(timing, "physx", lambda _: partial(_RtxEngine, self, session))
        self.film = film
        self._products: dict[Eye, str] = {}
        self._stage: ShownStage | None = None

    def show(self, made: Machinery, machine: Machine, data: mujoco.MjData, eyes: tuple[Eye, ...]) -> None:
        """Has a world drawn from now on; adds to its stage what its cameras are to see."""
        cameras = show(made, machine, data, eyes).cameras
        self._products = {
            eye: author_product(made.stage, path, (eye.width, eye.height)) for eye, path in cameras.items()
        }
        self.film.close()
        if self._products:
            moved = {link.path: link.body for link in made.links}
            self._stage = ShownStage(made.stage, moved, (), data)
            self.film.open(
                self._stage, {path: (eye.width, eye.height) for eye, path in self._products.items()}
            )

    def _prepare_renderer(self, worlds: list[ArticulatedWorld]) -> None:
        super()._prepare_renderer(worlds)
        if self._renderer is not None:
            for world in worlds:
                world.show_by(partial(self._view, self._renderer))

    def _view(self, renderer: FrameRenderer, built: BuiltScene, size: Size) -> RtxView:
        assert self._stage is not None
        product = self._products[Eye(built.camera, *size)]
        return RtxView(
            renderer, built, size, self.film, self._stage, product, lambda: np.zeros(0, dtype=np.float32)
        )


class _RtxEngine(PhysxEngine):
    """See :class:`PhysxEngine`."""

    def __init__(
        self,
        robots: RtxRobots,
        session: PhysxSession,
        site: ArticulatedSite,
        machine: Machine,
        data: mujoco.MjData,
        timing: Timing,
    ) -> None:
        self._robots, self._machine = robots, machine
        cameras = [sensor for _, sensor in site.sensors if isinstance(sensor, CameraSensor)]
        try:
            self._eyes = eyes_of(machine.built.model, cameras)
        except NativeError as error:
            raise ValueError(f"{site.path}: {error}") from None
        super().__init__(session, site, machine, data, timing)

    def _load(self, made: Machinery) -> None:
        self._robots.show(made, self._machine, self._data, self._eyes)
        super()._load(made)

    def problems(self) -> tuple[str, ...]:
        """A state that is no number, or frames that cannot be believed."""
        doubt = self._robots.film.problem
        return (*super().problems(), *((doubt,) if doubt else ()))
