"""Worlds of articulated robots in Isaac Sim, one at a time."""

from __future__ import annotations

from functools import partial

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.isaacsim.articulated.engine import IsaacEngine
from simgate.sim_adapters.isaacsim.articulated.studio import Studio
from simgate.sim_adapters.mujoco.articulated.batch import ArticulatedBatch
from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld


class IsaacRobots(ArticulatedBatch):
    """See :class:`ArticulatedBatch`; Isaac Sim moves the world and draws it.

    Args:
        timing: Rates.
        studio: The application's stage.
    """

    def __init__(self, timing: Timing, studio: Studio) -> None:
        super().__init__(timing, "isaacsim", lambda _: partial(IsaacEngine, studio))
        self._studio = studio

    @property
    def render_s(self) -> float:
        """Wall-clock seconds spent drawing so far."""
        return self._studio.render_s

    def _prepare_renderer(self, worlds: list[ArticulatedWorld]) -> None:
        for world in worlds:
            world.show_by(self._studio.view)

    def close_renderer(self) -> None:
        """Detaches the cameras."""
        self._studio.close_feeds()
