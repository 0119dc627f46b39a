"""What a record says against itself, or against the pack that it claims to be judged by.

A run's own records cannot contradict themselves; an edited journal, a faulty tool that merges journals, or a
harness with an error can. Nothing that is believed follows from such a record. Who rewrites everything so
that it fits is not found out here: that takes a signature (``simgate evidence build --key``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from simgate.harness.gate.percentile import nearest_rank
from simgate.harness.packs.bounds import UnusableCriterion, judgement
from simgate.harness.packs.latency_percentile import parse_latency_percentile
from simgate.harness.packs.model import Criterion, Pack, Scenario
from simgate.harness.results.manifest import ExpectedVariant
from simgate.harness.results.outcome import combine
from simgate.harness.results.record import CriterionResult, Outcome, RunRecord


def against_pack(expected: ExpectedVariant, pack: Pack) -> str:
    """What the manifest's entry of a variant says against the manifest's pack; empty when nothing."""
    scenario = next((one for one in pack.scenarios if one.id == expected.scenario), None)
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
    if record.scenario != scenario.id:
        return f"its record is of scenario '{record.scenario}'"
    return _against_criteria(record, scenario.accept) or _against_samples(record)


def copies(found: Iterable[tuple[ExpectedVariant, RunRecord]], pack: Pack) -> dict[str, str]:
    """Variants whose records have the same parameters though the manifest names different scenes for them.

    A scene is named after its parameters, so one of the records stands under a name that is not its own.
    Scenarios that place objects are left out: there the parameters are not the whole scene.

    Returns:
        Id -> id of another variant with the same parameters.
    """
    placing = {scenario.id for scenario in pack.scenarios if scenario.place}
    alike: dict[tuple[str, str], list[ExpectedVariant]] = defaultdict(list)
    for expected, record in found:
        if expected.scene and record.parameters and expected.scenario not in placing:
            alike[expected.scenario, json.dumps(record.parameters, sort_keys=True)].append(expected)
    return {
        one.id: next(other.id for other in group if other.scene != one.scene)
        for group in alike.values()
        if len({one.scene for one in group}) > 1
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


def _recomputed(criterion: Criterion, result: CriterionResult) -> Outcome | None:
    try:
        return Outcome(judgement(criterion, result.observed))
    except UnusableCriterion:
        return None


def _against_samples(record: RunRecord) -> str:
    """Whether the latency samples give the percentiles that were computed from them."""
    for name, value in record.metrics.items():
        which = parse_latency_percentile(name)
        if which is None:
            continue
        samples = record.latency.measured_ms if which.measured else record.latency.in_loop_ms
        if value != (nearest_rank(sorted(samples), which.share) if samples else None):
            return f"its latency samples do not give its {name}"
    return ""
