"""Readers of worlds that a team brings: files of a site and a robot, environments, what is set in them."""
