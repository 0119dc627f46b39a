"""Recordings as messages of ROS 2, without ROS."""
