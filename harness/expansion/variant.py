"""One concrete variant of a scenario: every value fixed, nothing left to chance."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict, Field

from simgate.sim_adapters.worlds.declared.repeated import REPEAT
from simgate.sim_adapters.worlds.world import PlacedObject


def _is_none(value: object) -> bool:
    return value is None


class Placed(BaseModel):
    """An object put on the floor by ``place``; metres and radians, world frame.

    ``length_m`` and ``width_m`` are its sides along its own X and Y, both its diameter if round; they are
    left out, also in JSON and digest, where the world decides the size.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    group: str
    kind: str
    x: float
    y: float
    yaw: float
    length_m: float | None = Field(default=None, exclude_if=_is_none)
    width_m: float | None = Field(default=None, exclude_if=_is_none)


class Variant(BaseModel):
    """A scenario with all its values.

    The ``digest`` names what is simulated, independently of pack name and index, so that two
    runs can be paired variant by variant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    """``<scenario>::v0007``, or ``<scenario>::pin-<pinned id>``; unique in a pack."""
    scenario: str
    index: int
    """Position in the sequence; pinned variants follow the sampled ones."""
    parameters: dict[str, bool | int | float | str]
    """Every parameter of the world, defaults included, sorted by name."""
    placed: tuple[Placed, ...] = ()
    seed: int
    """Seed of everything random that happens inside the episode (sensor noise), 63 bits."""
    digest: str
    """SHA-256 over world, parameters, placed objects and seed, hex."""

    @property
    def policy_seed(self) -> int:
        """Seed of what the policy draws, 64 bits: independent of what sensors and models draw, and another in
        every repeat."""
        repeat = self.parameters.get(REPEAT, 0)
        text = f"{self.seed}:{repeat}" if repeat else f"{self.seed}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=b"simgate policy").digest())


def objects_of(variant: Variant) -> list[PlacedObject]:
    """The placed objects as a world's ``build`` takes them."""
    return [
        PlacedObject(item.kind, item.x, item.y, item.yaw, item.length_m, item.width_m)
        for item in variant.placed
    ]
