"""Pairs every expected variant with its record, and counts. What is absent is counted as absent."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from simgate.harness.gate.contradictions import Claims, Said, against_pack, copies, look_at
from simgate.harness.gate.rules.hard_result import HardResult
from simgate.harness.gate.scenes import NO_SCENES, Scenes
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.results.manifest import ExpectedVariant, Manifest
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.results.record import VALID, Outcome, RunRecord

_ALONE: dict[tuple[Outcome, ...], tuple[Outcome, ...]] = {(outcome,): (outcome,) for outcome in Outcome}
"""Outcomes of variants with one record: one object for all that end alike."""


class Status(StrEnum):
    """What an expected variant counts as."""

    SUCCESS = "success"
    FAILURE = "failure"
    INVALID = "invalid"
    ERROR = "error"
    MISSING = "missing"
    KNOWN = "known"
    KNOWN_PASSED = "known, passed"
    KNOWN_INVALID = "known, invalid"
    NOT_RUN = "not run"
    """A sequential test had decided before its turn; whatever record it has does not count."""


IN_QUARANTINE = (Status.KNOWN, Status.KNOWN_PASSED, Status.KNOWN_INVALID)
"""They count for and against nothing, but an INVALID one is still evidence that is not valid."""
WITHOUT_RESULT = (Status.INVALID, Status.KNOWN_INVALID, Status.ERROR)
"""They reported, and say nothing of the model."""


_MAY_COUNT = {
    Status.SUCCESS: True,
    Status.FAILURE: False,
    Status.INVALID: None,
    Status.ERROR: None,
    Status.MISSING: None,
}
"""Whether a variant passed; None where it may be either."""

_SPEAKING = (Status.SUCCESS, Status.FAILURE)
"""Only their traces may repeat others: what is doubted stays in doubt, and a quarantine counts as nothing."""

DISAGREE = "records of the same identity disagree, so none of them can be believed"


@dataclass(frozen=True, slots=True)
class JudgedVariant:
    """An expected variant, the record that counts for it, and what it counts as.

    Attributes:
        expected: From the manifest.
        record: None when it is missing.
        status: What it counts as.
        contradiction: What its records say against each other, themselves or the pack; it then counts as
            INVALID. Empty without any.
        attempts: How often it was begun.
        outcomes: Of all its records, in the journal's order.
        hard: What the record that counts says under each of its scenario's hard rules, in their order.
        trace: Names the trace of the record that counts, where another variant may have the same; else 0.
    """

    expected: ExpectedVariant
    record: RunRecord | None
    status: Status
    contradiction: str = ""
    attempts: int = 0
    outcomes: tuple[Outcome, ...] = ()
    hard: tuple[HardResult, ...] = ()
    trace: int = 0

    @property
    def simulation(self) -> tuple[str, str]:
        """Names what is simulated and how it is judged; the same for a pin and what it was made of."""
        return self.expected.digest, self.expected.identity


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run as the gate sees it.

    Attributes:
        variants: One entry for each expected variant, in the manifest's order.
        refused: Variants with records of another identity only: made with something else, so missing.
        unexpected: Variants with records that the manifest does not list.
    """

    variants: tuple[JudgedVariant, ...]
    refused: tuple[str, ...]
    unexpected: tuple[str, ...]


def gather(manifest: Manifest, pack: Pack, records: Iterable[RunRecord]) -> Evidence:
    """Pairs expected variants with records, each of which is looked at once, as it comes.

    A record counts when id, variant digest and run identity are those of the manifest. The last valid one
    counts, else the last one; valid ones that disagree make the variant INVALID, because the same identity
    must give the same result. So does a record that contradicts itself or the pack: a variant counts under
    the pack's severity whatever the manifest says of it.
    """
    expected = manifest.expected
    place_of = {one.id: place for place, one in enumerate(expected)}
    heard: list[Said | list[Said] | None] = [None] * len(expected)
    foreign: set[int] = set()
    unexpected: dict[str, None] = {}
    claims = {one.id: Claims(one) for one in pack.scenarios}
    for record in records:
        full = as_read(record)
        place = place_of.get(full.variant)
        if place is None:
            unexpected[full.variant] = None
            continue
        one = expected[place]
        if (full.identity, full.variant_digest) != (one.identity, one.digest):
            foreign.add(place)
            continue
        said, before = look_at(one, record, claims.get(one.scenario)), heard[place]
        heard[place] = said if before is None else [*(before if isinstance(before, list) else [before]), said]
    excused = quarantines(manifest, pack)
    refused = tuple(expected[place].id for place in sorted(foreign) if heard[place] is None)
    variants, keys, traces = [], array("q"), array("Q")
    for place, one in enumerate(expected):
        said_of, heard[place] = heard[place], None
        own = said_of if isinstance(said_of, list) else [] if said_of is None else [said_of]
        scenario = claims[one.scenario].scenario if one.scenario in claims else None
        variant = _judged(one, own, scenario, excused.get(one.scenario, frozenset()))
        variants.append(variant)
        counts = _counting(variant, own)
        keys.append(counts.key if counts else 0)
        traces.append(counts.trace if counts else 0)
    judged = _agreeing(_own(variants, keys))
    return Evidence(tuple(_with_repeated(judged, traces)), refused, tuple(unexpected))


