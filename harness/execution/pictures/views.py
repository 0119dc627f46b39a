"""What cameras and scanners have read during an episode, thinned so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.pictures.channel_picture import SEEN
from simgate.harness.execution.pictures.kept_frames import Chosen, Frame
from simgate.sim_adapters.embodiment import Channel, Embodiment, Kind
from simgate.sim_adapters.observation import Observation

MOST_BYTES = 8_000_000
"""Of the readings of a channel in an episode; when there are more, every second one goes, whatever comes."""
FEWEST_KEPT, MOST_KEPT = 12, 128
"""So many readings at least, however large they are, and at most."""
FLAT_SCANS: frozenset[Kind] = frozenset({"ranges"})
MOST_SCANS = 100_000
"""Of a scanner: as many as there are, for they are small."""


@dataclass(frozen=True, eq=False)
class View:
    """Readings of one channel.

    Attributes:
        channel: Which.
        steps: Physics step of each.
        readings: Each of the channel's shape.
    """

    channel: Channel
    steps: tuple[int, ...]
    readings: Sequence[NDArray[Any]]

    def nearest(self, step: float) -> int:
        """Index of the reading that is nearest to a moment."""
        return int(np.abs(np.array(self.steps) - step).argmin())


def view_of(
    channel: Channel, steps: Sequence[int], frames: Sequence[Frame | None], places: Sequence[int]
) -> View:
    """Those of a camera's frames that reached the model, which are read when one is looked at.

    Args:
        channel: Of the camera.
        steps: Physics step of each frame.
        frames: All of them.
        places: Which of them reached it.
    """
    chosen: Sequence[Any] = Chosen(frames, places)
    return View(channel, tuple(steps[k] for k in places), chosen)


class ViewKeeper:
    """Keeps the readings of one world.

    Args:
        embodiment: Of the robot.
        but: Names of channels whose readings are kept elsewhere.
        kinds: Of channels whose readings are kept.
        most: So many readings of a channel at most.
    """

    def __init__(
        self,
        embodiment: Embodiment,
        but: Sequence[str] = (),
        kinds: Collection[Kind] = SEEN,
        most: int = MOST_KEPT,
    ) -> None:
        self._kept = [_Kept(c, most) for c in embodiment.channels if c.kind in kinds and c.name not in but]

    def look(self, observation: Observation, world: int) -> None:
        """Takes what is new."""
        for kept in self._kept:
            name = kept.channel.name
            kept.take(observation.stamps[name], observation.channels[name][world])

    def views(self) -> tuple[View, ...]:
        """All that was kept, with the newest reading of each channel."""
        return tuple(view for kept in self._kept if (view := kept.view()) is not None)


class _Kept:
    def __init__(self, channel: Channel, most: int) -> None:
        self.channel = channel
        self._on_beat: list[tuple[int, NDArray[Any]]] = []
        self._newest: tuple[int, NDArray[Any]] | None = None
        self._stride, self._count = 1, 0
        size = max(1, int(np.prod(channel.shape)) * np.dtype(channel.dtype).itemsize)
        self._most = min(max(MOST_BYTES // size, FEWEST_KEPT), most)

    def take(self, step: int, reading: NDArray[Any]) -> None:
        if self._newest is not None and step <= self._newest[0]:
            return
        self._newest = (step, reading.copy())
        if self._count % self._stride == 0:
            self._on_beat.append(self._newest)
            if len(self._on_beat) > self._most:
                self._on_beat = self._on_beat[::2]
                self._stride *= 2
        self._count += 1

    def view(self) -> View | None:
        if self._newest is None:
            return None
        kept = self._on_beat if self._on_beat[-1] is self._newest else [*self._on_beat, self._newest]
        return View(self.channel, tuple(step for step, _ in kept), tuple(reading for _, reading in kept))
