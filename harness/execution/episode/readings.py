"""What the channels of numbers read at control ticks, kept for people to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.trace import Reading
from simgate.sim_adapters.embodiment import IMAGES, Channel, Embodiment
from simgate.sim_adapters.observation import Observation

_ROWS = 256
"""Room for so many at first; it is doubled when it is full."""
MOST_ENTRIES = 64
"""Vectors up to this length are kept whole; of longer ones, and of ranges, only the smallest number is."""


class ReadingKeeper:
    """Collects the readings of one world.

    Args:
        embodiment: Of the robot; its images, point clouds and texts are no numbers to plot.
    """

    def __init__(self, embodiment: Embodiment) -> None:
        self._channels = [
            channel for channel in embodiment.channels if channel.kind not in (*IMAGES, "points", "text")
        ]
        self._kept = [
            (c.name, _is_whole(c), np.empty((_ROWS, len(_entries(c))), dtype=np.float32))
            for c in self._channels
        ]
        self._count = self._doubled = 0

    def tick(self, observation: Observation, world: int) -> None:
        """Takes in what is sensed at a control tick."""
        at = self._room_for(1)
        for name, whole, rows in self._kept:
            values = observation.channels[name][world]
            rows[at] = values if whole else values.min()

    def ticks(self, channels: Mapping[str, NDArray[Any]]) -> None:
        """Takes in what was sensed at control ticks that followed one another.

        Args:
            channels: By name, each of shape (N, ...).
        """
        count = len(next(iter(channels.values())))
        at = self._room_for(count)
        for name, whole, rows in self._kept:
            values = channels[name]
            rows[at : at + count] = values if whole else values.reshape(count, -1).min(axis=1, keepdims=True)

    def _room_for(self, count: int) -> int:
        at = self._count
        self._count = at + count
        while self._count > _ROWS << self._doubled:
            self._doubled += 1
            self._kept = [
                (name, whole, np.concatenate([rows, np.empty_like(rows)])) for name, whole, rows in self._kept
            ]
        return at

    def readings(self) -> tuple[Reading, ...]:
        """All of them."""
        if not self._count:
            return ()
        return tuple(
            Reading(c.name, c.kind, c.unit, _entries(c), rows[: self._count].copy())
            for c, (_, _, rows) in zip(self._channels, self._kept, strict=True)
        )


def _is_whole(channel: Channel) -> bool:
    return channel.kind != "ranges" and len(channel.shape) == 1 and channel.shape[0] <= MOST_ENTRIES


def _entries(channel: Channel) -> tuple[str, ...]:
    if not _is_whole(channel):
        return ("smallest",)
    return channel.entries or tuple(str(k) for k in range(channel.shape[0]))