def _counting(variant: JudgedVariant, own: Sequence[Said]) -> Said | None:
    for said in own:
        if said.record is variant.record:
            return said
    return None


def _with_repeated(variants: Sequence[JudgedVariant], traces: array[int]) -> Iterable[JudgedVariant]:
    """The variants, those with their trace of which several have the same: few, if any, of a million."""
    found, times = np.unique(np.frombuffer(traces, dtype=np.uint64), return_counts=True)
    repeated = set(found[times > 1].tolist()) - {0}
    if not repeated:
        return variants
    return [
        replace(variant, trace=trace) if trace in repeated and variant.status in _SPEAKING else variant
        for variant, trace in zip(variants, traces, strict=True)
    ]


def _own(variants: Sequence[JudgedVariant], keys: Sequence[int]) -> list[JudgedVariant]:
    """The variants, those INVALID whose records are copies under another name."""
    copied = copies(
        lambda: (
            (one.expected, key, one.record)
            for one, key in zip(variants, keys, strict=True)
            if key and one.record is not None
        )
    )
    return [
        replace(
            variant,
            status=Status.INVALID,
            contradiction=f"its record has the parameters of {other}, which is another scene",
        )
        if copied and (other := copied.get(variant.expected.id))
        else variant
        for variant in variants
    ]


def _agreeing(variants: Sequence[JudgedVariant]) -> list[JudgedVariant]:
    """The variants, those INVALID that are one simulation under several names with several valid results."""
    if _all_differ(variants):
        return list(variants)
    outcomes: dict[tuple[str, str], Outcome] = {}
    disagree: set[tuple[str, str]] = set()
    for variant in variants:
        if variant.record is not None and variant.record.outcome in VALID:
            simulation, outcome = variant.simulation, variant.record.outcome
            if outcomes.setdefault(simulation, outcome) is not outcome:
                disagree.add(simulation)
    return [
        replace(variant, status=Status.INVALID, contradiction=DISAGREE)
        if disagree and variant.record is not None and variant.simulation in disagree
        else variant
        for variant in variants
    ]


def counted_once(variants: Iterable[JudgedVariant]) -> list[JudgedVariant]:
    """One variant for each simulation, the first that has a valid result.

    A pin of a variant that the pack still draws is the same simulation under another name. It tells nothing
    new, and counted twice it would be taken for two independent trials.
    """
    every = list(variants)
    if _all_differ(every):
        return every
    without = (*WITHOUT_RESULT, Status.MISSING, Status.NOT_RUN)
    kept: dict[tuple[str, str], JudgedVariant] = {}
    for variant in every:
        known = kept.get(variant.simulation)
        if known is None or (known.status in without and variant.status not in without):
            kept[variant.simulation] = variant
    return list(kept.values())


def _all_differ(variants: Sequence[JudgedVariant]) -> bool:
    """Whether no two are one simulation, seen at a glance: their digests differ."""
    return len({variant.expected.digest for variant in variants}) == len(variants)


def without_the_rest(evidence: Evidence, counted: int) -> Evidence:
    """The evidence of a run that a sequential test ended after its first ``counted`` variants."""
    variants = tuple(
        variant if place < counted else JudgedVariant(variant.expected, None, Status.NOT_RUN)
        for place, variant in enumerate(evidence.variants)
    )
    late = {variant.expected.id for variant in variants[counted:]}
    return Evidence(variants, tuple(v for v in evidence.refused if v not in late), evidence.unexpected)


def quarantines(manifest: Manifest, pack: Pack) -> dict[str, frozenset[str]]:
    """Issues of each scenario's quarantines that were in date when the run was made."""
    day = manifest.created_utc[:10]
    return {s.id: frozenset(k.issue for k in s.known_failures if k.until >= day) for s in pack.scenarios}


def judge(
    expected: ExpectedVariant, own: Sequence[RunRecord], pack: Pack, excused: frozenset[str]
) -> JudgedVariant:
    """What a variant counts as.

    Args:
        expected: From the manifest.
        own: Its records of the expected identity, in the journal's order.
        pack: Of the manifest.
        excused: Issues of its scenario's quarantines that are in date.
    """
    scenario = next((one for one in pack.scenarios if one.id == expected.scenario), None)
    claims = Claims(scenario) if scenario else None
    said = [look_at(expected, record, claims) for record in own]
    variant = _judged(expected, said, scenario, excused)
    counts = _counting(variant, said)
    return replace(variant, trace=counts.trace) if counts and variant.status in _SPEAKING else variant


