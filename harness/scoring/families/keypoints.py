"""The share of correct keypoints, against the sites of a body in the simulator."""

from __future__ import annotations

import numpy as np

from simgate.harness.scoring.answered import answered
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.families.poses import best_of, in_view, why_none
from simgate.harness.scoring.family import Member, MetricFamily
from simgate.harness.scoring.measures.keypoint import pck
from simgate.harness.scoring.metric import MetricInfo, MetricValue, Options, undefined
from simgate.policies.perception.outputs import Keypoints

WITHIN = 0.1
"""Share of the body's size, unless a criterion says another one."""


def _pck(evidence: Evidence, label: str, options: Options) -> MetricValue:
    names, within = _names(evidence, label), float(options.get("within_share", WITHIN))
    right = judged = 0
    first: float | None = None
    frames = 0
    for picture, body in in_view(answered(evidence, Keypoints, options, label), options):
        visible = np.array([[name in body.points for name in names]])
        frames += 1
        if np.isnan(body.size_px) or not visible.any():
            continue
        truth = np.array([[body.points.get(name, (np.nan, np.nan)) for name in names]])
        row, points = best_of(picture.said, label), np.full(truth.shape, np.nan)
        if picture.said is not None and row is not None:
            points = picture.said.points[row][None]
        found = pck(points, truth, visible, np.array([body.size_px]), within)
        judged += int(visible.sum())
        right += round(found * int(visible.sum()))
        if found < 1.0 and first is None:
            first = picture.truth.step / evidence.trace.physics_hz
    if not frames:
        return undefined(why_none(evidence, Keypoints, label, options))
    if not judged:
        called = ", ".join(names)
        return undefined(f"no site of {options['of']} with the name of a point ({called}) was in view")
    return MetricValue(right / judged, lost_at_s=first)


def _names(evidence: Evidence, label: str) -> tuple[str, ...]:
    """The points of the model that has the class."""
    said = (one for one in evidence.said(Keypoints) if label in one.classes)
    return next((one.names for one in said), ())


KEYPOINTS = MetricFamily(
    "keypoints",
    {
        "pck": Member(
            MetricInfo(
                name="keypoints.<class>.pck",
                unit="",
                direction="higher",
                low=0,
                high=1,
                kind="number",
                meaning="Share of correct keypoints: of the points in view those said within within_share "
                "(0.1) of the body's size in the picture.",
                source="Yang and Ramanan 2013. Points of the best-scored object of the class in each frame "
                "against the sites of the same names on the body named by of (body/NAME) and on what hangs "
                "on it, at the moment of that frame; its size is the longer side of the box around its "
                "vertices. A point is in view inside the picture with no other solid thing before it. Where "
                "the frame is dropped, unanswered or without the class its points are wrong; frames in "
                "which fewer than min_pixels (1) of the body are seen, more of it is hidden than "
                "max_occlusion or part of it is behind the camera, and those after until_s or the last "
                "answer, are not judged.",
                options=("of", "min_pixels", "max_occlusion", "until_s", "within_share", "model"),
                records=("bodies",),
                output="keypoints",
            ),
            _pck,
        )
    },
)
