"""Every kind of message there and back through one real node, those too of which the registry has no wheel."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from simgate.policies.perception.outputs import Boxes
from simgate.policies.perception.runtime import Asked
from simgate.policies.policy import Brief
from simgate.policies.ros.link import RosFailed
from simgate.policies.ros.model import RosModel
from simgate.policies.ros.policy import RosPolicy
from simgate.sim_adapters.embodiment import ActionSpec, Embodiment
from tests.ros import ROS, needs_ros
from tests.unit.policies.ros.test_messages import CHANNELS, LENS, SEEN

pytestmark = [
    needs_ros,
    pytest.mark.skipif(shutil.which("g++") is None, reason="no compiler for messages: install g++"),
]
PUBLISH: dict[str, Any] = {
    "/image": {"type": "sensor_msgs/msg/Image", "channels": {"": "front.rgb"}},
    "/compressed": {"type": "sensor_msgs/msg/CompressedImage", "channels": {"": "front.rgb"}},
    "/camera_info": {"type": "sensor_msgs/msg/CameraInfo", "channels": {"": "front.rgb"}},
    "/scan": {"type": "sensor_msgs/msg/LaserScan", "channels": {"": "scan"}},
    "/points": {"type": "sensor_msgs/msg/PointCloud2", "channels": {"": "cloud"}},
    "/imu": {"type": "sensor_msgs/msg/Imu", "channels": {"orientation": "base.turn"}},
    "/odom": {"type": "nav_msgs/msg/Odometry", "channels": {"pose": "pose", "twist": "twist"}},
    "/joints": {"type": "sensor_msgs/msg/JointState", "channels": {"position": "arm.position"}},
    "/tf": {
        "type": "tf2_msgs/msg/TFMessage",
        "channels": {"": "pose"},
        "frame": "odom",
        "fields": {"transforms[0].child_frame_id": "=base_link"},
    },
    "/tf_static": {
        "type": "tf2_msgs/msg/TFMessage",
        "once": True,
        "qos": {"durability": "transient_local"},
        "frame": "base_link",
        "fields": {
            "transforms[0].child_frame_id": "=camera",
            "transforms[0].transform.translation.z": 0.6,
            "transforms[0].transform.rotation.w": 1.0,
        },
    },
    "/pose": {"type": "geometry_msgs/msg/PoseStamped", "channels": {"": "arm.pose"}},
    "/moves": {"type": "geometry_msgs/msg/Twist", "channels": {"": "twist"}},
    "/moves_stamped": {"type": "geometry_msgs/msg/TwistStamped", "channels": {"": "twist"}},
    "/numbers": {"type": "std_msgs/msg/Float64MultiArray", "channels": {"": "arm.position"}},
}
ROW = ("tf", "tf_static", "pose", "moves", "moves_stamped", "numbers")
SUBSCRIBE: dict[str, Any] = {
    "/twist": {
        "type": "geometry_msgs/msg/Twist",
        "action": {"image": "linear.x", "compressed": "angular.z"},
    },
    "/twist_stamped": {
        "type": "geometry_msgs/msg/TwistStamped",
        "action": {"camera_info": "twist.linear.x", "scan": "twist.angular.z"},
    },
    "/trajectory": {
        "type": "trajectory_msgs/msg/JointTrajectory",
        "action": {"points": "points[-1].positions[hand]", "imu": "points[-1].positions[elbow]"},
    },
    "/joint_command": {
        "type": "sensor_msgs/msg/JointState",
        "action": {"odom": "position[hand]", "joints": "position[elbow]"},
    },
    "/row": {
        "type": "std_msgs/msg/Float64MultiArray",
        "action": {name: f"data[{k}]" for k, name in enumerate(ROW)},
    },
}
SAID = {
    "image": 1 + 2 + 3 + 4 + 5 + 6, "compressed": 6, "camera_info": LENS.focal_px, "scan": 2.0, "points": 4.0,
    "imu": 0.8, "odom": 3.0, "joints": 0.1, "tf": -1.0, "tf_static": 0.6,
    "pose": 0.5, "moves": 0.5, "moves_stamped": -0.25, "numbers": 0.2,
}  # fmt: skip
ROBOT = Embodiment(
    "every", CHANNELS, ActionSpec(tuple(SAID), ("",) * len(SAID), (-99.0,) * len(SAID), (99.0,) * len(SAID))
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    maker = Path(__file__).with_name("generated_messages.py")
    environ = {**os.environ, "AMENT_PREFIX_PATH": str(ROS.parents[1])}
    done = subprocess.run([ROS, maker, folder], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(autouse=True)
def overlaid(monkeypatch: pytest.MonkeyPatch, generated: Path) -> None:
    """As in a shell that has sourced a workspace over the installation."""
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(ROS.parents[1]))
    monkeypatch.setenv("PYTHONPATH", str(generated))
    monkeypatch.setenv("LD_LIBRARY_PATH", str(generated / "lib"))


def options(folder: Path, topics: dict[str, Any], subscribe: dict[str, Any], **more: Any) -> dict[str, str]:
    node = Path(__file__).with_name("every_message_node.py")
    spec = {
        "python": str(ROS),
        "launch": [str(ROS), str(node), "--ros-args", "-p", "use_sim_time:=true"],
        "publish": [{"topic": topic, **one} for topic, one in topics.items()],
        "subscribe": [{"topic": topic, **one} for topic, one in subscribe.items()],
        **more,
    }
    return {"ros": str(folder), "declared": json.dumps(spec)}


def test_what_is_sensed_is_in_every_kind_of_message_and_every_kind_of_command_is_heard(
    tmp_path: Path,
) -> None:
    policy = RosPolicy(10, options(tmp_path, PUBLISH, SUBSCRIBE))
    try:
        policy.reset([Brief()], ROBOT)
        (act,) = policy.act(SEEN, [None])
        assert dict(zip(ROBOT.action.names, act.values, strict=True)) == pytest.approx(SAID)
    finally:
        policy.close()


def test_boxes_of_a_detection_array_are_those_of_vision_msgs(tmp_path: Path) -> None:
    heard = {"/detections": {"type": "vision_msgs/msg/Detection2DArray", "boxes": {}}}
    model = RosModel(options(tmp_path, PUBLISH, heard, classes=["glass", "wood"]))
    try:
        model.begin([1], ROBOT, 200)
        shown = {name: SEEN.channels[name] for name in model.channels}
        ((found, took_ms),) = model.answer(Asked(0, (0,), shown, dict.fromkeys(shown, 0)))
    finally:
        model.close()
    assert isinstance(found, Boxes)
    assert found.boxes.tolist() == [[9.0, 3.0, 11.0, 7.0], [-1.0, 3.0, 1.0, 7.0]]
    assert (found.scores.tolist(), found.class_ids.tolist()) == ([0.75, 0.25], [1, 1])
    assert took_ms > 0


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "my_own_msgs/msg/State",
            "has no message type my_own_msgs/msg/State: install ros-DISTRO-my-own-msgs, or write setup: of the",
        ),
        (
            "vision_msgs/msg/Detection2dArray",
            "vision_msgs/msg/Detection2dArray; did you mean Detection2DArray?",
        ),
    ],
)
def test_a_type_that_the_installation_lacks_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, said: str
) -> None:
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    heard = {"/push": {"type": kind, "action": {"image": "x"}}}
    with pytest.raises(RosFailed, match=re.escape(said)):
        RosPolicy(10, options(tmp_path, {"/image": PUBLISH["/image"]}, heard))
