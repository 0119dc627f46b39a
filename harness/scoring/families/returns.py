"""Metrics of what an environment gave."""

from __future__ import annotations

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options

RETURN = "return"
"""Signal that every task of an environment has: the sum of rewards so far."""


def _return(evidence: Evidence, options: Options) -> MetricValue:
    return MetricValue(float(evidence.signal(RETURN)[-1]), lost_at_s=evidence.duration_s)


def _length(evidence: Evidence, options: Options) -> MetricValue:
    return MetricValue(len(evidence.times_s) - 1)


RETURN_METRICS = (
    Metric(
        MetricInfo(
            name="return",
            unit="",
            direction="higher",
            low=None,
            high=None,
            kind="number",
            meaning="Sum of the rewards of an environment's episode.",
            source="gymnasium; not discounted.",
            signals=(RETURN,),
        ),
        _return,
    ),
    Metric(
        MetricInfo(
            name="episode_length",
            unit="steps",
            direction="none",
            low=0,
            high=None,
            kind="count",
            meaning="Steps of an environment's episode.",
            source="gymnasium.",
            signals=(RETURN,),
        ),
        _length,
    ),
)
