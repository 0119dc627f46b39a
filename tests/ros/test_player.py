"""Recordings played onto topics: a node of real rclpy hears all of them, at the pace of their stamps."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest

from simgate.harness.execution.episode.recordings.ros.cdr import Cdr
from simgate.policies.ros.domain import Domain
from simgate.policies.ros.link import RosFailed
from simgate.policies.ros.player import play
from tests.ros import ROS, needs_ros

pytestmark = needs_ros
HEARS = """
import json, rclpy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
rclpy.init()
node, heard = rclpy.create_node("ear"), []
node.create_subscription(Clock, "/clock", lambda m: heard.append(m.clock.nanosec), 10)
node.create_subscription(JointState, "/arm", lambda m: heard.append([list(m.name), list(m.position)]), 10)
print("listening", flush=True)
while len(heard) < 10:
    rclpy.spin_once(node)
print(json.dumps(heard), flush=True)
"""


def messages():
    cdr = Cdr()
    for k in range(5):
        now = {"sec": 1, "nanosec": 100_000_000 * k}
        yield 10**9 + 10**8 * k, "/clock", cdr.packed("rosgraph_msgs/msg/Clock", {"clock": now})
        joints = {"header": {"stamp": now}, "name": ["elbow"], "position": [k / 2]}
        yield 10**9 + 10**8 * k, "/arm", cdr.packed("sensor_msgs/msg/JointState", joints)


def test_every_message_is_heard_at_the_pace_of_the_stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rosbags", reason="needs simgate[logs]")
    domain = Domain()
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain.number))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    topics = {
        "/clock": "rosgraph_msgs/msg/Clock",
        "/arm": "sensor_msgs/msg/JointState",
        "/own": "my_msgs/msg/Own",
    }
    ear = subprocess.Popen([ROS, "-c", HEARS], stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        assert ear.stdout is not None
        assert ear.stdout.readline() == "listening\n"
        begun = time.monotonic()
        assert play(topics, [*messages(), (10**9, "/own", b"")], python=str(ROS), wait_s=20.0) == 10
        assert time.monotonic() - begun >= 0.4
        heard = json.loads(ear.stdout.readline())
    finally:
        ear.kill()
        ear.wait()
        ear.stdout.close()
        domain.close()
    assert [one for one in heard if isinstance(one, int)] == [100_000_000 * k for k in range(5)]
    assert [one for one in heard if isinstance(one, list)] == [[["elbow"], [k / 2]] for k in range(5)]


@pytest.mark.parametrize(
    ("python", "kind", "said"),
    [
        ("no_such_python", "std_msgs/msg/String", "no_such_python cannot be started"),
        ("/bin/true", "std_msgs/msg/String", "before all was published; has /bin/true rclpy?"),
        (str(ROS), "my_msgs/msg/Own", "before all was published"),
    ],
)
def test_a_player_that_cannot_play_says_why(python: str, kind: str, said: str) -> None:
    with pytest.raises(RosFailed, match=said):
        play({"/a": kind}, [(0, "/a", b"\0" * 100_000)] * 20, python=python, wait_s=0.1)
