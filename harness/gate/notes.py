"""What a reader of the verdict must know besides the rules."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from simgate.harness.gate.scenes import Repeated
from simgate.harness.gate.selection import sampled_number
from simgate.harness.gate.statistics.data_sets.ordered import Ordered
from simgate.harness.gate.statistics.percentile import nearest_rank
from simgate.harness.gate.tally import IN_QUARANTINE, Evidence, Status, counted_once
from simgate.harness.gate.texts.wording import few, tries
from simgate.harness.packs.checks.latency_percentile import parse_latency_percentile
from simgate.harness.packs.model import Pack
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.results.record import VALID, LatencySamples
from simgate.harness.text import plural

_ENOUGH_RECORDS = 2_000
"""A note on latency looks at about so many, evenly spread."""


def notes_for(
    manifest: Manifest, pack: Pack, evidence: Evidence, left_out: Mapping[str, int]
) -> tuple[str, ...]:
    """Everything that limits what the verdict means, most important first."""
    notes = [
        *_imported(manifest),
        *_logs(pack),
        *_selection(manifest, left_out),
        *_sequential(manifest, pack, evidence),
        *_records(evidence),
        *_attempts(evidence),
        *_runtime(evidence),
        *_slower_than_declared(evidence),
        *_quarantine(evidence),
        *_scenes(evidence),
        *_spread(pack, evidence),
        *_coverage(pack),
    ]
    if any(
        rule.kind == "metric" and rule.metric and parse_latency_percentile(rule.metric) for rule in pack.gate
    ):
        notes.append("latency samples are taken as independent of each other")
    if manifest.fingerprint.git_dirty:
        notes.append(f"the checkout had uncommitted changes on top of {manifest.fingerprint.git_commit[:12]}")
    return tuple(notes)


def _imported(manifest: Manifest) -> list[str]:
    if manifest.imported is None:
        return []
    told = "pairs by the seeds in its files" if manifest.imported.paired else "no pairs: it tells no seeds"
    return [
        f"results of {manifest.imported.tool}, imported and not run here: no trace, no replay, its word for "
        f"every success; episodes of two imports are {told}"
    ]


def _logs(pack: Pack) -> list[str]:
    names = [scenario.id for scenario in pack.scenarios if scenario.native and scenario.native.kind == "log"]
    if not names:
        return []
    return [f"field logs are replayed open loop, what is said of them changes nothing: {few(names)}"]


def _selection(manifest: Manifest, left_out: Mapping[str, int]) -> list[str]:
    notes = []
    if manifest.shard:
        part = f"shard {manifest.shard.number} of {manifest.shard.of}"
        notes.append(f"{part} only: the verdict comes from `simgate merge` of all of them")
    if manifest.merged_from:
        runs = ", ".join(f"{run.run_id} (shard {run.shard})" for run in manifest.merged_from)
        notes.append(f"put together from {plural(len(manifest.merged_from), 'run')}: {runs}")
    if manifest.reused:
        count = plural(manifest.reused.records, "record")
        notes.append(
            f"{count} of {manifest.reused.run_id} count here too: nothing that could change them has changed"
        )
    if manifest.looked_past:
        made = "put together although among the shards" if manifest.merged_from else "run although"
        notes.append(f"{made} {'; '.join(manifest.looked_past)}")
    if manifest.selection:
        notes.append(f"only a part of the pack was to be run: {manifest.selection}")
    if left_out:
        names = ", ".join(f"{name} ({count})" for name, count in left_out.items())
        notes.append(
            f"variants left out by that selection count as missing for the rules on their scenarios: {names}"
        )
    return notes


def _sequential(manifest: Manifest, pack: Pack, evidence: Evidence) -> list[str]:
    if not manifest.until_decided:
        return []
    rest = sum(variant.status is Status.NOT_RUN for variant in evidence.variants)
    if not rest:
        missing = sum(variant.status is Status.MISSING for variant in evidence.variants)
        return [
            f"sequential test, not yet decided ({plural(missing, 'variant')} to go)"
            if missing
            else "sequential test, not decided by the end of the pack"
        ]
    counted = len(evidence.variants) - rest
    seen = {v.expected.scenario for v in evidence.variants if v.status is not Status.NOT_RUN}
    unseen = [scenario.id for scenario in pack.scenarios if scenario.id not in seen]
    notes = [
        f"sequential test: decided after {plural(counted, 'variant')} in an order fixed in advance; "
        f"the other {rest} count for nothing, whether they ran or not"
    ]
    return notes + ([f"no variant of {few(unseen)} was needed for the decision"] if unseen else [])


def _records(evidence: Evidence) -> list[str]:
    notes = []
    repeated = len(evidence.variants) - len(counted_once(evidence.variants))
    if repeated:
        which = "a pinned variant repeats" if repeated == 1 else f"{repeated} pinned variants repeat"
        notes.append(f"{which} what the pack still draws: in every rule the two count as one")
    contradicted = [v for v in evidence.variants if v.contradiction]
    if contradicted:
        count = plural(len(contradicted), "variant")
        which = few([f"{v.expected.id} ({v.contradiction})" for v in contradicted])
        notes.append(
            f"{count} with records that contradict each other or the pack, counted as INVALID: {which}"
        )
    if evidence.refused:
        count = plural(len(evidence.refused), "variant")
        notes.append(
            f"{count} with records made by another model, simulator or pack only, counted as missing: "
            f"{few(evidence.refused)}"
        )
    if evidence.unexpected:
        count = plural(len(evidence.unexpected), "variant")
        notes.append(
            f"records of {count} that the manifest does not list were ignored: {few(evidence.unexpected)}"
        )
    return notes


def _attempts(evidence: Evidence) -> list[str]:
    """What was run until it gave something must not look like what gave it at once."""
    again = [variant for variant in evidence.variants if variant.attempts > 1]
    if not again:
        return []
    which = few([tries(variant) for variant in again])
    return [f"{plural(len(again), 'variant')} begun more than once, the last result counts: {which}"]


def _runtime(evidence: Evidence) -> list[str]:
    records = [variant.record for variant in evidence.variants if variant.record is not None]
    foreign = sorted({record.runtime for record in records if record.runtime_deployed is False})
    if not foreign:
        return []
    return [
        f"the model ran on {', '.join(foreign)}, which is not what its package says is deployed; "
        "`simgate parity` tells how far the two differ"
    ]


def _slower_than_declared(evidence: Evidence) -> list[str]:
    """The latency that a package declares is only as good as somebody's word until it was measured."""
    records = [v.record for v in evidence.variants if v.record is not None and v.record.outcome in VALID]
    some = records[:: max(len(records) // _ENOUGH_RECORDS, 1)]
    drawn = [latency for latency in (as_read(r).latency for r in some) if latency.mode == "simulated"]
    # Of several models a slow one must not hide behind what another declares.
    models = sorted({name for latency in drawn for name in latency.models})
    if not models:
        return _slower("", drawn)
    of_models = {name: [one.models[name] for one in drawn if name in one.models] for name in models}
    return [note for name in models for note in _slower(f" of {name}", of_models[name])]


def _slower(of: str, drawn: Sequence[LatencySamples]) -> list[str]:
    declared = Ordered(array("d", chain.from_iterable(latency.in_loop_ms for latency in drawn)))
    measured = Ordered(array("d", chain.from_iterable(latency.measured_ms for latency in drawn)))
    if not declared or not measured:
        return []
    loop_ms, host_ms = nearest_rank(declared, 0.95), nearest_rank(measured, 0.95)
    if host_ms <= loop_ms:
        return []
    return [
        f"inference{of} took {host_ms:.3g} ms on this machine and {loop_ms:.3g} ms in the loop (p95): the "
        "declared latency holds only if the deployed machine is so much faster (rule: "
        "latency.measured_p95_over_declared)"
    ]


def _quarantine(evidence: Evidence) -> list[str]:
    inside: dict[str, Counter[Status]] = {}
    for variant in evidence.variants:
        issue = variant.record.known_issue if variant.record else None
        if issue is not None and variant.status in IN_QUARANTINE:
            inside.setdefault(issue, Counter())[variant.status] += 1
    return [
        f"quarantine {issue}: {plural(found.total(), 'variant')} kept out of every pass rate, "
        f"{found[Status.KNOWN]} failed, {found[Status.KNOWN_PASSED]} passed"
        + (f", {invalid} gave no valid result" if (invalid := found[Status.KNOWN_INVALID]) else "")
        for issue, found in sorted(inside.items())
    ]


def _scenes(evidence: Evidence) -> list[str]:
    by_scenario: dict[str, dict[str, int]] = {}
    for variant in counted_once(evidence.variants):
        scenes = by_scenario.setdefault(variant.expected.scenario, {})
        scene = variant.expected.own_scene
        scenes[scene] = scenes.get(scene, 0) + 1
    shared = [
        f"{name} ({plural(sum(scenes.values()), 'variant')}, {plural(len(scenes), 'scene')})"
        for name, scenes in by_scenario.items()
        if max(scenes.values()) > 1
    ]
    notes = [f"variants of one scene are one unit of proof: {few(shared)}"] if shared else []
    repeated = Repeated()
    again = [
        variant.expected.id
        for variant in counted_once(evidence.variants)
        if variant.trace
        and variant.status is Status.SUCCESS
        and repeated.elsewhere(variant.expected.own_scene, variant.trace)
    ]
    if again:
        notes.append(
            f"{plural(len(again), 'variant')} that passed with the trace of another scene prove nothing of "
            f"their own (a drawn parameter changes nothing, or records were copied): {few(again)}"
        )
    return notes


def _spread(pack: Pack, evidence: Evidence) -> list[str]:
    """How repeats of one variant differ, by scenario: of variants in which all have a result."""
    notes = []
    repeats = {one.id: one.variants.repeats for one in pack.scenarios if one.variants.repeats > 1}
    ends: dict[str, dict[int, list[bool]]] = {name: {} for name in repeats}
    for variant in evidence.variants:
        of = variant.expected.scenario
        # By number and not by scene, which variants share that differ by light alone.
        number = sampled_number(variant.expected.id) if of in repeats else None
        if number is not None and variant.status in (Status.SUCCESS, Status.FAILURE):
            ends[of].setdefault(number // repeats[of], []).append(variant.status is Status.SUCCESS)
    for name, times in repeats.items():
        shares = [sum(passed) / times for passed in ends[name].values() if len(passed) == times]
        if not shares:
            continue
        some = sorted(share for share in shares if 0.0 < share < 1.0)
        between = f" (a share of {some[0]:.2g} to {some[-1]:.2g} of them)" if some else ""
        notes.append(
            f"{name}: of {plural(len(shares), 'variant')} with {times} repeats, "
            f"{shares.count(1.0)} passed in every repeat, {shares.count(0.0)} in none, "
            f"{len(some)} in some{between}"
        )
    return notes


def _coverage(pack: Pack) -> list[str]:
    judging = [rule for rule in pack.gate if rule.judges_model]
    free = [s.id for s in pack.scenarios if not any(r.speaks_of(s.id, s.severity) for r in judging)]
    return [f"no gate rule judges {few(free)}"] if free and judging else []
