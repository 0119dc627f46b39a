"""Perception latency in simulated time: when a result may reach the policy.

Time is counted in physics steps. A result of the frame at step ``s`` with latency ``L`` ms is due at step
``s + ceil(L * physics_hz / 1000)`` and delivered at the first control tick at or after it. Results keep
the order of their frames, as they do on a robot with one perception pipeline: a fast result waits for a
slower one before it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from simgate.policies.perception.outputs import ModelOutput

_ROUNDING_STEPS = 1e-9
"""A latency that is a whole number of steps but for float rounding must not cost one step more."""


def steps_of(latency_ms: float, physics_hz: int) -> int:
    """Physics steps that a latency takes, rounded up.

    Args:
        latency_ms: Milliseconds, finite and not negative.
        physics_hz: Physics steps a second.

    Raises:
        ValueError: The latency is negative or not finite.
    """
    if not math.isfinite(latency_ms) or latency_ms < 0:
        raise ValueError(f"a latency must be a finite number of milliseconds from 0 on, not {latency_ms}")
    return max(0, math.ceil(latency_ms * physics_hz / 1000.0 - _ROUNDING_STEPS))


@dataclass(frozen=True, slots=True)
class Delivery:
    """A result on its way from the camera to the policy.

    Attributes:
        answer: What the model said; carries the step of its frame.
        latency_ms: Latency of this result.
        due_step: First physics step at which the policy may have it.
    """

    answer: ModelOutput
    latency_ms: float
    due_step: int


class LatencyQueue:
    """Results of one world that have not reached its policy yet, in order of their frames."""

    def __init__(self, physics_hz: int) -> None:
        self._physics_hz = physics_hz
        self._waiting: deque[Delivery] = deque()

    def push(self, answer: ModelOutput, latency_ms: float) -> None:
        """Puts the result of a frame on its way.

        Raises:
            ValueError: The latency is negative or not finite.
        """
        due = answer.frame_step + steps_of(latency_ms, self._physics_hz)
        if self._waiting:
            due = max(due, self._waiting[-1].due_step)
        self._waiting.append(Delivery(answer, latency_ms, due))

    def deliver(self, step: int) -> list[Delivery]:
        """Takes out all that is due at this control tick, oldest frame first."""
        arrived: list[Delivery] = []
        while self._waiting and self._waiting[0].due_step <= step:
            arrived.append(self._waiting.popleft())
        return arrived
