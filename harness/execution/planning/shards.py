"""Shares the variants of a pack out among runs on several machines (``--shard k/n``).

Every machine comes to the same shares by itself: they follow from the variants and, where an earlier run is
given, from how long each variant took in it. ``simgate merge`` holds the shares against each other.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simgate.harness.execution.planning.plan import Plan, expected_variants, with_manifest
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.manifest import Shard
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the variants.

    Attributes:
        number: From 1.
        of: How many parts there are.
        seconds: Variant -> wall-clock seconds in an earlier run; empty when every variant weighs the same.
        balanced_by: Name of that run.
    """

    number: int
    of: int
    seconds: Mapping[str, float] = field(default_factory=dict)
    balanced_by: str = ""

    def numbers(self, ids: Sequence[str]) -> list[int]:
        """The shard of each variant.

        The longest first, each to the shard that has least to do so far (Graham 1969: never above 4/3 of the
        best). A variant that the earlier run did not have takes the mean of its scenario, or of all.

        Args:
            ids: Of all variants, in the pack's order.
        """
        weights = _weights(ids, self.seconds)
        order = sorted(range(len(ids)), key=lambda place: (-weights[place], place))
        load = [(0.0, number) for number in range(1, self.of + 1)]
        numbers = [0] * len(ids)
        for place in order:
            seconds, number = load[0]
            numbers[place] = number
            heapq.heapreplace(load, (seconds + weights[place], number))
        return numbers

    def mine(self, ids: Sequence[str]) -> frozenset[str]:
        """The variants of this shard."""
        return frozenset(
            name for name, number in zip(ids, self.numbers(ids), strict=True) if number == self.number
        )


def seconds_of(folder: RunFolder) -> dict[str, float]:
    """How long each variant took in a run that has run it.

    Raises:
        NotARun, JournalDamaged: The run cannot be read.
    """
    folder.manifest()
    return {
        record.variant: record.wall_s
        for record in folder.records()
        if record.outcome is not Outcome.ERROR and record.wall_s > 0.0
    }


def longest_first(variants: Sequence[Variant], seconds: Mapping[str, float]) -> Sequence[Variant]:
    """The variants in the order in which many workers end soonest; as they are where nothing is known.

    Args:
        variants: What is to run.
        seconds: Variant -> wall-clock seconds in an earlier run.
    """
    if not seconds:
        return variants
    weights = _weights([variant.id for variant in variants], seconds)
    return [variants[place] for place in sorted(range(len(variants)), key=lambda k: (-weights[k], k))]


def as_shard(plan: Plan, whole: Sequence[Variant], share: Share) -> Plan:
    """Writes into a plan's manifest which part of the whole it is; nothing has run yet.

    Args:
        plan: Of this shard's variants.
        whole: The variants of all shards, in the pack's order.
        share: Which part it is.
    """
    expected = expected_variants(plan.pack, whole, plan.manifest.fingerprint)
    numbers = share.numbers([variant.id for variant in expected])
    places = {variant.id: place for place, variant in enumerate(expected)}
    shard = Shard(
        number=share.number,
        of=share.of,
        sizes=tuple(numbers.count(number) for number in range(1, share.of + 1)),
        places=tuple(places[variant.id] for variant in plan.manifest.expected),
        variants=_digest([(variant.id, variant.identity) for variant in expected]),
        split=_digest(numbers),
        balanced_by=share.balanced_by,
    )
    # Which scenes they lie in depends on those of other shards too, where parts of a log overlap.
    return with_manifest(plan, shard=shard, expected=tuple(expected[place] for place in shard.places))


def _weights(ids: Sequence[str], seconds: Mapping[str, float]) -> list[float]:
    known = {name: seconds[name] for name in ids if name in seconds}
    if not known:
        return [1.0] * len(ids)
    by_scenario: dict[str, list[float]] = defaultdict(list)
    for name, taken in known.items():
        by_scenario[_scenario(name)].append(taken)
    mean = {scenario: sum(taken) / len(taken) for scenario, taken in by_scenario.items()}
    overall = sum(known.values()) / len(known)
    return [known.get(name, mean.get(_scenario(name), overall)) for name in ids]


def _scenario(variant: str) -> str:
    return variant.partition("::")[0]


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
