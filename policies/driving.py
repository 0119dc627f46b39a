"""A brief and an action in the words of a driving robot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simgate.policies.policy import Act, Brief


@dataclass(frozen=True, slots=True)
class Mission:
    """What a driving robot is told before it starts.

    Attributes:
        goal: (x, y) in the odometry frame, metres.
        goal_radius_m: The goal counts as reached within this distance.
        robot_radius_m: Radius of the robot's hull.
        max_speed_mps: Largest speed the drive can do.
    """

    goal: tuple[float, float]
    goal_radius_m: float
    robot_radius_m: float
    max_speed_mps: float

    @classmethod
    def of(cls, brief: Brief) -> Mission:
        """The mission that a brief's facts tell.

        Raises:
            ValueError: It tells of no goal.
        """
        facts: Any = brief.facts
        lacking = [name for name in cls.__slots__ if name not in facts]
        if lacking:
            raise ValueError(f"the task does not tell a driving robot its {', '.join(lacking)}")
        return cls(
            tuple(facts["goal"]), facts["goal_radius_m"], facts["robot_radius_m"], facts["max_speed_mps"]
        )

    def brief(self) -> Brief:
        """The mission as a task says it."""
        return Brief("drive to the goal", {name: getattr(self, name) for name in self.__slots__})


def drive(
    forward_mps: float, yaw_rate_rps: float, mode: str, report: str | None = None, done: bool = False
) -> Act:
    """An action of a driving robot.

    Args:
        forward_mps: Forward speed.
        yaw_rate_rps: Yaw rate, counter-clockwise positive.
        mode: One word for the timeline, for example ``cruise``, ``slow``, ``stop``.
        report: What the robot says closes its way, or None.
        done: The robot has finished: at the goal, or stopped for good and reported.
    """
    return Act((forward_mps, yaw_rate_rps), mode, {} if report is None else {"report": report}, done)
