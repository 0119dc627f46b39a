"""``door_navigator``: drives to a goal behind a doorway and stops at a closed door, glass or wood.

The lidar does not see glass; the detector is the only witness of it. A door is believed after several
frames, placed in the odometry frame, and approached slowly; the robot stops with its hull 0.8 m before
it, says what it is and is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simgate.policies.navigation.pilot import Pilot
from simgate.policies.perception.detections import Detections
from simgate.policies.policy import Decision, Mission
from simgate.sim_adapters.observation import Observation


class DoorNavigator:
    """Drives N robots, each with its own :class:`~simgate.policies.navigation.pilot.Pilot`.

    Args:
        control_hz: Decisions a second.
        options: ``cruise_mps`` (default 0.8): speed where the way is free.

    Raises:
        ValueError: An option is unknown or out of range.
    """

    name = "door_navigator"

    def __init__(self, control_hz: int, options: Mapping[str, object] | None = None) -> None:
        given = dict(options or {})
        cruise = given.pop("cruise_mps", 0.8)
        if given:
            raise ValueError(f"door_navigator: unknown option {sorted(given)[0]!r} (known: cruise_mps)")
        if isinstance(cruise, bool) or not isinstance(cruise, int | float) or not 0.1 <= cruise <= 2.0:
            raise ValueError(f"door_navigator: cruise_mps must be a number from 0.1 to 2, not {cruise!r}")
        self._period_s = 1.0 / control_hz
        self._cruise_mps = float(cruise)
        self._pilots: list[Pilot] = []

    def reset(self, missions: Sequence[Mission]) -> None:
        """Starts N new episodes; nothing of earlier ones remains."""
        self._pilots = [Pilot(mission, self._period_s, self._cruise_mps) for mission in missions]

    def act(self, observation: Observation, detections: Sequence[Detections | None]) -> list[Decision]:
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
