"""Channels, actions and embodiments say exactly what they are, and refuse what contradicts itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment, Intrinsics
from simgate.sim_adapters.traits import AdapterTraits, traits_of

GRIP = ActionSpec(("shoulder", "grip"), ("rad", "N"), (-1.0, 0.0), (1.0, 40.0))
JOINTS = Channel("joints", "joints", (2,), "float64", "rad", 50.0, entries=("shoulder", "grip"))


def test_a_lens_of_90_degrees_sees_as_far_up_as_ahead():
    lens = Intrinsics(160, 120, 90.0)
    assert lens.focal_px == pytest.approx(60.0)
    assert lens.centre_px == (80.0, 60.0)


def test_the_space_of_a_frame_holds_every_byte_and_nothing_else():
    rgb = Channel("front.rgb", "rgb", (120, 160, 3), "uint8", "", 10.0, intrinsics=Intrinsics(160, 120, 60.0))
    assert rgb.space.contains(np.full((120, 160, 3), 255, np.uint8))
    assert not rgb.space.contains(np.full((160, 120, 3), 255, np.uint8))


def test_the_space_of_ranges_holds_what_was_not_hit():
    scan = Channel("scan", "ranges", (3,), "float64", "m", 10.0, low=0.0)
    assert scan.space.contains(np.array([0.0, 2.5, math.inf]))
    assert not scan.space.contains(np.array([-0.1, 2.5, 3.0]))


@pytest.mark.parametrize(
    ("kind", "shape", "entries", "wrong"),
    [
        ("rgb", (4, 4, 3), (), "needs its intrinsics"),
        ("joints", (3,), ("a", "b"), "2 names of entries"),
    ],
)
def test_a_channel_that_contradicts_itself_is_refused(kind, shape, entries, wrong):
    with pytest.raises(ValueError, match=wrong):
        Channel("x", kind, shape, "uint8", "", 10.0, entries=entries)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([0.5, 10.0], ""),
        ([1.0, 40.0], ""),
        ([math.nan, 0.0], "shoulder is nan"),
        ([0.0, 41.0], "grip is 41 N, beyond its range from 0 to 40 N"),
        ([0.0, 40.000000002], "grip is 40.000000002 N, beyond its range from 0 to 40 N"),
        ([0.0], "an action is 2 numbers (shoulder, grip)"),
    ],
)
def test_an_action_is_judged_entry_by_entry(values, problem):
    found = GRIP.problem(np.array(values))
    assert problem in found if problem else not found


def test_a_robot_that_clips_takes_any_finite_number():
    clipping = ActionSpec(GRIP.names, GRIP.units, GRIP.low, GRIP.high, clip=True)
    assert not clipping.problem(np.array([5.0, 99.0]))
    assert "inf" in clipping.problem(np.array([math.inf, 0.0]))


def test_an_action_needs_names_of_its_own_and_ranges_with_something_in_them():
    with pytest.raises(ValueError, match="names of their own"):
        ActionSpec(("a", "a"), ("", ""), (0.0, 0.0), (1.0, 1.0))
    with pytest.raises(ValueError, match="entry a"):
        ActionSpec(("a",), ("",), (1.0,), (0.0,))


def test_a_channel_that_is_not_there_is_answered_with_those_that_are():
    arm = Embodiment("arm", (JOINTS,), GRIP)
    assert arm.channel("joints") is JOINTS
    assert arm.of_kind("joints") == (JOINTS,)
    with pytest.raises(LookupError, match="no channel 'joint'; it has joints"):
        arm.channel("joint")
    with pytest.raises(ValueError, match="names of their own"):
        Embodiment("arm", (JOINTS, JOINTS), GRIP)


def test_traits_are_those_declared_and_otherwise_plain():
    class Plain:
        pass

    class Declared:
        traits = AdapterTraits(max_worlds=1)

    class Wrong:
        traits = {"max_worlds": 1}  # noqa: RUF012

    assert traits_of(Plain) == AdapterTraits()
    assert traits_of(Declared).max_worlds == 1
    with pytest.raises(TypeError, match="must be AdapterTraits, not dict"):
        traits_of(Wrong)


@pytest.mark.parametrize(("camera_hz", "moments"), [(10, [20, 40]), (25, [8, 16, 20, 24]), (4, [20, 40, 50])])
def test_a_simulator_stops_at_every_command_and_every_frame(camera_hz: int, moments: list[int]):
    timing, step, met = Timing(physics_hz=200, control_hz=10, camera_hz=camera_hz), 0, []
    while len(met) < len(moments):
        step += timing.steps_ahead(step)
        met.append(step)
    assert met == moments
    assert [timing.is_control(at) for at in met] == [at % 20 == 0 for at in met]
