"""Belief about one door ahead, kept in the odometry frame so that late and lost frames do no harm."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from simgate.policies.navigation.door_range import DoorFix

DOOR_WORDS = {"glass_door": "glass", "wooden_door": "wood"}
"""Detector class -> what the robot reports."""

_CONFIRMED_AT, _LOST_AT, _SURE = 2.0, 0.6, 6.0
_MISS = 0.7
_GATE_M = 1.2


@dataclass(slots=True)
class DoorTrack:
    """A door that may be there.

    Attributes:
        x: Door plane, mission frame, metres.
        variance: Of ``x``.
        evidence: Sum over frames: a detection adds up to 1 by its score, a miss takes 0.7 off.
        confirmed: The evidence went above 2 and has not fallen to 0.6 since, so that one or two
            flickering frames neither make nor break a door.
        votes: Class -> sum of scores, each frame counting more the nearer it was taken.
    """

    x: float
    variance: float
    evidence: float = 0.0
    confirmed: bool = False
    votes: dict[str, float] = field(default_factory=dict)

    def agrees(self, fix: DoorFix) -> bool:
        """Whether a measurement may be of this door."""
        spread = math.sqrt(self.variance) + fix.std
        return abs(fix.x - self.x) < _GATE_M + 2.0 * spread

    def see(self, fix: DoorFix, label: str, score: float, distance_m: float) -> None:
        """Takes a detection in.

        Args:
            fix: Where it is.
            label: Detector class.
            score: 0 to 1.
            distance_m: From the robot to the door when the frame was taken.
        """
        noise = fix.std**2
        # Frames share the camera's pitch error: many far ones must not outweigh a near one.
        self.variance = max(self.variance + 1e-4, 0.3 * noise)
        gain = self.variance / (self.variance + noise)
        self.x += gain * (fix.x - self.x)
        self.variance *= 1.0 - gain
        self.votes[label] = self.votes.get(label, 0.0) + score / max(distance_m, 0.5)
        self.evidence = min(self.evidence + 0.4 + 0.6 * score, _SURE)
        self.confirmed = self.confirmed or self.evidence >= _CONFIRMED_AT

    def miss(self, weight: float = 1.0) -> None:
        """Takes in that a frame which should show the door does not."""
        self.evidence = max(self.evidence - _MISS * weight, 0.0)
        self.confirmed = self.confirmed and self.evidence > _LOST_AT

    @property
    def label(self) -> str:
        """Detector class with most votes."""
        return max(sorted(self.votes), key=lambda name: self.votes[name])

    @property
    def is_class_clear(self) -> bool:
        """Whether the best class has twice the votes of all others."""
        best = self.votes[self.label]
        return best >= 2.0 * (sum(self.votes.values()) - best)
