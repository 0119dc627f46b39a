"""Is given a message of every kind, and says on every kind of topic what stood in them."""

import io
import struct

import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped, Twist, TwistStamped
from nav_msgs.msg import Odometry
from PIL import Image as Picture
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Imu, JointState, LaserScan, PointCloud2
from std_msgs.msg import Float64MultiArray
from tf2_msgs.msg import TFMessage
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray, ObjectHypothesisWithPose

TAKEN = {
    "image": Image, "compressed": CompressedImage, "camera_info": CameraInfo, "scan": LaserScan,
    "points": PointCloud2, "imu": Imu, "odom": Odometry, "joints": JointState, "tf": TFMessage,
    "tf_static": TFMessage, "pose": PoseStamped, "moves": Twist, "moves_stamped": TwistStamped,
    "numbers": Float64MultiArray,
}  # fmt: skip
SAID = {
    "twist": Twist, "twist_stamped": TwistStamped, "trajectory": JointTrajectory, "joint_command": JointState,
    "row": Float64MultiArray, "detections": Detection2DArray,
}  # fmt: skip


class Every(Node):
    def __init__(self):
        super().__init__("every")
        self.heard = {}
        for topic, kind in TAKEN.items():
            quality = QoSProfile(depth=10)
            if topic == "tf_static":
                quality.durability = DurabilityPolicy.TRANSIENT_LOCAL
            self.create_subscription(
                kind, topic, lambda message, topic=topic: self.heard.__setitem__(topic, message), quality
            )
        self.says = {topic: self.create_publisher(kind, topic, 10) for topic, kind in SAID.items()}
        self.create_timer(0.1, self.answer)

    def answer(self):
        heard = self.heard
        if set(heard) != set(TAKEN):
            return
        said = {topic: kind() for topic, kind in SAID.items()}
        now = heard["image"].header
        said["twist"].linear.x = float(sum(heard["image"].data))
        seen = np.asarray(Picture.open(io.BytesIO(bytes(heard["compressed"].data))))
        said["twist"].angular.z = float(seen[0, 1, 2])
        said["twist_stamped"].header = now
        said["twist_stamped"].twist.linear.x = heard["camera_info"].k[0]
        said["twist_stamped"].twist.angular.z = heard["scan"].ranges[1]
        (x,) = struct.unpack_from("<f", heard["points"].data, heard["points"].point_step)
        said["trajectory"].header, said["trajectory"].joint_names = now, ["hand", "elbow"]
        said["trajectory"].points = [JointTrajectoryPoint(positions=[x, heard["imu"].orientation.w])]
        said["joint_command"].header, said["joint_command"].name = now, ["hand", "elbow"]
        elbow = heard["joints"].name.index("elbow")
        said["joint_command"].position = [heard["odom"].pose.pose.position.x, heard["joints"].position[elbow]]
        moved, fixed = (heard[topic].transforms[0] for topic in ("tf", "tf_static"))
        named = moved.child_frame_id == "base_link" and fixed.header.frame_id == "base_link"
        said["row"].data = [
            moved.transform.translation.y,
            fixed.transform.translation.z if named else 0.0,
            heard["pose"].pose.orientation.w,
            heard["moves"].linear.x,
            heard["moves_stamped"].twist.angular.z,
            heard["numbers"].data[1],
        ]
        said["detections"].header = now
        for k, score in enumerate((0.25, 0.75)):
            box = BoundingBox2D(size_x=2.0, size_y=4.0)
            box.center.position.x, box.center.position.y = 10.0 * k, 5.0
            results = [ObjectHypothesisWithPose(), ObjectHypothesisWithPose()]
            for result, name, sure in zip(results, ("wood", "glass"), (score, 0.1), strict=True):
                result.hypothesis.class_id, result.hypothesis.score = name, sure
            said["detections"].detections.append(Detection2D(header=now, bbox=box, results=results))
        for topic, message in said.items():
            self.says[topic].publish(message)


rclpy.init()
rclpy.spin(Every())
