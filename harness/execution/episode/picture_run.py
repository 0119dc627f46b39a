"""Variants of a data set: its pictures, shown to the model many at once, as the traces of episodes.

A picture is one step of an episode in which nobody acts. Pictures are decoded by a thread of their own while
the model runs, and never more than a few batches of them are in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import overload

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import Frame, LoopModel
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.results.record import DetectionSheet, LatencySamples
from simgate.harness.scoring.sheets import sheets_of
from simgate.harness.trace import FrameTruth, Trace
from simgate.policies.perception.outputs import Boxes, ModelOutput, require_sound
from simgate.sim_adapters.datasets.entities import entities_of
from simgate.sim_adapters.datasets.frames import read_frame, sha256_of
from simgate.sim_adapters.datasets.world import DatasetSite, Shown

BATCH = 32
"""Pictures that a model is shown at once, at most; the same size is needed."""
_AHEAD = 2 * BATCH
"""So many are decoded ahead."""


class SeenPictures(Sequence[Frame | None]):
    """The frames of a variant, read again when one is looked at: all of them would not fit into memory."""

    def __init__(self, site: DatasetSite) -> None:
        self._site = site

    def __len__(self) -> int:
        return len(self._site.pictures)

    @overload
    def __getitem__(self, index: int) -> Frame | None: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Frame | None]: ...

    def __getitem__(self, index: int | slice) -> Frame | Sequence[Frame | None] | None:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        one = self._site.pictures[index]
        return read_frame(self._site.folder, one.name, one.sha256)


@dataclass(frozen=True, slots=True)
class PictureRun:
    """What one variant leaves behind.

    Attributes:
        episode: With the trace.
        sheets: Of a data set, class -> its detections.
    """

    episode: Episode
    sheets: dict[str, DetectionSheet] = field(default_factory=dict)


def run_pictures(
    models: Sequence[LoopModel], sites: Sequence[DatasetSite], physics_hz: int, clock: LapClock
) -> list[PictureRun]:
    """Shows the model the pictures of some variants, and returns what it said in the same order.

    Args:
        models: The only one.
        sites: One for each variant.
        physics_hz: Steps a second of the traces; a picture is a step.
        clock: Books wall-clock time: build (decoding that had to be waited for), inference, record.

    Raises:
        BadPicture: A picture is damaged, or another one than planned.
        ValueError: The model's answer is none, or the model is no detector of frames alone.
    """
    if len(models) != 1 or models[0].channels or models[0].channel:
        raise ValueError("a data set is shown to one model, which looks at pictures alone")
    runtime = models[0].runtime
    shown = [(site, one) for site in sites for one in site.pictures]
    said: list[Boxes] = []
    sizes: list[tuple[int, int]] = []
    for frames in _batches(shown):
        clock.lap("build")
        found = runtime.infer(frames)
        require_sound(found, len(frames), (frames.shape[1], frames.shape[2]))
        said += [_boxes(one) for one in found]
        sizes += [(frames.shape[2], frames.shape[1])] * len(frames)
        clock.lap("inference")
    runs, first = [], 0
    for site in sites:
        last = first + len(site.pictures)
        runs.append(_ended(site, said[first:last], sizes[first:last], physics_hz, runtime.classes))
        first = last
    clock.lap("record")
    return runs


def _batches(shown: Sequence[tuple[DatasetSite, Shown]]) -> Iterator[NDArray[np.uint8]]:
    """Frames of one size, (N, H, W, 3), in order."""
    with ThreadPoolExecutor(1, thread_name_prefix="decode") as pool:
        for _, alike in groupby(_decoded(pool, shown), key=lambda frame: frame.shape):
            while batch := list(islice(alike, BATCH)):
                yield np.stack(batch)


def _decoded(pool: ThreadPoolExecutor, shown: Sequence[tuple[DatasetSite, Shown]]) -> Iterator[Frame]:
    rest = iter(shown)
    waiting: list[Future[Frame]] = []

    def more(count: int) -> None:
        for site, one in islice(rest, count):
            waiting.append(pool.submit(read_frame, site.folder, one.name, one.sha256))

    more(_AHEAD)
    try:
        while waiting:
            frame = waiting.pop(0).result()
            more(1)
            yield frame
    finally:
        for one in waiting:
            one.cancel()


def _boxes(one: ModelOutput) -> Boxes:
    if not isinstance(one, Boxes):
        raise ValueError(f"the model gives {type(one).__name__.lower()}, and the labels are boxes")
    return one


def _ended(
    site: DatasetSite,
    said: Sequence[Boxes],
    sizes: Sequence[tuple[int, int]],
    physics_hz: int,
    classes: tuple[str, ...],
) -> PictureRun:
    count = len(site.pictures)
    steps = np.arange(count, dtype=np.int64)
    frames = tuple(FrameTruth(k, entities_of(one.objects, 0.0)) for k, one in enumerate(site.pictures))
    trace = Trace(
        physics_hz=physics_hz,
        steps=steps,
        signals={},
        modes=("observe",) * count,
        frames=frames,
        detections=tuple(_at(one, k) for k, one in enumerate(said)),
        delivered_steps=tuple(range(count)),
        latency_ms=np.zeros(count),
        contacts=(),
        report=None,
        end="done",
        facts={"pictures": sha256_of("".join(one.sha256 for one in site.pictures).encode())},
        image_size=sizes[0],
        tells_contacts=False,
    )
    pairs = [(one.objects, found) for one, found in zip(site.pictures, said, strict=True)]
    episode = Episode(trace, SeenPictures(site), LatencySamples())
    return PictureRun(episode, sheets_of(pairs, classes))


def _at(one: Boxes, step: int) -> Boxes:
    return Boxes(
        boxes=one.boxes, scores=one.scores, class_ids=one.class_ids, classes=one.classes, frame_step=step
    )
