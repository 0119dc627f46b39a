"""The channels of a driving robot by their kinds: those that scenes give it, and what else it declares."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.robots import ChannelProfiles
from simgate.sim_adapters.conformance.scenes import TIMING, block, scene, wall
from simgate.sim_adapters.scene.scene import Scene


class DrivingChannels(ConformanceBase, ChannelProfiles):
    """One world, whatever the adapter takes at a time."""

    timing = TIMING

    def make_worlds(self, timing: Timing) -> SimAdapter:
        """The adapter, with depth."""
        return self.make_adapter(timing, {"depth": True})

    def make_payloads(self) -> Sequence[Scene]:
        """A post before a wall, seen at an angle."""
        return [scene(wall(3.0), block("post", (0.1, 0.1, 0.5), (1.6, 0.4, 0.5)), start=(0.1, 0.0, 0.2))]
