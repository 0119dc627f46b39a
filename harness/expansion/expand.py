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
from simgate.harness.expansion.sequences.streams import Streams, bits_of_each
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack, PinnedVariant, Scenario
from simgate.harness.packs.worlds import world_of
from simgate.sim_adapters.worlds.declared.repeated import REPEAT

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World

Integers = NDArray[np.int64]

BLOCK = 4_096
"""Variants that are in memory together while a scenario is written."""
_SEED, _TO_63 = "@seed", np.uint64(1)
"""Name of the stream of the episodes' seeds, which have 63 bits."""


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
    yield from source.pinned(scenario.pinned, total)


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
    if index < total:
        return source.sampled([index]).variants()[0]
    pins = scenario.pinned[index - total : index - total + 1]
    return next(source.pinned(pins, index)).variants()[0]


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
        seeds = self._streams[_SEED].bits(index) >> _TO_63
        number = np.asarray(indices, dtype=np.int64)
        return VariantBlock(scenario.id, scenario.world, names, number, columns, objects, seeds)

    def pinned(self, pins: Sequence[PinnedVariant], first: int) -> Iterator[VariantBlock]:
        """Pinned variants, a block each: nothing of them is drawn, but for a seed where a pin has none.

        Args:
            pins: One after another.
            first: Index of the first one.
        """
        scenario, name, start = self._scenario, self._pack.name, np.zeros(1, np.int64)
        streams = [Streams(name, scenario.id, self._pack.seed, f"@pin:{pin.id}:") for pin in pins]
        drawn = bits_of_each([one[_SEED] for one in streams]) >> _TO_63
        for number, (pin, seed) in enumerate(zip(pins, drawn, strict=True), first):
            columns = PinnedValues(self._pack, scenario, self._world, pin).columns(start)
            seeds = np.array([seed if pin.seed is None else pin.seed], dtype=np.uint64)
            index, objects = np.array([number], dtype=np.int64), pinned_objects(pin.placed or ())
            names = [f"pin-{pin.id}"]
            yield VariantBlock(scenario.id, scenario.world, names, index, columns, objects, seeds)
