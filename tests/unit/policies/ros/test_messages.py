"""What a robot senses is written into a node's messages; what does not fit is refused at its place."""

from __future__ import annotations

import math
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simgate.policies.policy import Brief
from simgate.policies.ros.declaration import RosSpec
from simgate.policies.ros.messages import At, Message, due_messages, plan_messages
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Intrinsics
from simgate.sim_adapters.observation import Observation

LENS = Intrinsics(2, 1, 60)
CHANNELS = (
    Channel("front.rgb", "rgb", (1, 2, 3), "uint8", "", 10, intrinsics=LENS),
    Channel("front.depth", "depth", (1, 2), "float32", "m", 10, intrinsics=LENS),
    Channel("scan", "ranges", (3,), "float64", "m", 10),
    Channel("pose", "pose", (3,), "float64", "", 10, entries=("x_m", "y_m", "yaw_rad")),
    Channel("twist", "twist", (2,), "float64", "", 10, entries=("forward_mps", "yaw_rate_rps")),
    Channel("arm.pose", "pose", (7,), "float64", "", 10),
    Channel("cloud", "points", (2, 3), "float64", "m", 10),
    Channel("base.turn", "vector", (4,), "float64", "", 10),
    Channel("base.gyro", "imu", (3,), "float64", "rad/s", 10),
    Channel("arm.position", "joints", (2,), "float64", "rad", 10, entries=("elbow", "hand")),
)
VALUES: dict[str, Any] = {
    "front.rgb": [[[[1, 2, 3], [4, 5, 6]]]], "front.depth": [[[0.5, 2.0]]], "scan": [[1.0, 2.0, math.inf]],
    "pose": [[3.0, -1.0, 2.0]], "twist": [[0.5, -0.25]], "arm.pose": [[1, 2, 3, 0.5, 0.5, -0.5, 0.5]],
    "base.turn": [[0.8, 0.0, 0.0, 0.6]], "base.gyro": [[1.0, 2.0, 3.0]], "arm.position": [[0.1, 0.2]], "cloud": [[[1, 2, 3], [4, 5, math.inf]]],
}  # fmt: skip
SEEN = Observation(
    0,
    {c.name: np.array(VALUES[c.name], c.dtype) for c in CHANNELS},
    {c.name: 0 for c in CHANNELS},
)
ACTION = ActionSpec(("forward_mps", "yaw_rate_rps"), ("m/s", "rad/s"), (-1, -1), (1, 1))
TWIST = {
    "topic": "/cmd_vel",
    "type": "geometry_msgs/msg/Twist",
    "action": {"forward_mps": "linear.x", "yaw_rate_rps": "angular.z"},
}


def planned(kind: str, subscribe: Any = (TWIST,), **more: Any) -> tuple[Message, list[str]]:
    found: list[str] = []

    def wrong(at: At, message: str, hint: str) -> None:
        found.append(f"{'.'.join(map(str, at))}: {message}; {hint}")

    published = {"topic": "/in", "type": kind, **more}
    spec = RosSpec.model_validate({"launch": ["x"], "publish": [published], "subscribe": list(subscribe)})
    return plan_messages(spec, CHANNELS, ACTION, "the robot", wrong)[0], found


def fields(kind: str, **more: Any) -> dict[str, Any]:
    message, found = planned(kind, **more)
    assert found == []
    return message.fields(SEEN, 0, Brief("go", {"goal": (8.0, 1.5)}, 7))


def test_what_comes_once_comes_with_the_first_picture_that_is_not_lost() -> None:
    message, found = planned("sensor_msgs/msg/CameraInfo", channels={"": "front.rgb"}, once=True)
    assert found == []
    sent: dict[int, int] = {}
    counts = []
    for step, lost in enumerate(((0,), (), ())):
        seen = replace(SEEN, step=step, stamps=dict.fromkeys(SEEN.stamps, step), lost={"front.rgb": lost})
        counts.append(len(due_messages([message], seen, 0, Brief(), sent, lambda at: at)))
    assert counts == [0, 1, 0]


