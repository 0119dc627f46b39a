"""Readings of a robot's channels as messages of Foxglove's schemas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.FrameTransforms_pb2 import FrameTransforms
from foxglove_schemas_protobuf.JointState_pb2 import JointState
from foxglove_schemas_protobuf.JointStates_pb2 import JointStates
from foxglove_schemas_protobuf.LaserScan_pb2 import LaserScan
from foxglove_schemas_protobuf.PackedElementField_pb2 import PackedElementField
from foxglove_schemas_protobuf.PointCloud_pb2 import PointCloud
from foxglove_schemas_protobuf.Pose_pb2 import Pose
from foxglove_schemas_protobuf.PoseInFrame_pb2 import PoseInFrame
from foxglove_schemas_protobuf.Quaternion_pb2 import Quaternion
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from foxglove_schemas_protobuf.Vector3_pb2 import Vector3
from google.protobuf.timestamp_pb2 import Timestamp
from numpy.typing import NDArray

from simgate.harness.execution.pictures.kept_frames import as_jpeg
from simgate.sim_adapters.embodiment import Channel, sensor_of

_ENCODINGS = {"uint8": ("8UC1", "u1"), "uint16": ("16UC1", "<u2")}
POSES = (3, 7)
"""So many numbers a pose is said by: x, y and yaw, or place and quaternion."""


def topic_of(channel: str) -> str:
    """The topic of a channel: ``/front/rgb`` for ``front.rgb``."""
    return "/" + "".join(c if c.isalnum() or c in "-_/" else "_" for c in channel.replace(".", "/"))


def picture(pixels: NDArray[np.uint8], frame: str, at: Timestamp) -> RawImage:
    """A colour picture, every bit of it."""
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels).tobytes()
    return RawImage(
        timestamp=at,
        frame_id=frame,
        width=width,
        height=height,
        encoding="rgb8",
        step=3 * width,
        data=data,
    )


def small_picture(pixels: NDArray[np.uint8], frame: str, at: Timestamp) -> CompressedImage:
    """A colour picture as JPEG, where all bits of all of them would be too many."""
    return CompressedImage(timestamp=at, frame_id=frame, format="jpeg", data=as_jpeg(pixels))


def plane(values: NDArray[Any], frame: str, at: Timestamp) -> RawImage:
    """Numbers with rows and columns: distances in metres (32FC1), or numbers of classes."""
    height, width = values.shape[:2]
    if np.issubdtype(values.dtype, np.floating):
        encoding, kind = "32FC1", "<f4"
    else:
        most = int(values.max(initial=0))
        encoding, kind = _ENCODINGS["uint8" if most < 256 else "uint16"]
    data = np.ascontiguousarray(values.reshape(height, width).astype(kind)).tobytes()
    step = np.dtype(kind).itemsize * width
    return RawImage(
        timestamp=at, frame_id=frame, width=width, height=height, encoding=encoding, step=step, data=data
    )


def calibration(channel: Channel, at: Timestamp) -> CameraCalibration:
    """The lens of a camera."""
    lens = channel.intrinsics
    assert lens is not None
    focal, (x, y) = lens.focal_px, lens.centre_px
    return CameraCalibration(
        timestamp=at,
        frame_id=channel.frame,
        width=lens.width,
        height=lens.height,
        K=[focal, 0, x, 0, focal, y, 0, 0, 1],
        R=[1, 0, 0, 0, 1, 0, 0, 0, 1],
        P=[focal, 0, x, 0, 0, focal, y, 0, 0, 0, 1, 0],
    )


def points(reading: NDArray[Any], frame: str, at: Timestamp) -> PointCloud:
    """Points in metres."""
    places = np.ascontiguousarray(np.asarray(reading, "<f4").reshape(-1, 3))
    fields = [
        PackedElementField(name=name, offset=4 * k, type=PackedElementField.FLOAT32)
        for k, name in enumerate("xyz")
    ]
    return PointCloud(
        timestamp=at, frame_id=frame, pose=_nowhere(), point_stride=12, fields=fields, data=places.tobytes()
    )


def scan(reading: NDArray[Any], channel: Channel, at: Timestamp) -> LaserScan:
    """Distances of a flat scan in metres; ``inf`` where nothing is."""
    start, end = channel.span_rad or (0.0, 0.0)
    ranges = np.asarray(reading, np.float64).ravel().tolist()
    return LaserScan(
        timestamp=at,
        frame_id=channel.frame,
        pose=_nowhere(),
        start_angle=start,
        end_angle=end,
        ranges=ranges,
    )


def pose(frame: str, values: Sequence[float], at: Timestamp) -> PoseInFrame:
    """A pose in a frame.

    Args:
        frame: In what it is given.
        values: x m, y m, yaw rad, or x, y, z m and the quaternion w, x, y, z.
        at: When.
    """
    place, turn = _placed(values)
    return PoseInFrame(timestamp=at, frame_id=frame, pose=Pose(position=place, orientation=turn))


def transform(channel: str, frame: str, values: Sequence[float], at: Timestamp) -> FrameTransforms:
    """The same as what carries the robot's frame into the other one."""
    place, turn = _placed(values)
    child = sensor_of(channel) or "robot"
    moved = FrameTransform(
        timestamp=at, parent_frame_id=frame, child_frame_id=child, translation=place, rotation=turn
    )
    return FrameTransforms(transforms=[moved])


def pose_of(place: NDArray[np.float64], rotation: NDArray[np.float64]) -> Pose:
    """A place, shape (3,), metres, and a rotation, shape (3, 3)."""
    from scipy.spatial.transform import Rotation

    x, y, z = place.tolist()
    qx, qy, qz, qw = Rotation.from_matrix(rotation).as_quat().tolist()
    return Pose(position=Vector3(x=x, y=y, z=z), orientation=Quaternion(w=qw, x=qx, y=qy, z=qz))


def _placed(values: Sequence[float]) -> tuple[Vector3, Quaternion]:
    if len(values) == 3:
        x, y, yaw = values
        return Vector3(x=x, y=y), Quaternion(w=math.cos(0.5 * yaw), z=math.sin(0.5 * yaw))
    x, y, z, qw, qx, qy, qz = values
    return Vector3(x=x, y=y, z=z), Quaternion(w=qw, x=qx, y=qy, z=qz)


def joints(channel: str, names: Sequence[str], values: Sequence[float], at: Timestamp) -> JointStates:
    """Positions, velocities or efforts of joints, as the channel's name says."""
    word = channel.rpartition(".")[2]
    field = {"velocity": "velocity", "effort": "effort", "torque": "effort", "force": "effort"}.get(
        word, "position"
    )
    states = [JointState(name=name, **{field: value}) for name, value in zip(names, values, strict=True)]
    return JointStates(timestamp=at, joints=states)


def _nowhere() -> Pose:
    """The sensor's own place: Foxglove takes a pose without a rotation for none."""
    return Pose(position=Vector3(), orientation=Quaternion(w=1.0))
