"""The channels of a log besides its pictures: at each moment the newest message that was there by then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.replay.log_file import LogFile
from simgate.sim_adapters.replay.readings import reader_of
from simgate.sim_adapters.scene.log import LogChannel


class Streams:
    """Readings of a part of a log.

    Attributes:
        faults: What speaks against the part.

    Args:
        log: Opened.
        channels: What is read.
    """

    def __init__(self, log: LogFile, channels: Sequence[LogChannel]) -> None:
        self._channels = {one.name: one for one in channels}
        self._readers = {one.name: reader_of(log, one) for one in channels}
        self._messages: dict[str, Iterator[tuple[int, Any]]] = {
            one.name: iter(log.messages(one.topic.partition("#")[0])) for one in channels
        }
        self._waiting = {name: next(found, None) for name, found in self._messages.items()}
        self._values = {one.name: np.full(one.shape, np.nan) for one in channels}
        self.stamps = dict.fromkeys(self._channels, 0)
        self.faults: list[str] = []

    def begin(self, now_ns: int) -> None:
        """Goes to the first picture of the part; a channel without all its numbers by then is a fault."""
        self.until(now_ns, 0)
        for name, values in self._values.items():
            if np.isnan(values).any():
                topic = self._channels[name].topic
                self.faults.append(f"{topic} says not all of its numbers before the first picture")
                values[np.isnan(values)] = 0.0

    def until(self, now_ns: int, step: int) -> list[bytes]:
        """Takes in what has come by a moment; returns the new readings as bytes.

        Raises:
            ValueError: A message is damaged, or no reading of its channel.
            NativeError: The log is damaged there.
        """
        taken = []
        for name, messages in self._messages.items():
            is_new = False
            while (one := self._waiting[name]) is not None and one[0] <= now_ns:
                try:
                    self._readers[name](one[1], self._values[name])
                except (ValueError, AttributeError, TypeError, KeyError) as error:
                    raise ValueError(f"{self._channels[name].topic}: {error}") from None
                self._waiting[name], is_new = next(messages, None), True
            if is_new:
                self.stamps[name] = step
                taken.append(self._values[name].tobytes())
        return taken

    def shown(self) -> Mapping[str, NDArray[np.float64]]:
        """The newest of each channel, (1, ...)."""
        return {name: values[None].copy() for name, values in self._values.items()}
