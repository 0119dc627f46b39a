"""How far off the model is, of the pictures that it has answered for."""

import numpy as np

from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, undefined
from simgate.policies.perception.outputs import Tensors


def pole_error_deg(evidence, options):
    """Mean angle between the pole as it was seen and as it was in that picture."""
    said = evidence.said(Tensors)
    if not said:
        return undefined("the model has said nothing")
    true = dict(zip(evidence.trace.steps.tolist(), evidence.signal("pole_rad").tolist(), strict=True))
    seen = [np.arctan2(one.values["pole"][1], one.values["pole"][0]) - true[one.frame_step] for one in said]
    return MetricValue(float(np.degrees(np.abs((np.array(seen) + np.pi) % (2.0 * np.pi) - np.pi).mean())))


POLE = Metric(
    MetricInfo("pole_error_deg", "deg", "lower", 0.0, 180.0, "number", "Mean error of the pole's angle.",
               "Against the task's observation at the picture's moment.", signals=("pole_rad",)),
    pole_error_deg,
)  # fmt: skip
