"""Tasks: what a robot is asked to do, which signals tell of it, when an episode ends.

The only room of the harness that may know what a robot has to do with doors, barriers, people or ranges.
"""
