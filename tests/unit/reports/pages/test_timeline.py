from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from simgate.harness.results.record import CriterionResult, Outcome
from simgate.harness.trace import Reading, Signal, Trace
from simgate.reports.bounds import Bound
from simgate.reports.drawing.signal_lanes import BUCKETS, Lane
from simgate.reports.drawing.timeline import timeline
from tests.unit.reports.episodes import blind_trace

LOST = CriterionResult(
    metric="collisions", statement="collisions at most 0", observed=1, outcome=Outcome.FAIL, lost_at_s=4.0
)


@pytest.fixture
def trace() -> Trace:
    return blind_trace({"door.distance_m": 5.0}, "glass", np.random.default_rng(3))


def lane(trace: Trace, name: str) -> Lane:
    return next(lane for lane in timeline(trace).lanes if lane.name == name)


def declared(trace: Trace, **columns: list[float]) -> Trace:
    """The trace with other signals than a driving robot's, in degrees."""
    rows = {name: np.interp(trace.steps, trace.steps[[0, -1]], ends) for name, ends in columns.items()}
    return replace(trace, signals=rows, declared=tuple(Signal(n, "deg", "an angle") for n in rows), facts={})


def heights(drawing: str) -> list[float]:
    """Of the points of the first line, 0 at the top."""
    path = re.search(r'd="([^"]+)"', drawing)
    assert path is not None
    return [float(y) for _, y in re.findall(r"[ML](\d+) (-?\d+)", path[1])]


def test_every_signal_has_a_lane_and_a_command_is_dashed_in_the_lane_of_what_it_commands(
    trace: Trace,
) -> None:
    names = [lane.name for lane in timeline(trace).lanes]
    commands = {"command_speed_mps", "command_yaw_rate_rps"}
    assert set(names) == set(trace.signals) - commands | {"glass_door", "policy mode"}
    assert lane(trace, "speed_mps").drawing.count("<path") == 2
    assert lane(trace, "clearance_m").drawing.count("<path") == 1


def test_a_task_of_other_signals_says_unit_and_scale_and_needs_no_facts(trace: Trace) -> None:
    other = declared(trace, tilt=[1.0, 2.0], swing=[-3.0, 1500.0])
    found = {one.name: (one.scale, one.legend) for one in timeline(other).lanes}
    assert found["tilt"] == ("1 to 2 deg", "an angle")
    assert found["swing"] == ("-3 to 1500 deg", "an angle")
    assert timeline(replace(other, facts={"success": True})).summary


def test_a_bound_is_a_line_at_its_value_and_its_signal_comes_first(trace: Trace) -> None:
    other = declared(trace, swing=[0.0, 1.0], tilt=[0.0, 10.0])
    plan = timeline(other, bounds=[Bound("tilt", 5.0, "tilt at most 5")])
    titles = [group.title for group in plan.groups if "signals" in group.title]
    assert titles == ["signals that the verdict looks at", "other signals"]
    held = plan.groups[0].lanes[0]
    assert (held.name, held.bounds) == ("tilt", ("5: tilt at most 5",))
    assert 'd="M0 50H1000" class="bound"' in held.drawing
    assert heights(held.drawing)[0] > 50 > heights(held.drawing)[-1], "what is larger is drawn higher"


def test_a_bound_outside_of_the_values_widens_the_scale_and_one_far_away_is_told_in_words(
    trace: Trace,
) -> None:
    other = declared(trace, tilt=[0.0, 10.0])
    (near,) = timeline(other, bounds=[Bound("tilt", 15.0, "at most 15")]).groups[0].lanes
    assert (near.scale, len(near.bounds)) == ("0 to 15 deg", 1)
    (far,) = timeline(other, bounds=[Bound("tilt", 500.0, "at most 500")]).groups[0].lanes
    assert (far.scale, far.bounds) == ("0 to 10 deg", ())
    assert "beyond this scale: at most 500 (500)" in far.legend


