"""Metrics of the task: did the robot do what it was asked to, and how well."""

from __future__ import annotations

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, undefined
from simgate.harness.tasks.reach_or_report.driving import (
    REST_SPEED_MPS,
    goal_radius_m,
    goal_row,
    is_at_rest,
    path_m,
)

NO_REPORT = "none"
"""Value of ``reported_door`` when the robot reported nothing."""


def _success(evidence: Evidence, options: Options) -> MetricValue:
    trace = evidence.trace
    if "success" in trace.facts:
        return MetricValue(bool(trace.facts["success"]), lost_at_s=evidence.duration_s)
    if "has_barrier" not in trace.facts:
        return undefined("the task does not say whether it succeeded")
    if evidence.first_contact_s is not None:
        return MetricValue(False, lost_at_s=evidence.first_contact_s)
    if not trace.facts["has_barrier"]:
        return MetricValue(goal_row(evidence) is not None, lost_at_s=evidence.duration_s)
    return MetricValue(is_at_rest(evidence) and goal_row(evidence) is None, lost_at_s=evidence.duration_s)


def _time_to_goal(evidence: Evidence, options: Options) -> MetricValue:
    if evidence.trace.facts["has_barrier"]:
        return undefined("a barrier closes the way to the goal")
    if goal_row(evidence) is None:
        return undefined("the goal was never reached")
    return MetricValue(float(evidence.times_s[goal_row(evidence)]))


def _shortest_way_m(evidence: Evidence) -> float:
    return float(evidence.signal("goal_distance_m")[0]) - goal_radius_m(evidence)


def _spl(evidence: Evidence, options: Options) -> MetricValue:
    if evidence.trace.facts["has_barrier"]:
        return undefined("a barrier closes the way to the goal")
    shortest = _shortest_way_m(evidence)
    if shortest <= 0.0:
        return undefined("the robot started at the goal")
    if goal_row(evidence) is None or evidence.first_contact_s is not None:
        return MetricValue(0.0, lost_at_s=evidence.first_contact_s)
    return MetricValue(shortest / max(float(path_m(evidence)[goal_row(evidence)]), shortest))


def _path_length(evidence: Evidence, options: Options) -> MetricValue:
    return MetricValue(float(path_m(evidence)[-1]))


def _progress(evidence: Evidence, options: Options) -> MetricValue:
    whole = _shortest_way_m(evidence)
    if whole <= 0.0:
        return undefined("the robot started at the goal")
    left = float(evidence.signal("goal_distance_m")[-1]) - goal_radius_m(evidence)
    return MetricValue(min(max(1.0 - left / whole, 0.0), 1.0))


def _stop_distance(evidence: Evidence, options: Options) -> MetricValue:
    if not evidence.trace.facts["has_barrier"]:
        return undefined("there is no barrier to stop at")
    if not is_at_rest(evidence):
        return undefined("the robot had not come to rest when the episode ended")
    return MetricValue(float(evidence.signal("barrier_distance_m")[-1]), lost_at_s=evidence.duration_s)


def _reported_door(evidence: Evidence, options: Options) -> MetricValue:
    return MetricValue(evidence.trace.report or NO_REPORT, lost_at_s=evidence.duration_s)


def _report_correct(evidence: Evidence, options: Options) -> MetricValue:
    truth = evidence.trace.facts["barrier_kind"] if evidence.trace.facts["has_barrier"] else None
    return MetricValue(evidence.trace.report == truth, lost_at_s=evidence.duration_s)


GOAL_METRICS = (
    Metric(
        MetricInfo(
            name="success",
            unit="",
            direction="higher",
            low=0,
            high=1,
            kind="bool",
            meaning=(
                "Without a barrier: the robot touched nothing and came within the goal's radius; with one: "
                "it touched nothing, never got to the goal behind it, and stands (below "
                f"{REST_SPEED_MPS} m/s) at the end."
            ),
            source="Definition of simgate; how near the robot stopped is judged by stop_distance_m.",
        ),
        _success,
    ),
    Metric(
        MetricInfo(
            name="time_to_goal_s",
            unit="s",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning="Simulated time until the robot is first within the goal's radius; undefined if never.",
            source="Signal goal_distance_m.",
            needs="open_way",
            signals=("goal_distance_m",),
            facts=("has_barrier", "goal_radius_m"),
        ),
        _time_to_goal,
    ),
    Metric(
        MetricInfo(
            name="spl",
            unit="",
            direction="higher",
            low=0,
            high=1,
            kind="number",
            meaning=(
                "Success weighted by path length: 0 after a contact or without reaching the goal, otherwise "
                "the straight way to the goal's radius divided by the way driven; undefined with a barrier."
            ),
            source="Anderson et al. 2018 (arXiv:1807.06757), with the straight line as the shortest path.",
            needs="open_way",
            signals=("goal_distance_m", "x_m", "y_m"),
            facts=("has_barrier", "goal_radius_m"),
        ),
        _spl,
    ),
    Metric(
        MetricInfo(
            name="path_length_m",
            unit="m",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning="Length of the way driven, summed over control ticks.",
            source="Signals x_m and y_m.",
            signals=("x_m", "y_m"),
        ),
        _path_length,
    ),
    Metric(
        MetricInfo(
            name="progress",
            unit="",
            direction="higher",
            low=0,
            high=1,
            kind="number",
            meaning="Share of the straight way to the goal's radius that is covered at the end.",
            source="Signal goal_distance_m.",
            signals=("goal_distance_m",),
            facts=("goal_radius_m",),
        ),
        _progress,
    ),
    Metric(
        MetricInfo(
            name="stop_distance_m",
            unit="m",
            direction="none",
            low=None,
            high=None,
            kind="number",
            meaning=(
                "Gap between hull and barrier where the robot came to rest, negative when they overlap; "
                "undefined without a barrier or when it was still moving at the end."
            ),
            source="Signal barrier_distance_m in the last row.",
            needs="barrier",
            signals=("speed_mps", "barrier_distance_m"),
            facts=("has_barrier",),
        ),
        _stop_distance,
    ),
    Metric(
        MetricInfo(
            name="reported_door",
            unit="",
            direction="none",
            low=None,
            high=None,
            kind="word",
            meaning=f"What the robot last reported as closing its way; '{NO_REPORT}' when it said nothing.",
            source="The policy's report.",
            silence=NO_REPORT,
        ),
        _reported_door,
    ),
    Metric(
        MetricInfo(
            name="report_correct",
            unit="",
            direction="higher",
            low=0,
            high=1,
            kind="bool",
            meaning="The last report names the kind of the barrier; with an open way nothing was reported.",
            source="The policy's report against the scene's barrier.",
            facts=("has_barrier", "barrier_kind"),
        ),
        _report_correct,
    ),
)
