"""The protocol of a policy: observations and the model's outputs in, commands out, never the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from simgate.policies.perception.outputs import ModelOutput
from simgate.sim_adapters.observation import Observation


@dataclass(frozen=True, slots=True)
class Mission:
    """What a robot is told before it starts.

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


@dataclass(frozen=True, slots=True)
class Decision:
    """What one robot does for the next control period.

    Attributes:
        forward_mps: Forward speed.
        yaw_rate_rps: Yaw rate, counter-clockwise positive.
        mode: One word for the timeline, for example ``cruise``, ``slow``, ``stop``.
        report: What the robot says closes its way (``glass``, ``wood``), or None.
        done: The robot has finished: at the goal, or stopped for good and reported.
    """

    forward_mps: float
    yaw_rate_rps: float
    mode: str
    report: str | None = None
    done: bool = False


class Policy(Protocol):
    """Drives N robots. Constructed by entry point (group ``simgate.policies``) as
    ``factory(control_hz=int, options=Mapping[str, object])``.

    Two attributes of the factory are optional, for checks of packs before anything runs: ``reports``, every
    word that :attr:`Decision.report` can be, and ``options``, what may stand under ``policy_options``
    (:data:`simgate.sim_adapters.options.Options`). What a policy does not declare is not judged.

    A function ``files(options) -> Iterable[Path]`` of the factory tells what the policy reads besides its
    code, such as weights: these files are part of a run's identity, and a host refuses others, as it does
    with files that an option names. Every other plugin but a reporter may have it too.
    """

    name: str

    def reset(self, missions: Sequence[Mission]) -> None:
        """Starts N new episodes; nothing of earlier ones may leak."""
        ...

    def act(self, observation: Observation, detections: Sequence[ModelOutput | None]) -> list[Decision]:
        """Decides for each world.

        Args:
            observation: What the robots sense now.
            detections: For each world what perception delivered since the last call, or None
                when nothing new has arrived (latency, a dropped frame).
        """
        ...