def test_a_pose_is_a_transform_between_the_frames_that_are_named() -> None:
    said = fields(
        "tf2_msgs/msg/TFMessage", channels={"": "pose"}, fields={"transforms[0].child_frame_id": "=base_link"}
    )
    turn = "transforms[0].transform.rotation."
    assert {f"{turn}w": math.cos(1.0), f"{turn}z": math.sin(1.0)}.items() <= said.items()
    assert said["transforms[0].transform.translation.y"] == -1.0
    assert said["transforms[0].child_frame_id"] == "base_link"


def test_readings_of_an_imu_go_to_its_parts() -> None:
    said = fields(
        "sensor_msgs/msg/Imu", channels={"orientation": "base.turn", "linear_acceleration": "base.gyro"}
    )
    assert (said["orientation.w"], said["orientation.z"]) == (0.8, 0.6)
    assert [said[f"linear_acceleration.{axis}"] for axis in "xyz"] == [1.0, 2.0, 3.0]
    _, found = planned("sensor_msgs/msg/Imu", channels={"angular_velocity": "twist"})
    assert "'twist' is twist of shape (2,), which is no angular_velocity of sensor_msgs/msg/Imu" in found[0]


def test_every_path_of_tf_is_one_of_its_definition() -> None:
    typesys = pytest.importorskip("rosbags.typesys", reason="needs simgate[logs]")
    known: Any = typesys.get_typestore(typesys.Stores.ROS2_JAZZY).fielddefs
    for path in fields("tf2_msgs/msg/TFMessage", channels={"": "arm.pose"}):
        kind = "tf2_msgs/msg/TFMessage"
        for name in path.replace("[0]", "").split("."):
            node, what = dict(known[kind][1])[name]
            kind = what if node.name in ("NAME", "BASE") else what[0][1]
        assert kind == ("float64", 0)


def test_a_colour_picture_is_an_image_of_its_rows() -> None:
    said = fields("sensor_msgs/msg/Image", channels={"": "front.rgb"})
    assert said.pop("data").tolist() == [1, 2, 3, 4, 5, 6]
    assert said == {"height": 1, "width": 2, "encoding": "rgb8", "is_bigendian": 0, "step": 6}


def test_depth_is_an_image_of_floats() -> None:
    said = fields("sensor_msgs/msg/Image", channels={"": "front.depth"})
    assert said.pop("data").view(np.float32).tolist() == [0.5, 2.0]
    assert said == {"height": 1, "width": 2, "encoding": "32FC1", "is_bigendian": 0, "step": 8}


def test_a_compressed_picture_is_the_very_picture() -> None:
    said = fields("sensor_msgs/msg/CompressedImage", channels={"": "front.rgb"})
    assert said["format"] == "png"
    shown = np.asarray(Image.open(BytesIO(said["data"].tobytes())))
    assert shown.tolist() == [[[1, 2, 3], [4, 5, 6]]]


def test_a_lens_has_its_axis_in_the_middle_where_the_first_pixels_centre_is_zero() -> None:
    said = fields("sensor_msgs/msg/CameraInfo", channels={"": "front.depth"})
    focal = 0.5 / math.tan(math.radians(30))
    assert said["k"] == pytest.approx([focal, 0, 0.5, 0, focal, 0.0, 0, 0, 1])
    assert said["p"] == pytest.approx([focal, 0, 0.5, 0, 0, focal, 0.0, 0, 0, 0, 1, 0])
    assert (said["width"], said["height"], said["d"]) == (2, 1, [0.0] * 5)


def test_points_are_a_cloud_of_floats() -> None:
    said = fields("sensor_msgs/msg/PointCloud2", channels={"": "cloud"})
    assert said["data"].view("<f4").tolist() == [1, 2, 3, 4, 5, math.inf]
    assert (said["width"], said["point_step"], said["row_step"], said["is_dense"]) == (2, 12, 24, False)
    assert [said[f"fields[{k}].offset"] for k in range(3)] == [0, 4, 8]


def test_a_scan_has_the_angles_that_are_declared_and_what_lies_between_its_beams() -> None:
    said = fields(
        "sensor_msgs/msg/LaserScan", channels={"": "scan"}, fields={"angle_min": -1.0, "angle_max": 2.0}
    )
    assert said.pop("ranges").tolist() == [1.0, 2.0, math.inf]
    assert said == {"angle_min": -1.0, "angle_max": 2.0, "angle_increment": 1.5}


