"""Metrics of the perception model, for one class or, as class ``all``, for all of the model's classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.family import ComputeFor, Member, MetricFamily
from simgate.harness.scoring.matching import IOU_THRESHOLD, ClassMatches, Sighting
from simgate.harness.scoring.metric import MetricInfo, MetricValue, Options, undefined

ALL_CLASSES = "all"
OPTIONS = ("within_m", "min_pixels", "max_occlusion", "model")
CALIBRATION_BINS = 10


def _labels(evidence: Evidence, label: str) -> tuple[str, ...]:
    """The class itself, or what ``all`` stands for: the model's classes, else whatever was in view."""
    if label != ALL_CLASSES:
        return (label,)
    return evidence.model_classes or evidence.labels_seen


def _judged(evidence: Evidence, label: str, options: Options) -> list[ClassMatches]:
    return [evidence.matches(name, options) for name in _labels(evidence, label)]


def _called(label: str) -> str:
    return "object of the model's classes" if label == ALL_CLASSES else label


def _never_in_view(label: str, options: Options) -> MetricValue:
    limits = []
    if "within_m" in options:
        limits.append(f"within {options['within_m']} m")
    if "min_pixels" in options:
        limits.append(f"with at least {options['min_pixels']} pixels")
    if "max_occlusion" in options:
        limits.append(f"hidden by at most {options['max_occlusion']}")
    return undefined(" ".join([f"no {_called(label)} was ever in view", *limits]))


def _moment_s(evidence: Evidence, steps: list[int]) -> float | None:
    return min(steps) / evidence.trace.physics_hz if steps else None


def _recall(evidence: Evidence, label: str, options: Options) -> MetricValue:
    judged = _judged(evidence, label, options)
    truths = sum(one.truths for one in judged)
    if truths == 0:
        return _never_in_view(label, options)
    missed = [step for one in judged for step in one.missed_steps]
    return MetricValue((truths - len(missed)) / truths, lost_at_s=_moment_s(evidence, missed))


def _precision(evidence: Evidence, label: str, options: Options) -> MetricValue:
    judged = _judged(evidence, label, options)
    hits = sum(len(one.hits) for one in judged)
    alarms = [step for one in judged for _, step in one.false_alarms]
    if hits + len(alarms) == 0:
        return undefined(f"no {_called(label)} was ever detected")
    return MetricValue(hits / (hits + len(alarms)), lost_at_s=_moment_s(evidence, alarms))


def _f1(evidence: Evidence, label: str, options: Options) -> MetricValue:
    judged = _judged(evidence, label, options)
    hits = sum(len(one.hits) for one in judged)
    wrong = [step for one in judged for _, step in one.false_alarms]
    wrong += [step for one in judged for step in one.missed_steps]
    if hits + len(wrong) == 0:
        return undefined(f"no {_called(label)} was ever in view or detected")
    return MetricValue(2.0 * hits / (2.0 * hits + len(wrong)), lost_at_s=_moment_s(evidence, wrong))


def average_precision(matches: ClassMatches) -> float:
    """Area under the interpolated precision-recall curve, at COCO's 101 recall levels.

    Lin et al. 2014 (COCO detection evaluation): precision at a recall level is the largest precision at
    that recall or a higher one, 0 beyond the highest recall reached. COCO's own code takes detections of
    equal score in the order in which they come; here they count as one, so that no order flatters.

    Args:
        matches: At least one truth.
    """
    scored = [(hit.score, True) for hit in matches.hits] + [
        (alarm[0], False) for alarm in matches.false_alarms
    ]
    if not scored:
        return 0.0
    scores = np.array([score for score, _ in scored])
    order = np.argsort(-scores, kind="stable")
    # Detections of one score come and go together: only where the score changes is there an operating point.
    points = np.flatnonzero(np.append(np.diff(scores[order]) != 0.0, True))
    found = np.cumsum(np.array([hit for _, hit in scored])[order])[points]
    recall = found / matches.truths
    precision = np.maximum.accumulate((found / (points + 1))[::-1])[::-1]
    rows = np.searchsorted(recall, np.linspace(0.0, 1.0, 101), side="left")
    return float(np.append(precision, 0.0)[rows].mean())


def _ap50(evidence: Evidence, label: str, options: Options) -> MetricValue:
    judged = [one for one in _judged(evidence, label, options) if one.truths]
    if not judged:
        return _never_in_view(label, options)
    return MetricValue(float(np.mean([average_precision(one) for one in judged])))


def _first_seen(evidence: Evidence, label: str, options: Options) -> MetricValue:
    judged = _judged(evidence, label, options)
    hits = [(hit.step, -hit.distance_m) for one in judged for hit in one.hits]
    if hits:
        step, distance = min(hits)
        return MetricValue(-distance, lost_at_s=step / evidence.trace.physics_hz)
    if any(one.truths for one in judged):
        return undefined(f"a {_called(label)} was in view but never detected")
    return _never_in_view(label, options)


def _false_alarms(evidence: Evidence, label: str, options: Options) -> MetricValue:
    if not evidence.trace.detections:
        return undefined("perception delivered nothing")
    if evidence.duration_s <= 0.0:
        return undefined("the episode ended as it began")
    alarms = [step for one in _judged(evidence, label, options) for _, step in one.false_alarms]
    return MetricValue(60.0 * len(alarms) / evidence.duration_s, lost_at_s=_moment_s(evidence, alarms))


def _iou_mean(evidence: Evidence, label: str, options: Options) -> MetricValue:
    overlaps = [hit.iou for one in _judged(evidence, label, options) for hit in one.hits]
    if not overlaps:
        return undefined(f"no {_called(label)} was ever detected")
    return MetricValue(float(np.mean(overlaps)))


