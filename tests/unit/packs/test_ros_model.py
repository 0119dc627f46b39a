"""What a pack says of a model that is a ROS 2 node; nothing of ROS is needed to read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.execution.planning.plan import chosen_models
from simgate.harness.frontend.packs import load_checked
from simgate.harness.frontend.trial import trial
from simgate.harness.packs.examples.example import sound_pack
from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics

SOUND = sound_pack().replace("collisions:", "detection.glass_door.recall: {at_least: 0.5}\n      collisions:")
POLICY = "policy: door_navigator\n"
NETWORK = Path(__file__).parents[3] / "policies" / "reference_model" / "model.yaml"
NODE = """\
  ros:
    launch: [python3, detect.py]
    classes: [glass_door, wooden_door, person]
    lifecycle: [/detector]
    calls:
      - {service: /warm_up, type: std_srvs/srv/SetBool, fields: {data: true}}
    publish:
      /camera: {type: sensor_msgs/msg/Image, channel: front.rgb}
    subscribe:
      /found: {type: vision_msgs/msg/Detection2DArray, boxes: {}}
    latency: {uniform: [60, 120]}
"""
PACK = SOUND.replace(POLICY, f"{POLICY}model:\n{NODE}")
SEVERAL = SOUND.replace(
    POLICY, f"{POLICY}models:\n  doors:\n" + "".join(f"  {line}\n" for line in NODE.splitlines())
)


def test_a_node_is_a_model_with_its_classes_and_what_it_gives(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(PACK)
    pack = load_checked(tmp_path / "pack.yaml")
    assert (pack.packages, list(pack.nodes)) == ({}, [""])
    said = json.loads(str(pack.nodes[""]["declared"]))
    assert said["calls"] == [{"name": "/warm_up", "type": "std_srvs/srv/SetBool", "fields": {"data": True}}]
    assert (said["lifecycle"], said["subscribe"][0]["boxes"]) == (["/detector"], {})


def test_a_package_on_the_command_line_takes_the_place_of_a_node(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(SEVERAL)
    pack = load_checked(tmp_path / "pack.yaml")
    assert (list(pack.nodes), chosen_models(pack, None)) == (["doors"], {})
    chosen = chosen_models(pack, f"doors={NETWORK}")
    assert list(chosen) == ["doors"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("{type: vision_msgs/msg/Detection2DArray, boxes: {}}", "{type: my_msgs/msg/Boxes, boxes: {}}", "error[missing-key]: nothing says where the boxes are | write x, y, width, height or left, top, right, bottom"),
        ("boxes: {}", "boxes: {whidth: bbox.size}", "error[unknown-key]: a box has no 'whidth' | did you mean 'width'?"),
        ("boxes: {}", "boxes: {left: 'a[].b'}", "error[wrong-value]: boxes stand by their centre or by their corners, not by x, y"),
        ("boxes: {}", "boxes: {}, image: mask", "error[missing-key]: /found says boxes and image"),
        (", boxes: {}", ", image: depth", "vision_msgs/msg/Detection2DArray is no picture"),
        ("    classes: [glass_door, wooden_door, person]\n", "", "error[missing-key]: boxes are of classes"),
        ("channel: front.rgb", "channel: front.rbg", "error[policy-robot]: the robot of scenario 'closed_door' has no channel 'front.rbg' | did you mean 'front.rgb'?"),
        ("channel: front.rgb", "fields: {height: brief.goal.0}", "error[wrong-value]: a model is told nothing of the task"),
        ("channel: front.rgb", "fields: {height: 1}", "error[policy-robot]: the node is shown nothing of the robot of scenario 'closed_door'"),
        ("std_srvs/srv/SetBool", "std_srvs/action/SetBool", "type must be a type of services such as std_srvs/srv/SetBool"),
        ("service: /warm_up, ", "", "error[missing-key]: a call is of a service or an action"),
        ("glass_door, ", "", "error[unknown-class]: the model has no class 'glass_door'"),
        ("    latency", "    time: realtime\n    latency", "error[wrong-value]: a model is waited for at each picture, and realtime is for nodes that drive | leave time out; latency: measured lets"),
        ("    latency", "    lag_ms", "unknown key 'lag_ms' in the model's ros"),
    ],
)  # fmt: skip
def test_lint_says_what_is_wrong_with_it_at_its_place(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    assert before in PACK
    (tmp_path / "pack.yaml").write_text(PACK.replace(before, after))
    found = "\n".join(f"{d} | {d.hint}" for d in lint([tmp_path / "pack.yaml"], metrics, trial=trial))
    assert said in found
