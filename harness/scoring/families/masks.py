"""Metrics of a model that gives each pixel a class, against the segmentation that the simulator draws."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.harness.scoring.answered import answered
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.family import Member, MetricFamily
from simgate.harness.scoring.measures.segmentation import confusion, iou_by_class, mean_iou
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, undefined
from simgate.harness.trace import NOT_JUDGED
from simgate.policies.perception.outputs import Masks

BACKGROUND = "background"
"""A class of this name is right where nothing is, and where something of no class of the model is."""
_SOURCE = (
    "Jaccard index of PASCAL VOC (Everingham et al. 2010), pooled over all pixels of the episode: each "
    "mask against the channel semantic of its camera at the moment of its frame, or instance (names of "
    "bodies) where there is no semantic. A dropped or unanswered frame says nothing of any pixel, so its "
    "objects are missed, but not those after until_s or the last answer. A class said where none of the "
    f"model's is counts as wrong; true is there a class of the model called '{BACKGROUND}'."
)


def pooled_confusion(
    evidence: Evidence, options: Options, label: str = ""
) -> tuple[NDArray[np.int64], tuple[str, ...]] | str:
    """Pixels by true and said class over the episode, and the classes; or why there are none."""
    if not any(label in ("", *one.classes) for one in evidence.said(Masks)):
        return f"the model gave no masks{f' with a class {label}' if label else ''}"
    total: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    for picture in answered(evidence, Masks, options, label):
        if picture.truth.labels is None:
            continue
        classes = picture.classes
        none = classes.index(BACKGROUND) if BACKGROUND in classes else len(classes)
        number = {c: classes.index(c) for c in classes} | {NOT_JUDGED: -1}
        truth = np.array([number.get(c, none) for c in picture.truth.classes], np.int64)[picture.truth.labels]
        said = np.full(truth.shape, -1) if picture.said is None else picture.said.labels
        counts = confusion(said, truth, len(classes))
        total = counts if total is None else total + counts
    if total is None:
        return "no true class of each pixel: the camera that the model looks at draws no semantic or instance"
    return total, classes


def _iou(evidence: Evidence, label: str, options: Options) -> MetricValue:
    found = pooled_confusion(evidence, options, label)
    if isinstance(found, str):
        return undefined(found)
    counts, classes = found
    value = float(iou_by_class(counts)[classes.index(label)])
    return undefined(f"no pixel was {label}, or said to be") if math.isnan(value) else MetricValue(value)


def _mean_iou(evidence: Evidence, options: Options) -> MetricValue:
    found = pooled_confusion(evidence, options)
    if isinstance(found, str):
        return undefined(found)
    value = mean_iou(found[0])
    return undefined("no class was there, or said to be") if math.isnan(value) else MetricValue(value)


def _info(name: str, meaning: str) -> MetricInfo:
    return MetricInfo(
        name,
        "",
        "higher",
        0,
        1,
        "number",
        meaning,
        _SOURCE,
        ("until_s", "model"),
        records=("labels",),
        output="masks",
    )


MASKS = MetricFamily(
    "masks",
    {
        "iou": Member(
            _info(
                "masks.<class>.iou",
                "Intersection over union of the pixels said to be of the class and those that are; undefined "
                "where it is neither there nor said.",
            ),
            _iou,
        )
    },
)
MASK_METRICS = (
    Metric(
        _info(
            "masks.mean_iou",
            "Mean of the intersection over union of the model's classes that are there or said in the "
            "episode.",
        ),
        _mean_iou,
    ),
)
