"""What a variant adds to metrics over a whole data set that are ratios of sums: of masks, depth and poses.

The same functions judge here that judge the metrics of one variant; of the sums of all variants the gate
makes the metric over the whole (``harness/gate/parts.py``).
"""

from __future__ import annotations

import numpy as np

from simgate.harness.results.record import DepthSum, MaskSum, PoseSum
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.families.depth import pooled_depth
from simgate.harness.scoring.families.masks import pooled_confusion
from simgate.harness.scoring.families.poses import CLOSE, judged_poses
from simgate.harness.scoring.measures.pose import (
    add_m,
    add_s_m,
    diameter_m,
    rotation_error_deg,
    translation_error_m,
)


def mask_sums(evidence: Evidence) -> dict[str, MaskSum]:
    """Of each class of the model; of none where nothing is known of the pixels."""
    found = pooled_confusion(evidence, {})
    if isinstance(found, str):
        return {}
    counts, classes = found
    return {
        label: MaskSum(true=int(counts[k].sum()), said=int(counts[:, k].sum()), both=int(counts[k, k]))
        for k, label in enumerate(classes)
    }


def depth_sum(evidence: Evidence) -> DepthSum | None:
    """None where nothing is known of the pixels' depth."""
    found = pooled_depth(evidence, {})
    if isinstance(found, str):
        return None
    return DepthSum(
        judged=found.judged,
        answered=found.answered,
        right=found.right,
        relative=found.relative,
        squared=found.squared,
    )


def pose_sums(evidence: Evidence, classes: tuple[str, ...]) -> dict[str, PoseSum]:
    """Of each class of the model that is in view."""
    found = {label: _of_class(evidence, label) for label in classes}
    return {label: one for label, one in found.items() if one.judged}


def _of_class(evidence: Evidence, label: str) -> PoseSum:
    judged = judged_poses(evidence, label, {"of": f"body/{label}"})
    said = [(one, one.said) for one in judged if one.said is not None]
    sums = PoseSum(
        judged=len(judged),
        answered=len(said),
        translation_m=sum(translation_error_m(pose[1], one.truth[1]) for one, pose in said),
        rotation_deg=sum(rotation_error_deg(pose[0], one.truth[0]) for one, pose in said),
    )
    if not judged or not len(judged[0].body.vertices):
        return sums
    vertices = judged[0].body.vertices
    close = CLOSE * diameter_m(vertices)
    errors, errors_s = (
        np.array([error(vertices, pose, one.truth) for one, pose in said], np.float64)
        for error in (add_m, add_s_m)
    )
    return sums.model_copy(
        update={
            "add_m": float(errors.sum()),
            "add_s_m": float(errors_s.sum()),
            "close": int((errors < close).sum()),
            "close_s": int((errors_s < close).sum()),
        }
    )
