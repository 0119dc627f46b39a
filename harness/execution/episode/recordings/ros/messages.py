"""What a recording holds as messages of ROS 2: pictures, scans, poses, joints, values, events."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simgate.harness.execution.episode.recordings.mcap.attached import ENDING
from simgate.sim_adapters.files.plain_file import require_plain

BEGIN_NS = 10**9
"""Stamp of an episode's begin: for a ROS clock 0 counts as not set. A node in the loop sees the same."""
_MOST_BYTES = 1 << 34
_FLOAT32 = 7
"""Of ``sensor_msgs/msg/PointField``."""
_LEVELS = (0, 10, 20, 30, 40, 50)
"""Of ``rcl_interfaces/msg/Log``, by the numbers of Foxglove's."""


@dataclass(frozen=True, slots=True)
class RosMessage:
    """One message.

    Attributes:
        stamp_ns: Simulated time.
        topic: As in the recording.
        kind: Its type.
        values: Its fields.
    """

    stamp_ns: int
    topic: str
    kind: str
    values: dict[str, Any]


def ros_messages(path: Path) -> Iterator[RosMessage]:
    """All messages of a recording that ROS has a type for, in order of time; no annotations of pictures.

    Args:
        path: An MCAP recording of simgate.

    Raises:
        OSError: It cannot be read.
        ValueError: It is damaged, or was written without MCAP.
    """
    if path.suffix != ENDING:
        message = f"{path} holds numbers alone, for its run had no simgate[recordings]"
        raise ValueError(
            f"{message}: install that, and simgate replay RUN VARIANT makes a recording with all"
        )
    from mcap.exceptions import McapError
    from mcap.reader import make_reader
    from mcap_protobuf.decoder import DecoderFactory

    require_plain(path, _MOST_BYTES)
    factory = DecoderFactory()
    with path.open("rb") as file:
        try:
            for schema, channel, message in make_reader(file, validate_crcs=True).iter_messages():
                stamp_ns = BEGIN_NS + message.log_time
                if channel.message_encoding == "json":
                    yield RosMessage(stamp_ns, channel.topic, *_numbers(json.loads(message.data)))
                elif schema is not None and (make := _MADE.get(schema.name)) is not None:
                    decode = factory.decoder_for(channel.message_encoding, schema)
                    assert decode is not None
                    kind, values = make(decode(message.data), _time(stamp_ns))
                    yield RosMessage(stamp_ns, channel.topic, kind, values)
        except (McapError, EOFError, RuntimeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is cut off or damaged: {str(error) or type(error).__name__}") from None


def _time(stamp_ns: int) -> dict[str, int]:
    sec, nanosec = divmod(stamp_ns, 10**9)
    return {"sec": sec, "nanosec": nanosec}


def clock(stamp_ns: int) -> RosMessage:
    """The time as simulated nodes are told it."""
    return RosMessage(stamp_ns, "/clock", "rosgraph_msgs/msg/Clock", {"clock": _time(stamp_ns)})


Made = tuple[str, dict[str, Any]]


def _header(said: Any, at: dict[str, int]) -> dict[str, Any]:
    return {"stamp": at, "frame_id": said.frame_id}


def _numbers(said: dict[str, Any]) -> Made:
    """Numbers with names, which are the label of the only dimension; what JSON cannot say is nan."""
    values = [math.nan if value is None else float(value) for value in said.values()]
    names = ",".join(said)
    layout = {"dim": [{"label": names, "size": len(values), "stride": len(values)}]}
    return "std_msgs/msg/Float64MultiArray", {"layout": layout, "data": values}


def _image(said: Any, at: dict[str, int]) -> Made:
    pixels = np.frombuffer(said.data, np.uint8)
    size = {"height": said.height, "width": said.width, "step": said.step}
    return "sensor_msgs/msg/Image", {
        "header": _header(said, at),
        **size,
        "encoding": said.encoding,
        "data": pixels,
    }


def _compressed(said: Any, at: dict[str, int]) -> Made:
    packed = np.frombuffer(said.data, np.uint8)
    return "sensor_msgs/msg/CompressedImage", {
        "header": _header(said, at),
        "format": said.format,
        "data": packed,
    }


def _lens(said: Any, at: dict[str, int]) -> Made:
    # Foxglove counts as ROS does; what simgate writes has the first pixel's corner at 0, its centre at 0.5.
    k, p = np.array(said.K), np.array(said.P)
    k[[2, 5]] -= 0.5
    p[[2, 6]] -= 0.5
    size = {"height": said.height, "width": said.width, "distortion_model": "plumb_bob", "d": [0.0] * 5}
    return "sensor_msgs/msg/CameraInfo", {
        "header": _header(said, at),
        **size,
        "k": k,
        "r": list(said.R),
        "p": p,
    }


def _cloud(said: Any, at: dict[str, int]) -> Made:
    count = len(said.data) // said.point_stride
    fields = [
        {"name": one.name, "offset": one.offset, "datatype": _FLOAT32, "count": 1} for one in said.fields
    ]
    values = {
        "header": _header(said, at), "height": 1, "width": count, "fields": fields,
        "point_step": said.point_stride,
        "row_step": len(said.data), "data": np.frombuffer(said.data, np.uint8),
        "is_dense": bool(np.isfinite(np.frombuffer(said.data, "<f4")).all()),
    }  # fmt: skip
    return "sensor_msgs/msg/PointCloud2", values


def _scan(said: Any, at: dict[str, int]) -> Made:
    ranges = np.array(said.ranges, np.float32)
    finite = ranges[np.isfinite(ranges)]
    values = {
        "header": _header(said, at), "angle_min": said.start_angle, "angle_max": said.end_angle,
        "angle_increment": (said.end_angle - said.start_angle) / max(1, len(ranges) - 1),
        "range_max": float(finite.max(initial=0.0)), "ranges": ranges,
    }  # fmt: skip
    return "sensor_msgs/msg/LaserScan", values


def _xyz(said: Any) -> dict[str, float]:
    return {"x": said.x, "y": said.y, "z": said.z}


def _turn(said: Any) -> dict[str, float]:
    return {**_xyz(said), "w": said.w}


def _pose(said: Any, at: dict[str, int]) -> Made:
    pose = {"position": _xyz(said.pose.position), "orientation": _turn(said.pose.orientation)}
    return "geometry_msgs/msg/PoseStamped", {"header": _header(said, at), "pose": pose}


def _transforms(said: Any, at: dict[str, int]) -> Made:
    found = [
        {
            "header": {"stamp": at, "frame_id": one.parent_frame_id},
            "child_frame_id": one.child_frame_id,
            "transform": {"translation": _xyz(one.translation), "rotation": _turn(one.rotation)},
        }
        for one in said.transforms
    ]
    return "tf2_msgs/msg/TFMessage", {"transforms": found}


def _joints(said: Any, at: dict[str, int]) -> Made:
    values: dict[str, Any] = {"header": {"stamp": at}, "name": [one.name for one in said.joints]}
    for part in ("position", "velocity", "effort"):
        if said.joints and all(one.HasField(part) for one in said.joints):
            values[part] = [getattr(one, part) for one in said.joints]
    return "sensor_msgs/msg/JointState", values


def _event(said: Any, at: dict[str, int]) -> Made:
    level = _LEVELS[said.level] if said.level < len(_LEVELS) else 0
    return "rcl_interfaces/msg/Log", {"stamp": at, "level": level, "name": said.name, "msg": said.message}


_MADE: dict[str, Callable[[Any, dict[str, int]], Made]] = {
    "foxglove.RawImage": _image,
    "foxglove.CompressedImage": _compressed,
    "foxglove.CameraCalibration": _lens,
    "foxglove.PointCloud": _cloud,
    "foxglove.LaserScan": _scan,
    "foxglove.PoseInFrame": _pose,
    "foxglove.FrameTransforms": _transforms,
    "foxglove.JointStates": _joints,
    "foxglove.Log": _event,
}
"""Foxglove's schema -> message of ROS."""
