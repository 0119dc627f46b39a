"""Runs on the ROS installation's own Python; of simgate it has nothing but the environments' ``wire.py``."""
