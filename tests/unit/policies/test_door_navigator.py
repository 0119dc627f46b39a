import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.policies.door_navigator import DoorNavigator
from simgate.policies.driving import Mission
from simgate.policies.perception.outputs import Depth
from simgate.sim_adapters.planar_drive import drive_observation, planar_drive
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from tests.unit.policies.navigation.corridor import CONTROL_HZ, Corridor, square

ROBOT = planar_drive(Robot((0.0, 0.0, 0.0)), Camera(), Lidar(), 10, 10)


@settings(max_examples=12, deadline=None)
@given(
    door_x=st.floats(2.8, 8.0),
    start_y=st.floats(-0.4, 0.4),
    yaw=st.floats(-0.2, 0.2),
    pitch=st.floats(-3.0, 3.0),
    latency=st.integers(0, 20),
    kind=st.sampled_from(["glass_door", "wooden_door"]),
)
def test_it_stops_before_a_closed_door_and_names_it(door_x, start_y, yaw, pitch, latency, kind):
    run = Corridor(
        door_x=door_x, door=kind, start=(0.0, start_y, yaw), pitch_deg=pitch, latency_steps=latency
    ).run()
    assert run.last.done
    assert run.last.report == {"glass_door": "glass", "wooden_door": "wood"}[kind]
    assert 0.5 < run.gap_to_door < 1.2
    assert abs(run.speeds[-1]) < 0.03
    assert run.nearest_wall > 0.0


@settings(max_examples=8, deadline=None)
@given(door_x=st.floats(3.0, 8.0), start_y=st.floats(-0.5, 0.5), doorway=st.floats(1.0, 1.2))
def test_it_drives_through_an_open_doorway_to_the_goal_and_reports_nothing(door_x, start_y, doorway):
    run = Corridor(door_x=door_x, start=(0.0, start_y, 0.0), doorway=doorway).run()
    assert run.last.done and run.reached_goal and run.last.report is None
    assert run.nearest_wall > 0.1


def test_it_slows_down_before_it_stops():
    run = Corridor(door_x=6.0, door="glass_door").run()
    assert max(run.speeds) > 0.75
    near = [v for v, pose in zip(run.speeds, run.path, strict=True) if 6.0 - pose[0] < 1.5]
    assert near and max(near) < 0.3


def test_a_third_of_all_frames_lost_changes_the_stop_by_centimetres():
    whole = Corridor(door="glass_door").run()
    lossy = Corridor(door="glass_door", sees=lambda frame, found: None if frame % 3 == 1 else found).run()
    assert lossy.last.report == "glass"
    assert lossy.gap_to_door == pytest.approx(whole.gap_to_door, abs=0.1)


def test_one_or_two_frames_with_a_door_that_is_not_there_do_not_stop_it():
    def flicker(frame, found):
        ghost = ("glass_door", 0.6, [60.0, 30.0, 100.0, 90.0])
        return [*found, ghost] if frame % 10 in (0, 1) else found

    quiet = Corridor().run()
    run = Corridor(sees=flicker).run()
    assert run.reached_goal and run.last.report is None
    assert len(run.decisions) < 1.5 * len(quiet.decisions)


def test_it_goes_on_when_a_believed_door_turns_out_not_to_be_there():
    def wrong_for_two_seconds(frame, found):
        ghost = ("glass_door", 0.7, [55.0, 20.0, 105.0, 95.0])
        return [*found, ghost] if 20 <= frame < 40 else found

    run = Corridor(sees=wrong_for_two_seconds).run()
    assert run.reached_goal


def test_a_door_beside_the_way_is_not_taken_for_one_on_it():
    run = Corridor(sees=lambda frame, found: [*found, ("glass_door", 0.9, [0.0, 20.0, 14.0, 100.0])]).run()
    assert run.reached_goal and run.last.report is None


def test_without_a_detector_it_would_not_see_glass():
    run = Corridor(door="glass_door", sees=lambda frame, found: []).run()
    assert run.reached_goal


