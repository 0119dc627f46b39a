"""Reads ``policy: {ros: ...}`` and ``models: {NAME: {ros: ...}}``: a ROS 2 node, with its topics."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simgate.harness.packs.language.ros import (
    CallKeys,
    HeardKeys,
    PublishedKeys,
    QosKeys,
    RosKeys,
    RosModelKeys,
    RosModelsKeys,
    RosPolicyKeys,
    SubscribedKeys,
)
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.reading.read_latency import read_latency
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode
from simgate.policies.ros.declaration import PARTS_OF_BOXES, NodeSpec, RosModelSpec, RosSpec
from simgate.policies.ros.outputs import CENTRED, CORNERS


def read_ros(reader: Reader, node: MappingNode) -> dict[str, Scalar]:
    """Options of the policy ``ros``; what is wrong is reported.

    Args:
        reader: Typed access to nodes.
        node: Value of ``policy:``, a mapping with ``ros``.
    """
    outer = read_keys(reader, node, RosPolicyKeys, "policy")
    read = None if outer is None else read_keys(reader, outer.nodes.get("ros"), RosKeys, "policy.ros")
    if read is None:
        return {}
    topics = _topics(reader, read.nodes.get("subscribe"), "message that the node answers with")
    data = {
        "subscribe": [_subscribed(reader, key.text, value) for key, value in topics],
        **{name: getattr(read.keys, name) for name in ("time", "lag_ms", "meanwhile")},
    }
    if read.keys.time == "realtime":
        for name in ("latency", "lag_ms"):
            if name in read.nodes:
                message = f"in realtime what an answer takes is what it takes, and {name} cannot act"
                reader.problems.at(read.nodes[name], "wrong-value", message, f"leave {name} out")
    return _options(reader, node, read, RosSpec, data)


def read_ros_model(reader: Reader, node: MappingNode) -> tuple[dict[str, Scalar], RosModelSpec | None]:
    """Options of a model that is a ROS 2 node, and what it is; what is wrong is reported.

    Args:
        reader: Typed access to nodes.
        node: Its value, a mapping.
    """
    outer = read_keys(reader, node, RosModelsKeys, "the model")
    read = (
        None if outer is None else read_keys(reader, outer.nodes.get("ros"), RosModelKeys, "the model's ros")
    )
    if read is None:
        return {}, None
    topics = _topics(reader, read.nodes.get("subscribe"), "message that the node answers with")
    classes = tuple(read.keys.classes)
    heard = [_heard(reader, key.text, value, classes) for key, value in topics]
    if len(heard) > 1 and not all(one.get("values") for one in heard):
        at = topics[1][1]
        reader.problems.at(at, "wrong-value", "boxes and pictures come on one topic", "leave the others out")
    options = _options(reader, node, read, RosModelSpec, {"subscribe": heard, "classes": list(classes)})
    _tell_nothing(reader, read.nodes)
    if read.keys.time == "realtime":
        message = "a model is waited for at each picture, and realtime is for nodes that drive"
        hint = "leave time out; latency: measured lets each answer act when it would have come"
        reader.problems.at(read.nodes["time"], "wrong-value", message, hint)
    if not options:
        return {}, None
    return options, RosModelSpec.model_validate_json(str(options["declared"]))


def _tell_nothing(reader: Reader, nodes: Fields) -> None:
    """Reports what a task tells, which no model may know."""
    calls = [
        fields for one in reader.items(nodes.get("calls"), "a list") if (fields := _field_of(one, "fields"))
    ]
    topics = [value for _, value in reader.mapping(nodes.get("publish"), "a mapping")]
    for fields in (*calls, *(found for one in topics if (found := _field_of(one, "fields")))):
        for _, value in reader.mapping(fields, "field: value"):
            if isinstance(value, ScalarNode) and value.text.startswith("brief."):
                message = "a model is told nothing of the task"
                reader.problems.at(
                    value, "wrong-value", message, "write CHANNEL, CHANNEL.ENTRY, a number, or =text"
                )


def _field_of(node: Node, name: str) -> Node | None:
    found = node.find(name) if isinstance(node, MappingNode) else None
    return None if found is None else found[1]


def _options(
    reader: Reader, node: MappingNode, read: Written[Any], kind: type[NodeSpec], more: dict[str, Any]
) -> dict[str, Scalar]:
    """A declaration as options of a plugin; nothing when something was wrong."""
    keys, nodes = read.keys, read.nodes
    if keys.launch is not None and not keys.launch:
        reader.wrong(nodes["launch"], "a command with at least one word")
    topics = _topics(reader, nodes.get("publish"), "message that the node is given")
    data: dict[str, Any] = {
        "publish": [_published(reader, key.text, value) for key, value in topics],
        "latency": read_latency(reader, nodes.get("latency")),
        "calls": [_call(reader, one) for one in reader.items(nodes.get("calls"), "a list of calls")],
        "launch": list(keys.launch or ()),
        **{name: list(getattr(keys, name)) for name in ("files", "lifecycle")},
        **{
            name: getattr(keys, name)
            for name in ("python", "setup", "sim_time", "clock", "timeout_s", "start_timeout_s")
        },
        **more,
    }
    if not read.is_whole or len(reader.problems):
        return {}
    at = Path(os.path.relpath(node.source.path.parent, reader.folder))
    spec = kind.model_validate_json(json.dumps(data))
    return {"ros": at.as_posix(), "declared": spec.model_dump_json(exclude_defaults=True)}


def _topics(reader: Reader, node: Node | None, what: str) -> list[tuple[Any, Node]]:
    found = reader.mapping(node, f"a mapping, topic: {what}")
    if isinstance(node, MappingNode) and not found:
        reader.wrong(node, f"a mapping with at least one {what}")
    return found


def _common(reader: Reader, topic: str, kind: str | None, nodes: Fields) -> dict[str, Any]:
    if kind is not None and not re.fullmatch(r"\w+/msg/\w+", kind):
        reader.wrong(nodes["type"], "a message type such as sensor_msgs/msg/Image")
    read = read_keys(reader, nodes.get("qos"), QosKeys, "qos")
    return {"topic": topic, "type": kind, "qos": {} if read is None else dict(read.keys)}


def _published(reader: Reader, topic: str, node: Node) -> dict[str, Any]:
    read = read_keys(reader, node, PublishedKeys, f"the topic {topic}")
    if read is None:
        return {}
    keys, nodes = read.keys, read.nodes
    channels = _texts(reader, nodes.get("channels"), "part: channel")
    fields = {
        key.text: reader.scalar(value) for key, value in reader.mapping(nodes.get("fields"), "field: value")
    }
    if keys.channel is not None:
        channels = {"": keys.channel, **channels}
    if not channels and not fields:
        reader.problems.at(node, "missing-key", f"nothing fills {topic}", "add channel: or fields:")
    common = _common(reader, topic, keys.type, nodes)
    return {**common, "channels": channels, "fields": fields, "frame": keys.frame, "once": keys.once}


def _heard(reader: Reader, topic: str, node: Node, classes: tuple[str, ...]) -> dict[str, Any]:
    read = read_keys(reader, node, HeardKeys, f"the topic {topic}")
    if read is None:
        return {}
    keys, nodes = read.keys, read.nodes
    said = [name for name in ("boxes", "image", "values") if name in nodes]
    if len(said) != 1:
        message = f"{topic} says {' and '.join(said) or 'nothing'}"
        reader.problems.at(node, "missing-key", message, "write one of boxes:, image: and values:")
    boxes = _texts(reader, nodes["boxes"], "part: field") if "boxes" in nodes else None
    if boxes is not None:
        _check_boxes(reader, nodes["boxes"], PARTS_OF_BOXES.get(keys.type, {}) | boxes, classes)
    if keys.image and keys.type != "sensor_msgs/msg/Image":
        reader.problems.at(
            nodes["image"], "wrong-value", f"{keys.type} is no picture", "its type is sensor_msgs/msg/Image"
        )
    if keys.image == "mask" and not classes:
        reader.problems.at(
            nodes["image"], "missing-key", "a mask is of classes", "add classes: beside subscribe:"
        )
    common = _common(reader, topic, keys.type, nodes)
    values = _texts(reader, nodes.get("values"), "name: field")
    return {**common, "boxes": boxes, "image": keys.image, "values": values}


def _check_boxes(reader: Reader, node: Node, parts: Mapping[str, str], classes: tuple[str, ...]) -> None:
    known = (*CENTRED, *CORNERS, "score", "label")
    for name in parts:
        if name not in known:
            reader.problems.at(node, "unknown-key", f"a box has no '{name}'", near(name, known))
    if not any(all(name in parts for name in way) for way in (CENTRED, CORNERS)):
        ways = " or ".join(", ".join(way) for way in (CENTRED, CORNERS))
        reader.problems.at(node, "missing-key", "nothing says where the boxes are", f"write {ways}")
    elif any(name in parts for name in CENTRED) and any(name in parts for name in CORNERS):
        message = f"boxes stand by their centre or by their corners, not by {', '.join(parts)}"
        reader.problems.at(node, "wrong-value", message, "leave one of both out")
    if not classes:
        reader.problems.at(node, "missing-key", "boxes are of classes", "add classes: beside subscribe:")
    elif len(classes) > 1 and "label" not in parts:
        reader.problems.at(node, "missing-key", "nothing says of which class a box is", "add label:")


def _call(reader: Reader, node: Node) -> dict[str, Any]:
    read = read_keys(reader, node, CallKeys, "the call")
    if read is None:
        return {}
    keys, nodes = read.keys, read.nodes
    kind = "service" if keys.service else "action"
    if (keys.service is None) == (keys.action is None):
        reader.problems.at(
            node, "missing-key", "a call is of a service or an action", "write service: or action:"
        )
    elif keys.type is not None and not re.fullmatch(
        {"service": r"\w+/srv/\w+", "action": r"\w+/action/\w+"}[kind], keys.type
    ):
        example = {"service": "std_srvs/srv/SetBool", "action": "nav2_msgs/action/NavigateToPose"}[kind]
        reader.wrong(nodes["type"], f"a type of {kind}s such as {example}")
    fields = {
        key.text: reader.scalar(value) for key, value in reader.mapping(nodes.get("fields"), "field: value")
    }
    for key, value in reader.mapping(nodes.get("fields"), "field: value"):
        said = fields[key.text]
        if isinstance(said, str) and not said.startswith(("=", "brief.")):
            reader.wrong(value, "brief.FACT, a number, or =text")
    return {"name": keys.service or keys.action, "type": keys.type, "fields": fields}


def _subscribed(reader: Reader, topic: str, node: Node) -> dict[str, Any]:
    read = read_keys(reader, node, SubscribedKeys, f"the topic {topic}")
    if read is None:
        return {}
    keys, nodes = read.keys, read.nodes
    common = _common(reader, topic, keys.type, nodes)
    action = _texts(reader, nodes.get("action"), "entry of the action: field")
    facts = _texts(reader, nodes.get("facts"), "what the robot says: field")
    if not (action or facts or keys.mode or keys.done):
        message = f"nothing of {topic} is read"
        reader.problems.at(node, "missing-key", message, "add action:, facts:, mode: or done:")
    return {
        **common,
        "action": action,
        "facts": facts,
        "mode": keys.mode,
        "done": keys.done,
        "optional": keys.optional,
    }


def _texts(reader: Reader, node: Node | None, wanted: str) -> dict[str, str]:
    found = {key.text: reader.text(value) for key, value in reader.mapping(node, f"a mapping, {wanted}")}
    return {name: text for name, text in found.items() if text is not None}
