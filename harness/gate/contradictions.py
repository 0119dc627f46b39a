"""What a record says against itself, or against the pack that it claims to be judged by.

A run's own records cannot contradict themselves; an edited journal, a faulty tool that merges journals, or a
harness with an error can. Nothing that is believed follows from such a record. Who rewrites everything so
that it fits is not found out here: that takes a signature (``simgate evidence build --key``).
"""

from __future__ import annotations

import hashlib
import marshal
import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from simgate.harness.gate.statistics.percentile import nearest_rank
from simgate.harness.packs.bounds import UnusableCriterion, is_comparable, judgement
from simgate.harness.packs.checks.latency_percentile import LatencyPercentile, parse_latency_percentile
from simgate.harness.packs.model import Criterion, Scenario
from simgate.harness.results.manifest import ExpectedVariant
from simgate.harness.results.outcome import combine
from simgate.harness.results.record import CriterionResult, Outcome, RunRecord

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


def within(record: RunRecord, scenario: Scenario) -> str:
    """What a record says against itself and its scenario's criteria; empty when nothing.

    INVALID and ERROR claim nothing of the model, so nothing is held against them.
    """
    if record.outcome in (Outcome.INVALID, Outcome.ERROR):
        return ""
    if record.attempts < 1:
        return "its record has a result and says that it was never begun"
    if record.scenario != scenario.id:
        return f"its record is of scenario '{record.scenario}'"
    if not _IS_DIGEST(record.trace_digest):
        return "its record has no trace digest of 64 lower-case hexadecimal digits"
    return _against_numbers(record) or _against_criteria(record, scenario.accept) or _against_samples(record)


def parameters_key(record: RunRecord) -> bytes:
    """Names the scenario and the parameters of a record."""
    # Of this version of marshal, what is equal and of one type has one form.
    names = _sorted(tuple(record.parameters))
    content = marshal.dumps((record.scenario, names, list(map(record.parameters.__getitem__, names))), 2)
    return hashlib.blake2b(content, digest_size=16).digest()


@lru_cache
def _sorted(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names))


def trace_key(record: RunRecord) -> int:
    """Names the trace of a record, in eight bytes; 0 where nothing is believed of it for want of one."""
    return int(record.trace_digest[:16], 16) if _IS_DIGEST(record.trace_digest) else 0


def copies(found: Callable[[], Iterable[tuple[ExpectedVariant, bytes]]]) -> dict[str, str]:
    """Variants whose records have the same parameters though the manifest names different scenes for them.

    A scene is named after its parameters, so one of the records stands under a name that is not its own.

    Args:
        found: Variants with the keys of their records' parameters, as often as it is called.

    Returns:
        Id -> id of another variant with the same parameters.
    """
    first: dict[bytes, str] = {}
    clashing = {key for expected, key in found() if first.setdefault(key, expected.scene) != expected.scene}
    alike: dict[bytes, list[ExpectedVariant]] = {key: [] for key in clashing}
    for expected, key in found() if clashing else ():
        if key in alike:
            alike[key].append(expected)
    return {
        one.id: next(other.id for other in group if other.scene != one.scene)
        for group in alike.values()
        for one in group
    }


def _against_criteria(record: RunRecord, accept: Sequence[Criterion]) -> str:
    """Recomputes every criterion from the observed value and the pack's bound, and the outcome from them."""
    if [criterion.metric for criterion in accept] != [result.metric for result in record.criteria]:
        return "its record does not have the pack's criteria"
    recomputed = []
    for criterion, result in zip(accept, record.criteria, strict=True):
        found = _recomputed(criterion, result)
        if found is not result.outcome:
            word = "nothing that can be compared" if found is None else found.value
            return f"{criterion.statement}: its record says {result.outcome.value}, the observed value {word}"
        recomputed.append(found)
    if record.outcome is Outcome.PASS:
        agrees = combine(recomputed) is Outcome.PASS
    else:
        # What failed before there was doubt stays FAIL, whatever the criteria say of the rest.
        agrees = Outcome.FAIL in recomputed or not recomputed
    return "" if agrees else f"its record says {record.outcome.value}, its criteria do not"


def _against_numbers(record: RunRecord) -> str:
    """What is no finite number: a run writes none, and readers of JSON take them."""
    for name, value in record.metrics.items():
        if isinstance(value, int | float) and not is_comparable(value):
            return f"its {name} is no finite number"
    samples = (record.latency.in_loop_ms, record.latency.measured_ms)
    if not all(math.isfinite(sum(some)) for some in samples):
        return "a latency sample is no finite number"
    return ""


def _recomputed(criterion: Criterion, result: CriterionResult) -> Outcome | None:
    try:
        return Outcome(judgement(criterion, result.observed))
    except UnusableCriterion:
        return None


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
