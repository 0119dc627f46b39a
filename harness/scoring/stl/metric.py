"""Robustness of a temporal-logic formula over a trace as a metric, and the time at which it was violated.

A formula holds when its robustness at the start of the episode is at least the criterion's bound, 0 by
default; the number is how much a signal could have been worse. Where the trace does not decide it, it is
undefined (:mod:`simgate.harness.scoring.stl.robustness`).
"""

from __future__ import annotations

import numpy as np

from simgate.harness.packs.model import Criterion
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, saturated, undefined
from simgate.harness.scoring.stl.formula import Formula, Node, read_formula
from simgate.harness.scoring.stl.robustness import Evaluation


def formula_metric(criterion: Criterion) -> Metric:
    """The robustness of a criterion's formula, as a metric.

    Raises:
        ValueError: The formula cannot be read; the linter finds such packs before they run.
    """
    text, bound = criterion.stl or "", criterion.bound
    asked = float(bound) if isinstance(bound, int | float) else 0.0
    info = MetricInfo(
        name=criterion.metric,
        unit="",
        direction="higher",
        low=None,
        high=None,
        kind="number",
        meaning=f"Robustness of {text}.",
        source="Donze and Maler 2010; intervals for what is unknown, Deshmukh et al. 2017.",
    )

    def compute(evidence: Evidence, options: Options) -> MetricValue:
        return robustness(
            read_formula(text, evidence.control_hz, frozenset(evidence.trace.signals)), evidence, asked
        )

    return Metric(info, compute)


def robustness(formula: Formula, evidence: Evidence, asked: float) -> MetricValue:
    """Robustness at the start of an episode, with the time of violation.

    Args:
        formula: What to judge.
        evidence: The episode.
        asked: Robustness that is needed; where the trace leaves a range, it decides only from one side of it.
    """
    signals = {name: evidence.signal(name) for name in sorted(formula.signals)}
    evaluation = Evaluation(formula, signals or {"": np.zeros(len(evidence.times_s))})
    known = evaluation.known(formula.root)
    low, high = float(known.low[0]), float(known.high[0])
    if low >= asked:
        return MetricValue(saturated(low))
    if high < asked:
        row = _lost_row(formula.root, evaluation, asked)
        return MetricValue(saturated(high), lost_at_s=float(evidence.times_s[row]))
    return undefined(_why_unknown(evaluation, evidence))


def _why_unknown(evaluation: Evaluation, evidence: Evidence) -> str:
    for name, values in evaluation.signals.items():
        unknown = np.flatnonzero(np.isnan(values))
        if len(unknown):
            at = f"at {float(evidence.times_s[unknown[0]]):g} s" if unknown[0] else "in this scene"
            return f"signal {name} has no value {at}"
    if evaluation.failed_rows:
        failed_s = float(evidence.times_s[min(evaluation.failed_rows)])
        return f"the formula's arithmetic fails at {failed_s:g} s"
    return f"the episode ended after {evidence.duration_s:g} s, before the times that the formula speaks of"


def _lost_row(node: Node, evaluation: Evaluation, asked: float) -> int:
    """Row at which a formula that does not hold was lost.

    For ``always`` the first row at which its operand does not hold, for ``eventually`` and ``until`` the last
    row that could have made it true, for ``and`` the earlier of its parts; otherwise the start.
    """
    last = evaluation.rows - 1
    begin, end = evaluation.window(node)
    if node.kind in ("eventually", "until"):
        return min(end, last)
    if node.kind == "always":
        operand = evaluation.known(node.children[0]).high
        return next((row for row in range(begin, min(end, last) + 1) if operand[row] < asked), 0)
    if node.kind == "and":
        broken = [child for child in node.children if evaluation.known(child).high[0] < asked]
        return min(_lost_row(child, evaluation, asked) for child in broken)
    return 0
