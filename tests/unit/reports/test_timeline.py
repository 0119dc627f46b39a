from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from simgate.harness.results.record import CriterionResult, Outcome
from simgate.harness.trace import Signal, Trace
from simgate.reports.timeline import MOST_POINTS, MOST_SIGNALS, Lane, timeline
from tests.unit.reports.factory import blind_trace

LOST = CriterionResult(
    metric="collisions", statement="collisions at most 0", observed=1, outcome=Outcome.FAIL, lost_at_s=4.0
)


@pytest.fixture
def trace() -> Trace:
    return blind_trace({"door.distance_m": 5.0}, "glass", np.random.default_rng(3))


def lane(trace: Trace, name: str) -> Lane:
    return next(lane for lane in timeline(trace).lanes if lane.name == name)


def test_lanes_show_speed_distance_each_class_and_modes(trace: Trace) -> None:
    assert [lane.name for lane in timeline(trace).lanes] == ["speed", "distance", "glass_door", "policy mode"]


def test_a_task_of_other_signals_has_a_lane_for_each_of_the_first_and_needs_no_facts(trace: Trace) -> None:
    declared = tuple(Signal(f"s{k}", "m", "a length") for k in range(MOST_SIGNALS + 1))
    values = np.linspace(1.0, 2.0, len(trace.steps))
    other = replace(trace, signals={one.name: values for one in declared}, declared=declared, facts={})
    lanes = [one for one in timeline(other).lanes if one.name.startswith("s")]
    assert [(one.name, one.top) for one in lanes] == [(f"s{k}", "1 to 2 m") for k in range(MOST_SIGNALS)]
    assert timeline(replace(other, facts={"success": True})).summary


def test_the_moment_of_loss_is_marked_in_proportion_to_time(trace: Trace) -> None:
    moment = next(moment for moment in timeline(trace, [LOST]).moments if moment.kind == "lost")
    assert moment.percent == pytest.approx(100 * 4.0 / trace.times_s[-1])
    assert "collisions lost at 4.0 s" in moment.text


def test_a_contact_is_marked_once_for_each_body(trace: Trace) -> None:
    twice = replace(trace, contacts=trace.contacts * 2)
    assert [moment.kind for moment in timeline(twice).moments] == ["contact"]


def test_the_band_covers_the_frames_in_which_the_class_is_visible(trace: Trace) -> None:
    half = len(trace.frames) // 2
    frames = tuple(replace(f, entities=f.entities if k < half else ()) for k, f in enumerate(trace.frames))
    drawing = lane(replace(trace, frames=frames), "glass_door").drawing
    widths = [float(width) for width in re.findall(r'width="([\d.]+)"', drawing)]
    assert sum(widths) == pytest.approx(500, abs=15)


def test_there_is_a_tick_for_each_detection(trace: Trace) -> None:
    drawing = lane(trace, "glass_door").drawing
    assert drawing.count("M") == sum(len(found) > 0 for found in trace.detections)


def test_the_summary_counts_seen_and_missed_frames(trace: Trace) -> None:
    summary = timeline(trace).summary
    visible = sum(bool(frame.entities) for frame in trace.frames)
    detected = sum(len(found) > 0 for found in trace.detections)
    assert f"glass_door was visible in {visible} frames and detected in {detected}" in summary
    assert "ended with collision" in summary
    assert "The robot reported nothing. In the way: glass." in summary


def test_values_that_are_not_finite_leave_a_gap(trace: Trace) -> None:
    barrier = trace.signals["barrier_distance_m"].copy()
    barrier[5:8] = np.nan
    signals = {**trace.signals, "barrier_distance_m": barrier}
    before, after = lane(trace, "distance").drawing, lane(replace(trace, signals=signals), "distance").drawing
    assert after.count("M") == before.count("M") + 1
    assert "nan" not in after


def test_a_scene_without_barrier_says_so(trace: Trace) -> None:
    signals = {**trace.signals, "barrier_distance_m": np.full(len(trace.steps), np.nan)}
    assert "there is no barrier" in lane(replace(trace, signals=signals), "distance").legend


def test_a_trace_of_one_row_can_be_drawn(trace: Trace) -> None:
    signals = {name: values[:1] for name, values in trace.signals.items()}
    short = replace(
        trace, steps=trace.steps[:1], signals=signals, modes=trace.modes[:1], frames=trace.frames[:1]
    )
    assert len(timeline(short).lanes) == 4


def test_long_episodes_are_thinned(trace: Trace) -> None:
    repeat = 100
    steps = np.arange(repeat * len(trace.steps)) * 20
    signals = {name: np.tile(values, repeat) for name, values in trace.signals.items()}
    long = replace(trace, steps=steps, signals=signals, modes=trace.modes * repeat)
    drawing = lane(long, "speed").drawing
    assert drawing.count("L") <= 2 * (MOST_POINTS + 1)
