"""How far a run is, from its folder alone: whoever looks need not be who runs it, nor on the same machine."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simgate.harness.results.manifest import Manifest
from simgate.harness.results.reading.stored_record import stored_records
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.results.run_folder import RunFolder

SLOWEST, FAILURES = 5, 10
_RECENT = 200
"""Last records by which the workers that take part now are known."""
_SPREAD = 1.645
"""Standard deviations on each side of the time left: nine of ten lie within."""
_WRONG = (Outcome.FAIL, Outcome.INVALID, Outcome.ERROR)


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What is known of a run now.

    Attributes:
        expected: Variants in its manifest.
        counts: Outcome -> variants that have it now.
        attempts: Records that were not the last of their variant.
        runner: Who runs it; empty when nobody does.
        workers: Node (empty for the machine that planned the run) -> workers that took part lately.
        rate: Variants a second of these workers together; 0 before the first.
        left_s: Least, most likely and most seconds left, by the durations of each scenario so far; None when
            nothing is left or known.
        slowest: Seconds and variant, the slowest first.
        failures: Records of FAIL, INVALID and ERROR, the last first.
    """

    expected: int
    counts: Mapping[Outcome, int]
    attempts: int
    runner: str
    workers: Mapping[str, int]
    rate: float
    left_s: tuple[float, float, float] | None
    slowest: Sequence[tuple[float, str]]
    failures: Sequence[RunRecord]

    @property
    def done(self) -> int:
        """Variants that have a record."""
        return sum(self.counts.values())


def status_of(folder: RunFolder) -> RunStatus:
    """How far a run is.

    Raises:
        NotARun, JournalDamaged: It cannot be read.
    """
    manifest = folder.manifest()
    wanted = {expected.id for expected in manifest.expected}
    last: dict[str, RunRecord] = {}
    lines = 0
    for record in stored_records(folder.journal_path):
        lines += record.variant in wanted
        if record.variant in wanted:
            # In the order of the journal, also where a variant has been run again.
            last.pop(record.variant, None)
            last[record.variant] = record
    recent = [record for record in list(last.values())[-_RECENT:] if record.attempts]
    workers = Counter(node for node, _ in {(record.node, record.host) for record in recent})
    taken = [record.wall_s for record in recent if record.wall_s > 0.0]
    rate = workers.total() / (math.fsum(taken) / len(taken)) if taken else 0.0
    wrong = [record for record in reversed(last.values()) if record.outcome in _WRONG]
    return RunStatus(
        expected=len(manifest.expected),
        counts=Counter(record.outcome for record in last.values()),
        attempts=lines - len(last),
        runner=folder.runner(),
        workers=dict(sorted(workers.items())),
        rate=rate,
        left_s=_left(manifest, last, workers.total()),
        slowest=heapq.nlargest(SLOWEST, ((record.wall_s, name) for name, record in last.items())),
        failures=wrong[:FAILURES],
    )


def _left(
    manifest: Manifest, last: Mapping[str, RunRecord], workers: int
) -> tuple[float, float, float] | None:
    """Each variant that is left takes what its scenario's took so far, or all's where none has run."""
    left = Counter(expected.scenario for expected in manifest.expected if expected.id not in last)
    taken: dict[str, list[float]] = defaultdict(list)
    for record in last.values():
        if record.wall_s > 0.0:
            taken[record.scenario].append(record.wall_s)
    everything = [seconds for several in taken.values() for seconds in several]
    if not left or not everything or not workers:
        return None
    mean = variance = longest = 0.0
    for scenario, number in left.items():
        several = taken.get(scenario) or everything
        one, square = _moments(several)
        mean += number * one
        # Of the variants to come, and of the mean by which they are foretold.
        variance += number * square + number * number * square / len(several)
        longest = max(longest, *several)
    spread = _SPREAD * math.sqrt(variance)
    likely = max(mean / workers, mean / sum(left.values()))
    return max(0.0, mean - spread) / workers, likely, (mean + spread) / workers + longest


def _moments(values: Iterable[float]) -> tuple[float, float]:
    """Mean and variance; a single value is taken to vary by itself."""
    several = list(values)
    mean = math.fsum(several) / len(several)
    if len(several) == 1:
        return mean, mean * mean
    return mean, math.fsum((value - mean) ** 2 for value in several) / (len(several) - 1)
