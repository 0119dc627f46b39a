"""Which action of which chunk a robot is told at each control tick; latency acts in simulated time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.policies.server.declaration import ServerSpec

Rows = NDArray[np.float64]
Ask = Callable[[int], tuple[Rows, float]]
"""Asked for the chunk of a number: its actions, shape (H, A), and its latency, milliseconds."""


class StaleChunk(Exception):  # noqa: N818 - the name says what is wrong
    """A chunk that came when the moment of its last action had passed."""


@dataclass(slots=True)
class _Chunk:
    """Actions and the tick that they begin at: row k is of tick ``asked + k``."""

    rows: Rows
    asked: int
    ready: int
    at: int = 0
    """Row that is told next."""
    until: int = 0
    """Row before which the next chunk is asked for."""


class ChunkPlayer:
    """One world's chunks.

    Args:
        spec: What the pack declares.
        control_hz: Control ticks a second.
        size: Numbers in an action.
    """

    def __init__(self, spec: ServerSpec, control_hz: int, size: int) -> None:
        self._spec, self._control_hz = spec, control_hz
        self._tick = -1
        self._asked = 0
        self._playing: _Chunk | None = None
        self._coming: _Chunk | None = None
        self._last: Rows = np.zeros(size)

    def next(self, ask: Ask) -> tuple[Rows, str]:
        """The action of the next control tick, shape (A,), and a word for what it is.

        Args:
            ask: Asked for the next chunk when it is time.

        Raises:
            StaleChunk: Nothing of a chunk is of now or later.
        """
        self._tick += 1
        playing = self._playing
        if self._coming is None and (playing is None or playing.at >= playing.until):
            rows, latency_ms = ask(self._asked)
            self._asked += 1
            # Rounded first, so that 0.1 s at 10 Hz is one tick.
            ticks = math.ceil(round(latency_ms * self._control_hz / 1000.0, 6))
            self._coming = _Chunk(rows, self._tick, self._tick + ticks)
        if self._coming is not None and self._tick >= self._coming.ready:
            self._playing, self._coming = self._begun(self._coming), None
            playing = self._playing
        if self._coming is None and playing is not None:
            word = "chunk"
        elif self._spec.meanwhile == "rest" and playing is not None and playing.at < len(playing.rows):
            word = "rest"
        else:
            return self._last if self._spec.meanwhile != "zero" else np.zeros_like(self._last), "waiting"
        self._last = playing.rows[playing.at]
        playing.at += 1
        return self._last, word

    def _begun(self, chunk: _Chunk) -> _Chunk:
        passed = chunk.ready - chunk.asked if self._spec.late == "skip" else 0
        count = len(chunk.rows)
        if passed >= count:
            raise StaleChunk(
                f"its chunk of {count} actions came {passed} control ticks after its observation: none of "
                "them is of now or later"
            )
        chunk.at = passed
        chunk.until = count if self._spec.execute is None else min(count, passed + self._spec.execute)
        return chunk
