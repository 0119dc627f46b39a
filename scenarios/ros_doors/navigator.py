"""The door robot's whole navigator as a ROS 2 node: camera, scan and odometry in, velocity and report out.

Detector and pilot are those of ``policy: door_navigator``; what is new is only how they are told and asked.
It decides once each period of its timer, by what has come until then; as on the robot, the detector's answer
to a picture is there one period after the picture.
"""

from __future__ import annotations

import contextlib
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import Image, LaserScan
from std_msgs.msg import Bool, String

from simgate.policies.driving import Mission
from simgate.policies.navigation.pilot import Pilot
from simgate.policies.perception.outputs import Boxes
from simgate.policies.perception.package import load_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime


class Navigator(Node):
    """Parameters are ``model`` (a model.yaml), ``rate_hz``, ``cruise_mps``, and what the mission tells."""

    def __init__(self) -> None:
        super().__init__("door_navigator")
        defaults = {
            "model": "", "rate_hz": 10.0, "cruise_mps": 0.8,
            "robot_radius_m": 0.25, "max_speed_mps": 1.2, "goal_radius_m": 0.5,
        }  # fmt: skip
        self._set: Any = {name: self.declare_parameter(name, value).value for name, value in defaults.items()}
        self._detector = OnnxRuntime(load_package(Path(self._set["model"])))
        self._pilot: Pilot | None = None
        self._goal: tuple[float, float] | None = None
        self._scan: LaserScan | None = None
        self._odometry: Odometry | None = None
        self._seen: Boxes | None = None
        self._picture: tuple[int, Any] | None = None
        for kind, topic, take in (
            (Image, "camera/image_raw", self._look),
            (LaserScan, "scan", self._take_scan),
            (Odometry, "odom", self._take_odometry),
            (PoseStamped, "goal_pose", self._take_goal),
        ):
            self.create_subscription(kind, topic, take, 10)
        self._velocity = self.create_publisher(TwistStamped, "cmd_vel", 10)
        self._report = self.create_publisher(String, "report", 10)
        self._mode = self.create_publisher(String, "mode", 10)
        self._done = self.create_publisher(Bool, "done", 10)
        self.create_timer(1.0 / self._set["rate_hz"], self._decide)

    def _look(self, message: Image) -> None:
        frame = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
        self._picture = (_nanoseconds(message.header.stamp), frame)

    def _take_scan(self, message: LaserScan) -> None:
        self._scan = message

    def _take_odometry(self, message: Odometry) -> None:
        self._odometry = message

    def _take_goal(self, message: PoseStamped) -> None:
        self._goal = (message.pose.position.x, message.pose.position.y)

    def _decide(self) -> None:
        if self._goal is None or self._scan is None or self._odometry is None:
            return
        if self._pilot is None:
            told = [self._set[name] for name in ("goal_radius_m", "robot_radius_m", "max_speed_mps")]
            period_s = 1.0 / self._set["rate_hz"]
            self._pilot = Pilot(Mission(self._goal, *told), period_s, self._set["cruise_mps"])
        body, speed = self._odometry.pose.pose, self._odometry.twist.twist
        yaw = 2.0 * math.atan2(body.orientation.z, body.orientation.w)
        pose = np.array([body.position.x, body.position.y, yaw])
        twist = np.array([speed.linear.x, speed.angular.z])
        ranges = np.array(self._scan.ranges, np.float64)
        stamp = self._odometry.header.stamp
        act = self._pilot.act(_nanoseconds(stamp), pose, twist, ranges, self._seen)
        self._seen = self._detected()
        velocity = TwistStamped()
        velocity.header.stamp = stamp
        velocity.twist.linear.x, velocity.twist.angular.z = map(float, act.values)
        self._report.publish(String(data=act.report or ""))
        self._mode.publish(String(data=act.mode))
        self._done.publish(Bool(data=act.done))
        self._velocity.publish(velocity)

    def _detected(self) -> Boxes | None:
        """What is in the picture that has come since the last period; None where none has."""
        picture, self._picture = self._picture, None
        if picture is None:
            return None
        (boxes,) = self._detector.infer(picture[1][None])
        assert isinstance(boxes, Boxes)
        return replace(boxes, frame_step=picture[0])


def _nanoseconds(stamp: Any) -> int:
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)


def main() -> None:
    """Runs until it is told to end."""
    rclpy.init(args=sys.argv)
    node = Navigator()
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)


if __name__ == "__main__":
    main()
