"""Keys of a ROS 2 node as the policy."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from simgate.harness.packs.language.definition import ByHand, Keys, Schema, Tree, Wanted, Word, key
from simgate.harness.packs.language.schema_of import TEXT, mapping
from simgate.harness.packs.language.server import latency_schema

_TYPE = Wanted("a message type such as sensor_msgs/msg/Image", r"^\w+/msg/\w+$")


def _texts() -> Schema:
    return {"type": "object", "additionalProperties": TEXT}


def _values() -> Schema:
    return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}


class QosKeys(Keys):
    """Quality of service of a topic."""

    reliability: Annotated[Literal["reliable", "best_effort"], Word("reliability")] = key(
        "reliable or best_effort", "reliable"
    )
    durability: Annotated[Literal["volatile", "transient_local"], Word("durability")] = key(
        "volatile or transient_local", "volatile"
    )


class PublishedKeys(Keys):
    """A topic that a node is given."""

    type: Annotated[str, _TYPE] = key("type of its messages, for example sensor_msgs/msg/Image")
    channel: str | None = key("channel of the robot that fills it, for types that are known", None)
    channels: Annotated[Tree, ByHand(_texts)] = key(
        "part: channel, for example {pose: pose, twist: twist}", None
    )
    fields: Annotated[Tree, ByHand(_values)] = key(
        "field: what stands in it, CHANNEL, CHANNEL.ENTRY, brief.FACT, a number, or =text", None
    )
    frame: str = key("frame_id of its header", "")
    once: bool = key("true for one message at the start of an episode", False)
    qos: Annotated[Tree, ByHand(lambda: mapping(QosKeys))] = key("quality of service", None)


class SubscribedKeys(Keys):
    """A topic that a node answers on."""

    type: Annotated[str, _TYPE] = key("type of its messages, for example geometry_msgs/msg/Twist")
    action: Annotated[Tree, ByHand(_texts)] = key("entry of the robot's action: field of the message", None)
    facts: Annotated[Tree, ByHand(_texts)] = key("what the robot says (report): field of the message", None)
    mode: str = key("field with one word for the timeline", "")
    done: str = key("field that is true when the robot has finished", "")
    optional: bool = key("true for messages that come when they like; they make a run irreproducible", False)
    qos: Annotated[Tree, ByHand(lambda: mapping(QosKeys))] = key("quality of service", None)


class RosKeys(Keys):
    """A ROS 2 node that drives."""

    launch: Annotated[tuple[str, ...], Wanted("a command, word by word")] = key(
        "command that starts it, from the pack's folder, for example [ros2, launch, my_pkg, nav.launch.py]"
    )
    publish: Annotated[
        Tree, ByHand(lambda: {"type": "object", "additionalProperties": mapping(PublishedKeys)})
    ] = key("messages that it is given, topic: {type: ..., channel: ...}")
    subscribe: Annotated[
        Tree, ByHand(lambda: {"type": "object", "additionalProperties": mapping(SubscribedKeys)})
    ] = key("messages that it answers each tick with, topic: {type: ..., action: ...}")
    python: Annotated[str, Wanted("the path of an interpreter")] = key(
        "interpreter that has rclpy, for example /usr/bin/python3", "python3"
    )
    setup: str = key("file that a shell sources first, for example /opt/ros/jazzy/setup.bash", "")
    files: Annotated[tuple[str, ...], Wanted("a list of files and folders")] = key(
        "what else the node is made of: its content is part of the run's identity", ()
    )
    sim_time: bool = key("false for a node that does not listen to /clock", True)
    clock: Annotated[Literal["first", "last"], Word("place of the clock")] = key(
        "whether a tick's /clock comes before its messages or after them", "last"
    )
    lag_ms: float = key(
        "simulated milliseconds that the node itself waits before it answers", 0.0, ge=0, le=60_000
    )
    latency: Annotated[Any, ByHand(latency_schema)] = key(
        "milliseconds of simulated time from a tick to its answer, a distribution as in model.yaml, or "
        "measured; 0: the world waits for the node",
        0,
    )
    meanwhile: Annotated[Literal["zero", "last"], Word("way to wait")] = key(
        "what the robot is told at a tick at which no answer is due: zero, or last (action)", "zero"
    )
    timeout_s: float = key("longest wait for an answer, seconds of this machine", 10.0, gt=0, le=600)
    start_timeout_s: float = key("longest wait until its topics are there, seconds", 60.0, gt=0, le=600)


class RosPolicyKeys(Keys):
    """A policy that is a ROS 2 node."""

    ros: Annotated[Tree, ByHand(lambda: mapping(RosKeys))] = key("the node, its topics and its timing")
