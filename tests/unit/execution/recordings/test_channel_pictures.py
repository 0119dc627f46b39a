"""Pictures of any camera or scanner, and strips of them over an episode."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.models.perception_stage import PerceptionStage
from simgate.harness.execution.episode.readings import MOST_ENTRIES, ReadingKeeper
from simgate.harness.execution.pictures.channel_picture import ChannelPictures
from simgate.harness.execution.pictures.colors import NOWHERE, class_color, scale_of, scale_of_depth
from simgate.harness.execution.pictures.overlay import FOUND_COLOR
from simgate.harness.execution.pictures.strip import MOST_TILES, moments, write_strip
from simgate.harness.execution.pictures.views import FEWEST_KEPT, MOST_KEPT, View, ViewKeeper
from simgate.policies.perception.outputs import Boxes
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment, Intrinsics
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.sensor import CameraEffects
from tests.unit.execution.test_episode import cast, play

__all__ = ["cast"]
LENS = Intrinsics(8, 6, 60.0)
DEPTH = Channel("arm.depth", "depth", (6, 8), "float32", "m", 10, frame="camera/arm", intrinsics=LENS)
WHO = Channel(
    "arm.semantic", "semantic", (6, 8), "int32", "", 10, intrinsics=LENS, classes=("", "cup", "table")
)
POINTS = Channel("scan.points", "points", (3, 3), "float64", "m", 10, frame="mast")


def test_depth_is_heat_and_what_is_not_finite_has_a_colour_of_its_own() -> None:
    reading = np.linspace(1.0, 2.0, 48, dtype=np.float32).reshape(6, 8)
    reading[0, 0] = np.nan
    drawn = ChannelPictures(DEPTH, [reading]).draw(reading)
    assert tuple(drawn[0, 0]) == NOWHERE
    brightness = drawn.sum(axis=2)
    assert brightness[1, 0] > brightness[3, 0] > brightness[5, 7], "near is bright"


def test_a_scale_of_depth_ends_before_the_far_plane_and_the_horizon() -> None:
    reading = np.full((10, 10), 400.0)
    reading[4:] = np.linspace(1.0, 4.0, 60).reshape(6, 10)
    assert scale_of_depth([reading]).high == pytest.approx(4.0, abs=0.3)
    reading[4, :5] = 90.0
    assert scale_of_depth([reading]).high <= 4 * 4.0
    assert scale_of([np.full(3, np.inf)]).text("m") == "0 to 1 m"


def test_a_class_has_the_same_colour_whatever_else_is_in_the_picture() -> None:
    reading = np.zeros((6, 8), np.int32)
    reading[2, 3] = 2
    alone = ChannelPictures(WHO, [reading])
    assert tuple(alone.draw(reading)[2, 3]) == class_color(1)
    assert alone.legend == ((class_color(1), "table"),)
    both = reading.copy()
    both[4, 4] = 1
    assert tuple(ChannelPictures(WHO, [both]).draw(both)[2, 3]) == class_color(1)
    assert tuple(alone.draw(reading)[0, 0]) == NOWHERE


def _side(channel: Channel, points: list[list[float]]) -> tuple[float, float]:
    """(right, down) of what is drawn from the sensor."""
    reading = np.array(points)
    drawn = ChannelPictures(channel, [reading, -reading]).draw(reading).astype(int)
    places = np.argwhere(np.ptp(drawn, axis=2) > 30)  # Heights have hues; grid and sensor are grey.
    down, right = places.mean(axis=0) - drawn.shape[0] / 2
    return float(right), float(down)


def test_points_are_seen_from_above_with_ahead_up_and_left_left() -> None:
    right, down = _side(POINTS, [[2.0, 1.0, 0.0], [np.inf, np.inf, np.inf], [2.0, 1.0, 0.1]])
    assert right < -20
    assert down < -60


def test_points_of_a_camera_have_ahead_up_too() -> None:
    camera = Channel("arm.points", "points", (3, 3), "float64", "m", 10, frame="camera/arm")
    right, down = _side(camera, [[-1.0, 0.0, 2.0]] * 3)
    assert right < -20
    assert down < -60


def _robot(*channels: Channel) -> Embodiment:
    return Embodiment("arm", channels, ActionSpec(("a",), ("",), (0.0,), (1.0,)))


def test_of_ranges_and_of_long_vectors_the_smallest_number_is_kept() -> None:
    scan = Channel("scan", "ranges", (3,), "float64", "m", 10)
    long = Channel("map", "vector", (MOST_ENTRIES + 1,), "float64", "", 10)
    keeper = ReadingKeeper(_robot(scan, long, DEPTH))
    rows = {"scan": np.array([[3.0, 1.0, 2.0]]), "map": -np.arange(MOST_ENTRIES + 1.0)[None]}
    keeper.tick(Observation(0, rows, {"scan": 0, "map": 0}), 0)
    found = {one.channel: (one.entries, one.values.tolist()) for one in keeper.readings()}
    assert found == {"scan": (("smallest",), [[1.0]]), "map": (("smallest",), [[-MOST_ENTRIES]])}


def test_readings_of_a_long_episode_are_all_there() -> None:
    arm = Channel("arm", "joints", (2,), "float64", "rad", 10)
    scan = Channel("scan", "ranges", (2,), "float64", "m", 10)
    keeper = ReadingKeeper(_robot(arm, scan))
    told = np.random.default_rng(0).normal(size=(1500, 2))
    for step, row in enumerate(told):
        # One array for all ticks, as adapters have it.
        keeper.tick(Observation(step, {"arm": row[None], "scan": row[None]}, {"arm": step, "scan": step}), 0)
        np.add(row, 1.0, out=row)
    joints, nearest = keeper.readings()
    assert (joints.values == (told - 1.0).astype(np.float32)).all()
    assert (nearest.values[:, 0] == (told - 1.0).min(axis=1).astype(np.float32)).all()


@pytest.mark.parametrize(("shape", "most"), [((6, 8), MOST_KEPT), ((480, 640), FEWEST_KEPT)])
def test_an_episode_of_any_length_leaves_so_many_readings_with_the_first_and_the_newest(
    shape: tuple[int, int], most: int
) -> None:
    lens = Intrinsics(shape[1], shape[0], 60.0)
    depth = Channel("arm.depth", "depth", shape, "float32", "m", 10, intrinsics=lens)
    keeper = ViewKeeper(_robot(depth, POINTS), but=("scan.points",))
    for step in range(0, 2020, 2):
        stamp = step // 4 * 4  # Read at every second look.
        reading = {"arm.depth": np.full((1, *shape), stamp, np.float32)}
        keeper.look(Observation(step, reading, {"arm.depth": stamp}), 0)
    (view,) = keeper.views()
    assert most / 2 <= len(view.steps) <= most + 1
    assert (view.steps[0], view.steps[-1]) == (0, 2016)
    assert [int(reading[0, 0]) for reading in view.readings] == list(view.steps)
    assert max(np.diff(view.steps)) <= 2 * 2016 / (most / 2)


def test_a_strip_ends_with_what_went_wrong_and_the_end() -> None:
    assert moments(10.0, 4.0) == [0.0, 1.0, 2.0, 3.0, 4.0, 10.0]
    assert moments(10.0, None) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert len(moments(0.0, None)) == MOST_TILES


def _strip(tmp_path: Path, view: View, times_s: list[float], trace: object) -> NDArray[np.uint8]:
    write_strip(tmp_path / "strip.png", view, trace, times_s, is_eye=False)  # type: ignore[arg-type]
    with Image.open(tmp_path / "strip.png") as image:
        return np.asarray(image.convert("RGB"))


def test_a_strip_shows_the_reading_nearest_to_each_moment_and_none_twice(cast, tmp_path: Path) -> None:
    trace = play(cast(), 2.5)[0].trace
    hz = trace.physics_hz
    readings = [np.full((6, 8), k + 1, np.int32) for k in range(3)]
    view = View(WHO, (0, hz, 2 * hz), tuple(readings))
    drawn = _strip(tmp_path, view, [0.0, 0.1, 1.1, 5.0], trace)
    row = drawn[drawn.shape[0] // 2]
    colors = [
        tuple(map(int, color))
        for color in row[np.r_[True, (np.diff(row.astype(int), axis=0) != 0).any(axis=1)]]
    ]
    shown = [color for color in colors if color in {class_color(k) for k in range(3)}]
    assert shown == [class_color(0), class_color(1), class_color(2)]


def test_what_a_model_says_is_drawn_on_the_camera_that_it_looked_at_and_on_no_other(
    cast, tmp_path: Path
) -> None:
    trace = play(cast(), 2.5)[0].trace
    box = Boxes(
        np.array([[2, 2, 6, 5]], np.float32),
        np.ones(1, np.float32),
        np.zeros(1, np.int64),
        ("",),
        frame_step=0,
    )
    lens = Channel("wrist.rgb", "rgb", (6, 8, 3), "uint8", "", 10, frame="wrist", intrinsics=LENS)
    view = View(lens, (0,), (np.full((6, 8, 3), 90, np.uint8),))

    def is_drawn(channel: str, is_eye: bool) -> bool:
        said = replace(trace, detections=(replace(box, channel=channel),), outputs=(), delivered_steps=(0,))
        write_strip(tmp_path / "strip.png", view, said, [0.0], is_eye)
        with Image.open(tmp_path / "strip.png") as image:
            return bool((np.asarray(image) == FOUND_COLOR).all(axis=2).any())

    assert is_drawn("wrist.rgb", False) and is_drawn("wrist.rgb", True) and is_drawn("", True)
    assert not is_drawn("", False) and not is_drawn("front.rgb", False) and not is_drawn("front.rgb", True)


def test_frames_of_a_second_camera_that_a_model_looks_at_are_kept_as_it_sees_them(monkeypatch) -> None:
    front, wrist = (
        Channel(n, "rgb", (6, 8, 3), "uint8", "", 10, intrinsics=LENS) for n in ("front", "wrist")
    )
    robot = _robot(front, wrist)
    model = SimpleNamespace(name="", channel="wrist", channels=(), latency=None, live=None)
    noisy = CameraEffects(noise_std=0.1, dropout_rate=0.4)
    stage = PerceptionStage([model], 0.0, [noisy], [5], 100, LapClock(), robot)  # type: ignore[list-item]
    monkeypatch.setattr(stage, "_run", lambda *_: None)
    grey = np.full((1, 6, 8, 3), 90, np.uint8)
    for step in range(0, 200, 10):
        stage.sense(Observation(step, {"front": grey, "wrist": grey}, {"front": step, "wrist": step}), [0])
    (view,) = stage.views(0).values()
    assert view.channel is wrist
    assert 0 < len(view.steps) < 20 and set(view.steps) < set(range(0, 200, 10)), "some frames were lost"
    assert all(frame.std() > 5 for frame in view.readings), "and the others are noisy"
