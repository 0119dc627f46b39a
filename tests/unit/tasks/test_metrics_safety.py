from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgate.harness.execution.episode.recordings.recording import load_trace, save_trace
from simgate.harness.scoring.metrics import compute
from simgate.sim_adapters.observation import Contact
from tests.unit.scoring.traces import PERIOD, barrier_trace, make_trace, open_trace, samples, touch


def value(name, trace):
    return compute(name, trace, samples()).value


@pytest.mark.parametrize(
    "name", ["collisions", "contact_impulse_ns", "contact_time_s", "contact_depth_max_m"]
)
def test_where_nobody_has_looked_for_contacts_there_is_no_number_of_them(name, tmp_path):
    trace = make_trace(tells_contacts=False)
    save_trace(tmp_path / "t.npz", trace)
    for one in (trace, load_trace(tmp_path / "t.npz")):
        found = compute(name, one, samples())
        assert (found.value, found.undefined) == (None, "the simulator does not tell what the robot touches")
    assert value(name, make_trace()) == 0


@pytest.mark.parametrize(
    ("contacts", "touches"),
    [
        ((), 0),
        ((touch(3), touch(4), touch(5)), 1),
        ((touch(3), touch(5)), 2),
        ((touch(3, "door"), touch(3, "chair")), 2),
        ((touch(4), touch(3), touch(9, "chair"), touch(9)), 3),
    ],
)
def test_contact_in_consecutive_ticks_is_one_touch_of_one_body(contacts, touches):
    assert value("collisions", make_trace(contacts=contacts)) == touches


def test_collisions_are_dated_at_the_first_contact():
    assert compute(
        "collisions", make_trace(contacts=(touch(7), touch(3))), samples()
    ).lost_at_s == pytest.approx(0.3)


def test_contact_time_counts_the_physics_steps_in_which_anything_was_touched():
    period = [
        replace(touch(3), touched=(2 * PERIOD + 1, 2 * PERIOD + 2)),
        replace(touch(4), touched=(61, 62, 63)),
    ]
    both = [*period, replace(touch(4, "chair"), touched=(63, 64))]
    for contacts, steps in ((period, 5), (both, 6)):
        trace = make_trace(contacts=tuple(contacts))
        assert value("contact_time_s", trace) == pytest.approx(steps / trace.physics_hz)


def test_contact_time_of_a_simulator_that_does_not_tell_the_steps_is_whole_periods():
    assert value("contact_time_s", make_trace(contacts=(touch(3), touch(4)))) == pytest.approx(0.2)


def test_the_steps_of_a_contact_are_no_part_of_the_digest():
    told = replace(touch(3), touched=(41, 42))
    assert make_trace(contacts=(told,)).digest() == make_trace(contacts=(touch(3),)).digest()


def test_impulses_of_all_contacts_are_added():
    trace = make_trace(contacts=(touch(1, impulse_ns=1.5), touch(2, impulse_ns=2.0)))
    assert value("contact_impulse_ns", trace) == pytest.approx(3.5)


def test_min_clearance_is_the_smallest_row_and_may_be_negative():
    assert value("min_clearance_m", make_trace(3, {"clearance_m": [1.0, -0.01, 0.5]})) == pytest.approx(-0.01)


def test_min_clearance_is_undefined_in_an_empty_world():
    found = compute("min_clearance_m", make_trace(3, {"clearance_m": np.inf}), samples())
    assert found.value is None
    assert "nothing that the robot could hit" in found.undefined


def test_clearance_to_a_person_ignores_rows_without_one():
    trace = make_trace(3, {"person_distance_m": [np.nan, 0.7, 0.9]})
    assert value("min_clearance_m.person", trace) == pytest.approx(0.7)
    assert compute("min_clearance_m.person", make_trace(), samples()).undefined == "there was no person"


def test_time_to_collision_divides_the_gap_by_the_closing_speed():
    # 1 m/s towards a door whose gap ends at 0.8 m.
    assert value("time_to_collision_min_s", barrier_trace(0.8)) == pytest.approx(0.8)


