from __future__ import annotations

import numpy as np
import pytest

from simgate.harness.packs.bounds import UnusableCriterion
from simgate.harness.packs.model import Criterion
from simgate.harness.results.record import Outcome
from simgate.harness.scoring.criteria import judge
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metrics import UnknownMetric
from tests.unit.scoring.traces import barrier_trace, make_trace, open_trace, samples, touch


def judged(metric, op, bound, trace=None, **more):
    criterion = Criterion(metric=metric, op=op, bound=bound, **more)
    return judge(criterion, Evidence(trace or barrier_trace(0.8), samples(40.0)))


@pytest.mark.parametrize(
    ("op", "bound", "outcome", "margin"),
    [
        ("at_most", 1.0, "PASS", 0.2),
        ("at_most", 0.5, "FAIL", -0.3),
        ("at_least", 0.5, "PASS", 0.3),
        ("at_least", 1.0, "FAIL", -0.2),
        ("between", (0.3, 1.5), "PASS", 0.5),
        ("between", (0.7, 1.5), "PASS", 0.1),
        ("between", (0.9, 1.5), "FAIL", -0.1),
        ("between", (0.1, 0.5), "FAIL", -0.3),
        ("equals", 0.5, "FAIL", -0.3),
    ],
)
def test_the_margin_is_the_signed_distance_to_the_nearer_bound(op, bound, outcome, margin):
    result = judged("stop_distance_m", op, bound)
    assert result.outcome == outcome
    assert result.margin == pytest.approx(margin)
    assert result.unit == "m"


def test_a_value_exactly_on_the_bound_passes_with_margin_zero():
    result = judged("collisions", "at_most", 0)
    assert (result.outcome, result.margin) == (Outcome.PASS, 0.0)


def test_a_failure_reads_as_a_sentence_with_both_numbers_and_the_gap():
    result = judged("stop_distance_m", "between", (0.3, 1.5), barrier_trace(0.12))
    assert result.reason == "stop_distance_m: observed 0.12 m, must be between 0.3 and 1.5 (short by 0.18 m)"


TWICE = barrier_trace(contacts=(touch(9), touch(12)))
SILENT = barrier_trace(report=None)


@pytest.mark.parametrize(
    ("metric", "op", "bound", "trace", "reason"),
    [
        ("collisions", "at_most", 0, TWICE, "observed 2, must be at most 0 (over by 2)"),
        ("reported_door", "equals", "glass", SILENT, "observed 'none', must equal 'glass'"),
        ("success", "equals", True, make_trace(), "observed false, must equal true"),
        ("progress", "at_least", 0.5, make_trace(), "observed 0, must be at least 0.5 (short by 0.5)"),
    ],
)
def test_reasons_name_metric_observation_and_demand(metric, op, bound, trace, reason):
    assert judged(metric, op, bound, trace).reason == f"{metric}: {reason}"


def test_words_and_bools_have_no_margin():
    assert judged("reported_door", "equals", "wood").margin is None
    assert judged("success", "equals", True).margin is None


def test_a_word_never_equals_a_bool():
    assert judged("reported_door", "equals", True).outcome is Outcome.FAIL


def test_true_does_not_count_as_the_word_but_as_one_for_bools():
    assert judged("success", "at_least", 1).outcome is Outcome.PASS


def test_an_undefined_metric_fails_for_want_of_evidence():
    result = judged("stop_distance_m", "at_most", 1.0, open_trace())
    assert result.outcome is Outcome.FAIL
    assert result.observed is None
    assert result.margin is None
    assert result.reason == "no evidence: there is no barrier to stop at"


@pytest.mark.parametrize(("choice", "outcome"), [("pass", Outcome.PASS), ("invalid", Outcome.INVALID)])
def test_if_undefined_chooses_another_outcome_and_says_so(choice, outcome):
    result = judged("stop_distance_m", "at_most", 1.0, open_trace(), if_undefined=choice)
    assert result.outcome is outcome
    assert f"if_undefined: {choice}" in result.reason


def test_a_minimum_is_lost_when_it_first_fell_below_the_bound_not_at_its_extreme():
    clearance = [1.0, 0.4, 0.2, 0.1, 0.5]
    trace = make_trace(5, {"clearance_m": clearance})
    result = judged("min_clearance_m", "at_least", 0.3, trace)
    assert result.observed == pytest.approx(0.1)
    assert result.lost_at_s == pytest.approx(0.2)


def test_a_maximum_is_lost_when_it_first_rose_above_the_bound():
    trace = make_trace(5, {"speed_mps": [0.1, 0.6, 0.9, 1.2, 0.0]})
    assert judged("speed_max_mps", "at_most", 0.8, trace).lost_at_s == pytest.approx(0.2)


def test_a_range_is_lost_on_the_side_on_which_the_extreme_left_it():
    trace = make_trace(5, {"speed_mps": [0.0, 0.6, 0.9, 1.2, 0.0]})
    # The robot starts slower than the range's low end; what breaks the criterion is the later peak.
    assert judged("speed_max_mps", "between", (0.5, 0.8), trace).lost_at_s == pytest.approx(0.2)


def test_a_collision_is_dated_at_the_first_contact():
    assert judged(
        "collisions", "at_most", 0, barrier_trace(contacts=(touch(12),))
    ).lost_at_s == pytest.approx(1.2)


def test_what_passes_was_never_lost():
    assert judged("min_clearance_m", "at_least", 0.1).lost_at_s is None


def test_options_stand_in_the_statement_and_in_the_reason():
    result = judged("detection.glass_door.recall", "at_least", 0.9, options={"within_m": 3})
    assert "within_m 3" in result.statement
    assert result.reason == "no evidence: no glass_door was ever in view within 3 m"


def test_an_unknown_metric_is_an_error_not_a_verdict():
    with pytest.raises(UnknownMetric):
        judged("speeed", "at_most", 1)


@pytest.mark.parametrize(
    ("metric", "op", "bound"),
    [
        ("reported_door", "at_most", 3),
        ("collisions", "at_least", "many"),
        ("collisions", "at_most", (0.0, 1.0)),
        ("collisions", "between", 1),
    ],
)
def test_a_bound_that_cannot_be_compared_is_an_error_not_a_verdict(metric, op, bound):
    with pytest.raises(UnusableCriterion, match=metric):
        judged(metric, op, bound)


def test_numbers_of_numpy_never_reach_a_result():
    result = judged("min_clearance_m", "at_least", np.float64(0.3).item())
    assert type(result.observed) is float
