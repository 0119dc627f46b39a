"""The files of code that ``simgate init --policy``, ``--metric``, ``--world`` write: the least that works."""

from __future__ import annotations

from dataclasses import dataclass

_POLICY = '''\
"""Drives to the goal in a straight line and stops before what is near. The pack names it:

    policy: my_policy.py:Straight
"""

import math

from simgate.policies.driving import Mission, drive
from simgate.sim_adapters.planar_drive import DriveView


class Straight:
    """One object drives N robots, each in a world of its own; nothing leaks into the next episode."""

    name = "straight"

    def __init__(self, control_hz, options):
        self.gap_m = float(options.get("gap_m", 0.8))  # policy_options: {gap_m: 0.8}

    def reset(self, briefs, embodiment):
        """Before each episode: one brief, an instruction and facts, for each robot."""
        self.missions = [Mission.of(brief) for brief in briefs]

    def act(self, observation, detections):
        """At each control tick: what the robots sense in, one action for each of them out."""
        view = DriveView(observation)
        acts = []
        for mission, (x, y, yaw), ranges in zip(self.missions, view.pose, view.ranges_m):
            ahead = math.atan2(mission.goal[1] - y, mission.goal[0] - x) - yaw
            turn = math.atan2(math.sin(ahead), math.cos(ahead))
            middle = len(ranges) // 2
            free_m = float(ranges[middle - 2 : middle + 3].min())
            if math.dist(mission.goal, (x, y)) < mission.goal_radius_m:
                acts.append(drive(0.0, 0.0, "goal", done=True))
            elif free_m < self.gap_m:
                acts.append(drive(0.0, 0.0, "stop"))
            else:
                acts.append(drive(0.5, turn, "cruise"))
        return acts
'''
_METRIC = '''\
"""A metric: a description, and a pure function of what is known of an episode. A criterion names it:

    accept:
      jerkiness: {metric: my_metric.py:JERKINESS, at_most: 0.5}
"""

import numpy as np

from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, undefined


def largest_step(evidence, options):
    """The largest change of speed from one control tick to the next."""
    speed = evidence.signal("speed_mps")
    if len(speed) < 2:
        return undefined("the episode has one tick only")
    return MetricValue(float(np.abs(np.diff(speed)).max()))


JERKINESS = Metric(
    MetricInfo(
        name="jerkiness",
        unit="m/s",
        direction="lower",
        low=0.0,
        high=None,
        kind="number",
        meaning="Largest change of speed between two control ticks.",
        source="this pack",
    ),
    largest_step,
)
'''


_WORLD = '''\
"""A world: parameters that a pack may set or draw, and the scene that is made of them. A scenario names it:

    world: my_world.py:YARD
    parameters: {crate.distance_m: {uniform: [2, 6]}}
"""

from simgate.sim_adapters.scene.body import Body, Part
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene, Task
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from simgate.sim_adapters.worlds.world import ParameterSpec


class Yard:
    name = "yard"
    description = "A crate beside the straight way to the goal."
    parameters = {
        "crate.distance_m": ParameterSpec("number", 3.0, "Distance of the crate ahead.", "m", 1.0, 10.0),
        "crate.side_m": ParameterSpec("number", 1.0, "How far it stands to the left.", "m", 0.0, 3.0),
    }
    object_kinds = {}  # what `place` may put down: kind -> half extents, metres
    region_names = ()
    keep_clear_names = ()

    def region(self, name, parameters):
        raise KeyError(name)

    def keep_clear(self, name, parameters):
        raise KeyError(name)

    def build(self, parameters, placed):
        """The scene of one variant; a ValueError says that the parameters contradict each other."""
        place = (parameters["crate.distance_m"], parameters["crate.side_m"], 0.4)
        return Scene(
            name=self.name,
            bodies=(Body("crate", (Part("box", (0.3, 0.3, 0.4)),), place),),
            robot=Robot(start=(0.0, 0.0, 0.0)),
            camera=Camera(160, 120),
            lidar=Lidar(),
            task=Task(goal=(parameters["crate.distance_m"] + 2.0, 0.0)),
            ambient_lux=300.0,
        )


YARD = Yard()
'''


@dataclass(frozen=True, slots=True)
class StarterFile:
    """A file of code that works at once.

    Attributes:
        name: Of the file.
        text: What is in it.
        line: The line of a pack that names it.
    """

    name: str
    text: str
    line: str


STARTERS = {
    "policy": StarterFile("my_policy.py", _POLICY, "policy: my_policy.py:Straight"),
    "metric": StarterFile(
        "my_metric.py", _METRIC, "jerkiness: {metric: my_metric.py:JERKINESS, at_most: 0.5}"
    ),
    "world": StarterFile("my_world.py", _WORLD, "world: my_world.py:YARD"),
}
"""By what ``simgate init`` calls them."""
