"""Messages of sensors besides cameras as the numbers of a channel: clouds, scans, odometry, joints, ..."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import Kind
from simgate.sim_adapters.replay.log_file import LogFile
from simgate.sim_adapters.scene.log import LogChannel
from simgate.sim_adapters.worlds.native_file import NativeError

MOST_NUMBERS = 30_000_000
"""Of one reading."""
MOST_JOINTS = 10_000
Values = NDArray[np.float64]
_AXES = ("x", "y", "z")
_TURN = ("w", "x", "y", "z")
_FLOATS = {7: "f4", 8: "f8"}
"""Types of the fields of a cloud, by their numbers in ROS and Foxglove."""


def _cloud(said: Any) -> Values:
    """Points (N, 3), metres; ``inf`` where nothing was met."""
    fields = {field.name: field for field in said.fields}
    stride = int(getattr(said, "point_step", 0) or getattr(said, "point_stride", 0))
    order = ">" if getattr(said, "is_bigendian", False) else "<"
    data = np.frombuffer(bytes(said.data), np.uint8)
    wide, tall = (int(getattr(said, name, 0)) for name in ("width", "height"))
    count = wide * tall if hasattr(said, "width") else data.size // max(stride, 1)
    if count == 0:
        return np.empty((0, 3))
    if not fields.keys() >= set(_AXES):
        raise ValueError(f"a cloud of fields {', '.join(fields)[:60]} has no x, y and z")
    row = int(getattr(said, "row_step", 0)) or stride * wide
    if stride <= 0 or count * 3 > MOST_NUMBERS or (tall > 1 and row != stride * wide):
        raise ValueError(f"a cloud of {count} points of {stride} bytes is none")
    if data.size < count * stride:
        raise ValueError(f"a cloud of {count} points of {stride} bytes has only {data.size} bytes")
    columns = []
    for axis in _AXES:
        number = int(getattr(fields[axis], "datatype", 0) or getattr(fields[axis], "type", 0))
        kind = np.dtype(order + _FLOATS[number]) if number in _FLOATS else None
        if kind is None or fields[axis].offset + kind.itemsize > stride:
            raise ValueError(f"the field {axis} of a cloud is no float within a point")
        columns.append(np.ndarray((count,), kind, data, int(fields[axis].offset), (stride,)))
    points = np.stack(columns, axis=1).astype(np.float64)
    points[~np.isfinite(points).all(axis=1)] = np.inf
    return points


def _ranges(said: Any) -> Values:
    """Distances (N,), metres; ``inf`` where nothing was met."""
    found = np.array(said.ranges, np.float64)
    low, high = float(getattr(said, "range_min", 0.0)), float(getattr(said, "range_max", math.inf))
    return np.where(np.isfinite(found) & (found >= low) & (found <= (high or math.inf)), found, np.inf)


def _imu(said: Any) -> list[float]:
    return _of(said.angular_velocity, _AXES) + _of(said.linear_acceleration, _AXES)


def _of(said: Any, names: tuple[str, ...]) -> list[float]:
    return [float(getattr(said, name)) for name in names]


def _pose(said: Any) -> list[float]:
    place = said.pose
    place = getattr(place, "pose", place)
    return _of(place.position, _AXES) + _of(place.orientation, _TURN)


def _twist(said: Any) -> list[float]:
    moves = said.twist
    moves = getattr(moves, "twist", moves)
    return _of(moves.linear, _AXES) + _of(moves.angular, _AXES)


_POSE = ("x", "y", "z", "qw", "qx", "qy", "qz")
_TWIST = ("vx", "vy", "vz", "wx", "wy", "wz")
_KINDS: dict[str, tuple[Kind, Callable[[Any], Any], str, tuple[str, ...]]] = {
    "sensor_msgs/PointCloud2": ("points", _cloud, "m", ()),
    "foxglove.PointCloud": ("points", _cloud, "m", ()),
    "sensor_msgs/LaserScan": ("ranges", _ranges, "m", ()),
    "foxglove.LaserScan": ("ranges", _ranges, "m", ()),
    "sensor_msgs/Imu": ("imu", _imu, "rad/s, m/s2", ("wx", "wy", "wz", "ax", "ay", "az")),
    "nav_msgs/Odometry": ("pose", _pose, "m, quaternion", _POSE),
    "geometry_msgs/PoseStamped": ("pose", _pose, "m, quaternion", _POSE),
    "foxglove.PoseInFrame": ("pose", _pose, "m, quaternion", _POSE),
    "geometry_msgs/TwistStamped": ("twist", _twist, "m/s, rad/s", _TWIST),
}
_JOINTS = ("sensor_msgs/JointState", "foxglove.JointStates")


def _joints(said: Any) -> dict[str, float]:
    if hasattr(said, "joints"):
        return {one.name: float(one.position) for one in said.joints}
    return dict(zip(map(str, said.name), map(float, said.position), strict=False))


def channel_of(log: LogFile, name: str, source: str) -> LogChannel:
    """What a topic gives as a channel.

    Args:
        log: Opened; all messages of the topic are looked at.
        name: Of the channel; one of odometry that ends in ``twist`` reads that.
        source: The topic; with ``#PATH`` a number or list of numbers in messages of any type.

    Raises:
        NativeError: There is no such topic, or none of its messages can be read.
    """
    topic, _, path = source.partition("#")
    if topic not in log.topics:
        message = f"the log has no topic '{topic}' for the channel '{name}'"
        raise NativeError("element", message, unknown=topic, known=tuple(log.topics))
    kind, unit, entries, read = _how(log.topics[topic], name, path)
    shape: tuple[int, ...] | None = None
    span: tuple[float, float] | None = None
    joints: dict[str, None] = {}
    try:
        for _, said in log.messages(topic):
            if kind == "joints":
                joints |= dict.fromkeys(_joints(said))
                shape = (len(joints),)
                continue
            found = np.asarray(read(said), np.float64)
            if shape is not None and found.shape != shape and kind != "points":
                raise ValueError(f"a reading of shape {found.shape} follows ones of {shape}")
            shape = (max(len(found), shape[0] if shape else 1), 3) if kind == "points" else found.shape
            span = _span(said) if kind == "ranges" else None
    except (ValueError, AttributeError, TypeError) as error:
        raise NativeError("file", f"{topic}: {' '.join(str(error).split())[:200]}") from None
    if shape is None or len(joints) > MOST_JOINTS or 0 in shape:
        raise NativeError("file", f"the log has no reading on {topic} for the channel '{name}'")
    return LogChannel(name, source, kind, shape, unit, tuple(joints) or entries, span)


def reader_of(log: LogFile, channel: LogChannel) -> Callable[[Any, Values], None]:
    """What writes a message of a channel's topic into its newest values; may raise ``ValueError``."""
    topic, _, path = channel.topic.partition("#")
    kind, _, _, read = _how(log.topics[topic], channel.name, path)
    places = {entry: k for k, entry in enumerate(channel.entries)}

    def write(said: Any, values: Values) -> None:
        if kind == "joints":
            for joint, position in _joints(said).items():
                values[places[joint]] = position
            return
        found = np.asarray(read(said), np.float64)
        if kind == "points":
            values[:] = np.inf
            values[: len(found)] = found
        else:
            values[:] = found

    return write


