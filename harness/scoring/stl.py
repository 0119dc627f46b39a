"""Robustness of a temporal-logic formula over a trace, and the time at which it was violated.

Discrete time, one sample for each control tick, quantitative semantics of Donze and Maler 2010 as rtamt
computes them. A formula holds when its robustness at the start of the episode is at least 0; the number is
how much a signal could have been worse.

End of the trace: nothing is known after it. ``eventually`` and ``until`` must come true within it, even when
their time bound reaches further; ``always`` speaks of what the trace has. A formula that speaks only of
times after the end has no robustness at all and is undefined.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simgate.harness.packs.model import Criterion
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, undefined
from simgate.harness.scoring.stl_formula import Formula, read_formula

_ALWAYS = frozenset({"Always", "TimedAlways"})
_EVENTUALLY = frozenset({"Eventually", "TimedEventually", "Until", "TimedUntil"})


def formula_metric(criterion: Criterion) -> Metric:
    """The robustness of a criterion's formula, as a metric.

    Raises:
        ValueError: The formula cannot be read; the linter finds such packs before they run.
    """
    text = criterion.stl or ""
    info = MetricInfo(
        name=criterion.metric,
        unit="",
        direction="higher",
        low=None,
        high=None,
        kind="number",
        meaning=f"Robustness of {text}.",
        source="Donze and Maler 2010, computed by rtamt.",
    )

    def compute(evidence: Evidence, options: Options) -> MetricValue:
        return robustness(read_formula(text, _control_hz(evidence)), evidence)

    return Metric(info, compute)


def _control_hz(evidence: Evidence) -> int:
    return evidence.trace.physics_hz // evidence.control_period_steps


def robustness(formula: Formula, evidence: Evidence) -> MetricValue:
    """Robustness at the start of an episode, with the time of violation."""
    columns: dict[str, list[float]] = {}
    for name in sorted(formula.signals):
        values = evidence.signal(name)
        unknown = np.flatnonzero(np.isnan(values))
        if len(unknown):
            at = f"at {float(evidence.times_s[unknown[0]]):g} s" if unknown[0] else "in this scene"
            return undefined(f"signal {name} has no value {at}")
        columns[name] = values.tolist()
    specification = formula.specification
    try:
        rows = specification.evaluate({"time": evidence.times_s.tolist(), **columns})
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        return undefined(f"the formula's arithmetic fails: {error}")
    value = float(rows[0][1]) + 0.0
    if math.isinf(value):
        return undefined(
            f"the episode ended after {evidence.duration_s:g} s, before the times that the formula speaks of"
        )
    lost = None
    if value < 0.0:
        samples = specification.ast.offline_results
        lost = _lost_row(specification.ast.specs[0], samples, len(evidence.times_s), formula)
    return MetricValue(value, lost_at_s=None if lost is None else float(evidence.times_s[lost]))


def _lost_row(node: Any, samples: dict[Any, list[float]], rows: int, formula: Formula) -> int:
    """Row at which a formula that does not hold was lost.

    For ``always`` the first row at which its operand does not hold, for ``eventually`` and ``until`` the last
    row that could have made it true, for ``and`` the earlier of its parts; otherwise the start.
    """
    kind = type(node).__name__
    begin, end = 0, rows - 1
    if kind.startswith("Timed"):
        begin, end = formula.specification.offline_interpreter.time_unit_transformer(node)
    if kind in _EVENTUALLY:
        return min(end, rows - 1)
    if kind in _ALWAYS:
        operand = samples[node.children[0]]
        return next((row for row in range(begin, min(end, rows - 1) + 1) if operand[row] < 0.0), 0)
    if kind == "Conjunction":
        broken = [child for child in node.children if samples[child][0] < 0.0]
        return min(_lost_row(child, samples, rows, formula) for child in broken)
    return 0
