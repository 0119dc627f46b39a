"""Deployed ROS 2 nodes as policies: sensors out as messages, commands back, in simulated time."""
