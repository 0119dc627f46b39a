"""What a record says against itself, or against the pack that it claims to be judged by.

A run's own records cannot contradict themselves; an edited journal, a faulty tool that merges journals, or a
harness with an error can. Nothing that is believed follows from such a record. Who rewrites everything so
that it fits is not found out here: that takes a signature (``simgate evidence build --key``).
"""

from __future__ import annotations

import marshal
import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from simgate.harness.expansion.scene_key import seed_makes_scene
from simgate.harness.gate.rules.hard_result import HardResult, hard_results
from simgate.harness.gate.statistics.percentile import nearest_rank
from simgate.harness.packs.bounds import is_comparable, judge_of
from simgate.harness.packs.checks.latency_percentile import LatencyPercentile, parse_latency_percentile
from simgate.harness.packs.model import Scalar, Scenario
from simgate.harness.results.manifest import ExpectedVariant
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.results.record import VALID, Outcome, RunRecord

_IS_DIGEST = re.compile("[0-9a-f]{64}").fullmatch
"""Two spellings of one digest would be two traces, and runs with one trace are one run."""


def against_pack(expected: ExpectedVariant, scenario: Scenario | None) -> str:
    """What the manifest's entry of a variant says against its scenario in the pack; empty when nothing."""
    if scenario is None:
        return f"the manifest's pack has no scenario '{expected.scenario}'"
    if not expected.id.startswith(f"{scenario.id}::"):
        return f"the manifest lists it under scenario '{scenario.id}'"
    if expected.severity != scenario.severity:
        return f"the manifest lists it as {expected.severity}, its pack says {scenario.severity}"
    return ""


class Claims:
    """What records of one scenario claim, held against the scenario's criteria and against themselves.

    Args:
        scenario: Of the pack.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._metrics = [criterion.metric for criterion in scenario.accept]
        self._judges = [judge_of(criterion) for criterion in scenario.accept]

    def against(self, record: RunRecord) -> str:
        """What a record says against itself and its scenario's criteria; empty when nothing.

        INVALID and ERROR claim nothing of the model, so nothing is held against them.
        """
        if record.outcome not in VALID:
            return ""
        if record.attempts < 1:
            return "its record has a result and says that it was never begun"
        if record.scenario != self.scenario.id:
            return f"its record is of scenario '{record.scenario}'"
        if not _IS_DIGEST(record.trace_digest) and not (self.scenario.imported and not record.trace_digest):
            return "its record has no trace digest of 64 lower-case hexadecimal digits"
        return _against_numbers(record) or self._against_criteria(record) or _against_samples(record)

    def _against_criteria(self, record: RunRecord) -> str:
        """Recomputes every criterion from observed value and bound, and the outcome from them."""
        claimed = record.criteria
        if self._metrics != [result.metric for result in claimed]:
            return "its record does not have the pack's criteria"
        all_passed, failed = bool(claimed), False
        for criterion, judge, result in zip(self.scenario.accept, self._judges, claimed, strict=True):
            found = judge(result.observed)
            if found != result.outcome:
                says, shows = result.outcome.value, found or "nothing that can be compared"
                return f"{criterion.statement}: its record says {says}, the observed value {shows}"
            if found != "PASS":
                all_passed, failed = False, failed or found == "FAIL"
        # INVALID and FAIL both outweigh PASS, and nothing at all has not passed. What failed before there was
        # doubt stays FAIL, whatever the criteria say of the rest.
        agrees = all_passed if record.outcome is Outcome.PASS else failed or not claimed
        return "" if agrees else f"its record says {record.outcome.value}, its criteria do not"


class Said(NamedTuple):
    """A record of the expected identity, and what was seen when it was looked at.

    Attributes:
        record: The record.
        against: What it says against itself or the pack; empty when nothing, or when it claims nothing.
        key: Names its parameters; 0 where they are not the whole scene, or it claims nothing.
        hard: What it says under each of its scenario's hard rules.
        trace: Names its trace; 0 where it has none, or claims nothing.
    """

    record: RunRecord
    against: str
    key: int
    hard: tuple[HardResult, ...] = ()
    trace: int = 0


def look_at(expected: ExpectedVariant, record: RunRecord, claims: Claims | None) -> Said:
    """What is seen of a record of the expected identity; ``claims`` are its scenario's, None without one."""
    if claims is None or record.outcome is Outcome.ERROR:
        return Said(record, "", 0)
    full, scenario = as_read(record), claims.scenario
    hard = hard_results(full, scenario.hard) if scenario.hard else ()
    if record.outcome not in VALID:
        return Said(record, "", 0, hard)
    is_scene = expected.scene and not scenario.place and full.parameters and not seed_makes_scene(scenario)
    return Said(record, claims.against(full), parameters_key(full) if is_scene else 0, hard, trace_key(full))


