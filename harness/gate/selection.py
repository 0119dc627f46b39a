"""What a selection (``--variants 5``, ``-k glass``) kept from running.

The first variants of every scenario are a smaller but fair sample: fewer variants make wider
intervals, and that is all. Anything else (a scenario left out, variants picked by name, pinned ones
dropped) could be chosen so that the failing ones are not seen; what was left out then counts as missing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from simgate.harness.packs.model import GateRule, Pack, Scenario
from simgate.harness.results.manifest import ExpectedVariant, Manifest

_SAMPLED = re.compile(r"::v(\d+)$")
_PINNED = re.compile(r"::pin-.+$")


def left_out(manifest: Manifest, pack: Pack) -> dict[str, int]:
    """Scenario -> how many of its variants an unfair selection left out; only scenarios with any."""
    ids: dict[str, list[str]] = defaultdict(list)
    for expected in manifest.expected:
        ids[expected.scenario].append(expected.id)
    # Shards are shared out by how long variants take, which is no fair draw.
    whole = manifest.shard is None or manifest.shard.of == 1
    counts = {scenario.id: _left_out(scenario, ids[scenario.id], whole) for scenario in pack.scenarios}
    return {name: count for name, count in counts.items() if count}


def not_chosen(rule: GateRule, pack: Pack, expected: Iterable[ExpectedVariant]) -> int:
    """How many of the pack's variants in a rule's scope are not expected, whatever the selection."""
    chosen = Counter(variant.scenario for variant in expected)
    scope = [s for s in pack.scenarios if rule.speaks_of(s.id, s.severity)]
    return sum(max(s.variants.count + len(s.pinned) - chosen[s.id], 0) for s in scope)


def sampled_number(variant: str) -> int | None:
    """Position of a variant in its scenario's sequence, by its id; None for a pinned one."""
    found = _SAMPLED.search(variant)
    return int(found[1]) if found else None


def _left_out(scenario: Scenario, ids: Iterable[str], may_be_fair: bool) -> int:
    present = set(ids)
    absent = scenario.variants.count + len(scenario.pinned) - len(present)
    if absent <= 0 or (may_be_fair and present and _is_fair(scenario, present)):
        return 0
    return absent


def _is_fair(scenario: Scenario, ids: Iterable[str]) -> bool:
    numbers = [number for name in ids if (number := sampled_number(name)) is not None]
    pinned = sum(_PINNED.search(name) is not None for name in ids)
    is_prefix = bool(numbers) and min(numbers) == 0 and max(numbers) + 1 == len(numbers)
    return is_prefix and pinned == len(scenario.pinned)
