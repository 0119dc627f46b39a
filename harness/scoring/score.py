"""Scores one finished episode: criteria, metrics, outcome."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from simgate.harness.packs.checks.metric_catalog import Record
from simgate.harness.packs.model import Criterion, Scalar, Scenario, metric_key
from simgate.harness.results.outcome import combine, with_quarantine
from simgate.harness.results.record import CriterionResult, LatencySamples, Outcome
from simgate.harness.scoring.criteria import judge
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metrics import evaluate, find_metric, metric_of, standard_metrics
from simgate.harness.scoring.quarantine import find_quarantine
from simgate.harness.scoring.resources import ResourceUse
from simgate.harness.text import plural
from simgate.harness.trace import Trace


@dataclass(frozen=True, slots=True)
class Score:
    """What an episode is worth.

    Attributes:
        outcome: PASS, FAIL, INVALID or KNOWN (ERROR has no trace to score).
        reason: First thing to read; empty for PASS.
        criteria: Every criterion, judged, in the scenario's order.
        metrics: Every metric that a criterion names and the standard ones; plain Python values,
            None where undefined. With options the key is ``name{within_m=3}``.
        hard: What the gate's ``every_variant`` rules ask, judged; INVALID where the trace is in doubt, but
            for what was lost for good before there was doubt.
        known_issue: Issue of the quarantine that the variant lies in, whatever its outcome; the
            gate keeps the passes in a quarantine apart as well.
        lost_at_s: Simulated time of the first failing criterion's loss, None when it has no moment.
    """

    outcome: Outcome
    reason: str
    criteria: tuple[CriterionResult, ...]
    metrics: dict[str, Scalar | None]
    hard: tuple[CriterionResult, ...] = ()
    known_issue: str | None = None
    lost_at_s: float | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nobody will want to look at it: it passed, and violates no hard rule."""
        return self.outcome is Outcome.PASS and all(one.outcome is not Outcome.FAIL for one in self.hard)


def score(
    scenario: Scenario,
    trace: Trace,
    latency: LatencySamples,
    parameters: Mapping[str, Scalar],
    today: date | None = None,
    resources: ResourceUse | None = None,
    folder: Path | None = None,
) -> Score:
    """Scores an episode.

    Args:
        scenario: Whose criteria and quarantines hold.
        trace: What happened.
        latency: Perception latency.
        parameters: Of the variant, for quarantines.
        today: Date that quarantines are held against; today in UTC when not given.
        resources: What the episode cost its host, for criteria on ``cpu.*`` and ``gpu.*``.
        folder: The pack's, in which the code of its own metrics is.

    Raises:
        simgate.harness.scoring.metrics.UnknownMetric: A criterion names no metric.
        simgate.harness.packs.bounds.UnusableCriterion: A criterion cannot be compared.
        ValueError: A formula cannot be read.
    """
    evidence = Evidence(trace, latency, resources)
    criteria = tuple(judge(criterion, evidence, folder) for criterion in scenario.accept)
    known = find_quarantine(scenario.known_failures, parameters, today or datetime.now(UTC).date())
    if trace.invalid_reasons:
        outcome, reason = _of_doubt(scenario, trace, latency)
    else:
        outcome = combine(result.outcome for result in criteria)
        reason = _reason(criteria, outcome)
    outcome = with_quarantine(outcome, known is not None)
    first_lost = next((r for r in criteria if r.outcome is not Outcome.PASS), None)
    return Score(
        outcome=outcome,
        reason=reason,
        criteria=criteria,
        metrics=_metrics(scenario.accept, evidence, folder),
        hard=_hard(scenario.hard, evidence, folder),
        known_issue=known.issue if known else None,
        lost_at_s=first_lost.lost_at_s if first_lost else None,
    )


def records_of(scenario: Scenario, folder: Path | None = None) -> frozenset[Record]:
    """What the criteria of a scenario need of a trace that not every trace holds.

    Args:
        scenario: Of a pack.
        folder: The pack's, in which the code of its own metrics is.

    Raises:
        UnknownMetric, BadReference: As :func:`simgate.harness.scoring.metrics.metric_of`.
    """
    asked = (*scenario.accept, *scenario.hard)
    return frozenset(need for c in asked for need in _needs(c, folder))


def bodies_of(scenario: Scenario, folder: Path | None = None) -> tuple[str, ...]:
    """The bodies that the metrics of a scenario speak of; as :func:`records_of`."""
    asked = [c for c in (*scenario.accept, *scenario.hard) if "bodies" in _needs(c, folder)]
    return tuple(dict.fromkeys(str(c.options["of"]) for c in asked if "of" in c.options))


