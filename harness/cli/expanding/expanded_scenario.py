"""A scenario with its variants as columns: what every format of ``simgate expand`` is written from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from simgate.harness.expansion.block import VariantBlock
from simgate.harness.expansion.expand import expand_blocks
from simgate.harness.packs.model import Pack, Scenario

HEAD = ("id", "scenario", "index", "seed", "digest")


@dataclass(frozen=True, slots=True)
class ExpandedScenario:
    """A scenario whose variants are made when they are asked for.

    Attributes:
        pack: Its pack.
        scenario: The scenario.
        count: At most so many sampled variants; None for all.
    """

    pack: Pack
    scenario: Scenario
    count: int | None

    def blocks(self) -> Iterator[VariantBlock]:
        """The variants as columns."""
        return expand_blocks(self.pack, self.scenario, self.count)

    @property
    def size(self) -> int:
        """How many variants there are."""
        total = self.scenario.variants.count
        return (total if self.count is None else min(self.count, total)) + len(self.scenario.pinned)


def head_columns(block: VariantBlock) -> dict[str, Sequence[Any]]:
    """The columns before the parameters: id, scenario, index, seed, digest."""
    ids = [f"{block.scenario}::{name}" for name in block.names]
    values = (ids, [block.scenario] * len(block), block.index.tolist(), block.seeds.tolist(), block.digests)
    return dict(zip(HEAD, values, strict=True))


def parameter_names(scenarios: Sequence[ExpandedScenario]) -> list[str]:
    """Every parameter of every scenario's world, in the order of the worlds."""
    from simgate.harness.packs.worlds import world_of

    worlds = [world_of(scenario.pack, scenario.scenario) for scenario in scenarios]
    return list(dict.fromkeys(name for world in worlds for name in sorted(world.parameters)))
