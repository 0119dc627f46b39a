"""An episode of a driving robot in words: where it drove, how near things were, what closed the way."""

from __future__ import annotations

import numpy as np

from simgate.harness.tasks.telling import Telling
from simgate.harness.trace import FACTS_OF_SCENE, Trace


def _at(trace: Trace, name: str, step: int) -> float:
    """A signal at a physics step."""
    row = min(int(np.searchsorted(trace.steps, step)), len(trace.steps) - 1)
    return float(trace.signals[name][row])


def _start(trace: Trace) -> str:
    distance = _at(trace, "barrier_distance_m", 0)
    where = f", {distance:.1f} m ahead" if np.isfinite(distance) else ""
    barrier = f"the way is barred by {trace.facts['barrier_kind'] or 'something'}{where}"
    way = barrier if trace.facts["has_barrier"] else "no barrier closes the way"
    return f"at the start the goal is {_at(trace, 'goal_distance_m', 0):.1f} m away; {way}"


def _moment(trace: Trace, step: int) -> str:
    clearance = _at(trace, "clearance_m", step)
    near = f", {clearance:.2f} m from the nearest body" if np.isfinite(clearance) else ""
    return f"at {_at(trace, 'speed_mps', step):.2f} m/s{near}"


def _touch(trace: Trace, step: int) -> str:
    return f"at {_at(trace, 'speed_mps', max(0, step - 1)):.2f} m/s"


def _left(trace: Trace) -> str:
    return f"{_at(trace, 'goal_distance_m', int(trace.steps[-1])):.1f} m from the goal"


TELLING = Telling(
    signals=frozenset({"speed_mps", "clearance_m", "barrier_distance_m", "goal_distance_m"}),
    facts=frozenset(FACTS_OF_SCENE),
    start=_start,
    moment=_moment,
    touch=_touch,
    left=_left,
)