def test_time_to_collision_takes_the_nearer_danger_of_barrier_and_person():
    person = np.linspace(2.0, 0.1, 21)
    trace = barrier_trace(0.8, signals={"person_distance_m": person})
    closing = (2.0 - 0.1) / 2.0
    assert value("time_to_collision_min_s", trace) == pytest.approx(0.1 / closing)


def test_time_to_collision_is_undefined_when_nothing_closes_in():
    away = make_trace(11, {"person_distance_m": np.linspace(1.0, 3.0, 11)})
    assert "never closed in" in compute("time_to_collision_min_s", away, samples()).undefined
    assert "neither" in compute("time_to_collision_min_s", open_trace(), samples()).undefined


def test_largest_speed_counts_backward_motion():
    assert value("speed_max_mps", make_trace(3, {"speed_mps": [0.2, -0.9, 0.1]})) == pytest.approx(0.9)


def test_speed_near_a_person_looks_only_at_rows_within_one_metre():
    trace = make_trace(3, {"speed_mps": [1.0, 0.4, 0.2], "person_distance_m": [1.5, 0.9, 0.6]})
    assert value("speed_near_person_mps", trace) == pytest.approx(0.4)


def test_speed_near_a_person_is_undefined_when_none_came_near():
    found = compute("speed_near_person_mps", make_trace(3, {"person_distance_m": 1.0}), samples())
    assert found.undefined == "no person was ever nearer than 1 m"


class TestContact:
    def test_time_in_contact_is_in_whole_control_periods(self):
        trace = make_trace(contacts=(touch(3), touch(4), touch(8)))
        assert compute("contact_time_s", trace, samples()).value == pytest.approx(0.3)

    def test_depth_is_that_of_the_deepest_contact(self):
        deep = Contact("door", 1.0, 0.02, 5 * PERIOD)
        found = compute("contact_depth_max_m", make_trace(contacts=(touch(3), deep)), samples())
        assert (found.value, found.lost_at_s) == (0.02, pytest.approx(0.5))
        assert compute("contact_depth_max_m", make_trace(), samples()).value == 0.0

    def test_impact_speed_is_that_before_the_contact(self):
        speed = [0.5] * 4 + [0.0] * 7
        trace = make_trace(signals={"speed_mps": speed}, contacts=(touch(4),))
        assert compute("impact_speed_mps", trace, samples()).value == 0.5
        assert "touched nothing" in compute("impact_speed_mps", make_trace(), samples()).undefined


class TestInterventions:
    def test_a_quiet_drive_needs_none(self):
        assert compute("interventions", barrier_trace(), samples()).value == 0

    def test_a_gap_that_closes_too_fast_needs_one_for_each_stretch(self):
        # At 1 m/s a gap below 0.5 m leaves less than 0.5 s; the robot backs off and comes again.
        gap = [0.7, 0.6, 0.45, 0.35, 0.45, 0.55, 0.65, 0.55, 0.45, 0.35, 0.35]
        found = compute("interventions", make_trace(signals={"barrier_distance_m": gap}), samples())
        assert found.value == 2
        assert found.lost_at_s == pytest.approx(0.2)

    def test_the_touch_after_a_fast_approach_is_the_same_intervention(self):
        gap = [0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        trace = make_trace(signals={"barrier_distance_m": gap}, contacts=(touch(5), touch(6)))
        assert compute("interventions", trace, samples()).value == 1

    def test_a_touch_that_nobody_saw_coming_counts(self):
        assert compute("interventions", make_trace(contacts=(touch(5),)), samples()).value == 1


def test_clearance_to_the_barrier_is_told_apart():
    trace = make_trace(signals={"barrier_distance_m": [1.0] * 5 + [0.4] * 6, "clearance_m": 0.1})
    assert compute("min_clearance_m.barrier", trace, samples()).value == pytest.approx(0.4)
    assert compute("min_clearance_m.barrier", make_trace(), samples()).undefined == "there was no barrier"
