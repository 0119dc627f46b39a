from __future__ import annotations

import numpy as np
import pytest

from simgate.harness.scoring.metrics import compute
from tests.unit.scoring.traces import barrier_trace, make_trace, open_trace, samples, touch


def value(name, trace):
    return compute(name, trace, samples()).value


def why_undefined(name, trace):
    found = compute(name, trace, samples())
    assert found.value is None
    return found.undefined


def test_standing_before_a_barrier_without_contact_is_success():
    assert value("success", barrier_trace()) is True


def test_touching_the_barrier_is_no_success_and_is_dated_at_the_first_contact():
    found = compute("success", barrier_trace(contacts=(touch(14), touch(12))), samples())
    assert found.value is False
    assert found.lost_at_s == pytest.approx(1.2)


def test_still_moving_before_a_barrier_is_no_success():
    assert value("success", barrier_trace(signals={"speed_mps": 0.06})) is False


def test_reaching_the_goal_behind_a_barrier_is_no_success():
    assert value("success", barrier_trace(signals={"goal_distance_m": 0.2})) is False


def test_reaching_the_goal_of_an_open_way_is_success():
    assert value("success", open_trace()) is True


def test_standing_in_an_open_way_is_no_success():
    assert value("success", make_trace()) is False


def test_time_to_goal_is_the_first_row_within_the_radius():
    assert value("time_to_goal_s", open_trace()) == pytest.approx(4.5)


def test_time_to_goal_is_undefined_when_the_goal_is_never_reached_or_closed_off():
    assert why_undefined("time_to_goal_s", make_trace()) == "the goal was never reached"
    assert "barrier" in why_undefined("time_to_goal_s", barrier_trace())


def test_spl_of_the_straight_way_is_one():
    assert value("spl", open_trace()) == pytest.approx(1.0)


def test_spl_of_a_way_twice_as_long_is_one_half():
    way = 2 * np.arange(46) * 0.1
    assert value("spl", open_trace(signals={"x_m": way})) == pytest.approx(0.5)


def test_spl_is_zero_after_a_contact_or_without_reaching_the_goal():
    assert value("spl", open_trace(contacts=(touch(3),))) == 0.0
    assert value("spl", make_trace()) == 0.0


def test_path_length_adds_up_legs_in_the_plane():
    trace = make_trace(3, {"x_m": [0, 3, 3], "y_m": [0, 4, 5]})
    assert value("path_length_m", trace) == pytest.approx(6.0)


@pytest.mark.parametrize(("last", "progress"), [(5.0, 0.0), (2.75, 0.5), (0.4, 1.0), (7.0, 0.0)])
def test_progress_is_the_share_of_the_way_to_the_radius_and_stays_within_zero_and_one(last, progress):
    distance = np.linspace(5.0, last, 11)
    assert value("progress", make_trace(11, {"goal_distance_m": distance})) == pytest.approx(progress)


def test_stop_distance_is_the_gap_at_rest():
    assert value("stop_distance_m", barrier_trace(0.8)) == pytest.approx(0.8)


def test_stop_distance_is_undefined_while_moving_and_without_barrier():
    assert "not come to rest" in why_undefined("stop_distance_m", barrier_trace(signals={"speed_mps": 0.5}))
    assert why_undefined("stop_distance_m", open_trace()) == "there is no barrier to stop at"


def test_rolling_backwards_is_not_at_rest():
    assert value("stop_distance_m", barrier_trace(signals={"speed_mps": -0.5})) is None


def test_reported_door_is_the_last_report_or_the_word_none():
    assert value("reported_door", barrier_trace()) == "glass"
    assert value("reported_door", open_trace()) == "none"


@pytest.mark.parametrize(
    ("trace", "correct"),
    [
        (barrier_trace(report="glass"), True),
        (barrier_trace(report="wood"), False),
        (barrier_trace(report=None), False),
        (open_trace(report=None), True),
        (open_trace(report="glass"), False),
    ],
)
def test_report_is_correct_when_it_names_what_stands_there_or_nothing_does(trace, correct):
    assert value("report_correct", trace) is correct


def test_an_episode_of_one_row_gives_values_and_no_crash():
    trace = make_trace(1)
    assert value("path_length_m", trace) == 0.0
    assert value("success", trace) is False