def _how(kind: str, name: str, path: str) -> tuple[Kind, str, tuple[str, ...], Callable[[Any], Any]]:
    plain = kind.replace("/msg/", "/")
    if path:
        return "vector", "", (), lambda said: _field(said, path)
    if plain in _JOINTS:
        return "joints", "rad", (), _joints
    if plain == "nav_msgs/Odometry" and name.endswith("twist"):
        return "twist", "m/s, rad/s", _TWIST, _twist
    if plain not in _KINDS:
        known = ", ".join(sorted({*_KINDS, *_JOINTS}))
        message = f"messages of the type {kind} give no channel '{name}'"
        raise NativeError("file", message, f"write TOPIC#FIELD for its numbers; read are {known}")
    found = _KINDS[plain]
    return found[0], found[2], found[3], found[1]


def _field(said: Any, path: str) -> Values:
    for part in path.split("."):
        if not hasattr(said, part) or part.startswith("_"):
            raise ValueError(f"a message has no field '{path}'")
        said = getattr(said, part)
    return np.atleast_1d(np.asarray(said, np.float64)).reshape(-1)


def _span(said: Any) -> tuple[float, float]:
    if hasattr(said, "start_angle"):
        return float(said.start_angle), float(said.end_angle)
    return float(said.angle_min), float(said.angle_max)
