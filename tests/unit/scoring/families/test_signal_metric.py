from __future__ import annotations

import pytest

from simgate.harness.packs.model import Criterion, SignalSpec
from simgate.harness.results.record import Outcome
from simgate.harness.scoring.criteria import judge
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import LARGEST
from tests.unit.scoring.traces import make_trace, samples

SPEED = [0.0, 0.5, 1.0, 0.75, 0.25]


def judged(reduce, op, bound, name="speed_mps", **signals):
    criterion = Criterion(metric="pace", op=op, bound=bound, signal=SignalSpec(name=name, reduce=reduce))
    return judge(criterion, Evidence(make_trace(5, signals or {"speed_mps": SPEED}), samples()))


@pytest.mark.parametrize(
    ("reduce", "value"), [("max", 1.0), ("min", 0.0), ("mean", 0.5), ("p95", 1.0), ("final", 0.25)]
)
def test_a_signal_is_reduced_to_one_number(reduce, value):
    assert judged(reduce, "at_most", 9.0).observed == pytest.approx(value)


def test_the_margin_has_the_signals_unit_and_the_loss_the_time_of_the_bound():
    result = judged("max", "at_most", 0.4)
    assert (result.outcome, result.unit) == (Outcome.FAIL, "m/s")
    assert result.margin == pytest.approx(-0.6)
    assert result.lost_at_s == pytest.approx(0.1)
    assert result.statement == "pace: max of speed_mps at most 0.4"
    assert result.reason == "pace: max of speed_mps: observed 1 m/s, must be at most 0.4 (over by 0.6 m/s)"


def test_a_signal_without_a_value_is_no_evidence():
    result = judged("min", "at_least", 0.5, name="person_distance_m")
    assert result.outcome is Outcome.FAIL
    assert result.reason == "no evidence: signal person_distance_m has no value in this scene"


def test_a_final_value_that_is_missing_is_not_replaced_by_an_earlier_one():
    distance = [3.0, 2.0, 1.0, float("nan"), float("nan")]
    result = judged("final", "at_least", 0.5, name="person_distance_m", person_distance_m=distance)
    assert result.reason == "no evidence: signal person_distance_m has no value at the end"


NOTHING_NEAR = [2.0, float("inf"), float("inf"), 4.0, float("inf")]


@pytest.mark.parametrize(
    ("reduce", "observed"), [("min", 2.0), ("max", LARGEST), ("p95", LARGEST), ("final", LARGEST)]
)
def test_an_infinite_value_counts_like_any_other(reduce, observed):
    result = judged(reduce, "at_least", 1.0, name="lidar_min_m", lidar_min_m=NOTHING_NEAR)
    assert (result.outcome, result.observed) == (Outcome.PASS, observed)


def test_infinite_values_have_no_mean_and_the_reason_says_when():
    result = judged("mean", "at_least", 1.0, name="lidar_min_m", lidar_min_m=NOTHING_NEAR)
    assert result.reason == "no evidence: signal lidar_min_m is infinite at 0.1 s and has no mean"


def test_p95_is_the_95th_of_a_hundred_values():
    trace = make_trace(100, {"speed_mps": [k / 100 for k in range(100, 0, -1)]})
    criterion = Criterion(
        metric="pace", op="at_most", bound=9.0, signal=SignalSpec(name="speed_mps", reduce="p95")
    )
    assert judge(criterion, Evidence(trace, samples())).observed == 0.95


def test_a_final_value_is_lost_at_the_end():
    # Ticks are a tenth of a second apart.
    assert judged("final", "at_least", 0.5).lost_at_s == pytest.approx(0.4)
