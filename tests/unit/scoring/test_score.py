from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from simgate.harness.packs.model import Criterion, KnownFailure, Scenario
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.results.record import LatencySamples, Outcome
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import MetricValue
from simgate.harness.scoring.metrics import standard_metrics
from simgate.harness.scoring.score import metric_key, score
from simgate.harness.trace import Actions, CameraTruth, FrameTruth, Reading
from simgate.policies.perception.outputs import Boxes, Depth
from tests.unit.scoring.traces import BOX, barrier_trace, found, frame, make_trace, samples, seen, touch

NO_COLLISION = Criterion(metric="collisions", op="at_most", bound=0)
STOPS = Criterion(metric="stop_distance_m", op="between", bound=(0.3, 1.5))
RECALL = Criterion(
    metric="detection.glass_door.recall", op="at_least", bound=0.9, options={"within_m": 3, "min_pixels": 64}
)
TODAY = date(2026, 12, 1)


def scenario(*accept, known=(), hard=()):
    return Scenario(
        id="glass_door_closed",
        title="A closed glass door",
        severity="critical",
        world="office_corridor",
        variants=VariantsSpec(count=10),
        accept=accept,
        hard=hard,
        known_failures=known,
    )


def scored(trace, *accept, known=(), hard=(), parameters=None):
    return score(
        scenario(*accept, known=known, hard=hard), trace, samples(40.0, 45.0), parameters or {}, TODAY
    )


def test_a_variant_passes_when_every_criterion_is_met():
    result = scored(barrier_trace(), NO_COLLISION, STOPS)
    assert (result.outcome, result.reason, result.lost_at_s) == (Outcome.PASS, "", None)
    assert [c.outcome for c in result.criteria] == [Outcome.PASS, Outcome.PASS]


def test_one_criterion_not_met_fails_the_variant_and_is_its_reason():
    result = scored(barrier_trace(0.12), NO_COLLISION, STOPS)
    assert result.outcome is Outcome.FAIL
    assert result.reason == "stop_distance_m: observed 0.12 m, must be between 0.3 and 1.5 (short by 0.18 m)"


def test_further_failing_criteria_are_counted_in_the_reason():
    result = scored(barrier_trace(0.0, contacts=(touch(10),)), NO_COLLISION, STOPS)
    assert result.reason.startswith("collisions: observed 1")
    assert result.reason.endswith("(and 1 more criterion)")
    assert result.lost_at_s == pytest.approx(1.0)


def test_a_simulation_that_cannot_be_believed_is_invalid_even_if_its_criteria_hold():
    result = scored(barrier_trace(invalid_reasons=("black frame at 0.3 s",)), NO_COLLISION)
    assert (result.outcome, result.reason) == (Outcome.INVALID, "black frame at 0.3 s")


DOUBT = {"invalid_reasons": ("black camera frame at step 300",), "doubt_step": 300}


@pytest.mark.parametrize(
    "criterion",
    [
        NO_COLLISION,
        Criterion(metric="success", op="equals", bound=True),
        Criterion(metric="collisions", op="equals", bound=0),
        Criterion(metric="min_clearance_m", op="at_least", bound=1.2),
    ],
    ids=lambda criterion: f"{criterion.metric} {criterion.op}",
)
def test_a_collision_before_the_moment_of_doubt_is_never_hidden_by_it(criterion):
    result = scored(barrier_trace(0.0, contacts=(touch(10),), **DOUBT), criterion)
    assert result.outcome is Outcome.FAIL
    assert result.reason.startswith(criterion.metric)
    assert result.reason.endswith("in doubt only from 1.5 s on: black camera frame at step 300")


def test_a_hard_rule_is_judged_beside_the_criteria_and_changes_no_outcome():
    result = scored(barrier_trace(0.0, contacts=(touch(10),)), STOPS, hard=(NO_COLLISION,))
    assert [(r.metric, r.observed, r.outcome) for r in result.hard] == [("collisions", 1, Outcome.FAIL)]
    assert "collisions" not in result.reason
    clean = scored(barrier_trace(), STOPS, hard=(NO_COLLISION,))
    assert (clean.outcome, clean.hard[0].outcome, clean.is_clean) == (Outcome.PASS, Outcome.PASS, True)


