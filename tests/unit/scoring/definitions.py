"""Every built-in metric a second time: plain loops over rows and frames, or a public library's function."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np
from scipy.spatial import distance as space

from tests.unit.scoring.test_metrics_detection_quality import coco_ap50

REST, NEAR, SOON = 0.05, 1.0, 0.5


def rows(trace, *names):
    return list(zip(*(trace.signals[name].tolist() for name in names), strict=True))


def period(trace):
    return int(trace.steps[1] - trace.steps[0]) if len(trace.steps) > 1 else 1


def finite(values):
    return [value for value in values if math.isfinite(value)]


# ---- task


def goal_row(trace):
    near = [
        k
        for k, (d,) in enumerate(rows(trace, "goal_distance_m"))
        if d <= float(trace.facts["goal_radius_m"] or 0.0)
    ]
    return near[0] if near else None


def stands(trace):
    return abs(float(trace.signals["speed_mps"][-1])) < REST


def success(trace, latency, options):
    if trace.contacts:
        return False
    arrived = goal_row(trace) is not None
    return stands(trace) and not arrived if trace.facts["has_barrier"] else arrived


def time_to_goal_s(trace, latency, options):
    row = goal_row(trace)
    return None if trace.facts["has_barrier"] or row is None else float(trace.steps[row]) / trace.physics_hz


def way_m(trace, upto=None):
    places = rows(trace, "x_m", "y_m")[:upto]
    return sum((space.euclidean(a, b) for a, b in itertools.pairwise(places)), 0.0)


def straight_m(trace):
    return float(trace.signals["goal_distance_m"][0]) - float(trace.facts["goal_radius_m"] or 0.0)


def spl(trace, latency, options):
    if trace.facts["has_barrier"] or straight_m(trace) <= 0:
        return None
    row = goal_row(trace)
    if row is None or trace.contacts:
        return 0.0
    return straight_m(trace) / max(way_m(trace, row + 1), straight_m(trace))


def path_length_m(trace, latency, options):
    return way_m(trace)


def progress(trace, latency, options):
    if straight_m(trace) <= 0:
        return None
    left = float(trace.signals["goal_distance_m"][-1]) - float(trace.facts["goal_radius_m"] or 0.0)
    return float(np.clip((straight_m(trace) - left) / straight_m(trace), 0.0, 1.0))


def stop_distance_m(trace, latency, options):
    return (
        float(trace.signals["barrier_distance_m"][-1])
        if trace.facts["has_barrier"] and stands(trace)
        else None
    )


def reported_door(trace, latency, options):
    return "none" if trace.report is None else trace.report


def report_correct(trace, latency, options):
    return trace.report == trace.facts["barrier_kind"]


# ---- safety


def touched_ticks(trace):
    ticks = defaultdict(set)
    for contact in trace.contacts:
        ticks[contact.body].add(math.ceil(contact.step / period(trace)))
    return ticks


def stretches(ticks):
    """Runs of consecutive numbers."""
    numbered = enumerate(sorted(ticks))
    return len({tick - place for place, tick in numbered})


def collisions(trace, latency, options):
    return sum(stretches(ticks) for ticks in touched_ticks(trace).values())


def contact_impulse_ns(trace, latency, options):
    return math.fsum(contact.impulse_ns for contact in trace.contacts)


def contact_time_s(trace, latency, options):
    if any(contact.touched == () for contact in trace.contacts):
        whole = set().union(*touched_ticks(trace).values())
        return len(whole) * period(trace) / trace.physics_hz
    return len({step for contact in trace.contacts for step in contact.touched}) / trace.physics_hz


def contact_depth_max_m(trace, latency, options):
    return max([0.0, *(contact.depth_m for contact in trace.contacts)])


def impact_speed_mps(trace, latency, options):
    if not trace.contacts:
        return None
    first = min(contact.step for contact in trace.contacts)
    before = [k for k, step in enumerate(trace.steps) if step < first] or [0]
    return abs(float(trace.signals["speed_mps"][before[-1]]))


def approaches(trace, name):
    """(row, seconds until the gap is closed) of each row in which it closes."""
    gaps, times = trace.signals[name].tolist(), trace.times_s.tolist()
    for k in range(1, len(gaps)):
        speed = (gaps[k - 1] - gaps[k]) / (times[k] - times[k - 1])
        if math.isfinite(speed) and speed > REST:
            yield k, max(gaps[k], 0.0) / speed


DANGERS = ("barrier_distance_m", "person_distance_m")


def interventions(trace, latency, options):
    urgent = set().union(*touched_ticks(trace).values()) if trace.contacts else set()
    for name in DANGERS:
        urgent |= {row for row, seconds in approaches(trace, name) if seconds < SOON}
    return stretches(urgent)


def time_to_collision_min_s(trace, latency, options):
    return min((seconds for name in DANGERS for _, seconds in approaches(trace, name)), default=None)


def smallest(name):
    return lambda trace, latency, options: min(finite(trace.signals[name].tolist()), default=None)


def speed_max_mps(trace, latency, options):
    return max(abs(speed) for (speed,) in rows(trace, "speed_mps"))


def speed_near_person_mps(trace, latency, options):
    pairs = rows(trace, "speed_mps", "person_distance_m")
    return max((abs(speed) for speed, gap in pairs if gap < NEAR), default=None)


# ---- runtime


def ages(trace):
    pairs = zip(trace.delivered_steps, trace.detections, strict=True)
    return [(step - found.frame_step) * 1000.0 / trace.physics_hz for step, found in pairs]


def quantile(values, percent):
    return float(np.percentile(values, percent, method="inverted_cdf")) if len(values) else None


def deadline_misses(trace, latency, options):
    limit = 1000.0 * period(trace) / trace.physics_hz
    return int(np.sum(np.array(latency.in_loop_ms) > limit)) if latency.in_loop_ms else None


def frames_dropped(trace, latency, options):
    return sum(1 for frame in trace.frames if frame.dropped)


RUNTIME = {
    **{f"latency.p{p}_ms": lambda t, ms, o, p=p: quantile(ms.in_loop_ms, p) for p in (50, 90, 95, 99)},
    **{f"latency.measured_p{p}_ms": lambda t, ms, o, p=p: quantile(ms.measured_ms, p) for p in (50, 90, 95, 99)},
    **{f"latency.age_p{p}_ms": lambda t, ms, o, p=p: quantile(ages(t), p) for p in (50, 90, 95, 99)},
    "latency.age_max_ms": lambda t, ms, o: max(ages(t), default=None),
    "latency.max_ms": lambda t, ms, o: max(ms.in_loop_ms, default=None),
    "latency.jitter_ms": lambda t, ms, o: float(np.std(ms.in_loop_ms)) if ms.in_loop_ms else None,
    "deadline_misses": deadline_misses,
    "frames_dropped": frames_dropped,
}  # fmt: skip


# ---- perception


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


DRIVING = {
    **{one.__name__: one for one in (
        success, time_to_goal_s, spl, path_length_m, progress, stop_distance_m, reported_door, report_correct,
        collisions, contact_impulse_ns, contact_time_s, contact_depth_max_m, impact_speed_mps, interventions,
        time_to_collision_min_s, speed_max_mps, speed_near_person_mps,
    )},
    "min_clearance_m": smallest("clearance_m"),
    "min_clearance_m.person": smallest("person_distance_m"),
    "min_clearance_m.barrier": smallest("barrier_distance_m"),
}  # fmt: skip
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


# ---- motion


def jerks(values, dt):
    """Derivatives of a speed, row by row: (v2 - 2 v1 + v0) / dt^2, where all three are finite."""
    triples = zip(values, values[1:], values[2:], strict=False)
    return [(c - 2 * b + a) / dt**2 for a, b, c in triples if all(map(math.isfinite, (a, b, c)))]


def jerk_of_speed(trace, latency, options):
    found = jerks(trace.signals["speed_mps"].tolist(), period(trace) / trace.physics_hz)
    return math.sqrt(math.fsum(j * j for j in found) / len(found)) if found else None


def jerk_of_place(trace, latency, options):
    dt = period(trace) / trace.physics_hz
    places = trace.signals["x_m"].tolist()
    speeds = [(b - a) / dt for a, b in itertools.pairwise(places)]
    found = jerks([v if math.isfinite(v) else math.nan for v in speeds], dt)
    return math.sqrt(math.fsum(j * j for j in found) / len(found)) if found else None


def falls(trace, latency, options):
    tilts, limit = (
        [tilt for (tilt,) in rows(trace, "tilt_deg") if not math.isnan(tilt)],
        options.get("limit_deg", 60),
    )
    if not tilts:
        return None
    # A word of U (up), m (between) and D (down); a fall is the first D after the start or a U.
    word = "".join("D" if t > limit else "U" if t < limit / 2 else "m" for t in tilts)
    return sum("D" in part for part in word.split("U"))


def energy_j(trace, latency, options):
    spent = float(trace.signals["work_j"][-1]) - float(trace.signals["work_j"][0])
    return spent if math.isfinite(spent) else None


def saturation(trace, latency, options):
    told = trace.actions
    if told is None:
        return None
    entries = [
        value <= low or value >= high
        for row in told.values.tolist()
        for value, low, high in zip(row, told.low.tolist(), told.high.tolist(), strict=True)
        if math.isfinite(low) or math.isfinite(high)
    ]
    return sum(entries) / len(entries) if entries else None


MOTION = {
    "motion.speed_mps.jerk_rms": jerk_of_speed,
    "motion.x_m.jerk_rms": jerk_of_place,
    "motion.tilt_deg.falls": falls,
    "motion.energy_j": energy_j,
    "action.saturation": saturation,
}


# ---- environments


def return_of(trace, latency, options):
    earned = [b - a for a, b in zip(trace.signals["return"], trace.signals["return"][1:], strict=False)]
    return float(sum(earned))


def episode_length(trace, latency, options):
    period = int(trace.steps[1] - trace.steps[0]) if len(trace.steps) > 1 else 1
    return int((trace.steps[-1] - trace.steps[0]) // period)


REWARDED = {"return": return_of, "episode_length": episode_length}
