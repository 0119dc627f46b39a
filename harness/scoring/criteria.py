"""Judges one acceptance criterion: met or not, by how much, and since when."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simgate.harness.packs.bounds import judgement, margin_of
from simgate.harness.packs.model import Criterion, Scalar
from simgate.harness.results.record import CriterionResult, Outcome
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import LARGEST, MetricValue
from simgate.harness.scoring.metrics import metric_of


def judge(criterion: Criterion, evidence: Evidence, folder: Path | None = None) -> CriterionResult:
    """Judges a criterion.

    The margin is the signed distance to the bound in the metric's unit, negative when it is violated;
    words and bools have none. An undefined metric is FAIL for want of evidence unless ``if_undefined``
    says otherwise.

    Args:
        criterion: Of a scenario.
        evidence: Of the episode.
        folder: The pack's, in which the code of its own metrics is.

    Raises:
        UnknownMetric: No such metric.
        simgate.harness.packs.bounds.UnusableCriterion: For example ``at_most`` on a word.
        ValueError: A formula cannot be read.
    """
    metric = metric_of(criterion, folder, evidence.trace.declared)
    found, unit = metric.of(evidence, criterion.options), metric.info.unit
    if found.value is None:
        return CriterionResult(
            metric=criterion.metric,
            statement=criterion.statement,
            observed=None,
            unit=unit,
            outcome=Outcome(judgement(criterion, None)),
            reason=_undefined_reason(criterion, found.undefined),
        )
    margin = margin_of(criterion, found.value)
    outcome = Outcome(judgement(criterion, found.value))
    passed = outcome is Outcome.PASS
    is_number = not isinstance(found.value, bool | str)
    return CriterionResult(
        metric=criterion.metric,
        statement=criterion.statement,
        observed=found.value,
        unit=unit,
        outcome=outcome,
        margin=margin if is_number else None,
        lost_at_s=None if passed else _lost_at_s(criterion, found),
        reason="" if passed else _failure_reason(criterion, found.value, unit, margin),
    )


def _lost_at_s(criterion: Criterion, found: MetricValue) -> float | None:
    """First moment at which the bound was violated, else the moment that the metric itself names."""
    bound = criterion.bound
    if found.series is None or isinstance(bound, str):
        return found.lost_at_s
    low, high = bound if isinstance(bound, tuple) else (float(bound), float(bound))
    times, values = found.series
    below, above = values < low, values > high
    # A violated minimum was lost when the series first fell below, a maximum when it first rose above.
    is_below = not isinstance(found.value, str) and found.value is not None and found.value < low
    rows = np.flatnonzero(below if is_below else above)
    return float(times[rows[0]]) if len(rows) else found.lost_at_s


def number_in_words(value: Scalar) -> str:
    """A value in at most four significant digits; words in quotes, bools as in YAML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, float) and abs(value) == LARGEST:
        return "unlimited" if value > 0.0 else "-unlimited"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _failure_reason(criterion: Criterion, value: Scalar, unit: str, margin: float) -> str:
    bound, gap = criterion.bound, ""
    if isinstance(bound, tuple):
        demand = f"be between {number_in_words(bound[0])} and {number_in_words(bound[1])}"
    else:
        verb = {"at_most": "be at most", "at_least": "be at least", "equals": "equal"}[criterion.op]
        demand = f"{verb} {number_in_words(bound)}"
    tail = f" {unit}" if unit else ""
    if not isinstance(value, bool | str):
        floor = bound[0] if isinstance(bound, tuple) else bound
        word = "short by" if not isinstance(floor, str) and value < floor else "over by"
        gap = f" ({word} {number_in_words(-margin)}{tail})"
    options = ", ".join(f"{name} {setting}" for name, setting in criterion.options.items())
    where = f" ({options})" if options else ""
    return f"{criterion.subject}{where}: observed {number_in_words(value)}{tail}, must {demand}{gap}"


def _undefined_reason(criterion: Criterion, why: str) -> str:
    if criterion.if_undefined == "fail":
        return f"no evidence: {why}"
    return f"no evidence: {why} (if_undefined: {criterion.if_undefined})"
