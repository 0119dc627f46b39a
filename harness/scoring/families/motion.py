"""Metrics of how a robot moves: energy, smoothness and falls by its signals, saturation of its actions."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.family import Member, MetricFamily
from simgate.harness.scoring.measures.motion import falls, jerk_rms, saturation
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, undefined

FALL_DEG = 60.0
"""A robot that is tilted by more has fallen, unless a criterion says another limit."""
_DIFFERENCES = {"position": 3, "joint position": 3, "speed": 2, "joint velocity": 2, "turn rate": 2}
"""How often what a signal measures must be differentiated to be a jerk."""


def _energy(evidence: Evidence, options: Options) -> MetricValue:
    name = next(name for name, quantity in evidence.quantities.items() if quantity == "energy")
    work = evidence.signal(name)
    spent = float(work[-1] - work[0])
    return MetricValue(spent) if math.isfinite(spent) else undefined(f"signal {name} has no value at the end")


def _jerk(evidence: Evidence, name: str, options: Options) -> MetricValue:
    order = _DIFFERENCES[evidence.quantities[name]]
    found = jerk_rms(evidence.signal(name)[:, None], evidence.control_period_ms / 1000.0, order)
    needed = f"signal {name} never has a value at {order + 1} control ticks in a row"
    return undefined(needed) if math.isnan(found) else MetricValue(found)


def _falls(evidence: Evidence, name: str, options: Options) -> MetricValue:
    tilt, limit = evidence.signal(name), float(options.get("limit_deg", FALL_DEG))
    if np.isnan(tilt).all():
        return undefined(f"signal {name} has no value")
    above = np.flatnonzero(tilt > limit)
    first = float(evidence.times_s[above[0]]) if len(above) else None
    return MetricValue(falls(tilt, limit, 0.5 * limit), lost_at_s=first)


def _saturation(evidence: Evidence, options: Options) -> MetricValue:
    actions = evidence.trace.actions
    if actions is None:
        return undefined("the trace does not hold the actions; it was recorded without a criterion on them")
    bounded = np.isfinite(actions.low) | np.isfinite(actions.high)
    if not bounded.any():
        return undefined("no entry of the action has a bound")
    told, low, high = actions.values[:, bounded], actions.low[bounded], actions.high[bounded]
    at_bound = np.flatnonzero(((told <= low) | (told >= high)).any(axis=1))
    first = float(evidence.times_s[at_bound[0]]) if len(at_bound) else None
    return MetricValue(saturation(told, low, high), lost_at_s=first)


def _of_signal(info: MetricInfo, signal: str) -> MetricInfo:
    return replace(info, signals=(signal,))


MOTION_METRICS = (
    Metric(
        MetricInfo(
            name="motion.energy_j",
            unit="J",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning="Mechanical work that the robot's actuators have put in from start to end; braking gives "
            "none back.",
            source="Sum of max(0, force x speed) over actuators and physics steps, by the task's signal "
            "{energy: true}; what a motor's winding loses as heat is not in it.",
            measures=("energy",),
        ),
        _energy,
    ),
    Metric(
        MetricInfo(
            name="action.saturation",
            unit="",
            direction="lower",
            low=0,
            high=1,
            kind="number",
            meaning="Share of the numbers that the policy has told the robot, over control ticks and bounded "
            "entries of the action, that are at or beyond their bound.",
            source="What the policy said, before the robot cuts it, against the bounds of its action; the "
            "entries without a bound are left out.",
            records=("actions",),
        ),
        _saturation,
    ),
)
"""Those that name no signal."""

MOTION = MetricFamily(
    "motion",
    {
        "jerk_rms": Member(
            MetricInfo(
                name="motion.<signal>.jerk_rms",
                unit="(m or rad)/s^3",
                direction="lower",
                low=0,
                high=None,
                kind="number",
                meaning="Smoothness: root mean square of the jerk of a position or speed, m/s^3 (of hinges "
                "and turn rates rad/s^3); undefined where too few control ticks in a row have a value.",
                source="Jerk is the third derivative of a position (Flash and Hogan 1985), here differences "
                "over control ticks: third ones of {position: ...} and {joint: ...}, second ones of speeds.",
                measures=tuple(_DIFFERENCES),
            ),
            _jerk,
            _of_signal,
        ),
        "falls": Member(
            MetricInfo(
                name="motion.<signal>.falls",
                unit="",
                direction="lower",
                low=0,
                high=None,
                kind="count",
                meaning="How often the robot fell: its tilt rose above limit_deg (60 when left out), again "
                "only after it was below half of that; control ticks without a value are passed over.",
                source="Definition of simgate, on a signal {tilt: ...}.",
                options=("limit_deg",),
                measures=("tilt",),
            ),
            _falls,
            _of_signal,
        ),
    },
)
"""Those that name the signal that they are about."""
