"""Wall-clock seconds by phase, cheap enough for every tick: one clock reading a lap."""

from __future__ import annotations

from time import perf_counter


class LapClock:
    """Adds the time since the previous lap to a phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._start = self._last = perf_counter()

    def lap(self, phase: str) -> float:
        """Books the time since the last lap under ``phase`` and returns it, seconds."""
        now = perf_counter()
        taken = now - self._last
        self._last = now
        self.seconds[phase] = self.seconds.get(phase, 0.0) + taken
        return taken

    def move(self, source: str, target: str, seconds: float) -> None:
        """Rebooks time that one phase spent for another (rendering inside a simulator's step)."""
        self.seconds[source] = self.seconds.get(source, 0.0) - seconds
        self.seconds[target] = self.seconds.get(target, 0.0) + seconds

    @property
    def total_s(self) -> float:
        """Seconds from the start to the last lap."""
        return self._last - self._start
