"""What is known about one finished episode, with the quantities that several metrics share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simgate.harness.results.record import LatencySamples, Scalar
from simgate.harness.scoring.matching import ClassMatches, DetectionBoxes, boxes_by_frame, match_class
from simgate.harness.scoring.resources import ResourceUse
from simgate.harness.trace import Trace

REST_SPEED_MPS = 0.05
"""Below this speed the robot is at rest."""


class Evidence:
    """A trace with its latency samples. Shared quantities are computed once, when first asked for.

    Args:
        trace: What happened.
        latency: Perception latency.
        resources: What the episode cost its host; for old traces nobody knows.
    """

    def __init__(self, trace: Trace, latency: LatencySamples, resources: ResourceUse | None = None) -> None:
        self.trace = trace
        self.latency = latency
        self.resources = resources or ResourceUse()
        self._matches: dict[tuple[object, ...], ClassMatches] = {}

    @cached_property
    def times_s(self) -> NDArray[np.float64]:
        """Simulated time of each row, seconds, shape (T,)."""
        return self.trace.times_s

    def signal(self, name: str) -> NDArray[np.float64]:
        """A signal of the trace, shape (T,).

        Raises:
            KeyError: The trace has no such signal.
        """
        return self.trace.signals[name]

    @property
    def duration_s(self) -> float:
        """Simulated length of the episode."""
        return float(self.times_s[-1]) if len(self.times_s) else 0.0

    @cached_property
    def control_period_steps(self) -> int:
        """Physics steps from one control tick to the next; 1 for a trace of one row."""
        steps = self.trace.steps
        return int(steps[1] - steps[0]) if len(steps) > 1 else 1

    @property
    def control_hz(self) -> int:
        """Rows of the trace in one second of simulated time; physics_hz for a trace of one row."""
        return self.trace.physics_hz // self.control_period_steps

    @property
    def control_period_ms(self) -> float:
        """Control period, milliseconds of simulated time."""
        return 1000.0 * self.control_period_steps / self.trace.physics_hz

    @property
    def at_rest(self) -> bool:
        """Whether the robot stands still at the end."""
        speed = self.signal("speed_mps")
        return bool(len(speed)) and bool(abs(speed[-1]) < REST_SPEED_MPS)

    @cached_property
    def first_contact_s(self) -> float | None:
        """Simulated time of the first contact, None without any."""
        if not self.trace.contacts:
            return None
        return min(contact.step for contact in self.trace.contacts) / self.trace.physics_hz

    @property
    def goal_radius_m(self) -> float:
        """The goal counts as reached within this distance."""
        return float(self.trace.facts["goal_radius_m"] or 0.0)

    @cached_property
    def goal_row(self) -> int | None:
        """First row in which the robot is within the goal's radius, None when it never is."""
        reached = np.flatnonzero(self.signal("goal_distance_m") <= self.goal_radius_m)
        return int(reached[0]) if len(reached) else None

    @cached_property
    def path_m(self) -> NDArray[np.float64]:
        """Length of the way driven up to each row, metres, shape (T,)."""
        leg = np.hypot(np.diff(self.signal("x_m")), np.diff(self.signal("y_m")))
        return np.concatenate(([0.0], np.cumsum(leg)))

    @cached_property
    def boxes(self) -> dict[int, DetectionBoxes]:
        """What perception delivered, by physics step of the frame."""
        return boxes_by_frame(self.trace)

    @cached_property
    def labels_seen(self) -> tuple[str, ...]:
        """Classes of everything that was in view in some frame, sorted."""
        return tuple(sorted({e.label for frame in self.trace.frames for e in frame.entities}))

    @cached_property
    def model_classes(self) -> tuple[str, ...]:
        """The model's classes, sorted; empty when perception delivered nothing."""
        return tuple(sorted({name for found in self.trace.detections for name in found.classes}))

    def matches(self, label: str, options: Mapping[str, Scalar]) -> ClassMatches:
        """Detections of a class paired with the truth, under a criterion's options."""
        key = (label, *sorted(options.items()))
        if key not in self._matches:
            self._matches[key] = match_class(self.trace, self.boxes, label, options, self.latency.in_loop_ms)
        return self._matches[key]
