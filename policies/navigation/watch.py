"""What a robot believes about doors and people ahead, from detections that come late or not at all."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from simgate.policies.navigation.calibration import CameraModel
from simgate.policies.navigation.door_range import locate_door
from simgate.policies.navigation.door_track import DOOR_WORDS, DoorTrack
from simgate.policies.navigation.drive import stoppable_speed
from simgate.policies.navigation.mission_frame import Pose
from simgate.policies.navigation.person_track import PersonTrack, locate_person
from simgate.policies.perception.outputs import Boxes

PERSON = "person"
_REMEMBERED_POSES = 50
_ON_WAY_M = 0.8
_IN_VIEW_M = (0.5, 5.0)
_PASSED_M = 0.1
_YIELD_GAP_M = 1.7
_NEAR_M, _NEAR_MPS = 3.6, 0.4
_STANDING_S = 3.5
_BESIDE_M = 0.85
_NARROW_BOX_PX = 8.0


class Watch:
    """Beliefs of one robot, mission frame.

    Args:
        goal: Position of the goal.
        period_s: Time between updates.
    """

    def __init__(self, goal: tuple[float, float], period_s: float) -> None:
        self._goal = goal
        self._period_s = period_s
        self._camera = CameraModel()
        self._poses: deque[tuple[int, Pose]] = deque(maxlen=_REMEMBERED_POSES)
        self.door: DoorTrack | None = None
        self.people: list[PersonTrack] = []

    def update(self, step: int, here: Pose, hits: NDArray[np.float64], detections: Boxes | None) -> None:
        """Takes in one control period.

        Args:
            step: Physics step now.
            here: Robot pose now.
            hits: Lidar hits now, shape (K, 2).
            detections: What perception delivered, of a frame taken now or earlier.
        """
        self._poses.append((step, here))
        for person in self.people:
            person.advance(self._period_s)
        self.people = [person for person in self.people if not person.is_forgotten]
        if self.door is not None and here[0] > self.door.x + _PASSED_M:
            self.door = None
        if detections is not None:
            then = self._pose_at(detections.frame_step)
            self._see_doors(then, hits, detections)
            self._see_people(then, hits, detections)

    def _pose_at(self, step: int) -> Pose:
        """Where the robot was when a frame was taken."""
        for taken, pose in reversed(self._poses):
            if taken <= step:
                return pose
        return self._poses[0][1]

    def _see_doors(self, then: Pose, hits: NDArray[np.float64], detections: Boxes) -> None:
        best: tuple[float, int] | None = None
        fixes = {}
        for k in range(len(detections)):
            if detections.label(k) not in DOOR_WORDS:
                continue
            fix = locate_door(detections.boxes[k], then, hits, self._camera)
            if fix is None or fix.x < then[0] or not self._on_way(then, fix.x, fix.y, fix.half_width):
                continue
            fixes[k] = fix
            score = float(detections.scores[k])
            if best is None or score > best[0]:
                best = (score, k)
        if best is None:
            self._miss_door(then, detections)
            return
        score, k = best
        fix = fixes[k]
        if self.door is None or not self.door.agrees(fix):
            if self.door is not None and self.door.confirmed:
                self.door.miss()
                return
            self.door = DoorTrack(fix.x, fix.std**2)
        self.door.see(fix, detections.label(k), score, fix.x - then[0])

    def _on_way(self, then: Pose, x: float, y: float, half_width: float) -> bool:
        """Whether a door stands across the line to the goal."""
        span = max(self._goal[0] - then[0], 0.1)
        share = min(max((x - then[0]) / span, 0.0), 1.0)
        line = then[1] + share * (self._goal[1] - then[1])
        return abs(y - line) < _ON_WAY_M + 0.5 * half_width and x < self._goal[0] + 1.5

    def _miss_door(self, then: Pose, detections: Boxes) -> None:
        door = self.door
        if door is None:
            return
        nearest, farthest = _IN_VIEW_M
        distance = door.x - then[0]
        bearing = math.remainder(math.atan2(self._goal[1] - then[1], distance) - then[2], math.tau)
        in_view = nearest < distance < farthest and abs(bearing) < 0.6 * self._camera.half_fov_rad
        hidden = any(detections.label(k) == PERSON for k in range(len(detections)))
        if in_view and not hidden:
            door.miss()
        elif not door.confirmed:
            door.miss(0.3)
        if door.evidence <= 0.0:
            self.door = None

    def _see_people(self, then: Pose, hits: NDArray[np.float64], detections: Boxes) -> None:
        for k in range(len(detections)):
            box = detections.boxes[k]
            if detections.label(k) != PERSON or float(box[2] - box[0]) < 0.5 * _NARROW_BOX_PX:
                continue
            place = locate_person(box, then, hits, self._camera)
            if place is None:
                continue
            known = next((person for person in self.people if person.agrees(place)), None)
            if known is None:
                self.people.append(PersonTrack(*place))
            else:
                known.see(place)

    def person_outlines(self, here: Pose) -> list[NDArray[np.float64]]:
        """Obstacle points where people are and will soon be."""
        outlines = []
        for person in self.people:
            if person.seen >= 2 and math.hypot(person.x - here[0], person.y - here[1]) > 0.5:
                outlines += [person.outline(0.0), person.outline(0.6)]
        return outlines

    def person_limit(self, here: Pose, speed: float) -> float:
        """Fastest speed beside people, metres a second.

        The robot waits at a distance while somebody walks ahead of it. It goes on when they have
        passed, when they walk well aside, or, slowly, when they stand still for some seconds.
        """
        limit = math.inf
        for person in self.people:
            ahead, aside = person.x - here[0], abs(person.y - here[1])
            if person.seen < 2 or ahead < -0.2:
                continue
            passes = aside > _BESIDE_M and person.is_walking
            stands = person.still_s > _STANDING_S
            if (passes or stands) and not person.crosses(here[1]):
                limit = min(limit, _NEAR_MPS)
                continue
            limit = min(limit, stoppable_speed(ahead - _YIELD_GAP_M, speed, 0.6))
            if ahead < _NEAR_M:
                limit = min(limit, _NEAR_MPS)
        return limit
