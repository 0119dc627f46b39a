"""The files of code that ``simgate init --policy`` and its like write: the least that works."""

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
_TASK = '''\
"""A task: stand near the goal for a while. A scenario, or the pack for all of them, names it:

    task: my_task.py:PARK
"""

import math

from simgate.harness.tasks.task import Task, TaskRun
from simgate.harness.trace import Signal
from simgate.policies.driving import Mission


class Park(Task):
    """One object for every world and episode: what an episode remembers belongs into ParkRun."""

    name = "park"
    # What ParkRun.row gives at each control tick; criteria, formulas and timelines take them by name.
    signals = (Signal("to_goal_m", "m", "distance to the goal"), Signal("speed_mps", "m/s", "forward speed"))
    facts = ("success", "stood_s")  # the metric `success` is the fact of that name

    def __init__(self, within_m=0.5, stand_s=1.0):
        self.within_m, self.stand_s = within_m, stand_s

    def brief(self, scene):
        """What the robot is told before it starts; nothing of the truth."""
        return Mission(
            goal=scene.task.goal,
            goal_radius_m=self.within_m,
            robot_radius_m=scene.robot.radius_m,
            max_speed_mps=scene.robot.max_speed_mps,
        ).brief()

    def begin(self, scene, timing, time_limit_s):
        """One world, for one episode."""
        return ParkRun(self, scene.task.goal, timing, round(time_limit_s * timing.physics_hz))


class ParkRun(TaskRun):
    def __init__(self, task, goal, timing, last_step):
        self.task, self.goal, self.timing, self.last_step = task, goal, timing, last_step
        self.since, self.stood_s = None, 0.0

    @property
    def facts(self):
        return {"success": self.stood_s >= self.task.stand_s, "stood_s": self.stood_s}

    def row(self, truth, observation, world, act):
        """The signals, in their order; `nan` where one has no value."""
        return [self.to_goal_m(truth), truth.twist[0]]

    def ended(self, step, truth, act):
        """A word for how the episode has ended, "" while it goes on; at the time limit there must be one."""
        stands = self.to_goal_m(truth) <= self.task.within_m and abs(truth.twist[0]) < 0.02
        self.since = (step if self.since is None else self.since) if stands else None
        self.stood_s = 0.0 if self.since is None else self.timing.seconds(step - self.since)
        if self.stood_s >= self.task.stand_s:
            return "success"
        if truth.contacts:
            return "touched"
        return "time_limit" if step >= self.last_step else ""

    def to_goal_m(self, truth):
        return math.dist(self.goal, truth.pose[:2])


PARK = Park()
'''
_DECODER = '''\
"""A decoder: what the tensors of a model mean. It lies in the folder of model.yaml, which names it:

    decoder: {kind: my_decoder.py:ROWS, score_threshold: 0.5, outputs: {rows: output0}}
"""

import numpy as np

from simgate.policies.perception.decoder_spec import Scored, Strict
from simgate.policies.perception.decoding.decoder import Decoder, Wanted
from simgate.policies.perception.outputs import Boxes


class Outputs(Strict):
    """Names of the model's output tensors."""

    rows: str


class Rows(Scored):
    """What model.yaml may say besides `kind`; Scored brings `score_threshold`."""

    in_share: bool = False  # whether boxes are shares of the input's size, not pixels
    outputs: Outputs


def tensors(spec, classes, frames):
    """Shapes that the model must have, without the batch; None for any size. Lint asks the model for them."""
    return {"rows": Wanted(((None, 4 + classes),))}


def decode(spec, arrays, context):
    """One output for each frame, of float32 arrays (N, K, 4 + classes): x0, y0, x1, y1, score of each."""
    width, height = context.size
    scale = np.array([width, height] * 2 if spec.in_share else [1.0] * 4, np.float32)
    found = []
    for rows in arrays["rows"]:
        best = rows[:, 4:].argmax(axis=1)
        scores = rows[np.arange(len(rows)), 4 + best]
        kept = np.flatnonzero(scores >= np.asarray(context.thresholds)[best])
        kept = kept[np.argsort(-scores[kept], kind="stable")]  # best first
        found.append(Boxes(rows[kept, :4] * scale, scores[kept], best[kept], context.classes))
    return context.boxes_on_frame(found)  # from pixels of the input to those of the camera


ROWS = Decoder(Rows, tensors, decode)
'''


@dataclass(frozen=True, slots=True)
class StarterFile:
    """A file of code that works at once.

    Attributes:
        name: Of the file.
        text: What is in it.
        line: The line that names it.
        file: Whose line that is.
    """

    name: str
    text: str
    line: str
    file: str = "the pack"


STARTERS = {
    "policy": StarterFile("my_policy.py", _POLICY, "policy: my_policy.py:Straight"),
    "metric": StarterFile(
        "my_metric.py", _METRIC, "jerkiness: {metric: my_metric.py:JERKINESS, at_most: 0.5}"
    ),
    "world": StarterFile("my_world.py", _WORLD, "world: my_world.py:YARD"),
    "task": StarterFile("my_task.py", _TASK, "task: my_task.py:PARK"),
    "decoder": StarterFile(
        "my_decoder.py",
        _DECODER,
        "decoder: {kind: my_decoder.py:ROWS, score_threshold: 0.5, outputs: {rows: output0}}",
        "model.yaml",
    ),
}
"""By what ``simgate init`` calls them."""