def parameters_key(record: RunRecord) -> int:
    """Names the scenario and the parameters of a record in this process; few others have the same name."""
    return hash((record.scenario, _values(tuple(record.parameters))(record.parameters))) or 1


@lru_cache
def _values(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Any]:
    """Reads the values in the order of their names."""
    return itemgetter(*sorted(names)) if names else len


def _parameters(record: RunRecord) -> bytes:
    """The scenario and the parameters of a record: 1, 1.0 and true differ, as they do in a scene's name."""
    full = as_read(record)
    # Of this version of marshal, what is equal and of one type has one form.
    return marshal.dumps((full.scenario, sorted(full.parameters.items())), 2)


def trace_key(record: RunRecord) -> int:
    """Names the trace of a record, in eight bytes; 0 where nothing is believed of it for want of one."""
    return int(record.trace_digest[:16], 16) if _IS_DIGEST(record.trace_digest) else 0


def copies(found: Callable[[], Iterable[tuple[ExpectedVariant, int, RunRecord]]]) -> dict[str, str]:
    """Variants whose records have the same parameters though the manifest names different scenes for them.

    A scene is named after its parameters, so one of the records stands under a name that is not its own.

    Args:
        found: Variants, the keys of their records' parameters, and the records, as often as it is called.

    Returns:
        Id -> id of another variant with the same parameters.
    """
    first: dict[int, str] = {}
    clashing = {
        key for expected, key, _ in found() if first.setdefault(key, expected.scene) != expected.scene
    }
    alike: dict[bytes, list[ExpectedVariant]] = {}
    for expected, key, record in found() if clashing else ():
        if key in clashing:
            alike.setdefault(_parameters(record), []).append(expected)
    return {
        one.id: next(other.id for other in group if other.scene != one.scene)
        for group in alike.values()
        if len({one.scene for one in group}) > 1
        for one in group
    }


def _against_numbers(record: RunRecord) -> str:
    """What is no finite number: a run writes none, and readers of JSON take them."""
    if not _finite(record.metrics.values()):
        for name, value in record.metrics.items():
            if isinstance(value, int | float) and not is_comparable(value):
                return f"its {name} is no finite number"
    latency = record.latency
    if not math.isfinite(sum(latency.in_loop_ms)) or not math.isfinite(sum(latency.measured_ms)):
        return "a latency sample is no finite number"
    return ""


def _finite(values: Iterable[Scalar | None]) -> bool:
    """Whether all are finite numbers; False also where one is a word, or they are too large together."""
    try:
        # What is nothing, 0 or an empty word is left out.
        return math.isfinite(math.hypot(*filter(None, values)))  # type: ignore[arg-type]
    except (OverflowError, TypeError):
        return False


def _against_samples(record: RunRecord) -> str:
    """Whether the latency samples give the percentiles that were computed from them."""
    for name, which in _percentiles(tuple(record.metrics)):
        samples = record.latency.measured_ms if which.measured else record.latency.in_loop_ms
        if record.metrics[name] != (nearest_rank(sorted(samples), which.share) if samples else None):
            return f"its latency samples do not give its {name}"
    return ""


@lru_cache
def _percentiles(metrics: tuple[str, ...]) -> list[tuple[str, LatencyPercentile]]:
    """Those that are percentiles of latency samples; a scenario's records all have the same metrics."""
    return [(name, which) for name in metrics if (which := parse_latency_percentile(name)) is not None]
