"""What the channels of numbers read at control ticks, kept for people to look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgate.harness.trace import Reading
from simgate.sim_adapters.embodiment import IMAGES, Channel, Embodiment
from simgate.sim_adapters.observation import Observation

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
        self._whole = [(channel.name, _is_whole(channel)) for channel in self._channels]
        self._rows: list[list[NDArray[np.float32] | float]] = [[] for _ in self._channels]

    def tick(self, observation: Observation, world: int) -> None:
        """Takes in what is sensed at a control tick."""
        for (name, whole), rows in zip(self._whole, self._rows, strict=True):
            values = observation.channels[name][world]
            rows.append(values.astype(np.float32) if whole else float(values.min()))

    def readings(self) -> tuple[Reading, ...]:
        """All of them."""
        return tuple(
            Reading(
                c.name, c.kind, c.unit, _entries(c), np.array(rows, dtype=np.float32).reshape(len(rows), -1)
            )
            for c, rows in zip(self._channels, self._rows, strict=True)
            if rows
        )


def _is_whole(channel: Channel) -> bool:
    return channel.kind != "ranges" and len(channel.shape) == 1 and channel.shape[0] <= MOST_ENTRIES


def _entries(channel: Channel) -> tuple[str, ...]:
    if not _is_whole(channel):
        return ("smallest",)
    return channel.entries or tuple(str(k) for k in range(channel.shape[0]))
