"""The door detector as a ROS 2 node: each picture is answered with its boxes, stamped as the picture.

The installation of ``make ros`` has no ``vision_msgs``, so the boxes are a ``sensor_msgs/msg/PointCloud``: a
point for the left top corner of each, and channels for the right bottom one, the score and the class.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import numpy as np
import rclpy
from geometry_msgs.msg import Point32
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import ChannelFloat32, Image, PointCloud

from simgate.policies.perception.outputs import Boxes
from simgate.policies.perception.package import load_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime


class Detector(Node):
    """Parameters are ``model`` (a model.yaml) and ``sleeps_s`` (how much slower it is made)."""

    def __init__(self) -> None:
        super().__init__("door_detector")
        self._detector = OnnxRuntime(load_package(Path(self.declare_parameter("model", "").value or "")))
        self._sleeps_s = float(self.declare_parameter("sleeps_s", 0.0).value or 0.0)
        self._found = self.create_publisher(PointCloud, "detections", 10)
        self.create_subscription(Image, "camera/image_raw", self._look, 10)

    def _look(self, message: Image) -> None:
        frame = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
        (boxes,) = self._detector.infer(frame[None])
        assert isinstance(boxes, Boxes)
        time.sleep(self._sleeps_s)
        said = PointCloud(header=message.header)
        said.points = [Point32(x=float(box[0]), y=float(box[1])) for box in boxes.boxes]
        for name, values in (
            ("right", boxes.boxes[:, 2]),
            ("bottom", boxes.boxes[:, 3]),
            ("score", boxes.scores),
            ("class", boxes.class_ids),
        ):
            said.channels.append(ChannelFloat32(name=name, values=[float(one) for one in values]))
        self._found.publish(said)


def main() -> None:
    """Runs until it is told to end."""
    rclpy.init(args=sys.argv)
    node = Detector()
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)


if __name__ == "__main__":
    main()
