"""What the pages need of all records of a run, taken in one pass, because a million do not fit into memory.

Sums and counts are of every record. Parameters and latency samples of a large run are of records that are
spread evenly over it, and who shows them says so.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.results.record import Outcome, RunRecord, Scalar

MOST_KEPT = 20_000
"""Records of which parameters and latency samples are kept; about twice as many at most."""

UNSAID = -1.0


@dataclass(frozen=True, slots=True)
class Row:
    """A record's part in the search for what failed variants have in common."""

    scenario: str
    severity: str
    outcome: Outcome
    parameters: Mapping[str, Scalar]


@dataclass(slots=True)
class Survey:
    """Sums over the records of a run.

    Attributes:
        wall_s: Of all records together, seconds.
        sim_s: The same, simulated.
        phases_s: Seconds by phase.
        undefined: Metric -> variants in which a criterion could not compute it.
        parameters: Names of all parameters.
        varied: Of these, what has more than one value.
        measured: Whether any record has measured latency samples.
        every: One record of so many is among ``rows``, and gave its latency samples.
        rows: Parameters of these records.
        failed_every: One failed record of so many is among ``failed``.
        failed: Parameters of these.
        in_loop_ms: Latency samples that acted in the loop.
        measured_ms: Latency samples that were measured.
        of_models_ms: Both by the model's name, where a pack names several.
        bare_s: By place among the records: wall-clock seconds of what has neither notes nor artifacts, else
            ``UNSAID``.
    """

    wall_s: float = 0.0
    sim_s: float = 0.0
    phases_s: dict[str, float] = field(default_factory=dict)
    undefined: Counter[str] = field(default_factory=Counter)
    parameters: dict[str, Scalar] = field(default_factory=dict)
    varied: set[str] = field(default_factory=set)
    measured: bool = False
    every: int = 1
    rows: list[Row] = field(default_factory=list)
    failed_every: int = 1
    failed: list[Row] = field(default_factory=list)
    in_loop_ms: array[float] = field(default_factory=lambda: array("d"))
    measured_ms: array[float] = field(default_factory=lambda: array("d"))
    of_models_ms: dict[str, tuple[array[float], array[float]]] = field(default_factory=dict)
    bare_s: array[float] = field(default_factory=lambda: array("d"))


def survey(records: Sequence[RunRecord]) -> Survey:
    """Looks once at each record."""
    failures = sum(record.outcome is Outcome.FAIL for record in records)
    found = Survey(every=-(-len(records) // MOST_KEPT) or 1, failed_every=-(-failures // MOST_KEPT) or 1)
    failed = 0
    for place, stored in enumerate(records):
        record = as_read(stored)
        _add(found, record)
        is_kept, has_failed = place % found.every == 0, record.outcome is Outcome.FAIL
        if is_kept:
            found.in_loop_ms.extend(record.latency.in_loop_ms)
            found.measured_ms.extend(record.latency.measured_ms)
            for name, latency in record.latency.models.items():
                in_loop, measured = found.of_models_ms.setdefault(name, (array("d"), array("d")))
                in_loop.extend(latency.in_loop_ms)
                measured.extend(latency.measured_ms)
        if is_kept or has_failed:
            row = Row(record.scenario, record.severity, record.outcome, record.parameters)
            if is_kept:
                found.rows.append(row)
            if has_failed and failed % found.failed_every == 0:
                found.failed.append(row)
            failed += has_failed
    return found


def _add(found: Survey, record: RunRecord) -> None:
    found.wall_s += record.wall_s
    found.sim_s += record.sim_s
    for phase, seconds in record.phases_s.items():
        found.phases_s[phase] = found.phases_s.get(phase, 0.0) + seconds
    for metric in {criterion.metric for criterion in record.criteria if criterion.observed is None}:
        found.undefined[metric] += 1
    found.measured = found.measured or bool(record.latency.measured_ms)
    found.bare_s.append(UNSAID if record.notes or record.artifacts else record.wall_s)
    # Soon nearly all have varied.
    for name in record.parameters.keys() - found.varied:
        value = record.parameters[name]
        if found.parameters.setdefault(name, value) != value:
            found.varied.add(name)
