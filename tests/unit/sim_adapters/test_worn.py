"""What is worn in sensors and actuators does what its name says, by arithmetic of its own."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image

from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment, Intrinsics
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.sensors.axes import GENERAL, axes_of
from simgate.sim_adapters.sensors.worn import WornRobots
from simgate.sim_adapters.worlds.declared.native import EFFECTS

HZ = 20
EYE = Channel("eye", "rgb", (24, 32, 3), "uint8", "", HZ, 0, 255, "camera", Intrinsics(32, 24, 45.0))
JOINTS = Channel("joints", "joints", (3,), "float32", "rad", HZ)
COUNT = Channel("count", "vector", (1,), "int64", "", HZ)
ROBOT = Embodiment(
    "arm", (EYE, JOINTS, COUNT), ActionSpec(("a", "b"), ("", ""), (-2.0, 0.0), (2.0, math.inf))
)


def robots(*worn: dict[str, float], seeds: tuple[int, ...] = (7, 8, 9)) -> WornRobots:
    return WornRobots(worn, seeds[: len(worn)], ROBOT, HZ)


def seen(robot: WornRobots, step: int, joints: list[float], picture: np.ndarray | None = None) -> Observation:
    eye = np.full((24, 32, 3), 40, np.uint8) if picture is None else picture
    channels = {
        "eye": eye[None],
        "joints": np.array([joints], np.float32),
        "count": np.array([[step]], np.int64),
    }
    return robot.shown(Observation(step, channels, dict.fromkeys(channels, step)))


def test_a_robot_in_which_nothing_is_worn_is_shown_the_very_same() -> None:
    observation = Observation(0, {"joints": np.zeros((1, 3))}, {"joints": 0})
    assert robots({}).shown(observation) is observation
    action = np.ones(2)
    assert robots({}).done(0, action) is action


@pytest.mark.parametrize("axis", [axis for axis in GENERAL if axis.spec.default != 0.0] + list(GENERAL[:2]))
def test_the_nominal_value_of_an_axis_changes_nothing(axis) -> None:
    robot = robots({axis.name: float(axis.spec.default)})
    assert robot.done(0, np.array([1.5, 3.0])).tolist() == [1.5, 3.0]
    assert seen(robot, 0, [1.0, 2.0, 3.0]).channels["joints"][0].tolist() == [1.0, 2.0, 3.0]
    assert (seen(robot, 1, [0.0, 0.0, 0.0]).channels["eye"][0] == 40).all()


def test_a_late_action_comes_after_whole_periods_and_zero_before_it() -> None:
    robot = robots({"action.delay_ms": 120.0})  # 2.4 periods of 50 ms
    done = [robot.done(0, np.array([float(k), 1.0]))[0] for k in (1, 2, -1, -2)]
    assert done == [0.0, 0.0, 1.0, 2.0]


def test_small_actions_do_nothing_large_ones_saturate_and_a_dead_actuator_rests() -> None:
    zone = robots({"action.dead_zone": 0.1})  # 0.2 of the first entry, 0.1 of the second
    assert zone.done(0, np.array([0.19, 0.11])).tolist() == [0.0, 0.11]
    assert zone.done(0, np.array([-0.21, 0.09])).tolist() == [-0.21, 0.0]
    limit = robots({"action.limit": 0.5})
    assert limit.done(0, np.array([1.7, 50.0])).tolist() == [1.0, 50.0]
    assert limit.done(0, np.array([-1.7, 0.0])).tolist() == [-1.0, 0.0]
    dead = robots({"action.dead_entry": 1.0})
    assert dead.done(0, np.array([1.0, 3.0])).tolist() == [1.0, 0.0]
    assert robots({"action.dead_entry": 0.0}).done(0, np.array([1.0, 3.0])).tolist() == [0.0, 3.0]


def test_noise_of_actions_has_its_size_and_never_leaves_the_bounds() -> None:
    robot = robots({"action.noise_std": 0.1})
    done = np.array([robot.done(0, np.array([0.0, 10.0])) for _ in range(4000)])
    assert done[:, 0].std() == pytest.approx(0.2, rel=0.05)  # a tenth of half of 4
    assert done[:, 1].std() == pytest.approx(0.1, rel=0.05)
    edge = robots({"action.noise_std": 0.5})
    assert max(edge.done(0, np.array([2.0, 0.0]))[0] for _ in range(50)) == 2.0


def test_readings_are_late_by_whole_periods_and_the_first_is_seen_until_then() -> None:
    robot = robots({"sensors.delay_ms": 100.0})
    told = [seen(robot, k, [float(k), 0.0, 0.0]).channels["joints"][0, 0] for k in range(5)]
    assert told == [0.0, 0.0, 0.0, 1.0, 2.0]


@pytest.mark.parametrize("rate_hz", [5, 10, 20, 50, 200])
def test_readings_are_late_by_the_same_time_whatever_the_rate_of_their_sensor(rate_hz: int) -> None:
    joints = Channel("joints", "joints", (1,), "float64", "rad", rate_hz)
    robot = WornRobots([{"sensors.delay_ms": 400.0}], [7], Embodiment("arm", (joints,), ROBOT.action), HZ)
    for tick in range(40):
        now_ms = 50 * tick
        stamp_ms = now_ms * rate_hz // 1000 * 1000 // rate_hz
        read = Observation(now_ms, {"joints": np.full((1, 1), float(stamp_ms))}, {"joints": stamp_ms})
        late_ms = (now_ms - 400) * rate_hz // 1000 * 1000 // rate_hz
        assert robot.shown(read).channels["joints"][0, 0] == max(late_ms, 0)


def test_a_bias_is_one_per_number_within_its_bound_and_stays_all_episode_long() -> None:
    robot = robots({"joints.bias": 0.05})
    first = seen(robot, 0, [0.0, 0.0, 0.0]).channels["joints"][0]
    again = seen(robot, 1, [0.0, 0.0, 0.0]).channels["joints"][0]
    assert first.tolist() == again.tolist() and len(set(first.tolist())) == 3
    assert 0.0 < np.abs(first).max() <= 0.05
    draws = [
        seen(robots({"joints.bias": 0.05}, seeds=(k,)), 0, [0.0] * 3).channels["joints"] for k in range(200)
    ]
    assert np.std(draws) == pytest.approx(0.05 / math.sqrt(3), rel=0.1)


def test_noise_of_readings_is_in_their_unit_or_a_share_of_them() -> None:
    own, share = robots({"joints.noise_std": 0.2}), robots({"sensors.noise_share": 0.1})
    of_own = np.array([seen(own, k, [5.0, 0.0, 0.0]).channels["joints"][0] for k in range(3000)])
    assert of_own[:, 0].std() == pytest.approx(0.2, rel=0.05)
    of_share = np.array([seen(share, k, [5.0, 0.0, math.inf]).channels["joints"][0] for k in range(3000)])
    assert of_share[:, 0].std() == pytest.approx(0.5, rel=0.05)
    assert not of_share[:, 1].any() and np.isinf(of_share[:, 2]).all()


def test_a_lost_reading_shows_the_one_before_it_and_the_first_is_never_lost() -> None:
    robot = robots({"sensors.dropout_rate": 0.5, "camera.dropout_rate": 0.5})
    told, pictures = [], []
    for k in range(400):
        shown = seen(robot, k, [float(k), 0.0, 0.0], np.full((24, 32, 3), k % 251, np.uint8))
        told.append(shown.channels["joints"][0, 0])
        pictures.append(int(shown.channels["eye"][0, 0, 0, 0]))
        assert shown.channels["count"][0, 0] == k
    for of in (told, pictures):
        lost = [k for k in range(1, 400) if of[k] == of[k - 1]]
        assert of[0] == 0 and 150 < len(lost) < 250
    assert all(value in (k, told[k - 1]) for k, value in enumerate(told) if k)


def test_a_picture_is_covered_compressed_and_lit_as_it_is_said() -> None:
    covered = seen(robots({"camera.occlusion": 0.25}), 0, [0.0] * 3).channels["eye"][0]
    assert (covered == 127).all(axis=2).mean() == pytest.approx(0.25, abs=0.02)
    assert ((covered == 127) | (covered == 40)).all()
    picture = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    kept = io.BytesIO()
    Image.fromarray(picture).save(kept, "JPEG", quality=20)
    rough = seen(robots({"camera.jpeg_quality": 20.0}), 0, [0.0] * 3, picture).channels["eye"][0]
    assert (rough == np.array(Image.open(kept))).all() and (rough != picture).any()
    lit = seen(robots({"camera.exposure_ev": 1.0}), 0, [0.0] * 3).channels["eye"][0]
    assert lit[0, 0, 0] == round(40 * 2 ** (1 / 2.2))


def test_what_is_random_is_a_worlds_own_whatever_stands_beside_it() -> None:
    worn = {"action.noise_std": 0.1, "joints.noise_std": 0.2}
    alone, among = robots(worn, seeds=(8,)), robots({}, worn)
    joints = np.array([[1.0, 2.0, 3.0]] * 2, np.float32)
    both = among.shown(Observation(0, {"joints": joints}, {"joints": 0})).channels["joints"]
    assert both[0].tolist() == [1.0, 2.0, 3.0]
    assert both[1].tolist() == seen(alone, 0, [1.0, 2.0, 3.0]).channels["joints"][0].tolist()
    told = np.array([0.5, 1.0])
    assert among.done(1, told).tolist() == alone.done(0, told).tolist() != told.tolist()


def test_a_robot_has_the_axes_of_what_it_has() -> None:
    found = axes_of(ROBOT)
    assert {"joints.noise_std", "joints.bias", "camera.blur_px", "action.dead_entry"} <= found.keys()
    assert "count.bias" not in found and "eye.noise_std" not in found
    assert found["joints.bias"].spec.unit == "rad"
    assert found["action.dead_entry"].spec.high == 1
    blind = Embodiment("blind", (COUNT,), ROBOT.action)
    assert not {name for name in axes_of(blind) if not name.startswith("action.")}
    assert [name for name in axes_of(ROBOT, whole=True) if name.startswith("action.")] == ["action.delay_ms"]


def test_effects_of_native_worlds_take_what_the_axes_of_all_robots_take() -> None:
    of_all = {axis.name: axis.spec for axis in GENERAL}
    assert set(EFFECTS) == {
        f"camera.{name}" for name in ("blur_px", "dropout_rate", "exposure_ev", "noise_std")
    }
    for name, spec in EFFECTS.items():
        assert (spec.unit, spec.low, spec.high) == (of_all[name].unit, of_all[name].low, of_all[name].high)
        assert spec.appearance and spec.default == (0.01 if name == "camera.noise_std" else 0.0)
