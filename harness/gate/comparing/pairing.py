"""Pairs the variants of two runs by what was simulated, and counts what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from simgate.harness.gate.selection import left_out
from simgate.harness.gate.tally import (
    IN_QUARANTINE,
    Evidence,
    JudgedVariant,
    Status,
    counted_once,
    gather,
)
from simgate.harness.packs.model import Pack
from simgate.harness.results.manifest import Fingerprint, Manifest
from simgate.harness.results.record import VALID, RunRecord

ByDigest = Mapping[tuple[str, str], JudgedVariant]
"""Variants by scenario and digest: one simulation may be judged otherwise in another scenario."""


@dataclass(frozen=True)
class RunEvidence:
    """A run as a comparison sees it.

    Attributes:
        manifest: What was to be run.
        pack: The manifest's.
        fingerprint: Completed by the hosts where that is possible.
        evidence: Each expected variant with the record that counts.
        left_out: Scenario -> variants that an unfair selection kept from running.
    """

    manifest: Manifest
    pack: Pack
    fingerprint: Fingerprint
    evidence: Evidence
    left_out: Mapping[str, int]

    @classmethod
    def of(
        cls, manifest: Manifest, pack: Pack, records: Iterable[RunRecord], fingerprint: Fingerprint
    ) -> RunEvidence:
        """A run by its manifest, the pack in it, and the records of its journal in their order."""
        return cls(manifest, pack, fingerprint, gather(manifest, pack, records), left_out(manifest, pack))

    @cached_property
    def by_digest(self) -> ByDigest:
        """The variants by what is simulated, in each scenario."""
        return {_place_of(variant): variant for variant in counted_once(self.evidence.variants)}


@dataclass(frozen=True, slots=True)
class Pair:
    """A variant with both versions.

    Attributes:
        before: With the baseline; None when the baseline never was to run it.
        now: With the candidate.
    """

    before: JudgedVariant | None
    now: JudgedVariant

    @property
    def known(self) -> bool:
        """In a quarantine on either side; it counts as nothing."""
        return self.now.status in IN_QUARANTINE or (
            self.before is not None and self.before.status in IN_QUARANTINE
        )

    @property
    def scene(self) -> str:
        """Names its scene; pairs of one scene are one unit of proof."""
        return self.now.expected.own_scene

    @property
    def records(self) -> tuple[RunRecord | None, RunRecord | None]:
        """Before and now; None where there is none."""
        return self.before.record if self.before else None, self.now.record

    @property
    def valid_records(self) -> tuple[RunRecord, RunRecord] | None:
        """Before and now, where both say something about their model; else None."""
        before, now = self.records
        if before is None or now is None or not {before.outcome, now.outcome} <= set(VALID):
            return None
        return before, now

    @property
    def results(self) -> tuple[bool | None, bool | None]:
        """Whether it passed before and now; None where that is in doubt."""
        return _passed(self.before), _passed(self.now)


BROKEN = (True, False)
"""Results of a pair that broke. Each counts, also where its trace repeats: robots may fail alike anywhere."""


def _passed(variant: JudgedVariant | None) -> bool | None:
    if variant is None:
        return None
    return {Status.SUCCESS: True, Status.FAILURE: False}.get(variant.status)


def pair_up(variants: Sequence[JudgedVariant], baseline: ByDigest) -> list[Pair]:
    """Each of the candidate's variants with the baseline's of the same scenario and digest."""
    return [Pair(baseline.get(_place_of(variant)), variant) for variant in variants]


def _place_of(variant: JudgedVariant) -> tuple[str, str]:
    return variant.expected.scenario, variant.expected.digest


@dataclass(frozen=True, slots=True)
class PairCounts:
    """The paired table, and its two extremes.

    Attributes:
        both_pass: Passed before and now.
        both_fail: Failed before and now.
        broken: Passed before, fails now.
        fixed: Failed before, passes now.
        known: In a quarantine on either side; not in ``pairs``.
        absent: Left out by a selection on either side; they may be anything.
        doubtful: INVALID, ERROR or missing on either side, absent ones included.
        doubt_breaks: Of these, how many may be broken.
        doubt_fixes: Of these, how many may be fixed.
    """

    both_pass: int = 0
    both_fail: int = 0
    broken: int = 0
    fixed: int = 0
    known: int = 0
    absent: int = 0
    doubtful: int = 0
    doubt_breaks: int = 0
    doubt_fixes: int = 0

    @property
    def counted(self) -> int:
        """Pairs with a valid result on both sides."""
        return self.both_pass + self.both_fail + self.broken + self.fixed

    @property
    def pairs(self) -> int:
        """All pairs outside a quarantine, doubtful ones included."""
        return self.counted + self.doubtful

    @property
    def worst(self) -> tuple[int, int]:
        """(broken, fixed) with every doubt against the candidate."""
        return self.broken + self.doubt_breaks, self.fixed

    @property
    def best(self) -> tuple[int, int]:
        """(broken, fixed) with every doubt for the candidate."""
        return self.broken, self.fixed + self.doubt_fixes


def count_pairs(pairs: Sequence[Pair], absent: int = 0) -> PairCounts:
    """Counts pairs.

    Args:
        pairs: From :func:`pair_up`.
        absent: Variants that a selection kept from running on either side; they may be anything.
    """
    counts = {(True, True): 0, (False, False): 0, (True, False): 0, (False, True): 0}
    known, doubtful, breaks, fixes = 0, absent, absent, absent
    for pair in pairs:
        before, now = pair.results
        if pair.known:
            known += 1
        elif before is not None and now is not None:
            counts[before, now] += 1
        else:
            doubtful += 1
            breaks += before is not False and now is not True
            fixes += before is not True and now is not False
    return PairCounts(
        both_pass=counts[True, True],
        both_fail=counts[False, False],
        broken=counts[True, False],
        fixed=counts[False, True],
        known=known,
        absent=absent,
        doubtful=doubtful,
        doubt_breaks=breaks,
        doubt_fixes=fixes,
    )