def _centre_error(evidence: Evidence, label: str, options: Options) -> MetricValue:
    errors = [hit.centre_error_px for one in _judged(evidence, label, options) for hit in one.hits]
    if not errors:
        return undefined(f"no {_called(label)} was ever detected")
    return MetricValue(float(np.mean(errors)))


def _flicker(evidence: Evidence, label: str, options: Options) -> MetricValue:
    """Losses of an object that is in view in two judged frames in a row."""
    in_view_steps, lost = 0, []
    for one in _judged(evidence, label, options):
        before: dict[str, Sighting] = {}
        frame_before = dict(pairwise(one.judged_steps))
        for sighting in one.sightings:
            last = before.get(sighting.name)
            if last is not None and frame_before.get(last.step) == sighting.step:
                in_view_steps += sighting.step - last.step
                lost += [sighting.step] if last.found and not sighting.found else []
            before[sighting.name] = sighting
    if in_view_steps == 0:
        return undefined(f"no {_called(label)} was in view in two frames in a row")
    seconds = in_view_steps / evidence.trace.physics_hz
    return MetricValue(len(lost) / seconds, lost_at_s=_moment_s(evidence, lost))


def calibration_error(scores: Sequence[float], true: Sequence[bool]) -> float:
    """Expected calibration error in ten bins of equal width.

    Naeini et al. 2015 and Guo et al. 2017 for classifiers; for detectors the accuracy of a bin is its
    precision (Kueppers et al. 2020, with the score alone).

    Args:
        scores: Confidences, 0 to 1, at least one.
        true: Whether each detection is true.
    """
    score, hit = np.asarray(scores, float), np.asarray(true, float)
    bins = np.minimum((score * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [abs(score[bins == k].sum() - hit[bins == k].sum()) for k in np.unique(bins)]
    return float(sum(gaps) / len(score))


def _ece(evidence: Evidence, label: str, options: Options) -> MetricValue:
    judged = _judged(evidence, label, options)
    scored = [(hit.score, True) for one in judged for hit in one.hits]
    scored += [(score, False) for one in judged for score, _ in one.false_alarms]
    if not scored:
        return undefined(f"no {_called(label)} was ever detected")
    return MetricValue(calibration_error([score for score, _ in scored], [true for _, true in scored]))


_MATCHING = (
    f"Greedy matching by score at IoU >= {IOU_THRESHOLD} in each frame; dropped and unanswered frames are "
    "misses, but not those whose answer was on its way when the episode ended; what the options exclude is "
    "not judged."
)


_OF_TRUTHS = ("recall", "ap50", "first_seen_m", "flicker_hz")
"""Undefined where nothing of the class is ever in view."""
_LOWER_IS_BETTER = ("false_alarms_per_min", "centre_error_px", "flicker_hz", "ece")


def _info(what: str, unit: str, high: float | None, meaning: str, source: str = _MATCHING) -> MetricInfo:
    direction: Literal["higher", "lower"] = "lower" if what in _LOWER_IS_BETTER else "higher"
    name = f"detection.<class>.{what}"
    return MetricInfo(name, unit, direction, 0, high, "number", meaning, source, OPTIONS, output="boxes")


_TEMPLATES: dict[str, tuple[MetricInfo, ComputeFor]] = {
    "recall": (
        _info(
            "recall",
            "",
            1,
            "Share of the times an object of the class was in view that it was detected; the class 'all' "
            "pools the model's classes.",
        ),
        _recall,
    ),
    "precision": (
        _info("precision", "", 1, "Share of the detections of the class that are true."),
        _precision,
    ),
    "f1": (_info("f1", "", 1, "Harmonic mean of precision and recall, from pooled counts."), _f1),
    "ap50": (
        _info(
            "ap50",
            "",
            1,
            "Average precision over the frames of the episode at IoU 0.5; 'all' is the mean over the classes "
            "in view.",
            "COCO detection evaluation (101 recall levels), Lin et al. 2014. " + _MATCHING,
        ),
        _ap50,
    ),
    "first_seen_m": (
        _info(
            "first_seen_m", "m", None, "Distance to the object in the first frame in which it was detected."
        ),
        _first_seen,
    ),
    "false_alarms_per_min": (
        _info(
            "false_alarms_per_min", "1/min", None, "Detections of nothing for each minute of simulated time."
        ),
        _false_alarms,
    ),
    "iou_mean": (
        _info("iou_mean", "", 1, "Mean overlap (IoU) of true detections with the visible pixels' tight box."),
        _iou_mean,
    ),
    "centre_error_px": (
        _info(
            "centre_error_px",
            "px",
            None,
            "Localisation error: mean distance between the centres of a true detection and of the visible "
            "pixels' tight box.",
        ),
        _centre_error,
    ),
    "flicker_hz": (
        _info(
            "flicker_hz",
            "Hz",
            None,
            "How often a detected object is lost in the next judged frame although it is still in view, for "
            "each second in view; where it was out of view in between, that is no loss and no time in view.",
        ),
        _flicker,
    ),
    "ece": (
        _info(
            "ece",
            "",
            1,
            "Expected calibration error: mean gap between a detection's score and the share of true ones "
            f"among detections of that score, in {CALIBRATION_BINS} bins.",
            "Guo et al. 2017; precision in place of accuracy as in Kueppers et al. 2020. " + _MATCHING,
        ),
        _ece,
    ),
}


def _needing_class(info: MetricInfo, label: str) -> MetricInfo:
    return info if label == ALL_CLASSES else replace(info, needs_class=label)


DETECTION = MetricFamily(
    "detection",
    {
        what: Member(info, compute, _needing_class) if what in _OF_TRUTHS else Member(info, compute)
        for what, (info, compute) in _TEMPLATES.items()
    },
)