def test_what_hardly_changes_is_nearly_level_and_its_scale_tells_its_ends(trace: Trace) -> None:
    other = declared(trace, tilt=[0.53201, 0.53202], still=[0.25, 0.25])
    hardly = lane(other, "tilt")
    assert hardly.scale == "0.53201 to 0.53202 deg"
    assert max(heights(hardly.drawing)) - min(heights(hardly.drawing)) < 20
    assert lane(other, "still").scale == "0.25 deg"


def test_a_channel_of_joints_has_one_lane_with_a_line_for_each_joint(trace: Trace) -> None:
    values = np.stack([np.linspace(0, 1, len(trace.steps)), np.linspace(0, -2, len(trace.steps))], axis=1)
    joints = Reading("joints.position", "joints", "rad", ("hip", "knee"), values)
    found = lane(replace(trace, readings=(joints,)), "joints.position")
    assert found.scale == "-2 to 1 rad"
    assert [text for _, text in found.keys] == ["hip", "knee"]
    assert found.drawing.count("<path") == 2


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


def test_boxes_of_pictures_whose_truth_nobody_tells_are_neither_hits_nor_false_alarms(trace: Trace) -> None:
    count = sum(len(found) > 0 for found in trace.detections)
    untold = f"glass_door was detected in {count} frames of which nobody tells what could be seen."
    blank = tuple(replace(frame, entities=()) for frame in trace.frames)
    arm = replace(trace, frames=blank, tells_entities=False)
    assert untold in timeline(arm).summary
    assert "never visible" not in timeline(arm).summary
    assert lane(arm, "glass_door").legend.startswith("nobody tells when it was visible; ticks")
    wrist = tuple(replace(found, channel="wrist.rgb") for found in trace.detections)
    second = replace(trace, eye="front.rgb", detections=wrist)
    assert "glass_door was visible in" in timeline(second).summary
    assert f"and detected in 0. {untold}" in timeline(second).summary
    assert lane(second, "glass_door").legend.startswith("band: truly visible to front.rgb; ticks")


def test_values_that_are_not_finite_leave_a_gap(trace: Trace) -> None:
    barrier = trace.signals["barrier_distance_m"].copy()
    barrier[5:8] = np.nan
    signals = {**trace.signals, "barrier_distance_m": barrier}
    before, after = (
        lane(one, "barrier_distance_m").drawing for one in (trace, replace(trace, signals=signals))
    )
    assert after.count("M") == before.count("M") + 1
    assert "nan" not in after


def test_a_signal_that_never_has_a_value_is_named_apart(trace: Trace) -> None:
    signals = {**trace.signals, "barrier_distance_m": np.full(len(trace.steps), np.nan)}
    plan = timeline(replace(trace, signals=signals))
    apart = next(group for group in plan.groups if group.title == "signals without a value")
    assert "barrier_distance_m" in [one.name for one in apart.lanes]
    assert not apart.is_open


def test_a_trace_of_one_row_can_be_drawn(trace: Trace) -> None:
    signals = {name: values[:1] for name, values in trace.signals.items()}
    short = replace(
        trace, steps=trace.steps[:1], signals=signals, modes=trace.modes[:1], frames=trace.frames[:1]
    )
    assert lane(short, "speed_mps").scale


def test_long_episodes_are_thinned_and_no_peak_is_lost(trace: Trace) -> None:
    count = 40 * BUCKETS
    values = np.zeros(count)
    values[4321], values[2345] = 7.0, -7.0
    long = replace(
        trace,
        steps=np.arange(count) * 20,
        signals={"force": values + 0.01 * np.sin(np.arange(count))},
        declared=(Signal("force", "N", "a force"),),
        modes=("still",) * count,
    )
    found = lane(long, "force")
    assert found.drawing.count("L") <= 4 * BUCKETS
    ends = (min(heights(found.drawing)), max(heights(found.drawing)))
    assert ends == (6, 94), "the peaks reach both ends of the scale"
