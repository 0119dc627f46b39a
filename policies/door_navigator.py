"""``door_navigator``: drives to a goal behind a doorway and stops at a closed door, glass or wood.

The lidar does not see glass; the detector is the only witness of it. A door is believed after several
frames, placed in the odometry frame, and approached slowly; the robot stops with its hull 0.8 m before
it, says what it is and is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from simgate.policies.driving import Mission
from simgate.policies.navigation.pilot import REPORTS, Pilot
from simgate.policies.perception.outputs import Boxes, only_boxes
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Option, Options, read_options
from simgate.sim_adapters.planar_drive import DriveView


class DoorNavigator:
    """Drives N robots, each with its own :class:`~simgate.policies.navigation.pilot.Pilot`.

    Args:
        control_hz: Decisions a second.
        options: See :attr:`options`.

    Raises:
        ValueError: An option is unknown or out of range.
    """

    name = "door_navigator"
    options: ClassVar[Options] = {
        "cruise_mps": Option("number", 0.8, "Speed where the way is free, m/s.", low=0.1, high=2.0)
    }
    """What a pack may say under ``policy_options``."""
    reports: ClassVar[tuple[str, ...]] = REPORTS
    """Everything that the robot can report."""

    def __init__(self, control_hz: int, options: Mapping[str, object] | None = None) -> None:
        values = read_options(self.name, self.options, options or {})
        self._period_s = 1.0 / control_hz
        self._cruise_mps = float(values["cruise_mps"])
        self._pilots: list[Pilot] = []

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N new episodes; nothing of earlier ones remains."""
        self._pilots = [Pilot(Mission.of(brief), self._period_s, self._cruise_mps) for brief in briefs]

    def act(self, observation: Observation, detections: Sequence[Boxes | None]) -> list[Act]:
        """Decides for each world.

        Raises:
            TypeError: The model gives something else than boxes.
        """
        only_boxes([one for one in detections if one is not None])
        sensed = DriveView(observation)
        return [
            pilot.act(
                observation.step,
                sensed.pose[index],
                sensed.twist[index],
                sensed.ranges_m[index],
                detections[index],
            )
            for index, pilot in enumerate(self._pilots)
        ]
