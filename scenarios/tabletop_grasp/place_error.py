"""A metric of this pack's own: how far from the brick the arm was sent."""

from __future__ import annotations

import numpy as np

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, undefined


def _place_error(evidence: Evidence, options: Options) -> MetricValue:
    said = [evidence.trace.facts.get(f"policy.brick_{axis}_m") for axis in "xy"]
    if not all(isinstance(value, float) for value in said):
        return undefined("the policy was never told where the brick is")
    true = [evidence.signal(f"brick_{axis}_m")[0] for axis in "xy"]
    return MetricValue(float(np.hypot(*(np.array(said, float) - true))), lost_at_s=0.0)


PLACE_ERROR = Metric(
    MetricInfo(
        "place_error_m",
        "m",
        "lower",
        0,
        None,
        "number",
        "Distance on the table from where the arm was sent to where the brick lay.",
        "The pose that the policy went by against the task's signals brick_x_m and brick_y_m at the start.",
        signals=("brick_x_m", "brick_y_m"),
    ),
    _place_error,
)