def test_odometry_in_the_plane_turns_about_z() -> None:
    said = fields("nav_msgs/msg/Odometry", channels={"pose": "pose", "twist": "twist"})
    yaw = 2 * math.atan2(said["pose.pose.orientation.z"], said["pose.pose.orientation.w"])
    assert yaw == pytest.approx(2.0, abs=1e-15)
    place = [said[f"pose.pose.position.{axis}"] for axis in "xyz"]
    speeds = said["twist.twist.linear.x"], said["twist.twist.angular.z"]
    assert (place, speeds) == ([3.0, -1.0, 0.0], (0.5, -0.25))


def test_a_pose_in_space_has_its_quaternion_w_first() -> None:
    said = fields("geometry_msgs/msg/PoseStamped", channels={"": "arm.pose"})
    turned = [said[f"pose.orientation.{axis}"] for axis in "wxyz"]
    assert turned == [0.5, 0.5, -0.5, 0.5]


def test_joints_are_named() -> None:
    said = fields("sensor_msgs/msg/JointState", channels={"position": "arm.position"})
    assert (said["position"].tolist(), said["name"]) == ([0.1, 0.2], ["elbow", "hand"])


def test_any_message_is_filled_by_its_fields() -> None:
    given = {
        "a.b": "pose.yaw_rad", "c": "arm.position", "d": "brief.goal.1", "e": "=map", "f": 3, "g": "brief.instruction",
        "h": "brief.seed", "i": "scan.1",
    }  # fmt: skip
    said = fields("my_msgs/msg/State", fields=given)
    assert said.pop("c").tolist() == [0.1, 0.2]
    assert said == {"a.b": 2.0, "d": 1.5, "e": "map", "f": 3, "g": "go", "h": 7, "i": 2.0}


def test_a_fact_that_the_task_does_not_tell_is_refused_by_name() -> None:
    message, _ = planned("my_msgs/msg/State", fields={"a": "brief.gaol.1"})
    with pytest.raises(ValueError, match=r"tells no 'gaol\.1'; it tells goal"):
        message.fields(SEEN, 0, Brief("go", {"goal": (8.0, 1.5)}))


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("sensor_msgs/msg/Image", {"channels": {"": "front.rbg"}}, "publish./in: the robot has no channel 'front.rbg'; did you mean 'front.rgb'?"),
        ("sensor_msgs/msg/Image", {"channels": {"": "scan"}}, "'scan' is ranges of shape (3,), which is no image of sensor_msgs/msg/Image; write fields:"),
        ("nav_msgs/msg/Odometry", {"channels": {"twists": "twist"}}, "no channel fills 'twists' of nav_msgs/msg/Odometry; did you mean 'twist'?"),
        ("my_msgs/msg/State", {"channels": {"": "scan"}}, "no channel fills 'the whole' of my_msgs/msg/State; write fields:"),
        ("my_msgs/msg/State", {"fields": {"a": "pose.yaw"}}, "publish./in.fields.a: the robot senses no 'pose.yaw'; write CHANNEL, CHANNEL.ENTRY, brief.FACT, a number, or =text"),
        ("my_msgs/msg/State", {"subscribe": [TWIST | {"action": {"forward_mps": "linear.x"}}]}, "subscribe: no topic tells the robot its yaw_rate_rps; write action: {yaw_rate_rps: FIELD} at a topic"),
        ("my_msgs/msg/State", {"subscribe": [TWIST, TWIST | {"topic": "/b"}]}, "subscribe./b.action: 'forward_mps' comes on /cmd_vel already"),
        ("my_msgs/msg/State", {"subscribe": [TWIST | {"action": {"forward": "x"}}]}, "the robot is told no 'forward'"),
        ("my_msgs/msg/State", {"subscribe": [TWIST | {"optional": True}]}, "what the robot is told cannot be optional"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_robot_is_told_at_its_place(kind: str, more: dict[str, Any], said: str) -> None:
    given = {"fields": {"a": 1.0}, **more} if "channels" not in more else more
    assert said in "\n".join(planned(kind, **given)[1])
