"""Public entry of the expansion: packs, scenarios and single variants."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.block import VariantBlock
from simgate.harness.expansion.pinned import PinnedValues, pinned_objects
from simgate.harness.expansion.placing.placement import Objects, Placement
from simgate.harness.expansion.sampling import Sampler
from simgate.harness.expansion.sequences.streams import Streams
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack, PinnedVariant, Scenario
from simgate.harness.packs.worlds import world_of
from simgate.sim_adapters.worlds.declared.repeated import REPEAT

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World

Integers = NDArray[np.int64]

BLOCK = 4_096
"""Variants that are in memory together while a scenario is written."""


def expand_pack(pack: Pack, count: int | None = None) -> tuple[Variant, ...]:
    """All variants of all scenarios, in the pack's order.

    Args:
        pack: A checked pack.
        count: At most so many sampled variants of each scenario; pinned ones always follow.

    Raises:
        ExpansionError: Conditions or placement of a scenario leave nothing.
    """
    return tuple(variant for scenario in pack.scenarios for variant in expand_scenario(pack, scenario, count))


def expand_scenario(pack: Pack, scenario: Scenario, count: int | None = None) -> tuple[Variant, ...]:
    """All variants of a scenario: sampled ones, then pinned ones. Arguments as for ``expand_pack``."""
    blocks = expand_blocks(pack, scenario, count)
    return tuple(variant for block in blocks for variant in block.variants())


def expand_blocks(pack: Pack, scenario: Scenario, count: int | None = None) -> Iterator[VariantBlock]:
    """The variants of ``expand_scenario`` as columns, a few thousand at a time."""
    total = scenario.variants.count
    shown = total if count is None else min(max(count, 0), total)
    source = _Source(pack, scenario)
    for start in range(0, shown, BLOCK):
        yield source.sampled(range(start, min(start + BLOCK, shown)))
    for number, pin in enumerate(scenario.pinned):
        yield source.pinned(pin, total + number)


class Expansion(Sequence[Variant]):
    """Variants of scenarios, made from their columns when they are asked for; a run may have a million.

    Args:
        pack: A checked pack.
        scenarios: Some of its scenarios.
        count: At most so many sampled variants of each scenario; pinned ones always follow.

    Raises:
        ExpansionError: Conditions or placement of a scenario leave nothing.
    """

    def __init__(self, pack: Pack, scenarios: Iterable[Scenario], count: int | None = None) -> None:
        self.blocks = [block for one in scenarios for block in expand_blocks(pack, one, count)]
        """The variants as columns."""
        self._ends = list(accumulate(map(len, self.blocks)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Variant]:
        for block in self.blocks:
            yield from block.variants()

    @overload
    def __getitem__(self, place: int) -> Variant: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Variant]: ...

    def __getitem__(self, place: int | slice) -> Variant | Sequence[Variant]:
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        found = range(len(self))[place]
        number = bisect_right(self._ends, found)
        before = self._ends[number - 1] if number else 0
        return self.blocks[number].variants()[found - before]


def expand_variant(pack: Pack, scenario: Scenario, index: int) -> Variant:
    """One variant, equal to the one of the whole expansion, without computing the others.

    Args:
        pack: A checked pack.
        scenario: One of its scenarios.
        index: From 0; pinned variants come after the sampled ones.

    Raises:
        IndexError: The scenario has no such variant.
        ExpansionError: Conditions or placement leave nothing.
    """
    total = scenario.variants.count
    if not 0 <= index < total + len(scenario.pinned):
        raise IndexError(f"scenario '{scenario.id}' has no variant {index}")
    source = _Source(pack, scenario)
    block = source.sampled([index]) if index < total else source.pinned(scenario.pinned[index - total], index)
    return block.variants()[0]


class _Source:
    """Makes blocks of one scenario."""

    def __init__(self, pack: Pack, scenario: Scenario) -> None:
        self._pack, self._scenario = pack, scenario
        self._world: World = world_of(pack, scenario)
        self._streams = Streams(pack.name, scenario.id, pack.seed)
        self._sampler: Sampler | None = None

    def sampled(self, indices: Sequence[int]) -> VariantBlock:
        """Variants of these indices."""
        if self._sampler is None:
            self._sampler = Sampler(self._pack, self._scenario, self._world, self._streams)
        scenario = self._scenario
        index, repeat = np.divmod(np.asarray(indices, dtype=np.int64), scenario.variants.repeats)
        columns = self._sampler.columns(index)
        if scenario.variants.repeats > 1:
            columns[REPEAT] = repeat
        objects: Sequence[Objects] = ()
        if scenario.place:
            rows = zip(*(column.tolist() for column in columns.values()), strict=True)
            parameters = [dict(zip(columns, row, strict=True)) for row in rows]
            objects = Placement(self._pack, scenario, self._world, self._streams).place(index, parameters)
        names = [f"v{i:04d}" for i in indices]
        seeds = _seeds(self._streams, index)
        number = np.asarray(indices, dtype=np.int64)
        return VariantBlock(scenario.id, scenario.world, names, number, columns, objects, seeds)

    def pinned(self, pin: PinnedVariant, number: int) -> VariantBlock:
        """A pinned variant: nothing of it is drawn, but for a seed where the pin has none."""
        columns = PinnedValues(self._pack, self._scenario, self._world, pin).columns(np.zeros(1, np.int64))
        streams = Streams(self._pack.name, self._scenario.id, self._pack.seed, f"@pin:{pin.id}:")
        seeds = _seeds(streams, np.zeros(1, np.int64))
        if pin.seed is not None:
            seeds = np.array([pin.seed], dtype=np.uint64)
        index = np.array([number], dtype=np.int64)
        objects = pinned_objects(pin.placed or ())
        scenario = self._scenario
        return VariantBlock(scenario.id, scenario.world, [f"pin-{pin.id}"], index, columns, objects, seeds)


def _seeds(streams: Streams, index: Integers) -> NDArray[np.uint64]:
    """Seed of each episode, 63 bits."""
    return streams["@seed"].bits(index) >> np.uint64(1)
