"""Do shards belong together? They must be parts of the same whole, made with the same things."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence

from simgate.harness.gate.comparing.baseline_copy import CHURN, FOLDER
from simgate.harness.gate.comparing.comparability import (
    Difference,
    conditions,
    differences,
    other_policy,
    way_out,
)
from simgate.harness.merging.sources import CannotMerge, Source
from simgate.harness.results.parts import changed_parts
from simgate.harness.results.run_folder import RunFolder

_LISTED = 12
"""Differences in a message."""


def require_one_run(sources: Sequence[Source], accepted: Collection[str]) -> list[str]:
    """Refuses shards that are not the parts of one run.

    Args:
        sources: All that were given of one pack, in the order in which they were begun.
        accepted: Names of differences that are looked past.

    Returns:
        The differences that were looked past, in words.

    Raises:
        CannotMerge: They differ, one is missing, or two of them share variants.
    """
    first = sources[0]
    against: list[tuple[Source, list[str]]] = []
    looked_past: dict[str, None] = {}
    for other in sources[1:]:
        found = list(_differ(first, other, accepted))
        if found:
            against.append((other, found))
        for one in conditions(first.fingerprint, other.fingerprint):
            if one.kind in accepted:
                looked_past[str(one)] = None
    if against:
        lines = [f"\n  - {other.label}: {text}" for other, found in against for text in found]
        more = f"\n  - and {len(lines) - _LISTED} more" if len(lines) > _LISTED else ""
        ways = way_out([text for _, found in against for text in found])
        raise CannotMerge(
            f"these are not the parts of one run: held against {first.label},"
            f"{''.join(lines[:_LISTED])}{more}\nrun them again with the same pack, model, versions and "
            f"options{ways}"
        )
    _require_all(sources)
    _require_disjoint(sources)
    return list(looked_past)


def _differ(first: Source, other: Source, accepted: Collection[str]) -> Iterator[str]:
    """What keeps two shards apart; each is told by the cause nearest to the user."""
    one, two = first.shard, other.shard
    if one.of != two.of:
        yield f"it is one of {two.of}, not of {one.of}"
    made, here = first.fingerprint, other.fingerprint
    named = differences(first.manifest, other.manifest, made, here, accepted)
    for field, words in (("model", "the model"), ("model_sha256", "the model's sha256")):
        old, new = getattr(made, field), getattr(here, field)
        if old != new:
            named.append(f"{words} was {old or 'nothing'}, is {new or 'nothing'}")
    named += [f"of the policy, {text}" for text in other_policy(first.manifest, other.manifest)]
    named += changed_parts(made.parts, here.parts, roles=("model",))
    if made.pack_sha256 != here.pack_sha256:
        named.append(f"the pack's sha256 was {made.pack_sha256[:12]}, is {here.pack_sha256[:12]}")
    if first.manifest.selection != other.manifest.selection:
        old, new = (source.manifest.selection or "all" for source in (first, other))
        named.append(f"the selection was {old}, is {new}")
    yield from named
    if all(isinstance(text, Difference) for text in named) and one.of == two.of:
        if one.variants != two.variants:
            yield "the variants that are shared out, or what they are run with, are others"
        elif one.split != two.split:
            by = [shard.balanced_by or "nothing" for shard in (one, two)]
            yield (
                f"the variants were shared out otherwise (--balance-by {by[0]}, and {by[1]}), so that some "
                "are in two shards and some in none; give every shard the same run"
            )
    if _baseline(first) != _baseline(other):
        yield "it is held against another baseline"


def _baseline(source: Source) -> tuple[str, ...]:
    """Digests of what a run carries of its baseline; a sharded one is another part in every shard."""
    folder = source.folder.path
    manifest = folder / FOLDER / "manifest.json"
    if not manifest.is_file():
        return ()
    if RunFolder(folder / FOLDER).manifest().shard is not None:
        return ("a shard",)  # Of --baseline-model; the shards of the baseline are held against each other.
    files = [manifest, folder / FOLDER / "journal.ndjson", folder / CHURN]
    return tuple(hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "" for p in files)


def _require_all(sources: Sequence[Source]) -> None:
    shard = sources[0].shard
    given = {source.shard.number for source in sources}
    missing = [number for number in range(1, shard.of + 1) if number not in given and shard.sizes[number - 1]]
    if missing:
        which = ", ".join(f"{number}/{shard.of}" for number in missing)
        variants = sum(shard.sizes[number - 1] for number in missing)
        raise CannotMerge(
            f"shard {which} of {sources[0].manifest.pack_name} is missing, with {variants} variants: give "
            "its run too, also when it was interrupted"
        )


def _require_disjoint(sources: Sequence[Source]) -> None:
    owner: dict[int, Source] = {}
    ids: dict[int, str] = {}
    for source in sources:
        if len(source.shard.places) != len(source.manifest.expected):
            raise CannotMerge(
                f"the manifest of {source.label} is damaged: it has not a place for each variant"
            )
        for place, expected in zip(source.shard.places, source.manifest.expected, strict=True):
            other = owner.setdefault(place, source)
            if other.shard.number != source.shard.number or ids.setdefault(place, expected.id) != expected.id:
                raise CannotMerge(f"{other.label} and {source.label} both have the variant {expected.id}")
