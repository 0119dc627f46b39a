from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from simgate.harness.execution.episode.validity import ValidityMonitor
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Contact, GroundTruth, Observation, VisibleEntity
from simgate.sim_adapters.planar_drive import drive_observation, planar_drive
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.sensor import Camera, Lidar

TIMING = Timing(200, 10, 5)
ROBOT = planar_drive(Robot((0.0, 0.0, 0.0)), Camera(), Lidar(), TIMING.control_hz, TIMING.camera_hz)


def observed(stamps: dict[str, int], **values: object) -> Observation:
    seen = drive_observation(**values)
    return replace(seen, stamps={**seen.stamps, **stamps})


class Feed:
    """Sound readings of a robot that drives, in which single values can be broken."""

    def __init__(self, robot: Embodiment = ROBOT) -> None:
        self.monitor = ValidityMonitor(TIMING, robot)
        self.tick = 0

    def next(
        self,
        frame: np.ndarray | None = None,
        x: float | None = None,
        stamps: dict[str, int] | None = None,
        **broken: object,
    ) -> bool:
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
        return self.monitor.check(observed(stamps or {}, **observation), GroundTruth(**truth), 0)

    @property
    def reasons(self) -> str:
        return "; ".join(self.monitor.reasons)


@pytest.mark.parametrize("row", [tuple, list, np.array])
def test_a_sound_simulation_has_no_reasons(row) -> None:
    feed = Feed()
    assert all(feed.next(truth__twist=row([1.0, 0.0])) for _ in range(20))
    assert feed.monitor.reasons == []


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"truth__pose": (math.nan, 0.0, 0.0)}, "non-finite state"),
        ({"truth__twist": (math.inf, 0.0)}, "non-finite state"),
        ({"seen__ranges_m": np.full((1, 3), np.nan)}, "non-finite sensor reading"),
        ({"seen__pose": np.array([[1e200, math.inf, 0.0]])}, "non-finite sensor reading"),
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


@pytest.mark.parametrize("stamp", [0, 40])
@pytest.mark.parametrize("channel", ["scan", "pose", "twist"])
def test_a_stale_reading_and_one_of_the_future_are_invalid_in_every_channel(channel: str, stamp: int) -> None:
    feed = Feed()
    feed.next()
    feed.next(stamps={channel: stamp})
    assert feed.reasons == f"at step 20 the reading of {channel} is from step {stamp} instead of 20"


@pytest.mark.filterwarnings("error")
def test_a_reading_whose_square_is_no_number_is_no_fault() -> None:
    feed = Feed()
    assert feed.next(seen__pose=np.array([[1e200, -1e200, 0.0]]))
    assert feed.reasons == ""


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


def test_a_black_frame_of_which_nobody_knows_what_it_shows_is_none_that_failed() -> None:
    channels = tuple(replace(one, may_be_black=True) if one.kind == "rgb" else one for one in ROBOT.channels)
    feed = Feed(replace(ROBOT, channels=channels))
    assert feed.next(frame=np.zeros((4, 4, 3), np.uint8))
    assert feed.reasons == ""


PLAIN = np.full((40, 40, 3), 180, np.uint8)
BLACK = np.zeros((40, 40, 3), np.uint8)
DOOR = PLAIN.copy()
DOOR[10:30, 10:30] = 60


def door(distance_m: float = 4.0, truncated: bool = False, pixels: int = 400) -> VisibleEntity:
    return VisibleEntity("door", "glass_door", (10, 10, 30, 30), pixels, 0.0, distance_m, truncated)


@pytest.mark.parametrize("frame", [PLAIN, BLACK, DOOR], ids=["plain", "black", "patterned"])
def test_a_nose_at_a_wall_is_no_fault_of_the_simulator(frame: np.ndarray) -> None:
    feed = Feed()
    feed.next(frame=DOOR)
    for _ in range(20):
        feed.next(frame=frame)
    assert feed.reasons == ""


def test_plain_frames_in_which_something_ends_are_a_dead_renderer() -> None:
    feed = Feed()
    # A new frame every second tick: the fifth is that of the ninth tick.
    for _ in range(8):
        feed.next(frame=PLAIN, truth__entities=(door(),))
    assert feed.reasons == ""
    feed.next(frame=PLAIN, truth__entities=(door(),))
    assert "one colour" in feed.reasons
    assert feed.monitor.doubt_step == 0


@pytest.mark.parametrize("entity", [door(truncated=True), door(pixels=1600), door(pixels=0)])
def test_what_fills_the_picture_or_is_cut_by_it_says_nothing_of_plain_frames(entity: VisibleEntity) -> None:
    feed = Feed()
    for _ in range(20):
        feed.next(frame=PLAIN, truth__entities=(entity,))
    assert feed.reasons == ""


def drive_at_a_door(feed: Feed, metres: float, ticks: int = 8, yaw: float = 0.0, **changes: object) -> None:
    """The picture stays while the robot comes nearer to a door of 20 pixels, or turns, evenly."""
    for tick in range(ticks):
        part = tick / (ticks - 1)
        x = metres * part
        feed.next(
            frame=DOOR,
            x=x,
            truth__pose=(x, 0.0, yaw * part),
            truth__entities=(door(4.0 - x, **changes),),
        )


def test_a_picture_that_stands_still_while_something_in_it_comes_nearer_is_invalid() -> None:
    feed = Feed()
    drive_at_a_door(feed, metres=1.0)
    assert "stands still while door moves in it" in feed.reasons
    assert feed.monitor.doubt_step == 0


def test_a_picture_that_stands_still_in_a_turn_on_the_spot_is_invalid() -> None:
    feed = Feed()
    drive_at_a_door(feed, metres=0.0, yaw=math.radians(12.0))
    assert "stands still" in feed.reasons


@pytest.mark.parametrize(
    ("metres", "yaw_deg", "changes"),
    [(0.5, 0.0, {}), (0.0, 8.0, {}), (1.0, 0.0, {"truncated": True}), (0.1, 12.0, {})],
    ids=["hardly nearer", "hardly turned", "cut by the edge", "turned on the way"],
)
def test_what_need_not_show_in_the_picture_is_no_proof(
    metres: float, yaw_deg: float, changes: dict[str, object]
) -> None:
    feed = Feed()
    drive_at_a_door(feed, metres, yaw=math.radians(yaw_deg), **changes)
    assert feed.reasons == ""


def test_what_does_not_stand_out_is_no_proof() -> None:
    feed = Feed()
    for tick in range(8):
        feed.next(
            frame=PLAIN + 3 * (np.arange(40) > 20).astype(np.uint8)[:, None, None],
            truth__entities=(door(4.0 - 0.2 * tick),),
        )
    assert feed.reasons == ""


def test_doubt_begins_with_its_first_reason() -> None:
    feed = Feed()
    for _ in range(4):
        feed.next()
    feed.next(truth__step=0)
    feed.next(truth__step=0)
    assert feed.monitor.doubt_step == 80


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
