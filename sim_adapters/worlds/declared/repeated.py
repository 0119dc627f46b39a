"""A world in which every variant is run several times, for policies that draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simgate.sim_adapters.worlds.world import ParameterSpec, PlacedObject, Value, World

REPEAT = "policy.repeat"
"""Parameter: the number of the repeat, from 0. It decides what the policy draws, and nothing in the world."""


class RepeatedWorld:
    """A world with the parameter :data:`REPEAT`; see :class:`simgate.sim_adapters.worlds.world.World`.

    Args:
        world: The world itself, which is built without it.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        spec = ParameterSpec("integer", 0, "Number of the repeat.", "", 0.0, None, appearance=True)
        self.parameters: Mapping[str, ParameterSpec] = {**world.parameters, REPEAT: spec}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Any:
        """What the world itself builds."""
        own = {name: value for name, value in parameters.items() if name != REPEAT}
        return self._world.build(own, placed)
