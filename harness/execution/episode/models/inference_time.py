"""How long an inference took for the robot: a machine that stood still is not a slow model.

The host clock runs on while the process is descheduled, swapped out or suspended. Two things tell that from
work. Linux says how long the calling thread was ready but had no processor: that is left out. For the rest (a
suspended machine, a page that had to come from a disk), what the model itself needs is processor time of this
process plus time on its device; when the host clock shows clearly more than both together, the difference is
left out as well.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import process_time

STALL_MS = 5.0
"""Idle time up to this is waiting as on any machine: for a device's answer, for a lock."""
STALL_SHARE = 0.25
"""And up to this share of the work: timers are not exact."""
QUEUED_MS = 1.0
"""Time without a processor from which on a call counts as a standstill; it is left out in any case."""
_SCHEDSTAT = Path("/proc/thread-self/schedstat")


@dataclass(frozen=True, slots=True)
class InferenceTime:
    """One call of a model, milliseconds.

    Attributes:
        wall_ms: Host clock.
        cpu_ms: Processor time of all threads of this process.
        device_ms: Time on a GPU where the runtime measures it, else None.
        queued_ms: Time during which the calling thread was ready but had no processor; 0 where the system
            does not say it.
    """

    wall_ms: float
    cpu_ms: float
    device_ms: float | None = None
    queued_ms: float = 0.0

    @property
    def busy_ms(self) -> float:
        """Time in which somebody worked."""
        return self.cpu_ms + (self.device_ms or 0.0)

    @property
    def stalled(self) -> bool:
        """Whether the machine stood still meanwhile."""
        return self.queued_ms > QUEUED_MS or self._idle

    @property
    def felt_ms(self) -> float:
        """Latency for the loop: the host clock, without a standstill."""
        return self.busy_ms if self._idle else self._running_ms

    @property
    def _running_ms(self) -> float:
        """The host clock, while the thread had a processor or waited for something else than one."""
        return max(self.wall_ms - self.queued_ms, 0.0)

    @property
    def _idle(self) -> bool:
        """Whether more has passed than anybody worked or queued."""
        return self._running_ms - self.busy_ms > max(STALL_MS, STALL_SHARE * self.busy_ms)


_OF_THREAD = threading.local()


class Stopwatch:
    """Starts when it is made; to be stopped by the same thread."""

    def __init__(self) -> None:
        self._queued_ms = _queued_ms()
        self._cpu_s = process_time()

    def stop(self, wall_ms: float, device_ms: float | None) -> InferenceTime:
        """What has passed, with the host clock's and the device's own measurements."""
        cpu_ms = (process_time() - self._cpu_s) * 1000.0
        return InferenceTime(wall_ms, cpu_ms, device_ms, max(_queued_ms() - self._queued_ms, 0.0))


def _queued_ms() -> float:
    """How long this thread has waited for a processor since it began (Linux; 0 elsewhere)."""
    with suppress(OSError, ValueError, IndexError):
        # Opened once a thread, of which it is: to open it costs ten times what it costs to read it.
        if not hasattr(_OF_THREAD, "file"):
            _OF_THREAD.file = _SCHEDSTAT.open("rb", buffering=0)
        _OF_THREAD.file.seek(0)
        return int(_OF_THREAD.file.read().split()[1]) / 1e6
    return 0.0
