"""The policy of this pack: waits for the brick's pose, then lifts it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simgate.policies.grasping.motion import CONTROL_HZ, HOME, BrickPose, Floats, Lift, brick_seen
from simgate.policies.perception.outputs import Poses
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation


class LiftBrick:
    """See :class:`simgate.policies.policy.Policy`.

    Goes by the first pose that comes, and commands the joints of the arm.
    """

    name = "lift_brick"

    def __init__(self, *, control_hz: int, options: Mapping[str, object]) -> None:
        if control_hz != CONTROL_HZ:
            raise ValueError(f"the motion was made for {CONTROL_HZ} commands a second, not {control_hz}")

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N arms at home."""
        self._action = embodiment.action
        self._arms = [_Arm() for _ in briefs]

    def act(self, observation: Observation, outputs: Sequence[Poses | None]) -> list[Act]:
        """The next joint targets of each arm."""
        acts = []
        for arm, output in zip(self._arms, outputs, strict=True):
            if output is not None and len(output) and not arm.told:
                arm.begin(brick_seen(output.translations_m[0], output.rotations[0]))
            targets, phase = arm.next()
            acts.append(Act(np.clip(targets, self._action.low, self._action.high), phase, arm.told))
        return acts


class _Arm:
    """One arm and its motion."""

    def __init__(self) -> None:
        self.told: dict[str, float] = {}
        """Where the brick was said to lie, metres from the base; empty until then."""
        self._lift: Lift | None = None
        self._ticks = 0

    def begin(self, brick: BrickPose) -> None:
        """Goes for a brick; stays at home where it cannot be reached."""
        self.told = {"brick_x_m": brick.x, "brick_y_m": brick.y}
        try:
            self._lift = Lift(brick)
        except ValueError:
            self._lift = None

    def next(self) -> tuple[Floats, str]:
        """Joint targets, and a word for the timeline."""
        if self._lift is None:
            return HOME, "lost" if self.told else "wait"
        now_s = self._ticks / CONTROL_HZ
        self._ticks += 1
        return self._lift.targets(now_s), self._lift.phase(now_s)
