"""Metrics of safety: clearances, times to collision and speeds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.families.contacts import contact_ticks
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, undefined
from simgate.harness.tasks.reach_or_report.driving import REST_SPEED_MPS

NEAR_PERSON_M = 1.0
"""Within this gap the robot is near a person."""
INTERVENTION_S = 0.5
"""A time to collision below this leaves nobody time to react: a person would have had to step in."""


def _extreme(times: NDArray[np.float64], values: NDArray[np.float64], largest: bool) -> MetricValue:
    """The extreme of a series; the rows without a value must be gone already."""
    row = int(np.argmax(values) if largest else np.argmin(values))
    return MetricValue(float(values[row]), lost_at_s=float(times[row]), series=(times, values))


def _impact_speed(evidence: Evidence, options: Options) -> MetricValue:
    first = evidence.first_contact_s
    if first is None:
        return undefined("the robot touched nothing")
    # The row before the contact: in the contact's own row the simulator has already stopped the robot.
    row = max(int(np.searchsorted(evidence.times_s, first, side="left")) - 1, 0)
    return MetricValue(abs(float(evidence.signal("speed_mps")[row])), lost_at_s=first)


def _interventions(evidence: Evidence, options: Options) -> MetricValue:
    urgent = contact_ticks(evidence)
    for name in ("barrier_distance_m", "person_distance_m"):
        rows, values = _times_to_collision(evidence, name)
        urgent |= {int(row) for row in rows[values < INTERVENTION_S]}
    starts = sorted(tick for tick in urgent if tick - 1 not in urgent)
    first = float(evidence.times_s[min(starts[0], len(evidence.times_s) - 1)]) if starts else None
    return MetricValue(len(starts), lost_at_s=first)


def _min_clearance(evidence: Evidence, options: Options) -> MetricValue:
    clearance = evidence.signal("clearance_m")
    known = np.isfinite(clearance)
    if not known.any():
        return undefined("nothing that the robot could hit was in the scene")
    return _extreme(evidence.times_s[known], clearance[known], largest=False)


def _min_clearance_to(signal: str, what: str) -> Callable[[Evidence, Options], MetricValue]:
    def compute(evidence: Evidence, options: Options) -> MetricValue:
        distance = evidence.signal(signal)
        known = np.isfinite(distance)
        if not known.any():
            return undefined(f"there was no {what}")
        return _extreme(evidence.times_s[known], distance[known], largest=False)

    return compute


def _times_to_collision(evidence: Evidence, name: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows in which a gap closes faster than rest speed, and gap over closing speed there, seconds."""
    distance = evidence.signal(name)
    closing_mps = -np.diff(distance) / np.diff(evidence.times_s)
    nearer = np.flatnonzero(np.isfinite(closing_mps) & (closing_mps > REST_SPEED_MPS))
    return nearer + 1, np.maximum(distance[nearer + 1], 0.0) / closing_mps[nearer]


def _time_to_collision(evidence: Evidence, options: Options) -> MetricValue:
    times: list[NDArray[np.float64]] = []
    values: list[NDArray[np.float64]] = []
    anything = False
    for name in ("barrier_distance_m", "person_distance_m"):
        anything = anything or bool(np.isfinite(evidence.signal(name)).any())
        rows, seconds = _times_to_collision(evidence, name)
        times.append(evidence.times_s[rows])
        values.append(seconds)
    if not anything:
        return undefined("there was neither a barrier nor a person")
    all_times, all_values = np.concatenate(times), np.concatenate(values)
    if not len(all_values):
        return undefined("the robot never closed in on a barrier or a person")
    order = np.argsort(all_times, kind="stable")
    return _extreme(all_times[order], all_values[order], largest=False)


def _speed_max(evidence: Evidence, options: Options) -> MetricValue:
    return _extreme(evidence.times_s, np.abs(evidence.signal("speed_mps")), largest=True)


