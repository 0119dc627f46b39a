"""Metrics of a model that estimates depth, against the depth that the simulator rendered."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.measures.depth import DELTA, DepthSums, depth_sums
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, undefined
from simgate.policies.perception.outputs import Depth

_SOURCE = (
    "Eigen, Puhrsch, Fergus 2014, pooled over all pixels of the episode with a true depth (no farther than "
    "within_m), of the frames up to the last one that was answered. Needs `sim: {options: {depth: true}}`."
)


def pooled_depth(evidence: Evidence, options: Options) -> DepthSums | str:
    """Sums over the episode, or why there are none."""
    trace = evidence.trace
    answers = {one.frame_step: one.depth_m for one in evidence.said_of_eye(Depth)}
    if not answers:
        return "the model gave no depth"
    total, within = DepthSums(), float(options.get("within_m", math.inf))
    for frame in trace.frames:
        if frame.depth_m is None or frame.step > max(answers):
            continue
        silent = np.full_like(frame.depth_m, np.nan)
        total += depth_sums(answers.get(frame.step, silent), frame.depth_m, within)
    return (
        total if total.judged else "no true depth: none was rendered (sim.options.depth), or all is far away"
    )


def _metric(
    what: str, unit: str, direction: Literal["higher", "lower"], high: float | None, meaning: str
) -> Metric:
    def compute(evidence: Evidence, options: Options) -> MetricValue:
        found = pooled_depth(evidence, options)
        if isinstance(found, str):
            return undefined(found)
        value = float(getattr(found, what))
        return undefined("no pixel was answered") if math.isnan(value) else MetricValue(value)

    info = MetricInfo(
        f"depth.{what}",
        unit,
        direction,
        0,
        high,
        "number",
        meaning,
        _SOURCE,
        options=("within_m", "model"),
        output="depth",
    )
    return Metric(info, compute)


DEPTH_METRICS = (
    _metric("abs_rel", "", "lower", None, "Mean of |error| / truth of the estimated depth."),
    _metric("rmse_m", "m", "lower", None, "Root mean squared error of the estimated depth."),
    _metric(
        "delta1",
        "",
        "higher",
        1,
        f"Share of pixels whose depth is within a factor of {DELTA} of the truth; "
        "what is not answered is not.",
    ),
    _metric("coverage", "", "higher", 1, "Share of pixels with a true depth that the model answered."),
)
