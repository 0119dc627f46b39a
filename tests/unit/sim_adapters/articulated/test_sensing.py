"""Sensors by declaration: each reads what MuJoCo has, in its own unit and at its own rate."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.rays import directions
from simgate.sim_adapters.scene.articulated import (
    BodySensor,
    CameraSensor,
    FileSensor,
    JointSensor,
    LidarSensor,
)
from tests.unit.sim_adapters.articulated.machines import TIMING, arm, batch, now, reference

_IMU = ("imu", FileSensor(("acc", "gyro")))


def test_sensors_of_the_file_read_their_numbers_with_names_and_units(tmp_path: Path) -> None:
    site = arm(tmp_path, sensors=(_IMU, ("angle", FileSensor(("angle",))), ("pad", FileSensor(("pad",)))))
    model, data = reference(site)
    with batch() as worlds:
        worlds.reset([site])
        data.ctrl[:] = (5.0, 0.1)
        for _ in range(TIMING.control_steps):
            mujoco.mj_step(model, data)
        seen = worlds.step(np.array([[5.0, 0.1]]))
        imu = worlds.embodiment.channel("imu")
        assert (imu.kind, imu.unit) == ("imu", "m/s^2, rad/s")
        assert imu.entries == ("acc.x", "acc.y", "acc.z", "gyro.x", "gyro.y", "gyro.z")
        assert worlds.embodiment.channel("angle").unit == "rad"
        assert worlds.embodiment.channel("pad").kind == "touch"
    assert np.allclose(seen.channels["imu"][0], now(model, data).sensordata[:6], rtol=0, atol=1e-9)
    assert seen.channels["angle"][0] == data.joint("shoulder").qpos


def test_a_scan_is_ray_by_ray_what_mujoco_meets_and_its_points_lie_there(tmp_path: Path) -> None:
    scanner = LidarSensor(
        "site/eye", beams=24, fov_deg=360, rows=5, low_deg=-60, high_deg=10, range_m=4, points=True
    )
    site = arm(tmp_path, sensors=(("cloud", scanner), ("scan", LidarSensor("site/eye", beams=9, range_m=2))))
    model, data = reference(site)
    eye, base = data.site("eye").xpos, model.body("base").id
    with batch() as worlds:
        seen = worlds.reset([site]).channels
        channel = worlds.embodiment.channel("cloud.points")
    assert (channel.frame, channel.shape) == ("site/eye", (120, 3))
    for k, ray in enumerate(directions(scanner)):
        hit = mujoco.mj_ray(model, data, eye, ray, None, 1, base, np.zeros(1, dtype=np.int32))
        met = 0 <= hit <= scanner.range_m
        assert seen["cloud.ranges"][0][k] == pytest.approx(hit if met else math.inf, abs=1e-9)
        wanted = ray * hit if met else np.full(3, np.inf)
        assert np.allclose(seen["cloud.points"][0][k], wanted, rtol=0, atol=1e-9)
    assert np.isfinite(seen["cloud.ranges"]).any() and np.isinf(seen["scan.ranges"]).all()


@pytest.mark.parametrize("turn_deg", [0.0, 60.0])
def test_a_dark_wall_returns_the_share_of_beams_that_its_reflectance_range_and_slant_give(
    tmp_path: Path, turn_deg: float
) -> None:
    text = """
    <mujoco>
      <worldbody>
        <geom name="wall" type="box" size=".01 9 9" pos="4 0 0" euler="0 0 TURN" rgba=".05 .02 0 1"/>
        <body name="base">
          <joint name="slide" type="slide" damping="1"/><geom size=".1"/><site name="eye"/>
        </body>
      </worldbody>
      <actuator><motor joint="slide"/></actuator>
    </mujoco>
    """
    narrow = {"beams": 100, "fov_deg": 0.4, "rows": 100, "low_deg": -0.2, "high_deg": 0.2, "points": True}
    sensors = (
        ("dim", LidarSensor("site/eye", **narrow, dark_range_m=6.0)),
        ("too", LidarSensor("site/eye", **narrow, dark_range_m=6.0)),
        ("all", LidarSensor("site/eye", **narrow)),
    )
    site = arm(tmp_path, text.replace("TURN", f"{turn_deg:g}"), sensors=sensors, seed=1)
    with batch() as worlds:
        first = {name: array.copy() for name, array in worlds.reset([site]).channels.items()}
        second = worlds.step(np.zeros((1, 1))).channels["dim.ranges"].copy()
        again = worlds.reset([site]).channels["dim.ranges"].copy()
        other = worlds.reset([replace(site, seed=2)]).channels["dim.ranges"].copy()
    assert np.isfinite(first["all.ranges"]).all()
    # Half of a tenth, at two thirds of the range: 9/8 of the echo that half of the beams survive.
    distance_m = float(np.median(first["all.ranges"]))
    echo = 0.5 * math.cos(math.radians(turn_deg)) * (6.0 / distance_m) ** 2
    back = np.isfinite(first["dim.ranges"])
    assert back.mean() == pytest.approx(1.0 - 0.5**echo, abs=0.02)
    assert np.array_equal(first["dim.ranges"][back], first["all.ranges"][back])
    assert np.isinf(first["dim.points"][~back]).all()
    assert np.array_equal(again, first["dim.ranges"]), "the same episode loses the same beams"
    for different in (second, other, first["too.ranges"]):
        assert 0.2 < (np.isfinite(different) != back).mean() < 0.6, "each scan, episode and sensor its own"


def test_a_full_circle_does_not_repeat_its_first_beam() -> None:
    circle = directions(LidarSensor("site/eye", beams=4, fov_deg=360))
    assert np.allclose(circle @ circle.T, [[1, 0, -1, 0], [0, 1, 0, -1], [-1, 0, 1, 0], [0, -1, 0, 1]])
    half = directions(LidarSensor("site/eye", beams=3, fov_deg=180))
    assert np.allclose(half, [[0, -1, 0], [1, 0, 0], [0, 1, 0]]), "the first beam at the right end"


def test_a_single_beam_looks_ahead() -> None:
    for fov_deg in (240.0, 360.0):
        assert np.allclose(directions(LidarSensor("site/eye", beams=1, fov_deg=fov_deg)), [[1, 0, 0]])


def test_cameras_of_several_sizes_are_drawn_by_one_context(tmp_path: Path) -> None:
    wide, tall = CameraSensor("wrist", ("rgb", "depth"), 64, 32), CameraSensor("wrist", ("semantic",), 24, 48)
    labels = (("table", "furniture"), ("cube", "thing"))
    with batch() as worlds:
        both = worlds.reset([arm(tmp_path, sensors=(("a", wide), ("b", tall)), labels=labels)])
        context, drawn_s = worlds._renderer, worlds.render_s
        assert worlds.embodiment.channel("b.semantic").high == 2
        seen = {name: array.copy() for name, array in both.channels.items()}
        alone = worlds.reset([arm(tmp_path, sensors=(("b", tall),), labels=labels)]).channels
        assert np.array_equal(alone["b.semantic"], seen["b.semantic"])
        assert set(np.unique(alone["b.semantic"])) == {0, 1, 2}
        worlds.reset([arm(tmp_path, sensors=(("b", tall),), labels=labels)])
        kept = worlds._renderer
        worlds.reset([arm(tmp_path, sensors=(("b", tall),), labels=labels, pose="up")])
        assert worlds._renderer is kept is not context, "made again for another size alone"
        assert worlds.render_s > drawn_s > 0.0, "what the last context has drawn stays counted"
    assert seen["a.rgb"].shape == (1, 32, 64, 3) and seen["a.depth"].shape == (1, 32, 64)
    assert 0.2 < seen["a.depth"].min() < 1.5


def test_every_sensor_reads_at_its_own_rate_and_says_when(tmp_path: Path) -> None:
    timing = Timing(physics_hz=240, control_hz=20, camera_hz=20)
    rates = {"slow": 5, "odd": 16, "same": 20, "fast": 120}
    site = arm(tmp_path, sensors=tuple((name, JointSensor(rate_hz=hz)) for name, hz in rates.items()))
    model, data = reference(site, timing)
    angle = {0: float(data.qpos[0])}
    with batch(timing) as worlds:
        worlds.reset([site])
        for tick in range(1, 9):
            data.ctrl[:] = (3.0, 0.1)
            for step in range(12):
                mujoco.mj_step(model, data)
                angle[12 * (tick - 1) + step + 1] = float(data.qpos[0])
            seen = worlds.step(np.array([[3.0, 0.1]]))
            for name, hz in rates.items():
                stamp = 12 * tick // (240 // hz) * (240 // hz)
                assert seen.stamps[f"{name}.position"] == stamp
                assert seen.channels[f"{name}.position"][0][0] == angle[stamp], f"{name} at tick {tick}"
    with (
        batch(timing) as worlds,
        pytest.raises(ValueError, match="sensor 'x': rate_hz=7 must divide physics_hz=240"),
    ):
        worlds.reset([arm(tmp_path, sensors=(("x", JointSensor(rate_hz=7)),))])


@pytest.mark.parametrize(
    ("sensor", "said"),
    [
        (CameraSensor("wirst"), "the file has no camera 'wirst'"),
        (LidarSensor("eye"), "'eye' does not say what it is; write site/eye"),
        (LidarSensor("site/eyes"), "the file has no site 'eyes'"),
        (JointSensor(("shoulder", "elbow")), "the file has no joint 'elbow'"),
        (FileSensor(("acc", "giro")), "the file has no sensor 'giro'"),
        (BodySensor("hand"), "the file has no body 'hand'"),
    ],
)
def test_a_sensor_of_what_is_not_there_is_refused(tmp_path: Path, sensor: object, said: str) -> None:
    with batch() as worlds, pytest.raises(ValueError, match=said):
        worlds.reset([arm(tmp_path, sensors=(("x", sensor),))])