def test_a_barrier_that_only_the_lidar_sees_is_reported_as_unknown():
    run = Corridor(door="wooden_door", sees=lambda frame, found: []).run()
    assert run.last.done and run.last.report == "unknown"
    assert 0.3 < run.gap_to_door < 1.5


def test_the_class_seen_most_is_the_one_reported():
    def sometimes_wood(frame, found):
        return [("wooden_door", s, b) if frame % 4 == 0 else (k, s, b) for k, s, b in found]

    assert Corridor(door="glass_door", sees=sometimes_wood).run().last.report == "glass"


def test_it_finds_its_way_around_clutter_without_touching_it():
    clutter = [*square(2.0, 0.0, 0.2), *square(3.4, 0.6, 0.25), *square(3.4, -0.9, 0.2)]
    run = Corridor(door_x=6.5, obstacles=clutter).run()
    assert run.reached_goal and run.nearest_wall > 0.04


@pytest.mark.parametrize("speed", [0.6, 1.0, 1.4])
def test_it_waits_for_a_person_who_crosses_and_then_goes_on(speed):
    def crossing(t):
        return 3.0, max(0.8 - max(t - 2.0, 0.0) * speed, -0.95)

    run = Corridor(door_x=6.0, person=crossing).run()
    assert run.nearest_person > 0.25
    assert run.reached_goal


def test_it_does_not_wait_forever_for_a_person_who_stands_aside():
    run = Corridor(door_x=6.0, width=3.0, person=lambda t: (3.0, 1.1)).run()
    assert run.reached_goal and run.nearest_person > 0.2


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_the_direction_of_the_corridor_does_not_matter(quarter):
    straight = Corridor(door="glass_door", start=(0.0, 0.2, 0.1)).run()
    turned = Corridor(door="glass_door", start=(0.0, 0.2, 0.1), heading=quarter * 0.5 * math.pi).run()
    assert turned.last.report == "glass"
    assert turned.gap_to_door == pytest.approx(straight.gap_to_door, abs=0.02)


def test_the_same_episode_twice_with_one_policy_is_the_same_to_the_last_bit():
    policy = DoorNavigator(CONTROL_HZ, {})
    first = Corridor(door="glass_door").run(policy=policy)
    other = Corridor(door_x=3.0, door="wooden_door").run(policy=policy)
    again = Corridor(door="glass_door").run(policy=policy)
    assert first.decisions == again.decisions != other.decisions


def test_robots_of_a_batch_do_not_know_of_each_other():
    policy = DoorNavigator(CONTROL_HZ, {})
    policy.reset(
        [Mission((6.0, 0.0), 0.5, 0.25, 1.2).brief(), Mission((-6.0, 0.0), 0.5, 0.25, 1.2).brief()], ROBOT
    )
    observation = drive_observation(
        step=0,
        frame_step=0,
        rgb=np.zeros((2, 1, 1, 3), np.uint8),
        ranges_m=np.full((2, 121), np.inf),
        pose=np.zeros((2, 3)),
        twist=np.zeros((2, 2)),
    )
    ahead, behind = policy.act(observation, [None, None])
    assert ahead.values[0] > 0.0 and ahead.values[1] == 0.0
    assert behind.values[0] == 0.0 and behind.values[1] != 0.0


@pytest.mark.parametrize(
    ("options", "words"),
    [({"cruse_mps": 1.0}, "unknown option 'cruse_mps'"), ({"cruise_mps": "fast"}, "must be a number")],
)
def test_a_wrong_option_is_refused_by_name(options, words):
    with pytest.raises(ValueError, match=words):
        DoorNavigator(CONTROL_HZ, options)


def test_a_model_of_something_else_than_boxes_is_refused_by_what_it_gives():
    navigator = DoorNavigator(control_hz=CONTROL_HZ)
    navigator.reset([], ROBOT)
    zeros = np.zeros
    observation = drive_observation(
        0, 0, zeros((1, 4, 6, 3), np.uint8), np.ones((1, 9)), zeros((1, 3)), zeros((1, 2))
    )
    with pytest.raises(TypeError, match="the model gives depth, and only boxes can be used here"):
        navigator.act(observation, [Depth(zeros((4, 6), np.float32))])
