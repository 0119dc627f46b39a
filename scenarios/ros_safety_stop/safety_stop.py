"""The LiDAR safety stop of a robotics course, as two nodes: what is nearest ahead, and a stop before it.

``/scan`` -> ``nearest`` -> ``/nearest`` -> ``guard`` -> ``/cmd_vel`` and ``/alert``.
"""

from __future__ import annotations

import contextlib
import math
import sys

import rclpy
from geometry_msgs.msg import PointStamped, TwistStamped
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Bool


class Nearest(Node):
    """Publishes how far ahead the nearest thing is that the robot would touch; parameter ``half_width_m``."""

    def __init__(self) -> None:
        super().__init__("nearest")
        self._half_width_m = float(self.declare_parameter("half_width_m", 0.3).value or 0.0)
        self._nearest = self.create_publisher(PointStamped, "nearest", 10)
        self.create_subscription(LaserScan, "scan", self._look, 10)

    def _look(self, scan: LaserScan) -> None:
        said = PointStamped(header=scan.header)
        said.point.x = math.inf
        for k, distance in enumerate(scan.ranges):
            angle = scan.angle_min + k * scan.angle_increment
            ahead, aside = distance * math.cos(angle), distance * math.sin(angle)
            if math.isfinite(distance) and ahead > 0 and abs(aside) <= self._half_width_m:
                said.point.x = min(said.point.x, ahead)
        self._nearest.publish(said)


class Guard(Node):
    """Drives ahead, slower the nearer something is, and stops; ``stop_m``, ``slow_m``, ``cruise_mps``."""

    def __init__(self) -> None:
        super().__init__("guard")
        defaults = {"stop_m": 0.8, "slow_m": 1.6, "cruise_mps": 0.6}
        self._set = {
            name: float(self.declare_parameter(name, one).value or 0.0) for name, one in defaults.items()
        }
        self._alert = self.create_publisher(Bool, "alert", 10)
        self._velocity = self.create_publisher(TwistStamped, "cmd_vel", 10)
        self.create_subscription(PointStamped, "nearest", self._decide, 10)

    def _decide(self, nearest: PointStamped) -> None:
        stop_m, slow_m = self._set["stop_m"], self._set["slow_m"]
        share = min(1.0, max(0.0, (nearest.point.x - stop_m) / (slow_m - stop_m)))
        velocity = TwistStamped(header=nearest.header)
        velocity.twist.linear.x = share * self._set["cruise_mps"]
        self._alert.publish(Bool(data=share == 0.0))
        self._velocity.publish(velocity)


def main() -> None:
    """Runs both until they are told to end."""
    rclpy.init(args=sys.argv)
    executor = SingleThreadedExecutor()
    for node in (Nearest(), Guard()):
        executor.add_node(node)
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        executor.spin()


if __name__ == "__main__":
    main()
