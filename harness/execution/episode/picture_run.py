"""Variants of a data set: its pictures, shown to the model many at once, as the traces of episodes.

A picture is one step of an episode in which nobody acts. Pictures are decoded by a thread of their own while
the model runs, and never more than a few batches of them are in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import Any

import numpy as np

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import Frame, LoopModel
from simgate.harness.execution.episode.picture_truth import Seen, seen_in
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.execution.pictures.kept_frames import LazyFrames
from simgate.harness.results.record import LatencySamples
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.pooled import depth_sum, mask_sums, pose_sums
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


class SeenPictures(LazyFrames):
    """The frames of a variant, read again when one is looked at: all of them would not fit into memory."""

    def __init__(self, site: DatasetSite) -> None:
        self._site = site

    def __len__(self) -> int:
        return len(self._site.pictures)

    def is_there(self, index: int) -> bool:
        """Every picture is."""
        return True

    def frame(self, index: int) -> Frame:
        """See :class:`.LazyFrames`."""
        one = self._site.pictures[index]
        return read_frame(self._site.folder, one.name, one.sha256)


@dataclass(frozen=True, slots=True)
class PictureRun:
    """What one variant leaves behind.

    Attributes:
        episode: With the trace.
        sums: Of a data set: what its record holds for metrics over all pictures, by field.
    """

    episode: Episode
    sums: Mapping[str, Any] = field(default_factory=dict)


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
        BadPicture: A picture or a map of it is damaged, or another one than planned.
        ValueError: The model's answer is none, or not of the kind of the labels, or the model looks at other
            things than frames.
    """
    if len(models) != 1 or models[0].channels or models[0].channel:
        raise ValueError("a data set is shown to one model, which looks at pictures alone")
    runtime = models[0].runtime
    shown = [(site, one) for site in sites for one in site.pictures]
    said: list[ModelOutput] = []
    seen: list[Seen] = []
    for batch in _batches(shown):
        frames = np.stack([frame for frame, _ in batch])
        clock.lap("build")
        found = runtime.infer(frames)
        require_sound(found, len(frames), (frames.shape[1], frames.shape[2]))
        said += deepcopy(found)  # A runtime may give the same arrays at every batch.
        seen += [one for _, one in batch]
        clock.lap("inference")
    runs, first = [], 0
    for site in sites:
        last = first + len(site.pictures)
        runs.append(_ended(site, said[first:last], seen[first:last], physics_hz, runtime.classes))
        first = last
    clock.lap("record")
    return runs


def _batches(shown: Sequence[tuple[DatasetSite, Shown]]) -> Iterator[list[tuple[Frame, Seen]]]:
    """Frames of one size, with what is true of them, in order."""
    with ThreadPoolExecutor(1, thread_name_prefix="decode") as pool:
        for _, alike in groupby(_decoded(pool, shown), key=lambda one: one[0].shape):
            while batch := list(islice(alike, BATCH)):
                yield batch


def _decoded(
    pool: ThreadPoolExecutor, shown: Sequence[tuple[DatasetSite, Shown]]
) -> Iterator[tuple[Frame, Seen]]:
    rest = iter(shown)
    waiting: list[Future[tuple[Frame, Seen]]] = []

    def more(count: int) -> None:
        for site, one in islice(rest, count):
            waiting.append(pool.submit(_read, site, one))

    more(_AHEAD)
    try:
        while waiting:
            found = waiting.pop(0).result()
            more(1)
            yield found
    finally:
        for one in waiting:
            one.cancel()


def _read(site: DatasetSite, one: Shown) -> tuple[Frame, Seen]:
    frame = read_frame(site.folder, one.name, one.sha256)
    return frame, seen_in(site, one, (frame.shape[1], frame.shape[0]))


def _ended(
    site: DatasetSite,
    said: Sequence[ModelOutput],
    seen: Sequence[Seen],
    physics_hz: int,
    classes: tuple[str, ...],
) -> PictureRun:
    count = len(site.pictures)
    answers = [replace(one, frame_step=k) for k, one in enumerate(said)]
    output = _kind(site, answers)
    frames = tuple(
        FrameTruth(k, entities_of(shown.objects, 0.0), depth_m=own.depth_m if output == "depth" else None)
        for k, (shown, own) in enumerate(zip(site.pictures, seen, strict=True))
    )
    truths = tuple(own.truth(k) for k, own in enumerate(seen)) if output in ("masks", "poses") else ()
    trace = Trace(
        physics_hz=physics_hz,
        steps=np.arange(count, dtype=np.int64),
        signals={},
        modes=("observe",) * count,
        frames=frames,
        detections=tuple(one for one in answers if isinstance(one, Boxes)),
        delivered_steps=tuple(range(count)),
        latency_ms=np.zeros(count),
        contacts=(),
        report=None,
        end="done",
        facts={"pictures": sha256_of("".join(one.sha256 for one in site.pictures).encode())},
        image_size=seen[0].size,
        outputs=tuple(one for one in answers if not isinstance(one, Boxes)),
        truths=truths,
        tells_entities="boxes" in site.spec.tells,
        tells_contacts=False,
    )
    latency = LatencySamples()
    return PictureRun(
        Episode(trace, SeenPictures(site), latency), _sums(site, output, Evidence(trace, latency), classes)
    )


def _kind(site: DatasetSite, answers: Sequence[ModelOutput]) -> str:
    """What the model says, of which the labels must speak too."""
    output = type(answers[0]).__name__.lower()
    if output not in site.spec.tells:
        told = " and ".join(site.spec.tells)
        raise ValueError(f"the model gives {output}, and the labels are {told}")
    return output


def _sums(site: DatasetSite, output: str, evidence: Evidence, classes: tuple[str, ...]) -> Mapping[str, Any]:
    if output == "boxes":
        said = evidence.trace.detections
        pairs = [(one.objects, found) for one, found in zip(site.pictures, said, strict=True)]
        return {"sheets": sheets_of(pairs, classes)}
    if output == "masks":
        return {"mask_sums": mask_sums(evidence)}
    if output == "depth":
        return {"depth_sum": depth_sum(evidence)}
    return {"pose_sums": pose_sums(evidence, classes)}
