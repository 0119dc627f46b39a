"""A push: a force on a body for a while, whatever its robot does."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Push:
    """One push of a variant; the force is constant and acts at the body's centre of mass.

    Attributes:
        name: As the pack calls it.
        body: Name of the body in its file.
        impulse_ns: Force times duration, newton seconds.
        direction_deg: About the vertical from the world's X, positive to the left.
        elevation_deg: Positive up.
        at_s: When it begins, simulated seconds.
        duration_s: How long it lasts; at least one physics step.
    """

    name: str
    body: str
    impulse_ns: float
    direction_deg: float
    elevation_deg: float
    at_s: float
    duration_s: float

    @property
    def impulse(self) -> tuple[float, float, float]:
        """In the world's frame, newton seconds."""
        turn, rise = math.radians(self.direction_deg), math.radians(self.elevation_deg)
        level = self.impulse_ns * math.cos(rise)
        return level * math.cos(turn), level * math.sin(turn), self.impulse_ns * math.sin(rise)

    def steps(self, physics_hz: int) -> range:
        """The physics steps under its force, counted from the start."""
        first = round(self.at_s * physics_hz)
        return range(first, first + max(1, round(self.duration_s * physics_hz)))
