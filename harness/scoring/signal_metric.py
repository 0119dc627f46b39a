"""A number made from one signal of the trace: its largest, smallest, mean, p95 or last value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simgate.harness.packs.model import Criterion, SignalSpec
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.families.runtime import sample_percentile
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, saturated, undefined
from simgate.harness.trace import Signal


def signal_metric(criterion: Criterion, signal: SignalSpec, signals: Sequence[Signal]) -> Metric:
    """A criterion's signal, as a metric.

    Args:
        criterion: Which one.
        signal: What it says.
        signals: What the task declares.
    """
    known = {one.name: one for one in signals}
    declared = known.get(signal.name, Signal(signal.name, "", "a signal of the task"))
    info = MetricInfo(
        name=criterion.metric,
        unit=declared.unit,
        direction="none",
        low=None,
        high=None,
        kind="number",
        meaning=f"{signal.reduce} of {signal.name}: {declared.meaning}.",
        source=f"Signal {signal.name}, at control ticks.",
        signals=(signal.name,),
    )
    return Metric(info, lambda evidence, options: _reduced(signal, evidence, options))


def _reduced(signal: SignalSpec, evidence: Evidence, options: Options) -> MetricValue:
    values = evidence.signal(signal.name)
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return undefined(f"signal {signal.name} has no value in this scene")
    times, values = evidence.times_s[known], values[known]
    if signal.reduce in ("max", "min"):
        row = int(np.argmax(values) if signal.reduce == "max" else np.argmin(values))
        return MetricValue(saturated(values[row]), lost_at_s=float(times[row]), series=(times, values))
    if signal.reduce == "mean":
        endless = np.flatnonzero(np.isinf(values))
        if len(endless):
            return undefined(f"signal {signal.name} is infinite at {times[endless[0]]:g} s and has no mean")
        return MetricValue(float(values.mean()))
    if signal.reduce == "p95":
        return MetricValue(saturated(sample_percentile(values.tolist(), 95)))
    if known[-1] != len(evidence.times_s) - 1:
        return undefined(f"signal {signal.name} has no value at the end")
    return MetricValue(saturated(values[-1]), lost_at_s=float(times[-1]))
