"""The adapter of field logs: shows again what a robot saw, whatever it is told now."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import GroundTruth, Observation, VisibleEntity
from simgate.sim_adapters.options import read_options
from simgate.sim_adapters.replay.log_file import LogFile, open_log
from simgate.sim_adapters.replay.opened import embodiment_of
from simgate.sim_adapters.replay.pictures import read_picture
from simgate.sim_adapters.replay.streams import Streams
from simgate.sim_adapters.replay.truths import Truths
from simgate.sim_adapters.scene.log import LogSite
from simgate.sim_adapters.traits import AdapterTraits

END = "end_of_log"
Picture = NDArray[np.uint8]


class ReplayAdapter:
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`.

    Time begins at the first picture of the part that is replayed. A picture is shown at the first moment of
    the loop at or after its own; the part ends with its last picture.
    """

    name = "replay"
    traits = AdapterTraits(max_worlds=1, planar=False)

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        read_options("replay adapter", {}, options or {})
        self._timing = timing
        self._embodiment: Embodiment | None = None
        self._pictures: Iterator[_Taken] = iter(())

    def describe(self) -> AdapterInfo:
        """Identity; nothing is simulated."""
        return AdapterInfo(self.name, "1", "the log's own pictures", "cpu")

    @property
    def embodiment(self) -> Embodiment:
        """The camera of the log."""
        if self._embodiment is None:
            raise RuntimeError("replay adapter: no embodiment before reset")
        return self._embodiment

    def reset(self, scenes: Sequence[LogSite]) -> Observation:
        """Opens the log at the first picture of its part.

        Raises:
            ValueError: Not one site, or no picture in it.
            NativeError: The log cannot be read.
        """
        if len(scenes) != 1:
            raise ValueError(f"replay adapter: one log at a time, not {len(scenes)}")
        (site,) = scenes
        log = open_log(Path(site.path))
        self._site, self._lost, self._shown, self._unlabelled = site, 0, 0, 0
        self._labels = Truths(log, site)
        self._part = _Part(log, site, self._labels.lost)
        self._pictures = self._part.pictures()
        first = next(self._pictures, None)
        if first is None:
            raise ValueError(f"{site.name} has no picture from {site.from_s:g} to {site.to_s:g} s")
        self._begin_ns, self._step = first.stamp_ns, 0
        self._embodiment = embodiment_of(
            site.channel, site.shape, float(self._timing.camera_hz), site.channels
        )
        self._picture = np.zeros((*site.shape, 3), np.uint8)
        self._course = hashlib.blake2b(digest_size=16)
        self._streams = Streams(log, site.channels)
        self._streams.begin(first.stamp_ns)
        self._show(first)
        self._next = next(self._pictures, None)
        return self._observation()

    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation:
        """Goes on to the next moment of the loop; what the robot is told changes nothing.

        Raises:
            RuntimeError: There is no log.
            ValueError: A picture has another size than those before it.
            NativeError: The log is damaged there.
        """
        if self._embodiment is None:
            raise RuntimeError("replay adapter: step before reset")
        self._step += self._timing.steps_ahead(self._step)
        now_ns = self._begin_ns + round(self._step * 1_000_000_000 / self._timing.physics_hz)
        shown = 0
        while self._next is not None and self._next.stamp_ns <= now_ns:
            self._show(self._next)
            self._next = next(self._pictures, None)
            shown += 1
        self._lost += max(0, shown - 1)
        for reading in self._streams.until(now_ns, self._step):
            self._course.update(reading)
        return self._observation()

    def _show(self, taken: _Taken) -> None:
        picture, self._is_lost = taken.picture, taken.picture is None
        if picture is not None:
            if picture.shape != self._picture.shape:
                shapes = f"{picture.shape} in place of {self._picture.shape}"
                raise ValueError(f"{self._site.name}: a picture has the shape {shapes}")
            self._picture = picture
        self._shown_step = self._step
        self._course.update(b"lost" if picture is None else picture.tobytes())
        found = self._labels.at(taken.stamp_ns, self._part.begin_ns, taken.number, taken.beside_ns)
        self._shown += 1
        self._unlabelled += found is None
        self._is_told = found is not None or self._site.labelled == "every"
        self._entities: tuple[VisibleEntity, ...] = found or ()

    def _observation(self) -> Observation:
        name = self._site.channel
        lost = {name: (0,)} if self._is_lost else {}
        read: dict[str, NDArray[Any]] = {name: self._picture[None], **self._streams.shown()}
        return Observation(self._step, read, {name: self._shown_step, **self._streams.stamps}, lost)

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        """The labels of the newest picture; where the robot was, and what it touched, nobody says."""
        nowhere = ((0.0, 0.0, 0.0), (0.0, 0.0))
        return (
            GroundTruth(
                self._step,
                self._shown_step,
                *nowhere,
                self._entities,
                (),
                {},
                tells_entities=self._site.is_labelled and self._is_told,
                tells_contacts=False,
                over=END if self._next is None else "",
                course=self._course.hexdigest(),
            ),
        )

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Pictures that the loop was too slow to show, and pictures without labels."""
        found = list(self._streams.faults)
        if self._lost:
            found.append(
                f"{self._lost} pictures of the log came faster than sim.camera_hz = "
                f"{self._timing.camera_hz}: raise it"
            )
        is_whole = self._site.labelled == "every"
        if self._unlabelled and (is_whole or self._unlabelled == self._shown):
            near, site = f"within {1000 * self._site.tolerance_s:g} ms", self._site
            if site.labels is not None:
                near = f"of their {site.labels_by}" if site.labels_by == "number" else near
                near += f" in {Path(site.labels).name}"
            else:
                near += f" on {site.truth}"
            remedy = "; where only some are labelled write labelled: some" if is_whole else ""
            found.append(f"{self._unlabelled} pictures of the log have no labels {near}{remedy}")
        return (tuple(found),)

    def close(self) -> None:
        """Forgets the log; safe to call twice."""
        self._embodiment = None
        self._pictures = iter(())


@dataclass(frozen=True, slots=True)
class _Taken:
    """A picture of the log.

    Attributes:
        stamp_ns: When it was taken, nanoseconds.
        number: In the log, from 0; of one that was lost that of the one after it.
        picture: uint8, shape (H, W, 3), RGB; None for one that was lost on its way.
        beside_ns: Stamps of the one before and of the one after it, in the part or not.
    """

    stamp_ns: int
    number: int
    picture: Picture | None
    beside_ns: tuple[float, float]


class _Part:
    """The pictures of a part of a log; no more than one message is read ahead.

    Attributes:
        begin_ns: Stamp of the log's first picture, once one was asked for.

    Args:
        log: Opened.
        site: The part.
        lost: Stamps of pictures that were lost on their way, in order.
    """

    def __init__(self, log: LogFile, site: LogSite, lost: Sequence[int]) -> None:
        self._log, self._site, self._gone = log, site, deque(lost)
        self.begin_ns = 0

    def pictures(self) -> Iterator[_Taken]:
        """Each picture of the part, the lost ones too.

        Raises:
            ValueError: A picture is damaged, or stamped before the one before it.
        """
        site, kind = self._site, self._log.topics[self._site.images]
        moments = self._moments()
        before_ns, now = -math.inf, next(moments, None)
        while now is not None:
            after = next(moments, None)
            stamp_ns, number, said = now
            at_s = self._at_s(stamp_ns)
            if at_s > site.to_s:
                return
            if at_s >= site.from_s:
                try:
                    picture = None if said is None else read_picture(kind, said)
                except ValueError as error:
                    raise ValueError(f"{site.name}, {site.images}, {at_s:.3f} s: {error}") from None
                yield _Taken(stamp_ns, number, picture, (before_ns, math.inf if after is None else after[0]))
            before_ns, now = stamp_ns, after

    def _moments(self) -> Iterator[tuple[int, int, Any]]:
        """Stamp, number and message of each picture of the log; of a lost one there is no message."""
        site, last_ns, number = self._site, -math.inf, 0
        for number, (stamp_ns, said) in enumerate(self._log.messages(site.images)):
            if number == 0:
                self.begin_ns = min([stamp_ns, *islice(self._gone, 1)])
            if stamp_ns <= last_ns:
                at_s = self._at_s(stamp_ns)
                raise ValueError(
                    f"{site.name}: at {at_s:.3f} s a picture is stamped no later than the one before"
                )
            last_ns = stamp_ns
            yield from self._lost_before(stamp_ns, number)
            if self._gone and self._gone[0] == stamp_ns:
                self._gone.popleft()  # It has arrived after all.
            yield stamp_ns, number, said
        yield from self._lost_before(math.inf, number + 1)

    def _lost_before(self, stamp_ns: float, number: int) -> Iterator[tuple[int, int, None]]:
        while self._gone and self._gone[0] < stamp_ns:
            yield self._gone.popleft(), number, None

    def _at_s(self, stamp_ns: int) -> float:
        return (stamp_ns - self.begin_ns) / 1e9
