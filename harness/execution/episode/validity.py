"""Can this simulation be believed? Everything that makes an episode INVALID instead of judged.

A gate that scores a broken simulation reports noise as evidence, and one that calls a broken robot a broken
simulation hides it. The checks look at what the simulator itself delivered (raw frames, before camera
effects; true state), never at what the robot did with it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import ENDLESS, IMAGES, Embodiment, eye_of
from simgate.sim_adapters.observation import GroundTruth, Observation, VisibleEntity

BLACK_LEVEL = 1
"""A frame whose brightest value is at most this shows nothing, even in a dim room."""
CONSTANT_SPREAD = 2
"""A frame whose values differ by at most this shows nothing."""
CONSTANT_RUN = 5
"""So many constant frames in a row."""
REPEATED_RUN = 3
"""So many equal frames in a row are looked at."""
MUST_GROW_PX = 3.0
"""An object whose box must have changed by so much cannot leave the picture equal."""
MUST_TURN_RAD = math.radians(10.0)
"""A camera that has turned so far sees an object elsewhere."""
MAY_SHIFT_M = 0.02
"""While the camera has moved less, a turn is a turn only."""
CONTRAST = 10
"""So much must an object differ from what is around it for a picture to show that it moved."""


class ValidityMonitor:
    """Watches one world during its episode.

    A check proves that simulator or harness is broken. What a broken robot looks like too (its nose at a
    plain wall) is no proof: equal or empty pictures count against the renderer only where something that is
    in view must have changed them.

    Attributes:
        reasons: Why the episode cannot be believed; empty when it can.
        doubt_step: Physics step from which on it cannot; what happened before still counts. None without
            doubt.

    Args:
        timing: Rates that the simulator was asked for.
        embodiment: The robot, with the channels that are looked at.
    """

    def __init__(self, timing: Timing, embodiment: Embodiment) -> None:
        self.reasons: list[str] = []
        self.doubt_step: int | None = None
        self._period_steps = timing.control_steps, timing.camera_steps
        eye = eye_of(embodiment)
        self._eye = eye.name if eye else ""
        self._periods = {
            c.name: max(1, round(timing.physics_hz / c.rate_hz))
            for c in embodiment.channels
            if c.regular and (not eye or c.name != eye.name)
        }
        self._may_be_black = eye is not None and eye.may_be_black
        self._is_regular = eye is not None and eye.regular
        self._eye_steps = round(timing.physics_hz / eye.rate_hz) if eye else 1
        self._seen_step = -1
        numbers = [c for c in embodiment.channels if c.kind not in IMAGES and c.dtype.startswith("float")]
        self._endless = [c.name for c in numbers if c.kind in ENDLESS]
        self._finite = [c.name for c in numbers if c.kind not in ENDLESS]
        self._expected_step = 0
        self._repeated = b""
        self._repeats = 0
        self._first_of_repeats: GroundTruth | None = None
        self._constants = 0
        self._of_renderer: set[str] = set()

    @property
    def renderer_failed(self) -> bool:
        """Whether nothing but the pictures speaks against the episode."""
        return bool(self.reasons) and self._of_renderer.issuperset(self.reasons)

    def passes(self, step: int) -> bool:
        """Whether a step comes when it is due; then it counts as checked, for its simulator has said that all
        is well."""
        is_due = step == self._expected_step
        if is_due:
            self._expected_step = self._next(step)
        return is_due

    def is_due(self, step: int) -> bool:
        """Whether it is the step that comes next."""
        return step == self._expected_step

    def pass_until(self, step: int) -> None:
        """Counts as checked what was due up to a step, as :meth:`passes` does."""
        self._expected_step = self._next(step)

    def _next(self, step: int) -> int:
        """The step after one at which there is something new."""
        control, camera = self._period_steps
        if control == camera:
            return step + control
        return step + min(control - step % control, camera - step % camera)

    def check(self, observation: Observation, truth: GroundTruth, world: int) -> bool:
        """Checks one control tick; returns False when going on makes no sense."""
        sound = self._check_clock(observation, truth) and self._check_finite(observation, truth, world)
        if observation.step == 0:
            sound = self._check_start(truth) and sound
        if self._eye and observation.stamps[self._eye] > self._seen_step:
            self._seen_step = observation.stamps[self._eye]
            if world in observation.lost.get(self._eye, ()):
                return sound  # What is shown is the one before.
            self._check_frame(observation.channels[self._eye][world], truth)
        return sound

    def add(self, reason: str, step: int = 0) -> None:
        """Notes a reason once, however often it is met.

        Args:
            reason: In words.
            step: Physics step from which on there is doubt; 0 when nobody knows.
        """
        if reason not in self.reasons:
            self.reasons.append(reason)
            self.doubt_step = step if self.doubt_step is None else min(step, self.doubt_step)

    def _add_picture(self, reason: str, step: int) -> None:
        self._of_renderer.add(reason)
        self.add(reason, step)

    def _check_clock(self, observation: Observation, truth: GroundTruth) -> bool:
        expected = self._expected_step
        self._expected_step = self._next(expected)
        if observation.step != expected:
            self.add(f"the simulator's clock is at step {observation.step} instead of {expected}", expected)
            return False
        frame_step = expected - expected % self._eye_steps
        taken = observation.stamps[self._eye] if self._eye else truth.frame_step
        if self._is_regular and taken != frame_step:
            self.add(
                f"at step {expected} the camera frame is from step {taken} instead of {frame_step}", expected
            )
        stamps = observation.stamps
        for name, period in self._periods.items():
            # Between control ticks a reading may be newer than its rate says, never older.
            stamp = stamps[name]
            if stamp != expected and not (due := expected - expected % period) <= stamp <= expected:
                self.add(
                    f"at step {expected} the reading of {name} is from step {stamp} instead of {due}",
                    expected,
                )
        if truth.step != observation.step or truth.frame_step != taken:
            self.add(
                f"truth (step {truth.step}, frame {truth.frame_step}) and observation "
                f"(step {observation.step}, frame {taken}) are out of step",
                expected,
            )
        return True

    def _check_finite(self, observation: Observation, truth: GroundTruth, world: int) -> bool:
        (x, y, yaw), (ahead, turn) = truth.pose, truth.twist
        if not math.isfinite(x + y + yaw + ahead + turn) and not all(
            map(math.isfinite, (*truth.pose, *truth.twist))
        ):
            self.add(f"non-finite state of the robot at step {observation.step}", observation.step)
            return False
        read = observation.channels
        for name in self._finite:
            if not _is_finite(read[name][world]):
                break
        else:
            if not any(np.isnan(read[name][world]).any() for name in self._endless):
                return True
        self.add(f"non-finite sensor reading at step {observation.step}", observation.step)
        return False

    def _check_start(self, truth: GroundTruth) -> bool:
        touched = [contact.body for contact in truth.contacts]
        touched += [name for name, gap in truth.clearance_m.items() if gap < 0 and name not in touched]
        for name in touched:
            self.add(f"the robot overlaps {name} before it has moved")
        return not touched

    def _check_frame(self, frame: NDArray[np.uint8], truth: GroundTruth) -> None:
        brightest = int(frame.max())
        constant = brightest - int(frame.min()) <= CONSTANT_SPREAD
        edges = (truth.frame_step == 0 and not self._may_be_black) or _shows_part(truth, frame)
        if brightest <= BLACK_LEVEL and edges:
            self._add_picture(f"black camera frame at step {truth.frame_step}", truth.frame_step)
        self._constants = self._constants + 1 if constant and edges else 0
        if self._constants == CONSTANT_RUN:
            since = truth.frame_step - (CONSTANT_RUN - 1) * self._eye_steps
            self._add_picture(
                f"{CONSTANT_RUN} camera frames of one colour in a row, until step {truth.frame_step}, while "
                "something in view fills only part of them",
                since,
            )
        self._check_repeated(frame, truth)

    def _check_repeated(self, frame: NDArray[np.uint8], truth: GroundTruth) -> None:
        data = frame.tobytes()
        if data != self._repeated or self._first_of_repeats is None:
            self._repeated, self._repeats, self._first_of_repeats = data, 0, truth
            return
        self._repeats += 1
        if self._repeats >= REPEATED_RUN and (moved := _must_differ(self._first_of_repeats, truth, frame)):
            self._add_picture(
                f"the camera frame stands still while {moved} moves in it, seen at step {truth.frame_step}",
                self._first_of_repeats.frame_step,
            )


def _is_finite(values: NDArray[np.floating]) -> bool:
    # A sum of squares that is finite has finite parts, and takes a third of the time of looking at each.
    return math.isfinite(np.vdot(values, values)) or bool(np.isfinite(values).all())


def _shows_part(truth: GroundTruth, frame: NDArray[np.uint8]) -> bool:
    """Whether something in view ends within the picture, so that the picture has two colours."""
    size = frame.shape[0] * frame.shape[1]
    return any(not entity.truncated and 0 < entity.pixels < size for entity in truth.entities)


def _must_differ(before: GroundTruth, now: GroundTruth, frame: NDArray[np.uint8]) -> str:
    """Name of something whose picture cannot be the same at both times; empty when there is nothing.

    Nearer by a share d, a thing wholly in view is larger by d; after a turn on the spot it is elsewhere.
    """
    turned = abs(math.remainder(now.pose[2] - before.pose[2], math.tau))
    shifted = math.hypot(now.pose[0] - before.pose[0], now.pose[1] - before.pose[1])
    seen_before = {entity.name: entity for entity in before.entities if not entity.truncated}
    for entity in now.entities:
        last = seen_before.get(entity.name)
        if last is None or entity.truncated or not _stands_out(entity, frame):
            continue
        side = max(entity.box[2] - entity.box[0], entity.box[3] - entity.box[1])
        nearest, farthest = sorted((last.distance_m, entity.distance_m))
        if side * (farthest - nearest) > MUST_GROW_PX * farthest:
            return entity.name
        if turned > MUST_TURN_RAD and shifted < MAY_SHIFT_M:
            return entity.name
    return ""


def _stands_out(entity: VisibleEntity, frame: NDArray[np.uint8]) -> bool:
    x0, y0, x1, y1 = entity.box
    around = frame[max(y0 - 2, 0) : y1 + 2, max(x0 - 2, 0) : x1 + 2]
    return around.size > 0 and int(around.max()) - int(around.min()) >= CONTRAST
