"""The adapter of field logs: shows again what a robot saw, whatever it is told now."""

from __future__ import annotations

import bisect
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import GroundTruth, Observation, VisibleEntity
from simgate.sim_adapters.options import read_options
from simgate.sim_adapters.replay.labels import read_labels
from simgate.sim_adapters.replay.log_file import LogFile, open_log
from simgate.sim_adapters.replay.opened import embodiment_of
from simgate.sim_adapters.replay.pictures import read_picture
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
        self._pictures: Iterator[tuple[int, Picture]] = iter(())

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
        self._site, self._faults, self._lost, self._unlabelled = site, list[str](), 0, 0
        self._labels = _Labels(log, site)
        self._pictures = _pictures(log, site)
        first = next(self._pictures, None)
        if first is None:
            raise ValueError(f"{site.name} has no picture from {site.from_s:g} to {site.to_s:g} s")
        self._begin_ns, picture = first
        self._shape, self._step = picture.shape, 0
        self._embodiment = embodiment_of(site.channel, picture.shape[:2], float(self._timing.camera_hz))
        self._course = hashlib.blake2b(digest_size=16)
        self._show(self._begin_ns, picture)
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
        while self._next is not None and self._next[0] <= now_ns:
            self._show(*self._next)
            self._next = next(self._pictures, None)
            shown += 1
        self._lost += max(0, shown - 1)
        return self._observation()

    def _show(self, stamp_ns: int, picture: Picture) -> None:
        if picture.shape != self._shape:
            raise ValueError(f"{self._site.name}: a picture of {picture.shape} follows ones of {self._shape}")
        self._picture, self._shown_step = picture, self._step
        self._course.update(picture.tobytes())
        found = self._labels.at(stamp_ns)
        self._unlabelled += found is None
        self._entities: tuple[VisibleEntity, ...] = found or ()

    def _observation(self) -> Observation:
        name = self._site.channel
        return Observation(self._step, {name: self._picture[None]}, {name: self._shown_step})

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
                tells_entities=self._site.truth is not None,
                over=END if self._next is None else "",
                course=self._course.hexdigest(),
            ),
        )

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Pictures that the loop was too slow to show, and pictures without labels."""
        found = []
        if self._lost:
            found.append(
                f"{self._lost} pictures of the log came faster than sim.camera_hz = "
                f"{self._timing.camera_hz}: raise it"
            )
        if self._unlabelled:
            near = f"within {1000 * self._site.tolerance_s:g} ms"
            found.append(
                f"{self._unlabelled} pictures of the log have no labels {near} on {self._site.truth}"
            )
        return (tuple(found),)

    def close(self) -> None:
        """Forgets the log; safe to call twice."""
        self._embodiment = None
        self._pictures = iter(())


class _Labels:
    """All labels of a log, by their stamps: they are small, and may lie far behind their pictures."""

    def __init__(self, log: LogFile, site: LogSite) -> None:
        self._near_ns = site.tolerance_s * 1e9
        self._told = site.truth is not None
        found: dict[int, tuple[VisibleEntity, ...]] = {}
        for stamp_ns, said in log.messages(site.truth) if site.truth is not None else ():
            found[stamp_ns] = read_labels(log.topics[site.truth or ""], said)
        self._stamps = sorted(found)
        self._found = found

    def at(self, stamp_ns: int) -> tuple[VisibleEntity, ...] | None:
        """Those nearest to a picture; None where they are too far away, () where nobody tells any."""
        if not self._told:
            return ()
        place = bisect.bisect_left(self._stamps, stamp_ns)
        near = self._stamps[max(0, place - 1) : place + 1]
        best = min(near, key=lambda one: abs(one - stamp_ns), default=None)
        if best is None or abs(best - stamp_ns) > self._near_ns:
            return None
        return self._found[best]


def _pictures(log: LogFile, site: LogSite) -> Iterator[tuple[int, Picture]]:
    """The pictures of the part with their stamps, nanoseconds; nothing is read ahead.

    Raises:
        ValueError: A picture is damaged, or stamped before the one before it.
    """
    kind = log.topics[site.images]
    first_ns, last_ns = None, -math.inf
    for stamp_ns, said in log.messages(site.images):
        first_ns = stamp_ns if first_ns is None else first_ns
        at_s = (stamp_ns - first_ns) / 1e9
        if stamp_ns <= last_ns:
            raise ValueError(
                f"{site.name}: at {at_s:.3f} s a picture is stamped no later than the one before"
            )
        last_ns = stamp_ns
        if at_s > site.to_s:
            return
        if at_s >= site.from_s:
            try:
                yield stamp_ns, read_picture(kind, said)
            except ValueError as error:
                raise ValueError(f"{site.name}, {site.images}, {at_s:.3f} s: {error}") from None
