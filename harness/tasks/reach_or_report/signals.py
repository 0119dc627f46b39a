"""What every trace of a driving robot holds."""

from __future__ import annotations

from simgate.harness.trace import Signal

SIGNALS = (
    Signal("x_m", "m", "position of the robot", "position"),
    Signal("y_m", "m", "position of the robot", "position"),
    Signal("yaw_rad", "rad", "heading of the robot"),
    Signal("speed_mps", "m/s", "forward speed", "speed"),
    Signal("yaw_rate_rps", "rad/s", "turn rate", "turn rate"),
    Signal("command_speed_mps", "m/s", "forward speed that the policy asked for"),
    Signal("command_yaw_rate_rps", "rad/s", "turn rate that the policy asked for"),
    Signal("clearance_m", "m", "gap between hull and the nearest body that it could hit"),
    Signal("barrier_distance_m", "m", "gap between hull and the barrier; nan without a barrier"),
    Signal("goal_distance_m", "m", "distance from the robot's centre to the goal"),
    Signal("lidar_min_m", "m", "shortest range of the lidar"),
    Signal("person_distance_m", "m", "gap between hull and the nearest person; nan without a person"),
)
"""In the order in which a row of a recording holds them."""
