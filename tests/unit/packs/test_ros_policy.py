"""What a pack says of a ROS 2 node is read with its place; nothing of ROS is needed for that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.frontend.packs import load_checked
from simgate.harness.frontend.trial import trial
from simgate.harness.packs.examples.example import sound_pack
from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics

NODE = """\
policy:
  ros:
    launch: [python3, node.py]
    publish:
      /scan: {type: sensor_msgs/msg/LaserScan, channel: scan, fields: {angle_min: -2, frame_id: =lidar}}
      /goal: {type: geometry_msgs/msg/PoseStamped, fields: {pose.position.x: brief.goal.0}, once: true}
    subscribe:
      /cmd_vel: {type: geometry_msgs/msg/Twist, action: {forward_mps: linear.x, yaw_rate_rps: angular.z}, qos: {reliability: best_effort}}
      /report: {type: std_msgs/msg/String, facts: {report: data}}
    latency: {uniform: [60, 120]}
"""
PACK = sound_pack().replace("policy: door_navigator\n", NODE)


def test_a_node_is_declared_whole(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(PACK)
    pack = load_checked(tmp_path / "pack.yaml")
    assert (pack.policy, pack.policy_options["ros"], pack.driver) == ("ros", ".", "ros (python3 node.py)")
    scan, goal = json.loads(str(pack.policy_options["declared"]))["publish"]
    assert scan["fields"] == {"angle_min": -2, "frame_id": "=lidar"}
    assert (goal["once"], scan["channels"]) == (True, {"": "scan"})
    velocity, report = json.loads(str(pack.policy_options["declared"]))["subscribe"]
    assert velocity["action"] == {"forward_mps": "linear.x", "yaw_rate_rps": "angular.z"}
    assert (velocity["qos"], report["facts"]) == ({"reliability": "best_effort"}, {"report": "data"})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("channel: scan, fields: {angle_min: -2, frame_id: =lidar}", "frame: base", "error[missing-key]: nothing fills /scan | add channel: or fields:"),
        ("sensor_msgs/msg/LaserScan", "LaserScan", "type must be a message type such as sensor_msgs/msg/Image"),
        ("[python3, node.py]", "[]", "launch must be a command with at least one word"),
        ("channel: scan", "channel: scam", "error[policy-robot]: the robot of scenario 'closed_door' has no channel 'scam' | did you mean 'scan'?"),
        ("angular.z}", "angular.z, up: linear.z}", "error[policy-robot]: the robot of scenario 'closed_door' is told no 'up'"),
        ("best_effort", "best_efort", "unknown reliability 'best_efort' | did you mean 'best_effort'?"),
        ("{uniform: [60, 120]}", "soon", "latency must be milliseconds, measured, or a distribution"),
        ("    launch", "    lunch", "unknown key 'lunch' in policy.ros | did you mean 'launch'?"),
        ("/report: {type: std_msgs/msg/String, facts: {report: data}}", "/report: {type: std_msgs/msg/String}", "error[missing-key]: nothing of /report is read | add action:, facts:, mode: or done:"),
    ],
)  # fmt: skip
def test_lint_says_what_is_wrong_with_it_at_its_place(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    assert before in PACK
    (tmp_path / "pack.yaml").write_text(PACK.replace(before, after))
    found = "\n".join(f"{d} | {d.hint}" for d in lint([tmp_path / "pack.yaml"], metrics, trial=trial))
    assert said in found
