"""Sensors besides cameras in field logs: their numbers reach the loop as they are, when they were there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from simgate.sim_adapters.replay.adapter import ReplayAdapter
from simgate.sim_adapters.replay.log_file import open_log
from simgate.sim_adapters.replay.readings import channel_of, reader_of
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.test_replay import BEGIN_NS, TIMING, frames, play, site

pytest.importorskip("rosbags", reason="needs simgate[logs]")

OWN = "float32 voltage\nfloat32[] cells\nacme_msgs/Inner inner\n" + "=" * 80
OWN += "\nMSG: acme_msgs/Inner\nfloat64 amps\n"
SOURCES = {
    "lidar.points": "/lidar",
    "scan": "/scan",
    "imu": "/imu",
    "odometry.pose": "/odometry",
    "odometry.twist": "/odometry",
    "joints": "/joints",
    "battery": "/battery#cells",
    "amps": "/battery#inner.amps",
}


class Bag:
    """A bag that is written, message by message; custom types by their definitions."""

    def __init__(self, path: Path, version: int) -> None:
        from rosbags.rosbag1 import Writer as Writer1
        from rosbags.rosbag2 import StoragePlugin
        from rosbags.rosbag2 import Writer as Writer2
        from rosbags.typesys import Stores, get_types_from_msg, get_typestore

        self.store = get_typestore(Stores.ROS2_HUMBLE if version else Stores.ROS1_NOETIC)
        self.store.register(get_types_from_msg(OWN, "acme_msgs/msg/Battery"))
        plugin = StoragePlugin.MCAP if version == 2 else StoragePlugin.SQLITE3
        self.writer = Writer2(path, version=9, storage_plugin=plugin) if version else Writer1(path)
        self.version, self.links = version, {}

    def header(self, at_s: float):
        t = self.store.types
        stamp = t["builtin_interfaces/msg/Time"](*divmod(BEGIN_NS + round(at_s * 1e9), 10**9))
        extra = {} if self.version else {"seq": 0}
        return t["std_msgs/msg/Header"](stamp=stamp, frame_id="f", **extra)

    def add(self, topic: str, kind: str, at_s: float, **said) -> None:
        made = self.store.types[kind]
        fields = {"header": self.header(at_s)} if "header" in made.__dataclass_fields__ else {}
        one = made(**fields, **said)
        if topic not in self.links:
            self.links[topic] = self.writer.add_connection(topic, kind, typestore=self.store)
        pack = self.store.serialize_cdr if self.version else self.store.serialize_ros1
        self.writer.write(self.links[topic], BEGIN_NS + round(at_s * 1e9), pack(one, kind))

    def make(self, kind: str, **said):
        return self.store.types[kind](**said)


def cloud(bag: Bag, at_s: float, points: np.ndarray) -> None:
    rows = np.zeros(len(points), [("i", "<f4"), ("x", "<f4"), ("y", "<f4"), ("z", "<f4")])
    rows["x"], rows["y"], rows["z"] = points.T
    fields = [
        bag.make("sensor_msgs/msg/PointField", name=name, offset=4 * k, datatype=7, count=1)
        for k, name in enumerate(("intensity", "x", "y", "z"))
    ]
    said = {"height": 1, "width": len(points), "fields": fields, "is_bigendian": False, "point_step": 16,
            "row_step": 16 * len(points), "data": rows.view(np.uint8), "is_dense": True}  # fmt: skip
    bag.add("/lidar", "sensor_msgs/msg/PointCloud2", at_s, **said)


def write(path: Path, version: int) -> Path:
    bag = Bag(path, version)
    vector = lambda *values: bag.make("geometry_msgs/msg/Vector3", **dict(zip("xyz", values, strict=True)))  # noqa: E731
    turn = bag.make("geometry_msgs/msg/Quaternion", x=0.0, y=0.0, z=0.6, w=0.8)
    nine, many = np.zeros(9), np.zeros(36)
    with bag.writer:
        for k, frame in enumerate(frames(4)):
            bag.add("/cam", "sensor_msgs/msg/Image", 0.1 * k, height=24, width=32, encoding="rgb8",
                    is_bigendian=0, step=96, data=frame.ravel())  # fmt: skip
        cloud(bag, 0.0, np.array([[1.0, 2.0, 3.0]]))
        cloud(bag, 0.15, np.array([[4.0, 5.0, 6.0], [np.nan, 0.0, 0.0]]))
        for at, nearest in ((0.0, 2.0), (0.19, 0.5)):
            bag.add("/scan", "sensor_msgs/msg/LaserScan", at, angle_min=-1.0, angle_max=1.0, angle_increment=1.0,
                    time_increment=0.0, scan_time=0.1, range_min=0.1, range_max=8.0,
                    ranges=np.array([nearest, np.inf, 0.01], np.float32), intensities=np.zeros(0, np.float32))  # fmt: skip
            bag.add("/imu", "sensor_msgs/msg/Imu", at, orientation=turn, orientation_covariance=nine,
                    angular_velocity=vector(0.1, 0.2, 0.3), angular_velocity_covariance=nine,
                    linear_acceleration=vector(at, 0.0, 9.81), linear_acceleration_covariance=nine)  # fmt: skip
            place = bag.make("geometry_msgs/msg/Point", x=at, y=2.0, z=0.0)
            pose = bag.make("geometry_msgs/msg/Pose", position=place, orientation=turn)
            twist = bag.make(
                "geometry_msgs/msg/Twist", linear=vector(1.0, 0.0, 0.0), angular=vector(0.0, 0.0, at)
            )
            bag.add("/odometry", "nav_msgs/msg/Odometry", at, child_frame_id="base",
                    pose=bag.make("geometry_msgs/msg/PoseWithCovariance", pose=pose, covariance=many),
                    twist=bag.make("geometry_msgs/msg/TwistWithCovariance", twist=twist, covariance=many))  # fmt: skip
            bag.add("/battery", "acme_msgs/msg/Battery", at, voltage=24.0,
                    cells=np.array([at, 4.0], np.float32),
                    inner=bag.make("acme_msgs/msg/Inner", amps=1.5))  # fmt: skip
        empty = np.zeros(0)
        for at, name, angle in ((-0.02, "arm", 0.5), (-0.01, "grip", 0.1), (0.12, "arm", 0.7)):
            bag.add("/joints", "sensor_msgs/msg/JointState", at, name=[name], position=np.array([angle]),
                    velocity=empty, effort=empty)  # fmt: skip
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return open_log(write(tmp_path_factory.mktemp("bag") / "log", 1))


def channels(path: Path, sources=SOURCES):
    log = open_log(path)
    return tuple(channel_of(log, name, source) for name, source in sources.items())


@pytest.mark.parametrize("version", [0, 1, 2])
def test_at_each_moment_a_channel_shows_the_newest_message_that_was_there_by_then(tmp_path, version) -> None:
    path = write(tmp_path / ("log.bag" if not version else "log"), version)
    read = {one.name: one for one in channels(path)}
    assert (read["scan"].span_rad, read["joints"].entries) == ((-1.0, 1.0), ("arm", "grip"))
    adapter = ReplayAdapter(TIMING)
    shown = [adapter.reset([site(path, channels=tuple(read.values()))])]
    shown += [adapter.step(np.zeros((1, 0))) for _ in range(3)]
    kinds = [(c.name, c.kind, c.shape) for c in adapter.embodiment.channels[1:]]
    assert kinds == [
        ("lidar.points", "points", (2, 3)), ("scan", "ranges", (3,)), ("imu", "imu", (6,)),
        ("odometry.pose", "pose", (7,)), ("odometry.twist", "twist", (6,)), ("joints", "joints", (2,)),
        ("battery", "vector", (2,)), ("amps", "vector", (1,)),
    ]  # fmt: skip
    seen = [{name: one.channels[name][0].round(6).tolist() for name in read} for one in shown]
    inf = np.inf
    assert [one["lidar.points"] for one in seen] == [[[1, 2, 3], [inf] * 3]] * 2 + [
        [[4, 5, 6], [inf] * 3]
    ] * 2
    assert [one["scan"] for one in seen] == [[2.0, inf, inf]] * 2 + [[0.5, inf, inf]] * 2
    assert [one["imu"][:4] for one in seen] == [[0.1, 0.2, 0.3, 0.0]] * 2 + [[0.1, 0.2, 0.3, 0.19]] * 2
    assert seen[0]["odometry.pose"] == [0.0, 2.0, 0.0, 0.8, 0.0, 0.0, 0.6]
    assert [one["odometry.twist"][5] for one in seen] == [0.0, 0.0, 0.19, 0.19]
    assert [one["joints"] for one in seen] == [[0.5, 0.1]] * 2 + [[0.7, 0.1]] * 2
    assert [one["battery"] for one in seen] == [[0.0, 4.0]] * 2 + [[0.19, 4.0]] * 2
    assert (seen[3]["amps"], shown[3].stamps["scan"], shown[3].stamps["camera.rgb"]) == ([1.5], 40, 60)
    assert adapter.health() == ((),)


def test_what_other_sensors_have_read_is_in_the_trace_and_in_its_digest(tmp_path) -> None:
    path = write(tmp_path / "log", 1)
    trace = play(site(path, channels=channels(path)), tmp_path).trace
    lanes = {one.channel: one for one in trace.readings}
    assert (trace.end, trace.invalid_reasons) == ("end_of_log", ())
    assert lanes["imu"].entries == ("wx", "wy", "wz", "ax", "ay", "az")
    assert lanes["scan"].values.ravel().tolist() == [2.0, 2.0, 0.5, 0.5]
    assert "lidar.points" not in lanes
    assert play(site(path), tmp_path).trace.digest() != trace.digest()


def test_a_part_begins_with_what_was_said_before_it(tmp_path) -> None:
    path = write(tmp_path / "log", 2)
    adapter = ReplayAdapter(TIMING)
    first = adapter.reset([site(path, channels=channels(path), from_s=0.18)])
    assert first.channels["joints"][0].tolist() == [0.7, 0.1]
    assert first.channels["scan"][0][0] == 0.5


def test_a_sensor_that_has_said_nothing_by_the_first_picture_makes_the_episode_invalid(tmp_path) -> None:
    bag = Bag(tmp_path / "log", 1)
    with bag.writer:
        for k, frame in enumerate(frames(3)):
            bag.add("/cam", "sensor_msgs/msg/Image", 0.1 * k, height=24, width=32, encoding="rgb8",
                    is_bigendian=0, step=96, data=frame.ravel())  # fmt: skip
        cloud(bag, 0.1, np.ones((2, 3)))
        bag.add("/joints", "sensor_msgs/msg/JointState", 0.1, name=["arm"], position=np.ones(1),
                velocity=np.zeros(0), effort=np.zeros(0))  # fmt: skip
    read = channels(tmp_path / "log", {"points": "/lidar", "joints": "/joints"})
    reasons = play(site(tmp_path / "log", channels=read), tmp_path).trace.invalid_reasons
    assert reasons == tuple(
        f"{topic} says not all of its numbers before the first picture" for topic in ("/lidar", "/joints")
    )


@pytest.mark.parametrize(("name", "source", "said"), [
    ("a", "/none", "no topic '/none' for the channel 'a'"),
    ("a", "/battery", "acme_msgs/msg/Battery give no channel 'a'"),
    ("a", "/battery#volts", "has no field 'volts'"),
    ("a", "/battery#__class__", "has no field '__class__'"),
    ("a", "/imu#header", "/imu: "),
])  # fmt: skip
def test_what_gives_no_channel_is_told(log, name, source, said) -> None:
    with pytest.raises(NativeError) as raised:
        channel_of(log, name, source)
    assert said in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize("empty", [
    {"width": 0, "row_step": 0}, {"width": 0, "height": 0, "point_step": 0, "fields": []},
])  # fmt: skip
def test_a_cloud_without_a_point_is_one(empty) -> None:
    fields = [SimpleNamespace(name=name, offset=4 * k, datatype=7) for k, name in enumerate("xyz")]
    one = {"fields": fields, "point_step": 12, "width": 1, "height": 1, "row_step": 12, "is_bigendian": False,
           "data": np.ones(3, "<f4").view(np.uint8)}  # fmt: skip
    said = [SimpleNamespace(**one | changes) for changes in ({"data": np.zeros(0, np.uint8)} | empty, {})]
    log = SimpleNamespace(
        topics={"/lidar": "sensor_msgs/msg/PointCloud2"}, messages=lambda topic: enumerate(said)
    )
    channel = channel_of(log, "points", "/lidar")
    values, write = np.zeros(channel.shape), reader_of(log, channel)
    write(said[0], values)
    assert values.tolist() == [[np.inf] * 3]
    write(said[1], values)
    assert values.tolist() == [[1.0] * 3]


@pytest.mark.parametrize(("changes", "said"), [
    ({"data": np.zeros(5, np.uint8)}, "has only 5 bytes"),
    ({"point_step": 0}, "is none"),
    ({"width": 2**31}, "is none"),
    ({"point_step": 8}, "is no float within a point"),
    ({"fields": []}, "has no x, y and z"),
])  # fmt: skip
def test_a_damaged_cloud_is_told(changes, said) -> None:
    fields = [SimpleNamespace(name=name, offset=4 * k, datatype=7) for k, name in enumerate("xyz")]
    whole = {"fields": fields, "point_step": 12, "width": 2, "height": 1, "row_step": 24,
             "is_bigendian": False, "data": np.zeros(24, np.uint8)}  # fmt: skip
    log = SimpleNamespace(
        topics={"/lidar": "sensor_msgs/msg/PointCloud2"},
        messages=lambda topic: iter([(0, SimpleNamespace(**whole | changes))]),
    )
    with pytest.raises(NativeError, match=said):
        channel_of(log, "points", "/lidar")
