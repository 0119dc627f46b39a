"""``door_navigator``: drives to a goal behind a doorway and stops at a closed door, glass or wood.

The lidar does not see glass; the detector is the only witness of it. A door is believed after several
frames, placed in the odometry frame, and approached slowly; the robot stops with its hull 0.8 m before
it, says what it is and is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from simgate.policies.navigation.pilot import REPORTS, Pilot
from simgate.policies.perception.outputs import Boxes
from simgate.policies.policy import Decision, Mission
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Option, Options, read_options


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

    def reset(self, missions: Sequence[Mission]) -> None:
        """Starts N new episodes; nothing of earlier ones remains."""
        self._pilots = [Pilot(mission, self._period_s, self._cruise_mps) for mission in missions]

    def act(self, observation: Observation, detections: Sequence[Boxes | None]) -> list[Decision]:
        """Decides for each world."""
        return [
            pilot.act(
                observation.step,
                observation.pose[index],
                observation.twist[index],
                observation.ranges_m[index],
                detections[index],
            )
            for index, pilot in enumerate(self._pilots)
        ]
