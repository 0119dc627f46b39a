"""Built-in metrics of driving, motion and rewards a second time: plain loops over rows."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np
from scipy.spatial import distance as space

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
