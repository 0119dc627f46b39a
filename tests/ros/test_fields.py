"""What is written into messages, in real messages of ROS."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from simgate.policies.policy import Brief
from simgate.policies.ros import link
from tests.ros import ROS, needs_ros
from tests.unit.policies.ros.test_messages import SEEN, planned

pytestmark = needs_ros
WRITES = f"""
import json, sys
sys.path[0] = {str(Path(link.__file__).parent)!r}
from remote.fields import message_type, read_field, steps_of, write_field
import numpy as np
told = json.load(sys.stdin)
message = message_type(told["type"])()
for path, value in told["fields"].items():
    write_field(message, path, np.array(value) if isinstance(value, list) and path != "name" else value)
from rclpy.serialization import deserialize_message, serialize_message
whole = deserialize_message(serialize_message(message), type(message))
print(json.dumps([read_field(whole, steps_of(path), path) for path in told["read"]], default=lambda one: one.tolist()))
"""


def there_and_back(kind: str, fields: dict[str, Any], *read: str) -> list[Any]:
    told = json.dumps({"type": kind, "fields": fields, "read": read}, default=lambda value: value.tolist())
    done = subprocess.run([ROS, "-c", WRITES], input=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("kind", "channels", "read", "holds"),
    [
        ("sensor_msgs/msg/Image", {"": "front.rgb"}, ["encoding", "step", "data"], ["rgb8", 6, [1, 2, 3, 4, 5, 6]]),
        ("sensor_msgs/msg/CompressedImage", {"": "front.rgb"}, ["format", "data[1]"], ["png", ord("P")]),
        ("sensor_msgs/msg/CameraInfo", {"": "front.rgb"}, ["width", "k[2]", "p[2]"], [2, 0.5, 0.5]),
        ("sensor_msgs/msg/PointCloud2", {"": "cloud"}, ["fields[].name", "fields[2].offset", "width"], [["x", "y", "z"], 8, 2]),
        ("sensor_msgs/msg/LaserScan", {"": "scan"}, ["ranges[1]"], [2.0]),
        ("sensor_msgs/msg/JointState", {"position": "arm.position"}, ["name", "position"], [["elbow", "hand"], [0.1, 0.2]]),
        ("nav_msgs/msg/Odometry", {"pose": "pose", "twist": "twist"}, ["pose.pose.position.x", "twist.twist.angular.z"], [3.0, -0.25]),
        ("sensor_msgs/msg/Imu", {"orientation": "base.turn", "angular_velocity": "base.gyro"}, ["orientation.w", "orientation.z", "angular_velocity.y"], [0.8, 0.6, 2.0]),
        ("std_msgs/msg/Float64MultiArray", {"": "arm.position"}, ["data"], [[0.1, 0.2]]),
    ],
)  # fmt: skip
def test_a_known_message_holds_what_the_robot_senses(
    kind: str, channels: dict[str, str], read: list[str], holds: list[Any]
) -> None:
    message, found = planned(kind, channels=channels)
    assert found == []
    assert there_and_back(kind, message.fields(SEEN, 0, Brief()), *read) == holds


def test_messages_within_messages_are_made_as_they_are_named() -> None:
    written = {"poses[0].position.x": 1.5, "poses[1].position.x": 2.5, "header.frame_id": "map"}
    said = there_and_back("geometry_msgs/msg/PoseArray", written, "poses[].position.x", "header.frame_id")
    assert said == [[1.5, 2.5], "map"]


@pytest.mark.parametrize(
    ("kind", "field", "value", "said"),
    [
        ("sensor_msgs/msg/Image", "height", 2.7, "2.7 is no whole number"),
        ("sensor_msgs/msg/Image", "is_bigendian", 0.5, "0.5 is no whole number"),
        ("std_msgs/msg/Bool", "data", 2, "2 is no truth value"),
        ("std_msgs/msg/UInt8MultiArray", "data", [1.5, 2.0], "numbers with a fraction"),
        ("std_msgs/msg/UInt8MultiArray", "data", [300, 2], "beyond what it holds"),
    ],
)
def test_a_number_that_a_field_cannot_hold_is_refused_and_never_cut(
    kind: str, field: str, value: Any, said: str
) -> None:
    with pytest.raises(AssertionError, match=said):
        there_and_back(kind, {field: value}, field)
