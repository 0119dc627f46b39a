"""A declaration held against a robot: what is written into each message, what is read out of the answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simgate.policies.documents.diagnostics import near
from simgate.policies.network.plan import place_of
from simgate.policies.policy import Brief
from simgate.policies.ros.declaration import NodeSpec, Published, RosSpec
from simgate.sim_adapters.embodiment import ActionSpec, Channel
from simgate.sim_adapters.observation import Observation

At = tuple[str | int, ...]
Wrong = Callable[[At, str, str], None]
"""Told where in the declaration something does not fit, what, and what to do."""
Fields = dict[str, Any]
Writer = Callable[[NDArray[Any]], Fields]
"""A channel's reading of one world -> fields of the message by path."""

_ENCODINGS = {"uint8": "mono8", "uint16": "mono16", "float32": "32FC1", "int32": "32SC1"}
_FLOAT32 = 7
"""Of ``sensor_msgs/msg/PointField``."""
_QUATERNION = ("w", "x", "y", "z")


def _image(channel: Channel) -> Writer | None:
    colours = channel.kind == "rgb"
    encoding = "rgb8" if colours else _ENCODINGS.get(channel.dtype)
    if len(channel.shape) != (3 if colours else 2) or encoding is None:
        return None
    height, width = channel.shape[:2]
    step = math.prod(channel.shape[1:]) * np.dtype(channel.dtype).itemsize
    fixed = {"height": height, "width": width, "encoding": encoding, "is_bigendian": 0, "step": step}
    return lambda value: {**fixed, "data": np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)}


def _compressed(channel: Channel) -> Writer | None:
    """As PNG, so that the node sees the very picture."""
    if channel.kind != "rgb":
        return None

    def write(value: NDArray[Any]) -> Fields:
        packed = BytesIO()
        Image.fromarray(value).save(packed, "png", compress_level=1)
        return {"format": "png", "data": np.frombuffer(packed.getvalue(), np.uint8)}

    return write


def _lens(channel: Channel) -> Writer | None:
    lens = channel.intrinsics
    if lens is None:
        return None
    f, (x, y) = lens.focal_px, lens.centre_px
    # The centre of the first pixel is at 0 in ROS, and its corner here.
    x, y = x - 0.5, y - 0.5
    said = {
        "height": lens.height,
        "width": lens.width,
        "distortion_model": "plumb_bob",
        "d": [0.0] * 5,
        "k": [f, 0.0, x, 0.0, f, y, 0.0, 0.0, 1.0],
        "r": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "p": [f, 0.0, x, 0.0, 0.0, f, y, 0.0, 0.0, 0.0, 1.0, 0.0],
    }
    return lambda value: dict(said)


def _cloud(channel: Channel) -> Writer | None:
    if channel.kind != "points" or channel.shape[-1:] != (3,):
        return None
    count = math.prod(channel.shape[:-1])
    said: Fields = {"height": 1, "width": count, "point_step": 12, "row_step": 12 * count}
    for place, axis in enumerate("xyz"):
        field = {"name": axis, "offset": 4 * place, "datatype": _FLOAT32, "count": 1}
        said |= {f"fields[{place}].{name}": value for name, value in field.items()}

    def write(value: NDArray[Any]) -> Fields:
        points = np.ascontiguousarray(value, "<f4")
        return {
            **said,
            "data": points.reshape(-1).view(np.uint8),
            "is_dense": bool(np.isfinite(points).all()),
        }

    return write


def _row(path: str, names: str = "") -> Callable[[Channel], Writer | None]:
    def made(channel: Channel) -> Writer | None:
        if len(channel.shape) != 1 or channel.kind == "text":
            return None
        named = {names: list(channel.entries)} if names and channel.entries else {}
        return lambda value: {path: value, **named}

    return made


def _vector(prefix: str) -> Callable[[Channel], Writer | None]:
    def made(channel: Channel) -> Writer | None:
        if channel.shape != (3,):
            return None
        return lambda value: {f"{prefix}{axis}": float(one) for axis, one in zip("xyz", value, strict=True)}

    return made


def _quaternion(prefix: str) -> Callable[[Channel], Writer | None]:
    """Of four numbers w, x, y, z, or of the turn of a pose."""

    def made(channel: Channel) -> Writer | None:
        if channel.shape not in ((4,), (7,)):
            return None
        return lambda value: {
            f"{prefix}{name}": float(one) for name, one in zip(_QUATERNION, value[-4:], strict=True)
        }

    return made


def _pose(
    prefix: str, at: str = "position.", turned: str = "orientation."
) -> Callable[[Channel], Writer | None]:
    def made(channel: Channel) -> Writer | None:
        if channel.kind != "pose" or channel.shape not in ((3,), (7,)):
            return None
        flat = channel.shape == (3,)

        def write(value: NDArray[Any]) -> Fields:
            x, y, z = (value[0], value[1], 0.0) if flat else value[:3]
            turn = (math.cos(value[2] / 2), 0.0, 0.0, math.sin(value[2] / 2)) if flat else value[3:]
            place = {f"{prefix}{at}{axis}": float(one) for axis, one in zip("xyz", (x, y, z), strict=True)}
            return place | {
                f"{prefix}{turned}{name}": float(one) for name, one in zip(_QUATERNION, turn, strict=True)
            }

        return write

    return made