def test_a_variant_that_passes_and_violates_a_hard_rule_is_not_clean():
    slow = Criterion(metric="speed_max_mps", op="at_most", bound=0.01)
    result = scored(barrier_trace(), STOPS, hard=(slow,))
    assert (result.outcome, result.is_clean) == (Outcome.PASS, False)


@pytest.mark.parametrize(
    ("hard", "contacts", "outcome"),
    [
        (NO_COLLISION, (touch(10),), Outcome.FAIL),
        (NO_COLLISION, (), Outcome.INVALID),
        (Criterion(metric="progress", op="at_least", bound=2.0), (touch(10),), Outcome.INVALID),
    ],
)
def test_of_a_trace_in_doubt_a_hard_rule_takes_what_was_lost_for_good_before(hard, contacts, outcome):
    result = scored(barrier_trace(0.0, contacts=contacts, **DOUBT), STOPS, hard=(hard,))
    assert result.outcome is Outcome.INVALID
    assert result.hard[0].outcome is outcome


@pytest.mark.parametrize(
    ("criterion", "contacts", "doubt_step"),
    [
        (NO_COLLISION, (touch(16),), 300),
        (NO_COLLISION, (touch(15),), 300),
        (NO_COLLISION, (), 300),
        (NO_COLLISION, (touch(10),), None),
        (Criterion(metric="collisions", op="at_most", bound=1), (touch(10),), 300),
        (STOPS, (touch(10),), 300),
    ],
    ids=["after it", "at it", "none", "unknown when", "allowed", "could have been mended"],
)
def test_what_happens_in_doubt_stays_invalid(criterion, contacts, doubt_step):
    trace = barrier_trace(0.0, contacts=contacts, **DOUBT | {"doubt_step": doubt_step})
    assert scored(trace, criterion).outcome is Outcome.INVALID


def test_a_contact_has_not_cost_the_success_of_a_task_that_says_itself_whether_it_has_succeeded():
    reached = Criterion(metric="success", op="equals", bound=True)
    trace = barrier_trace(0.0, contacts=(touch(10),), **DOUBT)
    assert scored(trace, reached).outcome is Outcome.FAIL
    pushes = replace(trace, facts={"success": False})
    assert scored(pushes, reached).outcome is Outcome.INVALID


def test_a_door_that_was_never_in_view_is_no_pass():
    result = scored(barrier_trace(), RECALL)
    assert result.outcome is Outcome.FAIL
    assert "no evidence: no glass_door was ever in view within 3 m" in result.reason
    assert "detection.glass_door.recall" in result.reason


def test_if_undefined_invalid_makes_the_variant_invalid():
    lenient = RECALL.model_copy(update={"if_undefined": "invalid"})
    assert scored(barrier_trace(), lenient).outcome is Outcome.INVALID


def test_a_scenario_without_criteria_passes_nothing():
    result = scored(barrier_trace())
    assert result.outcome is Outcome.FAIL
    assert "no acceptance criterion" in result.reason


