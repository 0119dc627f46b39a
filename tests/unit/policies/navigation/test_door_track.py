import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.policies.navigation.door_range import DoorFix
from simgate.policies.navigation.door_track import DoorTrack


def fix(x: float, std: float = 0.2) -> DoorFix:
    return DoorFix(x, 0.0, 0.55, std)


def fresh(x: float = 3.0, std: float = 0.5) -> DoorTrack:
    return DoorTrack(x, std**2)


@given(st.lists(st.floats(0.2, 1.0), min_size=1, max_size=2))
def test_two_frames_are_never_enough_to_believe_in_a_door(scores):
    track = fresh()
    for score in scores:
        track.see(fix(3.0), "glass_door", min(score, 0.95), 3.0)
    assert not track.confirmed


def test_three_clear_frames_are_enough():
    track = fresh()
    for _ in range(3):
        track.see(fix(3.0), "glass_door", 0.8, 3.0)
    assert track.confirmed


def test_a_believed_door_survives_a_few_misses_but_not_a_second_of_them():
    track = fresh()
    for _ in range(10):
        track.see(fix(3.0), "glass_door", 0.9, 3.0)
    for _ in range(4):
        track.miss()
    assert track.confirmed
    for _ in range(6):
        track.miss()
    assert not track.confirmed


def test_a_near_measurement_outweighs_many_far_ones_that_share_an_error():
    track = fresh(3.6, 0.8)
    for _ in range(30):
        track.see(fix(3.6, 0.8), "glass_door", 0.8, 3.0)
    for _ in range(4):
        track.see(fix(3.0, 0.08), "glass_door", 0.8, 1.5)
    assert track.x == pytest.approx(3.0, abs=0.05)


def test_the_class_is_the_one_with_most_votes_near_frames_counting_more():
    track = fresh()
    for _ in range(3):
        track.see(fix(3.0), "wooden_door", 0.8, 4.0)
    for _ in range(3):
        track.see(fix(3.0), "glass_door", 0.8, 1.0)
    assert track.label == "glass_door" and track.is_class_clear


def test_a_draw_between_classes_is_not_clear():
    track = fresh()
    for label in ("wooden_door", "glass_door") * 3:
        track.see(fix(3.0), label, 0.8, 2.0)
    assert not track.is_class_clear


@given(st.floats(-10, 10), st.floats(0.05, 1.0))
def test_only_measurements_near_the_belief_agree_with_it(offset, std):
    agrees = fresh(3.0, 0.1).agrees(fix(3.0 + offset, std))
    if abs(offset) < 1.2:
        assert agrees
    if abs(offset) > 1.2 + 2.0 * (0.1 + std) + 1e-9:
        assert not agrees
