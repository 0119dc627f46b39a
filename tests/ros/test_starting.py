"""What is asked of a node before its first tick, on real rclpy: to be active, a service, a goal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.policies.policy import Brief
from simgate.policies.ros.link import RosFailed
from simgate.policies.ros.policy import RosPolicy
from simgate.sim_adapters.observation import Observation
from tests.ros import ROS, needs_ros
from tests.ros.test_link import ROBOT, STATE

pytestmark = needs_ros
MANAGED = Path(__file__).with_name("managed_node.py")
PUSH = {
    "topic": "/push",
    "type": "trajectory_msgs/msg/JointTrajectory",
    "action": {"push": "points[-1].positions[push]", "extra": "points[-1].positions[extra]"},
}
READY = {"name": "/ready", "type": "std_srvs/srv/SetBool", "fields": {"data": True}}
DRIVE = {"name": "/drive", "type": "test_msgs/action/Fibonacci", "fields": {"order": "brief.tenths"}}
FEW_S: dict[str, Any] = {"start_timeout_s": 8.0, "timeout_s": 3.0}


def declared(refuses: str = "nothing", **more: Any) -> str:
    return json.dumps(
        {
            "python": str(ROS),
            "launch": [
                str(ROS),
                str(MANAGED),
                "--ros-args",
                "-p",
                "use_sim_time:=true",
                "-p",
                f"refuses:={refuses}",
            ],
            "publish": [STATE],
            "subscribe": [PUSH],
            "lifecycle": ["/managed"],
            "calls": [READY, DRIVE],
            **more,
        }
    )


def test_a_managed_node_is_active_and_has_its_goal_before_its_first_tick(tmp_path: Path) -> None:
    policy = RosPolicy(10, {"ros": str(tmp_path), "declared": declared()})
    try:
        policy.reset([Brief(facts={"tenths": 7})], ROBOT)
        seen = Observation(0, {"obs": np.zeros((1, 2))}, {"obs": 0})
        # By the names of its joints, which come in another order than the robot's.
        assert list(policy.act(seen, [None])[0].values) == [0.7, 0.5]
    finally:
        policy.close()


@pytest.mark.parametrize(
    ("refuses", "more", "said"),
    [
        ("configure", {}, "the node /managed refused to configure"),
        ("nothing", FEW_S | {"lifecycle": []}, "no node listened to /state; no node published /push"),
        (
            "nothing",
            FEW_S | {"lifecycle": ["/manager"]},
            "no node serves /manager/change_state within 8 s (start_timeout_s)",
        ),
    ],
)
def test_a_node_that_is_not_active_is_refused_by_name(
    tmp_path: Path, refuses: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(RosFailed, match=re.escape(said)):
        RosPolicy(10, {"ros": str(tmp_path), "declared": declared(refuses, **more)})


@pytest.mark.parametrize(
    ("refuses", "calls", "said"),
    [
        ("service", [READY], "the service /ready says no: the battery is empty"),
        ("goal", [DRIVE], "the action /drive refused the goal"),
        ("nothing", [READY | {"name": "/redy"}], "no node serves /redy within 3 s (timeout_s)"),
        ("nothing", [DRIVE | {"fields": {"odrer": 1}}], "Fibonacci_Goal has no field 'odrer'"),
    ],
)
def test_a_call_that_is_not_answered_is_the_error_of_the_episode(
    tmp_path: Path, refuses: str, calls: list[Any], said: str
) -> None:
    policy = RosPolicy(10, {"ros": str(tmp_path), "declared": declared(refuses, calls=calls, timeout_s=3.0)})
    with pytest.raises(RosFailed, match=re.escape(said)):
        policy.reset([Brief(facts={"tenths": 7})], ROBOT)
