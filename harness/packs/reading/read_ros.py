"""Reads ``policy: {ros: ...}``: a ROS 2 node, with its topics."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from simgate.harness.packs.language.ros import PublishedKeys, QosKeys, RosKeys, RosPolicyKeys, SubscribedKeys
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.reading.read_latency import read_latency
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.policies.documents.nodes import MappingNode, Node


def read_ros(reader: Reader, node: MappingNode) -> dict[str, Scalar]:
    """Options of the policy ``ros``; what is wrong is reported.

    Args:
        reader: Typed access to nodes.
        node: Value of ``policy:``, a mapping with ``ros``.
    """
    from simgate.policies.ros.declaration import RosSpec

    outer = read_keys(reader, node, RosPolicyKeys, "policy")
    read = None if outer is None else read_keys(reader, outer.nodes.get("ros"), RosKeys, "policy.ros")
    if read is None:
        return {}
    keys = read.keys
    if keys.launch is not None and not keys.launch:
        reader.wrong(read.nodes["launch"], "a command with at least one word")
    at = Path(os.path.relpath(node.source.path.parent, reader.folder))
    data: dict[str, Any] = {
        "publish": [
            _published(reader, key.text, value)
            for key, value in _topics(reader, read.nodes.get("publish"), "message that the node is given")
        ],
        "subscribe": [
            _subscribed(reader, key.text, value)
            for key, value in _topics(
                reader, read.nodes.get("subscribe"), "message that the node answers with"
            )
        ],
        "latency": read_latency(reader, read.nodes.get("latency")),
        "python": keys.python,
        "setup": keys.setup,
        "launch": list(keys.launch or ()),
        "files": list(keys.files),
    }
    if not read.is_whole or len(reader.problems):
        return {}
    same = ("sim_time", "clock", "lag_ms", "meanwhile", "timeout_s", "start_timeout_s")
    spec = RosSpec.model_validate_json(json.dumps(data | {name: getattr(keys, name) for name in same}))
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
