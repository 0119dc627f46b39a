from __future__ import annotations

import math

import numpy as np
import pytest

from simgate.harness.execution.validity import ValidityMonitor
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import Contact, GroundTruth, Observation

TIMING = Timing(200, 10, 5)


class Feed:
    """Sound readings of a robot that drives, in which single values can be broken."""

    def __init__(self) -> None:
        self.monitor = ValidityMonitor(TIMING)
        self.tick = 0

    def next(self, frame: np.ndarray | None = None, x: float | None = None, **broken: object) -> bool:
        step = self.tick * TIMING.control_steps
        frame_step = step - step % TIMING.camera_steps
        x = 0.1 * self.tick if x is None else x
        if frame is None:
            frame = np.arange(48, dtype=np.uint8).reshape(4, 4, 3) + self.tick
        self.tick += 1
        observation = {
            "step": step,
            "frame_step": frame_step,
            "rgb": frame[None],
            "ranges_m": np.full((1, 3), np.inf),
            "pose": np.array([[x, 0.0, 0.0]]),
            "twist": np.zeros((1, 2)),
        }
        truth = {
            "step": step,
            "frame_step": frame_step,
            "pose": (x, 0.0, 0.0),
            "twist": (1.0, 0.0),
            "entities": (),
            "contacts": (),
            "clearance_m": {"wall": 1.0},
        }
        for name, value in broken.items():
            where, _, key = name.partition("__")
            (observation if where == "seen" else truth)[key] = value
        return self.monitor.check(Observation(**observation), GroundTruth(**truth), 0)

    @property
    def reasons(self) -> str:
        return "; ".join(self.monitor.reasons)


def test_a_sound_simulation_has_no_reasons() -> None:
    feed = Feed()
    assert all(feed.next() for _ in range(20))
    assert feed.monitor.reasons == []


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"truth__pose": (math.nan, 0.0, 0.0)}, "non-finite state"),
        ({"truth__twist": (math.inf, 0.0)}, "non-finite state"),
        ({"seen__ranges_m": np.full((1, 3), np.nan)}, "non-finite sensor reading"),
        ({"seen__step": 0}, "clock is at step 0 instead of 20"),
    ],
)
def test_a_broken_state_or_clock_ends_the_episode_with_its_reason(
    broken: dict[str, object], reason: str
) -> None:
    feed = Feed()
    feed.next()
    assert not feed.next(**broken)
    assert reason in feed.reasons


def test_a_range_of_infinity_is_an_empty_beam_and_no_fault() -> None:
    feed = Feed()
    assert feed.next(seen__ranges_m=np.full((1, 3), np.inf))
    assert feed.reasons == ""


@pytest.mark.parametrize(
    "broken",
    [
        {"truth__contacts": (Contact("box", 1.0, 0.01, 0),)},
        {"truth__clearance_m": {"box": -0.01}},
    ],
)
def test_an_overlap_before_the_first_move_is_invalid(broken: dict[str, object]) -> None:
    feed = Feed()
    assert not feed.next(**broken)
    assert "overlaps box" in feed.reasons


def test_touching_something_later_is_the_robots_own_doing() -> None:
    feed = Feed()
    feed.next()
    assert feed.next(truth__contacts=(Contact("box", 1.0, 0.01, 20),), truth__clearance_m={"box": -0.01})
    assert feed.reasons == ""


def test_a_black_frame_is_invalid() -> None:
    feed = Feed()
    feed.next(frame=np.zeros((4, 4, 3), np.uint8))
    assert "black camera frame at step 0" in feed.reasons


def test_one_plain_frame_may_be_a_wall_but_many_in_a_row_are_a_dead_renderer() -> None:
    plain = np.full((4, 4, 3), 180, np.uint8)
    feed = Feed()
    for _ in range(4):
        feed.next(frame=plain)
    assert "one colour" not in feed.reasons
    for _ in range(8):
        feed.next(frame=plain)
    assert "one colour" in feed.reasons


def test_a_picture_that_stands_still_while_the_robot_moves_is_invalid() -> None:
    feed, frame = Feed(), np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    for _ in range(12):
        feed.next(frame=frame)
    assert "stands still while the robot moves" in feed.reasons


def test_a_picture_that_stands_still_with_the_robot_is_sound() -> None:
    feed, frame = Feed(), np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    for _ in range(30):
        feed.next(frame=frame, x=1.0)
    assert feed.reasons == ""


def test_a_frame_from_another_step_than_its_own_is_invalid() -> None:
    feed = Feed()
    feed.next()
    feed.next(seen__frame_step=20, truth__frame_step=20)
    assert "from step 20 instead of 0" in feed.reasons


def test_truth_of_another_step_than_the_readings_is_invalid() -> None:
    feed = Feed()
    feed.next()
    feed.next(truth__step=0)
    assert "out of step" in feed.reasons


def test_a_reason_is_told_once() -> None:
    feed = Feed()
    for _ in range(3):
        feed.monitor.add("twice is not more")
    assert feed.monitor.reasons == ["twice is not more"]