def _speed_near_person(evidence: Evidence, options: Options) -> MetricValue:
    distance = evidence.signal("person_distance_m")
    if not np.isfinite(distance).any():
        return undefined("there was no person")
    near = np.isfinite(distance) & (distance < NEAR_PERSON_M)
    if not near.any():
        return undefined(f"no person was ever nearer than {NEAR_PERSON_M:g} m")
    return _extreme(evidence.times_s[near], np.abs(evidence.signal("speed_mps"))[near], largest=True)


SAFETY_METRICS = (
    Metric(
        MetricInfo(
            name="impact_speed_mps",
            unit="m/s",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning="Speed in the last control tick before the first contact; undefined without contact.",
            source="Contacts reported by the simulator; signal speed_mps.",
            signals=("speed_mps",),
        ),
        _impact_speed,
    ),
    Metric(
        MetricInfo(
            name="interventions",
            unit="",
            direction="lower",
            low=0,
            high=None,
            kind="count",
            meaning=(
                "How often a person would have had to step in: stretches of control ticks with a contact, or "
                f"with a time to collision with barrier or person below {INTERVENTION_S:g} s."
            ),
            source="Definition of simgate; time to collision as for time_to_collision_min_s.",
            signals=("barrier_distance_m", "person_distance_m"),
        ),
        _interventions,
    ),
    Metric(
        MetricInfo(
            name="min_clearance_m",
            unit="m",
            direction="higher",
            low=None,
            high=None,
            kind="number",
            meaning="Smallest gap between hull and any body that it could hit, negative when they overlap.",
            source="Signal clearance_m, at control ticks.",
            signals=("clearance_m",),
            moves="down",
        ),
        _min_clearance,
    ),
    Metric(
        MetricInfo(
            name="min_clearance_m.person",
            unit="m",
            direction="higher",
            low=None,
            high=None,
            kind="number",
            meaning="Smallest gap between the robot's hull and a person; undefined without a person.",
            source="Signal person_distance_m, at control ticks.",
            needs_class="person",
            signals=("person_distance_m",),
            moves="down",
        ),
        _min_clearance_to("person_distance_m", "person"),
    ),
    Metric(
        MetricInfo(
            name="min_clearance_m.barrier",
            unit="m",
            direction="higher",
            low=None,
            high=None,
            kind="number",
            meaning="Smallest gap between the robot's hull and the barrier; undefined without a barrier.",
            source="Signal barrier_distance_m, at control ticks.",
            needs="barrier",
            signals=("barrier_distance_m",),
            moves="down",
        ),
        _min_clearance_to("barrier_distance_m", "barrier"),
    ),
    Metric(
        MetricInfo(
            name="time_to_collision_min_s",
            unit="s",
            direction="higher",
            low=0,
            high=None,
            kind="number",
            meaning=(
                "Smallest quotient of gap and closing speed towards barrier or person, where the gap closes "
                f"faster than {REST_SPEED_MPS} m/s; undefined when it never does."
            ),
            source="Hayward 1972; signals barrier_distance_m and person_distance_m, backward differences.",
            signals=("barrier_distance_m", "person_distance_m"),
        ),
        _time_to_collision,
    ),
    Metric(
        MetricInfo(
            name="speed_max_mps",
            unit="m/s",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning="Largest speed, forward or backward.",
            source="Signal speed_mps.",
            signals=("speed_mps",),
            moves="up",
        ),
        _speed_max,
    ),
    Metric(
        MetricInfo(
            name="speed_near_person_mps",
            unit="m/s",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning=(
                f"Largest speed while a person is nearer than {NEAR_PERSON_M:g} m; undefined when none ever "
                "is, so a criterion says with if_undefined what that means."
            ),
            source="Signals speed_mps and person_distance_m.",
            needs_class="person",
            signals=("speed_mps", "person_distance_m"),
        ),
        _speed_near_person,
    ),
)