def _twist(prefix: str) -> Callable[[Channel], Writer | None]:
    paths = [f"{prefix}{kind}.{axis}" for kind in ("linear", "angular") for axis in "xyz"]

    def made(channel: Channel) -> Writer | None:
        if channel.kind != "twist" or channel.shape not in ((2,), (6,)):
            return None
        taken = [paths[0], paths[5]] if channel.shape == (2,) else paths
        return lambda value: {path: float(one) for path, one in zip(taken, value, strict=True)}

    return made


KNOWN: Mapping[str, Mapping[str, Callable[[Channel], Writer | None]]] = {
    "sensor_msgs/msg/Image": {"image": _image},
    "sensor_msgs/msg/CompressedImage": {"image": _compressed},
    "sensor_msgs/msg/CameraInfo": {"lens": _lens},
    "sensor_msgs/msg/PointCloud2": {"points": _cloud},
    "sensor_msgs/msg/LaserScan": {"ranges": _row("ranges")},
    "sensor_msgs/msg/JointState": {part: _row(part, "name") for part in ("position", "velocity", "effort")},
    "nav_msgs/msg/Odometry": {"pose": _pose("pose.pose."), "twist": _twist("twist.twist.")},
    "geometry_msgs/msg/PoseStamped": {"pose": _pose("pose.")},
    "sensor_msgs/msg/Imu": {
        "orientation": _quaternion("orientation."),
        "angular_velocity": _vector("angular_velocity."),
        "linear_acceleration": _vector("linear_acceleration."),
    },
    "tf2_msgs/msg/TFMessage": {"pose": _pose("transforms[0].transform.", "translation.", "rotation.")},
    "geometry_msgs/msg/TwistStamped": {"twist": _twist("twist.")},
    "geometry_msgs/msg/Twist": {"twist": _twist("")},
    "std_msgs/msg/Float64MultiArray": {"data": _row("data")},
}
"""Type of a message -> its parts that are filled by a channel; the first is that of ``channel:``."""


@dataclass(frozen=True, slots=True)
class Message:
    """One topic that the node is given, resolved.

    Attributes:
        declared: As declared.
        channels: What must be new for the next message.
        writers: Channel and what it fills, in order.
        entries: Path -> channel and place of a number in it, None for all of it.
        facts: Path -> names that lead to what the task tells.
        fixed: Path -> constant.
    """

    declared: Published
    channels: tuple[str, ...]
    writers: tuple[tuple[str, Writer], ...]
    entries: Mapping[str, tuple[str, int | None]]
    facts: Mapping[str, tuple[str, ...]]
    fixed: Fields

    def fields(self, observation: Observation, world: int, brief: Brief) -> Fields:
        """What is written into the next message.

        Raises:
            ValueError: The task does not tell a fact.
        """
        said: Fields = {}
        for name, write in self.writers:
            said |= write(observation.channels[name][world])
        for path, (name, place) in self.entries.items():
            value = observation.channels[name][world]
            said[path] = value.reshape(-1) if place is None else float(value.reshape(-1)[place])
        said |= {path: _told(brief, names) for path, names in self.facts.items()}
        said |= self.fixed
        if "ranges" in said and "angle_min" in said and "angle_max" in said:
            said.setdefault(
                "angle_increment", (said["angle_max"] - said["angle_min"]) / max(1, len(said["ranges"]) - 1)
            )
        return said


def channels_of(messages: Sequence[Message]) -> tuple[str, ...]:
    """Every channel that is sent, in the order of the messages."""
    return tuple(dict.fromkeys(name for one in messages for name in one.channels))


def due_messages(
    messages: Sequence[Message],
    observation: Observation,
    world: int,
    brief: Brief,
    sent: dict[int, int],
    time_ns: Callable[[int], int],
) -> list[Any]:
    """The messages of a tick: those of which a reading is new, and at the first tick all.

    Args:
        messages: All that there are.
        observation: What is sensed.
        world: Whose.
        brief: What its task tells.
        sent: Place of a message -> physics step of its newest reading that was sent; brought up to date.
        time_ns: Physics step -> simulated time.

    Returns:
        Of each its place, fields, stamp and frame.
    """
    due = []
    for number, message in enumerate(messages):
        stamps = [observation.stamps[name] for name in message.channels]
        newest = max(stamps, default=observation.step)
        lost = any(world in observation.lost.get(name, ()) for name in message.channels)
        if newest <= sent.get(number, -1) or (message.declared.once and number in sent):
            continue
        if not (lost and message.declared.once):  # It is then still to come.
            sent[number] = newest
        if not lost:
            fields = message.fields(observation, world, brief)
            due.append([number, fields, time_ns(newest), message.declared.frame])
    return due


