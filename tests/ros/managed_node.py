"""A managed node with a service and an action: it answers only once it is active, and drives as far as it was asked.

Its velocity is a JointTrajectory whose joints are in an order of its own, and it counts what it was asked.
"""

import rclpy
from rclpy.action import ActionServer, GoalResponse
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool
from test_msgs.action import Fibonacci
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint


class Managed(LifecycleNode):
    def __init__(self):
        super().__init__("managed")
        self.refuses = self.declare_parameter("refuses", "").value
        self.speed, self.extra = 0.0, 0.0

    def on_configure(self, state):
        if self.refuses == "configure":
            return TransitionCallbackReturn.FAILURE
        self.said = self.create_lifecycle_publisher(JointTrajectory, "push", 10)
        self.create_subscription(JointState, "state", self.answer, 10)
        self.create_service(SetBool, "ready", self.set_ready)
        self.server = ActionServer(self, Fibonacci, "drive", self.drive, goal_callback=self.may_drive)
        return TransitionCallbackReturn.SUCCESS

    def set_ready(self, request, response):
        self.extra = 0.5 if request.data else 0.0
        response.success, response.message = self.refuses != "service", "the battery is empty"
        return response

    def may_drive(self, goal):
        self.speed = goal.order / 10
        return GoalResponse.REJECT if self.refuses == "goal" else GoalResponse.ACCEPT

    def drive(self, handle):
        handle.succeed()
        return Fibonacci.Result()

    def answer(self, message):
        said = JointTrajectory(header=message.header, joint_names=["extra", "push"])
        said.points = [JointTrajectoryPoint(positions=[self.extra, self.speed])]
        self.said.publish(said)


rclpy.init()
rclpy.spin(Managed())
