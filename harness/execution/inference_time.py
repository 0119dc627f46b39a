"""How long an inference took for the robot: a machine that stood still is not a slow model.

The host clock runs on while the process is descheduled, swapped out or suspended. What the model itself needs
is processor time of this process plus time on its device. When the host clock shows clearly more than both
together, the machine stalled: the difference is left out of the latency that acts in the loop, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time

STALL_MS = 5.0
"""Idle time up to this is waiting as on any machine: for a device's answer, for a lock."""
STALL_SHARE = 0.25
"""And up to this share of the work: timers are not exact."""


@dataclass(frozen=True, slots=True)
class InferenceTime:
    """One call of a model, milliseconds.

    Attributes:
        wall_ms: Host clock.
        cpu_ms: Processor time of all threads of this process.
        device_ms: Time on a GPU where the runtime measures it, else None.
    """

    wall_ms: float
    cpu_ms: float
    device_ms: float | None = None

    @property
    def busy_ms(self) -> float:
        """Time in which somebody worked."""
        return self.cpu_ms + (self.device_ms or 0.0)

    @property
    def stalled(self) -> bool:
        """Whether the machine stood still meanwhile."""
        return self.wall_ms - self.busy_ms > max(STALL_MS, STALL_SHARE * self.busy_ms)

    @property
    def felt_ms(self) -> float:
        """Latency for the loop: the host clock, without a standstill."""
        return self.busy_ms if self.stalled else self.wall_ms


class Stopwatch:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._cpu_s = process_time()

    def stop(self, wall_ms: float, device_ms: float | None) -> InferenceTime:
        """What has passed, with the host clock's and the device's own measurements."""
        return InferenceTime(wall_ms, (process_time() - self._cpu_s) * 1000.0, device_ms)
