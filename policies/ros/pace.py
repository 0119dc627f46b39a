"""Simulated time held to the wall clock, for nodes that cannot be stepped."""

from __future__ import annotations

import time

from simgate.policies.ros.link import RosFailed

MOST_LATE = 5
"""Periods by which the simulation may be behind the wall clock before nothing that is seen is meant so."""


class Pace:
    """Waits until a tick is due.

    Args:
        period_s: Of a tick.

    Attributes:
        late: Ticks that began more than one period late.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._begun: float | None = None
        self.late = 0

    def wait(self, tick: int) -> None:
        """Waits for a tick, counted from 0.

        Raises:
            RosFailed: It is long over: this machine simulates more slowly than time passes.
        """
        now = time.monotonic()
        if self._begun is None:
            self._begun = now - tick * self._period_s
        early_s = self._begun + tick * self._period_s - now
        if early_s > 0:
            time.sleep(early_s)
            return
        self.late += -early_s > self._period_s
        if -early_s > MOST_LATE * self._period_s:
            raise RosFailed(
                f"in realtime the simulation is {-early_s:.2f} s behind the wall clock: this machine is too "
                "slow for it, run fewer --workers, or write time: lockstep"
            )
