"""One robot's decisions: perceive, choose a way, choose a speed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.policies.driving import Mission, drive
from simgate.policies.navigation.calibration import beam_directions
from simgate.policies.navigation.door_track import DOOR_WORDS, DoorTrack
from simgate.policies.navigation.drive import (
    aim,
    free_ahead,
    limit_change,
    limit_turn,
    sidestep,
    steer,
    stoppable_speed,
)
from simgate.policies.navigation.lane_planner import LanePlanner
from simgate.policies.navigation.mission_frame import MissionFrame, Pose, to_frame
from simgate.policies.navigation.watch import Watch
from simgate.policies.perception.outputs import Boxes
from simgate.policies.policy import Act

LIDAR_FOV_DEG = 240.0
STOP_GAP_M = 0.8
_SLOW_WITHIN_M, _SLOW_MPS = 1.8, 0.28
_SUSPECT_WITHIN_M, _SUSPECT_MPS = 3.0, 0.45
_NARROW_M, _NARROW_MPS = 0.75, 0.5
_DOOR_BRAKING_MPS2 = 0.45
_HULL_MARGIN_M = 0.05
_CLOSE_M = 0.5
_BARRIER_GAP_M = 0.7
_OBSTACLE_GAP_M = 0.08
_REST_MPS = 0.03
_REPORT_AFTER_S = 0.5
_GIVE_UP_AFTER_S = 9.0
_UNKNOWN = "unknown"
REPORTS = (*DOOR_WORDS.values(), _UNKNOWN)
"""Everything that a robot can report as closing its way."""


class Pilot:
    """Drives one robot through one episode.

    Args:
        mission: What it is told.
        period_s: Time between decisions.
        cruise_mps: Speed where the way is free.
    """

    def __init__(self, mission: Mission, period_s: float, cruise_mps: float) -> None:
        self._mission = mission
        self._period_s = period_s
        self._cruise_mps = min(cruise_mps, mission.max_speed_mps)
        self._planner = LanePlanner(mission.robot_radius_m)
        self._frame: MissionFrame | None = None
        self._goal = (0.0, 0.0)
        self._watch: Watch | None = None
        self._speed = 0.0
        self._turn = 0.0
        self._rest_s = 0.0
        self._report: str | None = None

    def act(
        self,
        step: int,
        pose: NDArray[np.float64],
        twist: NDArray[np.float64],
        ranges: NDArray[np.float64],
        detections: Boxes | None,
    ) -> Act:
        """Decides for the next control period; arguments are one world's share of the observation."""
        if self._frame is None:
            self._frame = MissionFrame.towards((float(pose[0]), float(pose[1])), self._mission.goal)
            self._goal = self._frame.point(*self._mission.goal)
            self._watch = Watch(self._goal, self._period_s)
        assert self._watch is not None
        here = self._frame.pose(pose)
        finite = np.isfinite(ranges)
        rays = beam_directions(len(ranges), LIDAR_FOV_DEG)[finite] * ranges[finite, None]
        hits = to_frame(rays, here)
        self._watch.update(step, here, hits, detections)
        return self._decide(here, float(twist[0]), hits, self._watch)

    def _decide(self, here: Pose, speed: float, hits: NDArray[np.float64], watch: Watch) -> Act:
        to_goal = math.hypot(self._goal[0] - here[0], self._goal[1] - here[1])
        if to_goal < 0.6 * self._mission.goal_radius_m:
            return self._command(0.0, 0.0, "arrived", done=True)
        obstacles = np.concatenate((hits, *watch.person_outlines(here)))
        way = self._planner.plan(obstacles, here[:2], self._goal)
        half_width = self._mission.robot_radius_m + _HULL_MARGIN_M
        ahead = float(free_ahead(hits, here, half_width)[0])
        error = aim(here, self._approach(way.points, here), speed)
        if ahead < _CLOSE_M and way.blocked_m > _CLOSE_M:
            error = sidestep(hits, here, half_width, error)
        rate, allowed = steer(error)
        limits = {"cruise": self._cruise_mps * allowed}
        limits["arrive"] = stoppable_speed(to_goal, speed, 0.4)
        if way.narrowest_m < _NARROW_M:
            limits["narrow"] = _NARROW_MPS
        limits["obstacle"] = stoppable_speed(ahead - _OBSTACLE_GAP_M, speed)
        limits["blocked"] = stoppable_speed(way.blocked_m - _BARRIER_GAP_M, speed, _DOOR_BRAKING_MPS2)
        limits["yield"] = watch.person_limit(here, speed)
        door = watch.door
        if door is not None:
            limits |= self._door_limits(door, here, speed)
        mode = min(limits, key=lambda name: limits[name])
        wanted = max(limits[mode], 0.0)
        if wanted < _REST_MPS:
            wanted, mode = 0.0, f"stop_{mode}" if mode != "cruise" else "turn"
        return self._finish(wanted, rate, mode, speed, here, watch)

    def _approach(self, points: NDArray[np.float64], here: Pose) -> NDArray[np.float64]:
        """The way, ended at the goal, so that the robot does not aim beyond it."""
        beyond = points[:, 0] > self._goal[0]
        if not beyond.any():
            return points
        return (
            np.concatenate((points[~beyond], [self._goal]))
            if not beyond[0]
            else np.array([here[:2], self._goal])
        )

    def _door_limits(self, door: DoorTrack, here: Pose, speed: float) -> dict[str, float]:
        distance = door.x - here[0]
        gap = distance - self._mission.robot_radius_m
        if not door.confirmed:
            # Something may be there: be slow enough to stop once it is sure.
            return {"suspect": _SUSPECT_MPS} if distance < _SUSPECT_WITHIN_M else {}
        limits = {"door": stoppable_speed(gap - STOP_GAP_M, speed, _DOOR_BRAKING_MPS2)}
        if distance < _SLOW_WITHIN_M:
            limits["slow"] = _SLOW_MPS
        return limits

    def _finish(self, wanted: float, rate: float, mode: str, speed: float, here: Pose, watch: Watch) -> Act:
        """Reports once the robot rests before a door."""
        resting = wanted == 0.0 and abs(speed) < _REST_MPS
        self._rest_s = self._rest_s + self._period_s if resting else 0.0
        door = watch.door
        at_door = door is not None and door.confirmed and door.x - here[0] < 2.0
        if resting and at_door and door is not None and door.is_class_clear:
            self._report = DOOR_WORDS[door.label]
            return self._command(0.0, 0.0, "report", done=self._rest_s >= _REPORT_AFTER_S)
        if resting and mode in ("stop_blocked", "stop_obstacle") and self._rest_s > _GIVE_UP_AFTER_S:
            self._report = _UNKNOWN
            return self._command(0.0, 0.0, "report", done=True)
        # Turning on before a door only shakes the picture.
        turn = 0.0 if wanted == 0.0 and mode in ("stop_door", "stop_yield", "stop_slow") else rate
        return self._command(wanted, turn, mode)

    def _command(self, wanted: float, rate: float, mode: str, done: bool = False) -> Act:
        self._speed = limit_change(wanted, self._speed, self._period_s)
        self._turn = limit_turn(rate, self._turn)
        return drive(self._speed, self._turn, mode, self._report, done)
