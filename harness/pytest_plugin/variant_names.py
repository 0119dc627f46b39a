"""Names of variants and of parts of them, as pytest's items have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.packs.model import Scenario

SAMPLED, PINNED = "v", "pin-"
"""What names of variants begin with; see :class:`simgate.harness.expansion.variant.Variant`."""
_PART = re.compile(rf"(.*::){SAMPLED}(\d+)-{SAMPLED}(\d+)")
PART_SIZE = 100
"""Variants of a part."""


def variant_names(scenario: Scenario, limit: int | None) -> list[str]:
    """Names of a scenario's variants in order: sampled ones (at most ``limit``), then pinned ones."""
    count = scenario.variants.count if limit is None else min(limit, scenario.variants.count)
    return [
        *map(sampled_name, range(count)),
        *(f"{PINNED}{pinned.id}" for pinned in scenario.pinned),
    ]


def sampled_name(index: int) -> str:
    """Name of the sampled variant of an index, from 0."""
    return f"{SAMPLED}{index:04d}"


def parts_of(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Names of variants in parts: sampled ones in rows of :data:`PART_SIZE`, pinned ones alone."""
    sampled = [name for name in names if not name.startswith(PINNED)]
    for start in range(0, len(sampled), PART_SIZE):
        yield tuple(sampled[start : start + PART_SIZE])
    for name in names[len(sampled) :]:
        yield (name,)


def part_name(names: Sequence[str]) -> str:
    """``v0100-v0199``."""
    return f"{names[0]}-{names[-1]}"


def is_part(name: str) -> bool:
    """Whether an item's id is that of several variants."""
    return _PART.fullmatch(name) is not None


def ids_in(names: Iterable[str]) -> Iterator[str]:
    """Ids of variants, of ids in which those of parts may be."""
    for name in names:
        if (part := _PART.fullmatch(name)) is None:
            yield name
        else:
            yield from (part[1] + sampled_name(index) for index in range(int(part[2]), int(part[3]) + 1))