def calls_of(spec: NodeSpec, brief: Brief) -> list[dict[str, Any]]:
    """What is called before the first tick, with its fields filled in.

    Raises:
        ValueError: The task does not tell a fact.
    """
    return [
        {
            "name": one.name,
            "type": one.type,
            "fields": {path: _filled(value, brief) for path, value in one.fields.items()},
        }
        for one in spec.calls
    ]


def _filled(value: str | bool | int | float, brief: Brief) -> Any:
    if not isinstance(value, str):
        return value
    return value[1:] if value.startswith("=") else _told(brief, tuple(value.split(".")[1:]))


def _told(brief: Brief, names: tuple[str, ...]) -> Any:
    whole = ".".join(names)
    value: Any = {"instruction": brief.instruction, "seed": brief.seed, **brief.facts}
    for name in names:
        try:
            value = value[int(name)] if isinstance(value, list | tuple) else value[name]
        except (KeyError, IndexError, ValueError, TypeError):
            raise ValueError(f"the task tells no '{whole}'; it tells {', '.join(brief.facts)}") from None
    return list(value) if isinstance(value, tuple) else value


def plan_messages(
    spec: NodeSpec, channels: Sequence[Channel], action: ActionSpec, who: str, wrong: Wrong
) -> tuple[Message, ...]:
    """Resolves a declaration.

    Args:
        spec: The declaration.
        channels: What the robot senses.
        action: What it is told, by a node that drives.
        who: The robot, in words.
        wrong: Told each thing that does not fit; the plan is then of no use.
    """
    known = {channel.name: channel for channel in channels}
    if isinstance(spec, RosSpec):
        _check_action(spec, action, who, wrong)
    messages = tuple(_message(one, known, who, wrong) for one in spec.publish)
    if not isinstance(spec, RosSpec) and not channels_of(messages):
        wrong(("publish",), f"the node is shown nothing of {who}", "write channel: CHANNEL at a topic")
    return messages


def _check_action(spec: RosSpec, action: ActionSpec, who: str, wrong: Wrong) -> None:
    told: dict[str, str] = {}
    for one in spec.subscribe:
        at: At = ("subscribe", one.topic, "action")
        for name in one.action:
            if name not in action.names:
                wrong(at, f"{who} is told no '{name}'", near(name, action.names))
            elif name in told:
                wrong(at, f"'{name}' comes on {told[name]} already", "leave one of them out")
            told[name] = one.topic
        if one.action and one.optional:
            wrong(at, f"what {who} is told cannot be optional", "leave optional out")
    lacking = [name for name in action.names if name not in told]
    if lacking:
        message = f"no topic tells {who} its {', '.join(lacking)}"
        wrong(("subscribe",), message, f"write action: {{{lacking[0]}: FIELD}} at a topic")


def _message(one: Published, known: Mapping[str, Channel], who: str, wrong: Wrong) -> Message:
    at: At = ("publish", one.topic)
    parts = KNOWN.get(one.type, {})
    writers: list[tuple[str, Writer]] = []
    entries: dict[str, tuple[str, int | None]] = {}
    facts: dict[str, tuple[str, ...]] = {}
    fixed: Fields = {}
    for part, name in one.channels.items():
        make = parts.get(part or next(iter(parts), ""))
        if make is None:
            hint = near(part, parts) if parts else "write fields: {FIELD: channel} for a type of your own"
            wrong(at, f"no channel fills '{part or 'the whole'}' of {one.type}", hint)
        elif name not in known:
            wrong(at, f"{who} has no channel '{name}'", near(name, known))
        elif (write := make(known[name])) is None:
            channel = known[name]
            what = f"'{name}' is {channel.kind} of shape {channel.shape}"
            wrong(at, f"{what}, which is no {part or next(iter(parts))} of {one.type}", "write fields:")
        else:
            writers.append((name, write))
    for path, value in one.fields.items():
        place = _entry(value, known) if isinstance(value, str) else None
        if not isinstance(value, str):
            fixed[path] = value
        elif value.startswith("="):
            fixed[path] = value[1:]
        elif value.startswith("brief."):
            facts[path] = tuple(value.split(".")[1:])
        elif place is not None:
            entries[path] = place
        else:
            hint = "write CHANNEL, CHANNEL.ENTRY, brief.FACT, a number, or =text"
            wrong((*at, "fields", path), f"{who} senses no '{value}'", f"{hint}; {near(value, known)}")
    used = dict.fromkeys([*(name for name, _ in writers), *(name for name, _ in entries.values())])
    return Message(one, tuple(used), tuple(writers), entries, facts, fixed)


def _entry(text: str, known: Mapping[str, Channel]) -> tuple[str, int | None] | None:
    """``CHANNEL`` or ``CHANNEL.ENTRY``, with an entry's name or place."""
    if text in known:
        return text, None
    name, _, entry = text.rpartition(".")
    if name not in known:
        return None
    place = place_of(known[name], int(entry) if entry.isdigit() else entry)
    return None if place is None else (name, place)
