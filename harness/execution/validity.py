"""Can this simulation be believed? Everything that makes an episode INVALID instead of judged.

A gate that scores a broken simulation reports noise as evidence. The checks look at what the simulator
itself delivered (raw frames, before camera effects; true state), never at what the robot did with it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import GroundTruth, Observation

BLACK_LEVEL = 1
"""A frame whose brightest value is at most this shows nothing, even in a dim room."""
CONSTANT_SPREAD = 2
"""A frame whose values differ by at most this shows nothing."""
CONSTANT_RUN = 5
"""So many constant frames in a row; fewer can be a robot that looks at a plain wall from close by."""
REPEATED_RUN = 3
"""So many equal frames in a row, while the robot moves, mean that the renderer stands still."""
REPEATED_MOTION = 0.05
"""Metres or radians of motion over the repeated frames; less may leave a coarse image unchanged."""


class ValidityMonitor:
    """Watches one world during its episode.

    Args:
        timing: Rates that the simulator was asked for.
    """

    def __init__(self, timing: Timing) -> None:
        self.reasons: list[str] = []
        self._timing = timing
        self._expected_step = 0
        self._previous_frame = b""
        self._previous_pose: tuple[float, float, float] | None = None
        self._repeats = 0
        self._repeat_motion = 0.0
        self._constants = 0

    def check(self, observation: Observation, truth: GroundTruth, world: int) -> bool:
        """Checks one control tick; returns False when going on makes no sense."""
        sound = self._check_clock(observation, truth) and self._check_finite(observation, truth, world)
        if observation.step == 0:
            sound = self._check_start(truth) and sound
        if observation.has_new_frame:
            self._check_frame(observation.rgb[world], truth)
        return sound

    def add(self, reason: str) -> None:
        """Notes a reason once, however often it is met."""
        if reason not in self.reasons:
            self.reasons.append(reason)

    def _check_clock(self, observation: Observation, truth: GroundTruth) -> bool:
        expected = self._expected_step
        self._expected_step += self._timing.control_steps
        if observation.step != expected:
            self.add(f"the simulator's clock is at step {observation.step} instead of {expected}")
            return False
        frame_step = expected - expected % self._timing.camera_steps
        if observation.frame_step != frame_step:
            late = f"from step {observation.frame_step} instead of {frame_step}"
            self.add(f"at step {expected} the camera frame is {late}")
        if truth.step != observation.step or truth.frame_step != observation.frame_step:
            self.add(
                f"truth (step {truth.step}, frame {truth.frame_step}) and observation "
                f"(step {observation.step}, frame {observation.frame_step}) are out of step"
            )
        return True

    def _check_finite(self, observation: Observation, truth: GroundTruth, world: int) -> bool:
        if not all(map(math.isfinite, (*truth.pose, *truth.twist))):
            self.add(f"non-finite state of the robot at step {observation.step}")
            return False
        if np.isnan(observation.ranges_m[world]).any() or not np.isfinite(observation.pose[world]).all():
            self.add(f"non-finite sensor reading at step {observation.step}")
            return False
        return True

    def _check_start(self, truth: GroundTruth) -> bool:
        touched = [contact.body for contact in truth.contacts]
        touched += [name for name, gap in truth.clearance_m.items() if gap < 0 and name not in touched]
        for name in touched:
            self.add(f"the robot overlaps {name} before it has moved")
        return not touched

    def _check_frame(self, frame: NDArray[np.uint8], truth: GroundTruth) -> None:
        brightest = int(frame.max())
        if brightest <= BLACK_LEVEL:
            self.add(f"black camera frame at step {truth.frame_step}")
        spread = brightest - int(frame.min())
        self._constants = self._constants + 1 if spread <= CONSTANT_SPREAD else 0
        if self._constants == CONSTANT_RUN:
            self.add(f"{CONSTANT_RUN} camera frames of one colour in a row, until step {truth.frame_step}")
        self._check_repeated(frame.tobytes(), truth)

    def _check_repeated(self, frame: bytes, truth: GroundTruth) -> None:
        if frame == self._previous_frame and self._previous_pose is not None:
            x, y, yaw = self._previous_pose
            moved = math.hypot(truth.pose[0] - x, truth.pose[1] - y) + abs(
                math.remainder(truth.pose[2] - yaw, math.tau)
            )
            self._repeats += 1
            self._repeat_motion += moved
        else:
            self._repeats, self._repeat_motion = 0, 0.0
        if self._repeats >= REPEATED_RUN and self._repeat_motion > REPEATED_MOTION:
            self.add(f"the camera frame stands still while the robot moves, seen at step {truth.frame_step}")
        self._previous_frame, self._previous_pose = frame, truth.pose
