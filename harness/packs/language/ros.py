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


class HeardKeys(Keys):
    """A topic on which a node that is a model says what it sees."""

    type: Annotated[str, _TYPE] = key("type of its messages, for example vision_msgs/msg/Detection2DArray")
    boxes: Annotated[Tree, ByHand(_texts)] = key(
        "part of a box (x, y, width, height, or left, top, right, bottom; score, label): field through every "
        "element, for example found[].score; {} of a Detection2DArray",
        None,
    )
    image: Annotated[Literal["", "mask", "depth"], Word("kind of picture")] = key(
        "what the pixels of a sensor_msgs/msg/Image are, mask (classes by number) or depth", ""
    )
    values: Annotated[Tree, ByHand(_texts)] = key("name: field with its numbers, for any other answer", None)
    qos: Annotated[Tree, ByHand(lambda: mapping(QosKeys))] = key("quality of service", None)


class CallKeys(Keys):
    """A service that is called, or a goal that is sent, before the first tick."""

    service: str | None = key("full name of a service, for example /localize", None)
    action: str | None = key("full name of an action, for example /navigate_to_pose", None)
    type: Annotated[str, Wanted("a type such as std_srvs/srv/SetBool", r"^\w+/(srv|action)/\w+$")] = key(
        "its type, for example std_srvs/srv/SetBool or nav2_msgs/action/NavigateToPose"
    )
    fields: Annotated[Tree, ByHand(_values)] = key(
        "field of the request or goal: brief.FACT, a number, or =text", None
    )


class NodeKeys(Keys):
    """Any ROS 2 node."""

    launch: Annotated[tuple[str, ...], Wanted("a command, word by word")] = key(
        "command that starts it, from the pack's folder, for example [ros2, launch, my_pkg, nav.launch.py]"
    )
    publish: Annotated[
        Tree, ByHand(lambda: {"type": "object", "additionalProperties": mapping(PublishedKeys)})
    ] = key("messages that it is given, topic: {type: ..., channel: ...}")
    python: Annotated[str, Wanted("the path of an interpreter")] = key(
        "interpreter that has rclpy, for example /usr/bin/python3", "python3"
    )
    setup: str = key("file that a shell sources first, for example /opt/ros/jazzy/setup.bash", "")
    files: Annotated[tuple[str, ...], Wanted("a list of files and folders")] = key(
        "what else the node is made of: its content is part of the run's identity", ()
    )
    lifecycle: Annotated[tuple[str, ...], Wanted("a list of full names of nodes")] = key(
        "managed nodes by their full names, which are configured and activated in this order", ()
    )
    calls: Annotated[Tree, ByHand(lambda: {"type": "array", "items": mapping(CallKeys)})] = key(
        "services that are called and goals that are sent before the first tick", None
    )
    sim_time: bool = key("false for a node that does not listen to /clock", True)
    clock: Annotated[Literal["first", "last"], Word("place of the clock")] = key(
        "whether a tick's /clock comes before its messages or after them", "last"
    )
    latency: Annotated[Any, ByHand(latency_schema)] = key(
        "milliseconds of simulated time from a tick to its answer, a distribution as in model.yaml, or "
        "measured; 0: the world waits for the node",
        0,
    )
    timeout_s: float = key("longest wait for an answer, seconds of this machine", 10.0, gt=0, le=600)
    start_timeout_s: float = key("longest wait until its topics are there, seconds", 60.0, gt=0, le=600)


class RosKeys(NodeKeys):
    """A ROS 2 node that drives."""

    subscribe: Annotated[
        Tree, ByHand(lambda: {"type": "object", "additionalProperties": mapping(SubscribedKeys)})
    ] = key("messages that it answers each tick with, topic: {type: ..., action: ...}")
    time: Annotated[Literal["lockstep", "realtime"], Word("way of time")] = key(
        "lockstep (each tick waits for the node) or realtime (the wall clock paces both; not reproducible)",
        "lockstep",
    )
    lag_ms: float = key(
        "simulated milliseconds that the node itself waits before it answers", 0.0, ge=0, le=60_000
    )
    meanwhile: Annotated[Literal["zero", "last"], Word("way to wait")] = key(
        "what the robot is told at a tick at which no answer is due: zero, or last (action)", "zero"
    )


class RosModelKeys(NodeKeys):
    """A ROS 2 node that is a perception model."""

    classes: Annotated[tuple[str, ...], Wanted("a list of names")] = key("names of what it finds", ())
    subscribe: Annotated[
        Tree, ByHand(lambda: {"type": "object", "additionalProperties": mapping(HeardKeys)})
    ] = key("messages with which it answers each picture, topic: {type: ..., boxes: ...}")
    time: Annotated[Literal["lockstep", "realtime"], Word("way of time")] = key(
        "lockstep (each picture waits for its answer); realtime is for nodes that drive", "lockstep"
    )


class RosModelsKeys(Keys):
    """A model that is a ROS 2 node."""

    ros: Annotated[Tree, ByHand(lambda: mapping(RosModelKeys))] = key("the node, its topics and its timing")


class RosPolicyKeys(Keys):
    """A policy that is a ROS 2 node."""

    ros: Annotated[Tree, ByHand(lambda: mapping(RosKeys))] = key("the node, its topics and its timing")