def _judged(
    expected: ExpectedVariant, own: Sequence[Said], scenario: Scenario | None, excused: frozenset[str]
) -> JudgedVariant:
    wrong = against_pack(expected, scenario)
    if len(own) == 1 and not own[0].against and scenario is not None and not wrong:
        # So nearly all are, of very many; what follows comes to the same.
        record = own[0].record
        outcomes = _ALONE[(record.outcome,)]
        return JudgedVariant(
            expected, record, _status(record, excused), "", record.attempts, outcomes, own[0].hard
        )
    if scenario is not None and scenario.severity != expected.severity:
        expected = replace(expected, severity=scenario.severity)
    if not own:
        return JudgedVariant(expected, None, Status.MISSING)
    outcomes = tuple(one.record.outcome for one in own)
    tried = sum(one.record.attempts for one in own), _ALONE.get(outcomes, outcomes)
    if scenario is None or wrong:
        return JudgedVariant(expected, own[-1].record, Status.INVALID, wrong, *tried)
    said = [one for one in own if one.record.outcome in VALID]
    valid = [one.record for one in said if not one.against]
    if len({record.outcome for record in valid}) > 1 or _undone(said, own):
        return JudgedVariant(expected, valid[-1], Status.INVALID, DISAGREE, *tried)
    if said and not valid:
        return JudgedVariant(expected, said[-1].record, Status.INVALID, said[-1].against, *tried)
    last = next(one for one in reversed(own) if not valid or one.record is valid[-1])
    return JudgedVariant(expected, last.record, _status(last.record, excused), "", *tried, last.hard)


def _undone(said: Sequence[Said], own: Sequence[Said]) -> bool:
    """Whether some try violated a hard rule and another one, with a valid result, did not."""
    if len(own) == 1:
        return False
    violated = [[result.outcome is Outcome.FAIL for result in one.hard] for one in own]
    believed = [[result.outcome is Outcome.FAIL for result in one.hard] for one in said if not one.against]
    return any(any(bad) and bad != one for bad in violated for one in believed)


def _status(record: RunRecord, excused: frozenset[str]) -> Status:
    in_quarantine = record.known_issue is not None and record.known_issue in excused
    if record.outcome is Outcome.PASS:
        return Status.KNOWN_PASSED if in_quarantine else Status.SUCCESS
    if record.outcome in (Outcome.FAIL, Outcome.KNOWN):
        # A KNOWN whose quarantine the pack does not hold, or that had expired, is an ordinary failure.
        is_known = record.outcome is Outcome.KNOWN and in_quarantine
        return Status.KNOWN if is_known else Status.FAILURE
    if record.outcome is Outcome.INVALID:
        return Status.KNOWN_INVALID if in_quarantine else Status.INVALID
    return Status.ERROR


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of expected variants; all but ``left_out``, ``known_passed``, ``known_invalid`` and ``retried``
    add up to ``expected``.

    ``by_scene`` are the scenes of all variants that count or may count.
    """

    expected: int = 0
    successes: int = 0
    failures: int = 0
    invalid: int = 0
    errors: int = 0
    missing: int = 0
    known: int = 0
    known_passed: int = 0
    known_invalid: int = 0
    left_out: int = 0
    not_run: int = 0
    retried: int = 0
    by_scene: Scenes = NO_SCENES

    @property
    def counted(self) -> int:
        """Variants that say something: successes and failures."""
        return self.successes + self.failures

    @property
    def absent(self) -> int:
        """Variants that never reported: missing ones, and those of the pack that a selection left out."""
        return self.missing + self.left_out

    @property
    def doubtful(self) -> int:
        """Variants that may be either, had they been valid; they enter as both extremes."""
        return self.invalid + self.errors + self.absent


def tally(variants: Iterable[JudgedVariant], left_out: int = 0) -> Tally:
    """Counts variants by status."""
    judged = list(variants)
    counts = Counter([variant.status for variant in judged])
    doubtful = counts[Status.INVALID] + counts[Status.ERROR] + counts[Status.MISSING] + left_out
    alone = _all_stand_alone(judged)
    ends = counts[Status.SUCCESS], counts[Status.FAILURE], doubtful
    return Tally(
        expected=len(judged),
        successes=counts[Status.SUCCESS],
        failures=counts[Status.FAILURE],
        invalid=counts[Status.INVALID],
        errors=counts[Status.ERROR],
        missing=counts[Status.MISSING],
        known=sum(counts[status] for status in IN_QUARANTINE),
        known_passed=counts[Status.KNOWN_PASSED],
        known_invalid=counts[Status.KNOWN_INVALID],
        left_out=left_out,
        not_run=counts[Status.NOT_RUN],
        retried=len([variant for variant in judged if variant.attempts > 1]),
        by_scene=Scenes.alone(*ends) if alone else Scenes.of(_by_scene(judged), left_out),
    )


def _all_stand_alone(variants: Sequence[JudgedVariant]) -> bool:
    """Whether no two that may count share a scene or a trace, seen at a glance."""
    counting = [variant for variant in variants if variant.status in _MAY_COUNT]
    scenes = {variant.expected.own_scene for variant in counting}
    return len(scenes) == len(counting) and not any(variant.trace for variant in counting)


def _by_scene(variants: Iterable[JudgedVariant]) -> Iterator[tuple[str, bool | None, int]]:
    """Scene, whether it passed, and trace of whatever counts; who has no scene is one of its own."""
    for variant in variants:
        if variant.status in _MAY_COUNT:
            yield variant.expected.own_scene, _MAY_COUNT[variant.status], variant.trace