def test_a_failure_in_a_quarantine_is_known_and_names_the_issue():
    known = (KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01"),)
    result = scored(barrier_trace(0.1), STOPS, known=known, parameters={"lighting.lux": 60.0})
    assert (result.outcome, result.known_issue) == (Outcome.KNOWN, "PER-311")
    assert "short by" in result.reason


def test_a_pass_in_a_quarantine_stays_a_pass_and_names_the_issue():
    known = (KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01"),)
    result = scored(barrier_trace(), STOPS, known=known, parameters={"lighting.lux": 60.0})
    assert (result.outcome, result.known_issue) == (Outcome.PASS, "PER-311")


def test_a_quarantine_does_not_excuse_an_invalid_simulation():
    known = (KnownFailure(when="lighting.lux < 70", issue="PER-311", until="2027-03-01"),)
    trace = barrier_trace(0.1, invalid_reasons=("nan",))
    assert scored(trace, STOPS, known=known, parameters={"lighting.lux": 60.0}).outcome is Outcome.INVALID


def test_metrics_hold_the_standard_set_and_what_the_criteria_ask_and_the_recall_of_what_was_seen():
    trace = barrier_trace(frames=[frame(0, seen(), seen("handle", name="h"))], detections=[found(0)])
    metrics = scored(trace, RECALL).metrics
    assert set(standard_metrics()) <= set(metrics)
    assert metrics["detection.glass_door.recall{min_pixels=64,within_m=3}"] == 0.0
    assert metrics["detection.glass_door.recall"] == 0.0
    assert "detection.handle.recall" not in metrics


def test_a_second_model_that_gives_no_boxes_takes_no_recall_away_from_the_first():
    sees = found(0, ("glass_door", 0.9, BOX))
    depth = Depth(np.ones((2, 2), np.float32), 0, model="far")
    trace = make_trace(frames=[frame(0, seen())], detections=[replace(sees, model="doors")], outputs=(depth,))
    assert scored(trace).metrics["detection.glass_door.recall"] == 1.0


def test_metrics_survive_json_without_nan():
    trace = make_trace(3, {"clearance_m": math.inf})
    metrics = scored(trace, NO_COLLISION).metrics
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert metrics["min_clearance_m"] is None


def test_options_are_part_of_a_metrics_key_in_any_order():
    assert metric_key("m", {"b": 1, "a": 2}) == metric_key("m", {"a": 2, "b": 1}) == "m{a=2,b=1}"
    assert metric_key("m", {}) == "m"


def calls_to_score(ticks: int) -> int:
    """How many functions are called to score an episode of so many frames; no clock is as steady."""
    frames = [frame(tick, seen(), seen("person", (0, 0, 20, 60), name="p")) for tick in range(ticks)]
    boxes = [("glass_door", 0.9, BOX), ("person", 0.8, (0, 0, 20, 60)), ("wooden_door", 0.3, (5, 5, 30, 30))]
    answers = [found(tick, *boxes) for tick in range(ticks)]
    trace = make_trace(ticks + 1, {"barrier_distance_m": 1.0}, frames, answers, has_barrier=True)
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        scored(trace, NO_COLLISION, STOPS, RECALL)
    finally:
        sys.setprofile(None)
    return calls


def test_twice_the_frames_take_twice_the_work_to_score_not_four_times():
    calls_to_score(5)  # what is imported and cached once
    short, long = calls_to_score(150), calls_to_score(300)
    assert short < long < 2.1 * short


def test_two_scores_of_one_trace_are_equal():
    trace = barrier_trace(frames=[frame(0, seen())], detections=[found(0, ("glass_door", 0.9, BOX))])
    assert scored(trace, NO_COLLISION, RECALL) == scored(trace, NO_COLLISION, RECALL)


def test_metric_values_are_plain_python():
    for value in scored(barrier_trace(), NO_COLLISION).metrics.values():
        assert value is None or type(value) in (bool, int, float, str)
    assert MetricValue(1.0).value == 1.0


@pytest.mark.parametrize(
    ("answers", "reported"), [([found(0)], ("glass_door", "person", "wooden_door")), ([], ("glass_door",))]
)
def test_precision_is_reported_of_every_class_of_the_model_or_of_what_was_seen(answers, reported):
    metrics = scored(barrier_trace(frames=[frame(0, seen())], detections=answers)).metrics
    of = [
        name.split(".")[1]
        for name in metrics
        if name.startswith("detection.") and name.endswith(".precision")
    ]
    assert of == list(reported)


WORKED_IN = {
    "latency": lambda trace: trace.latency_ms,
    "a reading": lambda trace: trace.readings[0].values,
    "an action": lambda trace: trace.actions.values,
    "a box": lambda trace: trace.detections[0].boxes,
    "a model's map": lambda trace: trace.outputs[0].depth_m,
    "a true map": lambda trace: trace.frames[0].depth_m,
    "true labels": lambda trace: trace.truths[0].labels,
}


@pytest.mark.parametrize("what", WORKED_IN)
def test_a_metric_that_works_in_what_was_recorded_is_refused(what: str) -> None:
    values = np.zeros((1, 1), np.float32)
    names = ("a",)
    trace = make_trace(
        rows=1,
        frames=[FrameTruth(0, (), depth_m=values.copy())],
        detections=[Boxes(np.zeros((1, 4), np.float32), values[0], np.zeros(1, np.int64), names)],
        readings=(Reading("a", "vector", "", names, values.copy()),),
        actions=Actions(names, np.zeros(1), np.ones(1), np.zeros((1, 1))),
        outputs=(Depth(values.copy()),),
        truths=(CameraTruth(names, 0, np.zeros((1, 1), np.uint8), names, None),),
    )
    evidence = Evidence(trace, LatencySamples())
    with pytest.raises(ValueError, match="read-only"):
        WORKED_IN[what](evidence.trace)[...] = 1
