"""Wall-clock seconds by phase, cheap enough for every tick: one clock reading a lap."""

from __future__ import annotations

from collections import defaultdict
from time import perf_counter


class LapClock:
    """Adds the time since the previous lap to a phase."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._start = self._last = perf_counter()

    def lap(self, phase: str) -> float:
        """Books the time since the last lap under ``phase`` and returns it, seconds."""
        now = perf_counter()
        taken = now - self._last
        self._last = now
        self.seconds[phase] += taken
        return taken

    def move(self, source: str, target: str, seconds: float) -> None:
        """Rebooks time that one phase spent for another (rendering inside a simulator's step)."""
        self.seconds[source] -= seconds
        self.seconds[target] += seconds

    @property
    def total_s(self) -> float:
        """Seconds from the start to the last lap."""
        return self._last - self._start
