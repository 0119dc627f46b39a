"""What a world says about the shapes of its kinds of objects; older worlds say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World


def sizable_kinds(world: World) -> Mapping[str, tuple[float, float]]:
    """Kinds whose size a pack may choose -> smallest and largest side or diameter, metres."""
    found: Mapping[str, tuple[float, float]] = getattr(world, "sizable_kinds", {})
    return found


def round_kinds(world: World) -> frozenset[str]:
    """Kinds whose footprint is a disc; the others are boxes."""
    return frozenset(getattr(world, "round_kinds", ()))
