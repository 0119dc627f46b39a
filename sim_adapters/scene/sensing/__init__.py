"""What can be sensed of a scene at a pose of the robot, by geometry alone: the same for every simulator."""
