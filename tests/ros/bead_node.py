"""A ROS 2 node that pushes a bead to the middle, and misbehaves at its fourth tick, or from its start."""

import math
import os
import signal
import time
from pathlib import Path

import rclpy
from bead_cases import CASES, STARTS
from geometry_msgs.msg import TwistStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import JointState
from std_msgs.msg import String


class Bead(Node):
    def __init__(self, broken):
        super().__init__("bead")
        broken = self.declare_parameter("broken", "").value or broken
        if broken == "crash":
            raise RuntimeError("no map was found")
        self.sleeps_s = self.declare_parameter("sleeps_s", 0.0).value
        self.naps_s = self.declare_parameter("naps_s", 0.0).value
        waits_s = self.declare_parameter("waits_s", 0.0).value
        self.count, self.timed, self.waiting = 0, 0, []
        quality = QoSProfile(depth=10)
        if broken == "quality":
            quality.reliability = ReliabilityPolicy.BEST_EFFORT
        kind = String if broken == "type" else TwistStamped
        self.push = self.create_publisher(kind, "push", quality)
        take = self.waiting.append if waits_s else self.answer
        self.create_subscription(JointState, "state", take, 10)
        self.create_timer(0.1, lambda: self.answer_old(waits_s))
        self.create_timer(0.3, self.tick)

    def tick(self):
        self.timed += 1

    def answer_old(self, waits_s):
        now = self.get_clock().now().nanoseconds
        while self.waiting and now - Time.from_msg(self.waiting[0].header.stamp).nanoseconds >= waits_s * 1e9:
            self.answer(self.waiting.pop(0))

    def answer(self, message):
        x, case = message.position
        self.count += 1
        time.sleep(self.sleeps_s)
        case = CASES[int(case)] if self.count == 4 and "STARTS" not in os.environ else "good"
        if case == "crashes":
            print("lost the bead", flush=True)
            os._exit(3)
        if case == "hangs":
            time.sleep(1000)
        if case == "kills the bridge":
            os.kill(os.getppid(), signal.SIGKILL)
        if case == "silent":
            return
        shift = {"past": -1, "future": 1}.get(case, 0)
        for _ in range(2 if case == "twice" else 1):
            said = TwistStamped()
            said.header.stamp = message.header.stamp
            said.header.stamp.sec += shift
            said.twist.linear.x = math.nan if case == "nan" else -max(-1.0, min(1.0, x))
            said.twist.linear.y = self.timed / 10
            self.push.publish(said)
        time.sleep(self.naps_s)


def start():
    """How it is to misbehave at this start, where a file counts them."""
    if "STARTS" not in os.environ:
        return ""
    with Path(os.environ["STARTS"]).open("a+") as counted:
        counted.write("x")
        return STARTS[counted.tell() - 1]


if (broken := start()) == "domain":
    os.environ["ROS_DOMAIN_ID"] = "230"
rclpy.init()
rclpy.spin(Bead(broken))
