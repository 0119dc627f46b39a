"""A robot and its sensors as YAML says them, and what is wrong with what cannot be."""

from __future__ import annotations

import pytest
import yaml

from simgate.sim_adapters.scene.articulated import (
    BodySensor,
    CameraSensor,
    FileSensor,
    JointSensor,
    LidarSensor,
    Sensor,
    Servos,
)
from simgate.sim_adapters.scene.articulated_words import read_drive, read_sensor


@pytest.mark.parametrize(
    ("text", "drive"),
    [
        ("actuators", "actuators"),
        ("{joints: all, mode: torque}", Servos("torque")),
        ("{mode: velocity, kd: 3}", Servos("velocity", (), (), (3.0,))),
        (
            "{joints: [a, b], mode: position, kp: [1, 2], kd: 0.5}",
            Servos("position", ("a", "b"), (1.0, 2.0), (0.5,)),
        ),
    ],
)
def test_a_drive_is_the_files_actuators_or_servos(text: str, drive: object) -> None:
    assert read_drive(yaml.safe_load(text)) == drive


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("motors", "drive is actuators, or {joints: all"),
        ("actuator", "not 'actuator'; did you mean 'actuators'?"),
        ("velocity", "not 'velocity'; servos of that mode: {joints: all, mode: velocity}"),
        ("{mode: positon, kp: 1}", "did you mean 'position'"),
        ("{mode: position}", "need 'kp'"),
        ("{mode: velocity}", "need 'kd'"),
        ("{mode: torque, kp: 1}", "mode torque have no 'kp'"),
        ("{mode: velocity, kp: 1, kd: 1}", "mode velocity have no 'kp'"),
        ("{mode: position, kp: 0}", "kp of drive is a number above 0"),
        ("{mode: position, kp: .inf}", "kp of drive is a number above 0"),
        ("{mode: position, kp: 1, ki: 2}", "drive has no 'ki'"),
        ("{joints: [1], mode: torque}", "joints takes a name, not 1"),
        ("{joints: [], mode: torque}", "joints is all, a name or a list of names, not an empty list"),
    ],
)
def test_a_drive_that_cannot_be_is_refused_with_what_it_may_be(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_drive(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("text", "sensor"),
    [
        ("{camera: wrist}", CameraSensor("wrist")),
        (
            "{camera: wrist, kinds: [rgb, depth], width: 64, height: 48, rate_hz: 5}",
            CameraSensor("wrist", ("rgb", "depth"), 64, 48, 5),
        ),
        ("{lidar: site/eye, beams: 9, range_m: 2}", LidarSensor("site/eye", 9, 240.0, 2.0)),
        (
            "{lidar3d: body/mast, beams: 90, rows: 8, low_deg: -30, high_deg: 5}",
            LidarSensor("body/mast", 90, 360.0, 10.0, 8, -30.0, 5.0, points=True),
        ),
        ("{lidar: site/eye, dark_range_m: 6}", LidarSensor("site/eye", dark_range_m=6.0)),
        ("{joints: all}", JointSensor()),
        ("{joints: [a, b], rate_hz: 100}", JointSensor(("a", "b"), 100)),
        ("{body: torso}", BodySensor("torso")),
        ("{sensor: [acc, gyro]}", FileSensor(("acc", "gyro"))),
        ("{sensor: pad}", FileSensor(("pad",))),
    ],
)
def test_a_sensor_is_read_as_it_is_written(text: str, sensor: Sensor) -> None:
    assert read_sensor(yaml.safe_load(text)) == sensor


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wrist", "a sensor is {WORD: NAME}"),
        ("{camra: wrist}", "'camra' is no sensor.*did you mean 'camera'"),
        ("{}", "'nothing' is no sensor"),
        ("{camera: a, lidar: site/b}", "one of camera, lidar: make several"),
        ("{camera: a, kinds: [rgbd]}", "kinds of a camera are rgb, depth, semantic or instance.*'rgb'"),
        ("{camera: a, kinds: [rgb, rgb]}", "each once"),
        ("{camera: a, kinds: []}", "one or more"),
        ("{camera: a, width: 8}", "width is a whole number from 16 to 4096, not 8"),
        ("{camera: a, rate_hz: 2.5}", "rate_hz is a whole number"),
        ("{camera: a, fovy: 60}", "camera has no 'fovy'"),
        ("{lidar: site/a, rows: 4}", "lidar has no 'rows'"),
        ("{lidar3d: site/a, low_deg: 20, high_deg: 10}", "low_deg=20 of lidar3d lies above high_deg=10"),
        ("{lidar3d: site/a, beams: 10000, rows: 64}", "640,000 rays, and at most 200,000"),
        ("{lidar: site/a, fov_deg: 0}", "fov_deg is a number above 0 and at most 360, not 0"),
        ("{lidar: site/a, range_m: .nan}", "range_m is a number above 0"),
        ("{lidar: site/a, dark_range_m: 0}", "dark_range_m is a number above 0, not 0"),
        ("{lidar: site/a, range_m: .inf}", "range_m is a number above 0"),
        ("{joints: [a, true]}", "joints takes a name, not True"),
        ("{joints: []}", "joints is all, a name or a list of names, not an empty list"),
        ("{sensor: []}", "sensor takes the name"),
    ],
)
def test_a_sensor_that_cannot_be_is_refused_with_what_it_takes(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_sensor(yaml.safe_load(text))
