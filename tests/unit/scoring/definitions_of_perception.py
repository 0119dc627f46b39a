"""Metrics of boxes and depth a second time: plain loops over frames, or a public library's function."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np
from scipy.spatial import distance as space

from tests.unit.scoring.test_metrics_detection_quality import coco_ap50


def overlap(a, b):
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [max(0.0, x1 - x0) * max(0.0, y1 - y0) for x0, y0, x1, y1 in (a, b)]
    return wide * high / (sum(areas) - wide * high) if wide * high else 0.0


def counts(entity, options):
    return (
        entity.transmittance >= 0.5
        and entity.distance_m <= options.get("within_m", math.inf)
        and entity.pixels >= options.get("min_pixels", 0)
        and entity.occlusion <= options.get("max_occlusion", 1.0)
    )


def judged(trace, latency, label, options):
    """Of each frame that says something: step, sightings (name, found), hits (score, iou, entity, box), false scores."""
    end_ms = 1000.0 * int(trace.steps[-1]) / trace.physics_hz
    taken = dict(zip((f.step for f in trace.frames if not f.dropped), latency.in_loop_ms, strict=False))
    answers = {found.frame_step: found for found in trace.detections}
    for frame in trace.frames:
        found = answers.get(frame.step)
        due_ms = 1000.0 * frame.step / trace.physics_hz + taken.get(frame.step, -math.inf)
        if found is None and due_ms > end_ms:
            continue
        mine = [e for e in frame.entities if e.label == label]
        wanted = [e for e in mine if counts(e, options)]
        excused = [e for e in mine if not counts(e, options)]
        hits, alarms, free = [], [], list(wanted)
        if found is not None:
            best_first = [k for k in np.argsort(-found.scores, kind="stable") if found.label(k) == label]
            for k in best_first:
                box = found.boxes[k].tolist()
                near = max(free, key=lambda e: overlap(box, e.box), default=None)
                if near is not None and overlap(box, near.box) >= 0.5:
                    free.remove(near)
                    hits.append((float(found.scores[k]), overlap(box, near.box), near, box))
                elif all(overlap(box, e.box) < 0.5 for e in excused):
                    alarms.append(float(found.scores[k]))
        yield frame.step, [(e.name, e not in free) for e in wanted], hits, alarms


def labels(trace, label):
    if label != "all":
        return [label]
    classes = sorted({name for found in trace.detections for name in found.classes})
    return classes or sorted({e.label for frame in trace.frames for e in frame.entities})


def pooled(trace, latency, label, options):
    found = [one for name in labels(trace, label) for one in judged(trace, latency, name, options)]
    seen = [flag for _, sightings, _, _ in found for _, flag in sightings]
    hits = [(step, *hit) for step, _, some, _ in found for hit in some]
    return seen, hits, [score for _, _, _, alarms in found for score in alarms]


def ratio(top, bottom):
    return top / bottom if bottom else None


def recall(trace, latency, label, options):
    seen, _, _ = pooled(trace, latency, label, options)
    return ratio(sum(seen), len(seen))


def precision(trace, latency, label, options):
    _, hits, alarms = pooled(trace, latency, label, options)
    return ratio(len(hits), len(hits) + len(alarms))


def f1(trace, latency, label, options):
    seen, hits, alarms = pooled(trace, latency, label, options)
    missed = len(seen) - sum(seen)
    return ratio(2 * len(hits), 2 * len(hits) + missed + len(alarms))


def ap_of(trace, latency, label, options):
    seen, hits, alarms = pooled(trace, latency, label, options)
    if not seen:
        return None
    scored = [(score, True) for _, score, *_ in hits] + [(score, False) for score in alarms]
    points = []
    for threshold in sorted({score for score, _ in scored}, reverse=True):
        kept = [true for score, true in scored if score >= threshold]
        points.append((sum(kept) / len(seen), sum(kept) / len(kept)))
    levels = [max((p for r, p in points if r >= level), default=0.0) for level in np.linspace(0, 1, 101)]
    return math.fsum(levels) / 101


def ap50(trace, latency, label, options):
    each = [ap_of(trace, latency, name, options) for name in labels(trace, label)]
    known = [value for value in each if value is not None]
    return float(np.mean(known)) if known else None


def ap50_of_coco(trace, latency, label, options):
    """pycocotools on the frames that say something; unanswered ones are frames without detections."""
    from simgate.policies.perception.outputs import Boxes

    steps = {step for name in labels(trace, label) for step, *_ in judged(trace, latency, name, options)}
    frames = [frame for frame in trace.frames if frame.step in steps]
    answers = {found.frame_step: found for found in trace.detections}
    none = np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)
    found = [
        answers.get(f.step) or Boxes(*none, classes=("glass_door", "wooden_door", "person")) for f in frames
    ]
    by_class = coco_ap50(frames, found)
    return (
        by_class.get(label)
        if label != "all"
        else float(np.mean(list(by_class.values())))
        if by_class
        else None
    )


def first_seen_m(trace, latency, label, options):
    _, hits, _ = pooled(trace, latency, label, options)
    first = min((step for step, *_ in hits), default=None)
    return max((entity.distance_m for step, _, _, entity, _ in hits if step == first), default=None)


def false_alarms_per_min(trace, latency, label, options):
    _, _, alarms = pooled(trace, latency, label, options)
    seconds = float(trace.times_s[-1])
    return len(alarms) / (seconds / 60.0) if trace.detections and seconds > 0 else None


def iou_mean(trace, latency, label, options):
    _, hits, _ = pooled(trace, latency, label, options)
    return ratio(math.fsum(value for _, _, value, _, _ in hits), len(hits))


def centre_error_px(trace, latency, label, options):
    _, hits, _ = pooled(trace, latency, label, options)

    def middle(box):
        return ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)

    return ratio(
        math.fsum(space.euclidean(middle(e.box), middle(box)) for _, _, _, e, box in hits), len(hits)
    )


def flicker_hz(trace, latency, label, options):
    losses, steps = 0, 0
    for name in labels(trace, label):
        frames = [(step, dict(sightings)) for step, sightings, _, _ in judged(trace, latency, name, options)]
        for (before, was), (now, is_now) in itertools.pairwise(frames):
            both = was.keys() & is_now.keys()
            steps += (now - before) * len(both)
            losses += sum(was[thing] and not is_now[thing] for thing in both)
    return ratio(losses, steps / trace.physics_hz)


def ece(trace, latency, label, options):
    _, hits, alarms = pooled(trace, latency, label, options)
    bins = defaultdict(list)
    for score, true in [(score, 1.0) for _, score, *_ in hits] + [(score, 0.0) for score in alarms]:
        bins[min(int(score * 10), 9)].append((score, true))
    total = sum(map(len, bins.values()))
    if not total:
        return None
    return sum(
        len(b) / total * abs(np.mean([s for s, _ in b]) - np.mean([t for _, t in b])) for b in bins.values()
    )


PERCEPTION = {one.__name__: one for one in (
    recall, precision, f1, ap50, first_seen_m, false_alarms_per_min, iou_mean, centre_error_px, flicker_hz, ece,
)}  # fmt: skip


def _depth_pixels(trace, options):
    """(said or None, true) of every judged pixel, in plain numbers."""
    said = {one.frame_step: one.depth_m for one in trace.outputs}
    pixels = []
    for frame in trace.frames:
        if frame.depth_m is None or not said or frame.step > max(said):
            continue
        for index, truth in np.ndenumerate(frame.depth_m):
            if 0 < truth < math.inf and truth <= options.get("within_m", math.inf):
                value = float(said[frame.step][index]) if frame.step in said else math.nan
                pixels.append((None if math.isnan(value) else value, float(truth)))
    return pixels


def _of_depth(compute, answered_only):
    def right(trace, latency, options):
        pixels = _depth_pixels(trace, options)
        if answered_only:
            pixels = [(s, t) for s, t in pixels if s is not None]
        return sum(compute(s, t) for s, t in pixels) / len(pixels) if pixels else None

    return right


def _rmse(trace, latency, options):
    squared = _of_depth(lambda s, t: (s - t) ** 2, True)(trace, latency, options)
    return None if squared is None else math.sqrt(squared)


DEPTH = {
    "abs_rel": _of_depth(lambda s, t: abs(s - t) / t, True),
    "rmse_m": _rmse,
    "delta1": _of_depth(lambda s, t: s is not None and max(s / t, t / s) < 1.25, False),
    "coverage": _of_depth(lambda s, t: s is not None, False),
}
