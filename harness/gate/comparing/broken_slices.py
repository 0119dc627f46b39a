"""Where a candidate breaks what the baseline passes: regions of the parameters, for triage.

Searched among the variants that the baseline passes, so that what fails with both is no part of it. A
region is shown only when variants that took no part in the search support it (``simgate.harness.slices``).
"""

from __future__ import annotations

from collections.abc import Sequence

from simgate.harness.gate.comparing.pairing import Pair
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.results.record import ResultModel, RunRecord
from simgate.harness.slices import MissingExtra, Slice, find_slices
from simgate.harness.slices.find import MIN_GROUP
from simgate.harness.slices.slice import p_in_words
from simgate.harness.text import ordinal, plural


class BrokenSlice(ResultModel):
    """A region in which a candidate breaks more variants than chance explains."""

    region: str
    """For example ``door.tint < 0.09 and lighting.lux < 130``."""
    broken_inside: int
    inside: int
    """Variants inside that the baseline passes."""
    broken: int
    """Broken variants, inside and outside."""
    total: int
    """Variants that the baseline passes, inside and outside."""
    held_out: tuple[int, int, int, int]
    """(broken inside, inside, broken, all) of the variants that took no part in the search."""
    p_value: float
    """Exact, by permutation of the held-out variants, times the number of regions looked at (Holm)."""

    @property
    def text(self) -> str:
        """For example ``31 of 36 broken variants lie where lighting.lux < 130``."""
        return f"{self.broken_inside} of {plural(self.broken, 'broken variant')} lie where {self.region}"

    @property
    def detail(self) -> str:
        """How dense the region is, and what the held-out variants say."""
        hits, inside, broken, total = self.held_out
        return (
            f"of those that the baseline passes, {self.broken_inside} of {self.inside} inside are broken, "
            f"{self.broken - self.broken_inside} of {self.total - self.inside} outside; held out: {hits} of "
            f"{inside} inside, {broken - hits} of {total - inside} outside (p {p_in_words(self.p_value)})"
        )


MOST_SEARCHED = 20_000
"""Of more variants that the baseline passes, so many are searched, evenly spread."""


def broken_slices(pairs: Sequence[Pair]) -> tuple[tuple[BrokenSlice, ...], str]:
    """The regions, and why there are none; the reason is empty where none was to be expected.

    Args:
        pairs: Of both runs.
    """
    passed = _passed_before(pairs)
    passed = passed[:: _every(len(passed))]
    outcomes = [broken for _, broken in passed]
    broken = sum(outcomes)
    if not broken:
        return (), ""
    kept = len(outcomes) - broken
    if min(broken, kept) < MIN_GROUP:
        return (), (
            f"no region of the parameters was searched: {broken} broken and {kept} that pass with both "
            f"versions; it takes {MIN_GROUP} of each"
        )
    try:
        found = find_slices([_row(record) for record, _ in passed], outcomes)
    except MissingExtra as error:
        return (), f"no region of the parameters was searched: {error}"
    if not found:
        return (), "no region of the parameters holds more broken variants than chance explains"
    return tuple(_as_data(one) for one in found), ""


def part_searched(pairs: Sequence[Pair]) -> str:
    """What is said where not every pair is searched; empty where all are."""
    every = _every(len(_passed_before(pairs)))
    return "" if every == 1 else f"regions of broken variants were searched on every {ordinal(every)} variant"


def _every(count: int) -> int:
    return -(-count // MOST_SEARCHED) or 1


def _passed_before(pairs: Sequence[Pair]) -> list[tuple[RunRecord, bool]]:
    """What the baseline passes and the candidate has a result of, and whether that is broken."""
    return [
        (record, not pair.results[1])
        for pair in pairs
        if not pair.known and pair.results[0] and pair.results[1] is not None and (record := pair.now.record)
    ]


def _row(record: RunRecord) -> dict[str, bool | int | float | str]:
    record = as_read(record)
    return {"scenario": record.scenario, **record.parameters}


def _as_data(one: Slice) -> BrokenSlice:
    return BrokenSlice(
        region=one.region,
        broken_inside=one.failed_inside,
        inside=one.inside,
        broken=one.failed,
        total=one.total,
        held_out=one.held_out,
        p_value=one.p_value,
    )
