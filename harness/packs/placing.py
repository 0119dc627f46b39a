"""Objects that a scenario puts down."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from simgate.harness.packs.values import ValueSpec


class PlaceSpec(BaseModel):
    """Objects put down at random, without overlap.

    ``length`` and ``width`` (a box's sides along its own X and Y, metres), ``diameter`` (of a round object,
    metres) and ``yaw`` (degrees) are None where the world's size, and any turn, are meant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    count: ValueSpec
    kinds: ValueSpec
    region: str
    length: ValueSpec | None = None
    width: ValueSpec | None = None
    diameter: ValueSpec | None = None
    yaw: ValueSpec | None = None
    clearance_m: float = 0.0
    keep_clear: tuple[str, ...] = ()
