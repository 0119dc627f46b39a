"""A corridor on paper: exact lidar, exact boxes and a robot that obeys, without a simulator."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from simgate.policies.door_navigator import DoorNavigator
from simgate.policies.driving import Mission
from simgate.policies.navigation.calibration import CameraModel, beam_directions
from simgate.policies.perception.outputs import Boxes
from simgate.policies.policy import Act
from simgate.sim_adapters.planar_drive import drive_observation, planar_drive
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.sensor import Camera, Lidar

ROBOT = planar_drive(Robot((0.0, 0.0, 0.0)), Camera(), Lidar(), 10, 10)

CLASSES = ("glass_door", "wooden_door", "person")
DOOR_HEIGHT_M = 2.05
PHYSICS_HZ, CONTROL_HZ = 200, 10
Segment = tuple[float, float, float, float]


def square(x: float, y: float, half: float) -> list[Segment]:
    """The outline of a box."""
    a, b, c, d = (x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)
    return [(*a, *b), (*b, *c), (*c, *d), (*d, *a)]


def box_of(pose, centre, width, height, pitch_deg=0.0) -> list[float] | None:
    """Image box of an upright rectangle that faces -X, or None when out of view."""
    camera = CameraModel()
    x, y, yaw = pose
    columns, rows = [], []
    for side in (-0.5, 0.5):
        for z in (0.0, height):
            dx, dy = centre[0] - x, centre[1] + side * width - y
            ahead = math.cos(yaw) * dx + math.sin(yaw) * dy - camera.forward_m
            aside = math.cos(yaw) * dy - math.sin(yaw) * dx
            p = math.radians(pitch_deg)
            depth = ahead * math.cos(p) + (z - camera.height_m) * math.sin(p)
            up = (z - camera.height_m) * math.cos(p) - ahead * math.sin(p)
            if depth < 0.05:
                return None
            columns.append(80 - camera.focal_px * aside / depth)
            rows.append(60 - camera.focal_px * up / depth)
    box = [max(min(columns), 0), max(min(rows), 0), min(max(columns), 160), min(max(rows), 120)]
    return box if box[2] - box[0] > 2 and box[3] - box[1] > 2 else None


@dataclass
class Corridor:
    """World, robot and camera in one.

    Attributes:
        door_x: Door plane.
        door: Detector class of the closed leaf, or None.
        width: Between the walls.
        doorway: Clear width.
        obstacles: More walls.
        heading: Turns the whole world about the origin, radians.
        pitch_deg: True pitch of the camera.
        latency_steps: Of every detection.
        sees: (frame number, detections) -> what the detector says instead.
        person: time -> (x, y), or None.
    """

    door_x: float = 5.0
    door: str | None = None
    width: float = 2.4
    doorway: float = 1.1
    obstacles: Sequence[Segment] = ()
    heading: float = 0.0
    pitch_deg: float = 0.0
    latency_steps: int = 5
    start: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sees: Callable[
        [int, list[tuple[str, float, list[float]]]], list[tuple[str, float, list[float]]] | None
    ] = lambda frame, found: found
    person: Callable[[float], tuple[float, float]] | None = None
    decisions: list[Act] = field(default_factory=list)
    path: list[tuple[float, float, float]] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    nearest_person: float = math.inf
    nearest_wall: float = math.inf

    def walls(self) -> list[Segment]:
        half, jamb, far = 0.5 * self.width, 0.5 * self.doorway, self.door_x + 3.6
        walls = [
            (-1.5, -half, self.door_x, -half),
            (-1.5, half, self.door_x, half),
            (-1.5, -half, -1.5, half),
            (self.door_x, half, self.door_x, jamb),
            (self.door_x, -half, self.door_x, -jamb),
            (self.door_x, -2.2, far, -2.2),
            (self.door_x, 2.2, far, 2.2),
            (far, -2.2, far, 2.2),
            *self.obstacles,
        ]
        if self.door == "wooden_door":
            walls.append((self.door_x, -jamb, self.door_x, jamb))
        return walls

    def run(self, seconds: float = 25.0, policy: DoorNavigator | None = None) -> Corridor:
        policy = policy or DoorNavigator(CONTROL_HZ, {})
        turn = np.array(
            (
                (math.cos(self.heading), -math.sin(self.heading)),
                (math.sin(self.heading), math.cos(self.heading)),
            )
        )
        goal = turn @ (self.door_x + 1.8, 0.0)
        policy.reset([Mission((float(goal[0]), float(goal[1])), 0.5, 0.25, 1.2).brief()], ROBOT)
        pose, speed, rate = list(self.start), 0.0, 0.0
        waiting: list[tuple[int, Boxes]] = []
        period = 1.0 / CONTROL_HZ
        for tick in range(int(seconds * CONTROL_HZ)):
            step = tick * PHYSICS_HZ // CONTROL_HZ
            walls = self.walls()
            if self.person is not None:
                where = self.person(tick * period)
                walls += square(*where, 0.1)
                gap = math.hypot(where[0] - pose[0], where[1] - pose[1]) - 0.25 - 0.22
                self.nearest_person = min(self.nearest_person, gap)
            self.nearest_wall = min(self.nearest_wall, min(_gap(pose, wall) for wall in walls) - 0.25)
            found = self._detect(tick, pose)
            if found is not None:
                waiting.append((step + self.latency_steps, _detections(found, step)))
            arrived = [d for due, d in waiting if due <= step]
            waiting = [(due, d) for due, d in waiting if due > step]
            place = turn @ pose[:2]
            observation = drive_observation(
                step=step,
                frame_step=step,
                rgb=np.zeros((1, 1, 1, 3), np.uint8),
                ranges_m=_scan(pose, walls)[None],
                pose=np.array([[place[0], place[1], pose[2] + self.heading]]),
                twist=np.array([[speed, rate]]),
            )
            (decision,) = policy.act(observation, [arrived[-1] if arrived else None])
            self.decisions.append(decision)
            self.path.append((pose[0], pose[1], pose[2]))
            self.speeds.append(speed)
            if decision.done:
                break
            speed, rate = decision.values[0], decision.values[1]
            pose[2] += rate * period
            pose[0] += speed * period * math.cos(pose[2])
            pose[1] += speed * period * math.sin(pose[2])
        return self

    def _detect(self, tick: int, pose) -> list[tuple[str, float, list[float]]] | None:
        found = []
        if self.door is not None:
            box = box_of(pose, (self.door_x, 0.0), self.doorway, DOOR_HEIGHT_M, self.pitch_deg)
            if box is not None:
                found.append((self.door, 0.8, box))
        if self.person is not None:
            box = box_of(pose, self.person(tick / CONTROL_HZ), 0.5, 1.78, self.pitch_deg)
            if box is not None:
                found.append(("person", 0.8, box))
        return self.sees(tick, found)

    @property
    def last(self) -> Act:
        return self.decisions[-1]

    @property
    def gap_to_door(self) -> float:
        return self.door_x - self.path[-1][0] - 0.25

    @property
    def reached_goal(self) -> bool:
        return math.hypot(self.door_x + 1.8 - self.path[-1][0], self.path[-1][1]) < 0.5


def _detections(found, step: int) -> Boxes:
    found = sorted(found, key=lambda item: -item[1])
    return Boxes(
        np.array([box for _, _, box in found], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in found], np.float32),
        np.array([CLASSES.index(label) for label, _, _ in found], np.int64),
        CLASSES,
        step,
    )


def _scan(pose, walls: Sequence[Segment]) -> np.ndarray:
    angle = pose[2]
    turn = np.array(((math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))))
    rays = beam_directions(121, 240.0) @ turn
    ends = np.asarray(walls)
    a = ends[:, :2] - np.asarray(pose[:2])
    edge = ends[:, 2:] - ends[:, :2]
    cross = rays[:, None, 0] * edge[None, :, 1] - rays[:, None, 1] * edge[None, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        along = (a[None, :, 0] * edge[None, :, 1] - a[None, :, 1] * edge[None, :, 0]) / cross
        share = (a[None, :, 0] * rays[:, None, 1] - a[None, :, 1] * rays[:, None, 0]) / cross
    along[~((share >= 0) & (share <= 1) & (along > 0))] = np.inf
    ranges = along.min(axis=1)
    return np.where(ranges <= 10.0, ranges, np.inf)


def _gap(pose, wall: Segment) -> float:
    ax, ay, bx, by = wall
    length2 = (bx - ax) ** 2 + (by - ay) ** 2
    share = min(max(((pose[0] - ax) * (bx - ax) + (pose[1] - ay) * (by - ay)) / length2, 0.0), 1.0)
    return math.hypot(pose[0] - ax - share * (bx - ax), pose[1] - ay - share * (by - ay))