def _needs(criterion: Criterion, folder: Path | None) -> tuple[Record, ...]:
    if criterion.stl is not None or criterion.signal is not None:
        return ()
    return metric_of(criterion, folder).info.records


def _of_doubt(scenario: Scenario, trace: Trace, latency: LatencySamples) -> tuple[Outcome, str]:
    """INVALID, unless the robot had failed before there was doubt in a way that nothing later mends."""
    doubt = "; ".join(trace.invalid_reasons)
    lost = _lost_before_doubt(scenario.accept, trace, latency)
    if not lost or trace.doubt_step is None:
        return Outcome.INVALID, doubt
    since = trace.doubt_step / trace.physics_hz
    return Outcome.FAIL, f"{_reason(lost, Outcome.FAIL)}; in doubt only from {since:g} s on: {doubt}"


def _lost_before_doubt(
    criteria: Iterable[Criterion], trace: Trace, latency: LatencySamples
) -> list[CriterionResult]:
    """What a contact had violated for good before there was doubt."""
    if not trace.doubt_step:
        return []
    sound = Evidence(trace.before(trace.doubt_step), latency)
    if sound.first_contact_s is None:
        return []
    says_itself = "success" in trace.facts  # To that task a contact may be no failure.
    lost = [c for c in criteria if _stays_lost(c) and not (says_itself and c.metric == "success")]
    judged = [judge(criterion, sound) for criterion in lost]
    return [result for result in judged if result.outcome is Outcome.FAIL]


def _hard(
    criteria: Iterable[Criterion], evidence: Evidence, folder: Path | None
) -> tuple[CriterionResult, ...]:
    """What hard rules ask, judged on what is beyond doubt."""
    judged = tuple(judge(criterion, evidence, folder) for criterion in criteria)
    doubt = "; ".join(evidence.trace.invalid_reasons)
    if not judged or not doubt:
        return judged
    lost = {r.statement: r for r in _lost_before_doubt(criteria, evidence.trace, evidence.latency)}
    unknown = {"outcome": Outcome.INVALID, "reason": f"in doubt: {doubt}"}
    return tuple(lost.get(r.statement, r.model_copy(update=unknown)) for r in judged)


def _stays_lost(criterion: Criterion) -> bool:
    """Whether a contact that violates a criterion does so for good: its metric only grows, or only falls."""
    info = find_metric(criterion.metric)
    moves = info.moves if info is not None else ""
    return (
        (moves == "up" and criterion.op == "at_most")
        or (moves == "down" and criterion.op == "at_least")
        or (criterion.metric == "collisions" and criterion.op == "equals" and criterion.bound == 0)
        or (criterion.metric == "success" and criterion.op == "equals" and criterion.bound is True)
    )


def _reason(criteria: Iterable[CriterionResult], outcome: Outcome) -> str:
    """The first criterion that decided the outcome, and how many more there are."""
    if outcome is Outcome.PASS:
        return ""
    reasons = [
        f"{r.metric}: {r.reason}" if r.observed is None else r.reason
        for r in criteria
        if r.outcome is outcome
    ]
    if not reasons:
        return "no evidence: the scenario has no acceptance criterion"
    more = len(reasons) - 1
    tail = f" (and {plural(more, 'more criterion', 'more criteria')})" if more else ""
    return reasons[0] + tail


def _metrics(
    accept: Iterable[Criterion], evidence: Evidence, folder: Path | None
) -> dict[str, Scalar | None]:
    values: dict[str, Scalar | None] = {}
    for criterion in accept:
        found = metric_of(criterion, folder).of(evidence, criterion.options)
        values[metric_key(criterion.metric, criterion.options)] = _plain(found.value)
    asked = list(standard_metrics())
    known = evidence.model_classes
    labels = [label for label in evidence.labels_seen if not known or label in known]
    if evidence.trace.outputs and not evidence.trace.detections:
        labels = []  # The models give no boxes, which could be found or missed.
    asked += [f"detection.{label}.recall" for label in labels]
    # Of every class: what is reported where there is nothing shows in the precision alone.
    asked += [f"detection.{label}.precision" for label in sorted(known or labels)]
    for name in asked:
        if name not in values:
            values[name] = _plain(evaluate(name, evidence, {}).value)
    return values


def _plain(value: Scalar | None) -> Scalar | None:
    """A value that JSON can hold, also from a third party's metric (numpy scalars are unpacked)."""
    item = getattr(value, "item", None)
    plain: Scalar | None = item() if item is not None else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
